package verilog

import (
	"fmt"

	"mlpc/backends"
	"mlpc/ir/net"
)

// entering lists the nodes that stage s reads from its ports: from the registers before it, or, in stage 0, from the inputs.
func (u *unroller) entering(s int) []int32 {
	if s > 0 {
		return u.live(s)
	}
	var l []int32
	for i := range u.c.Nodes {
		if u.c.Nodes[i].Op == net.OpInput && u.used[i] {
			l = append(l, int32(i))
		}
	}
	return l
}

// stage prints the logic between ranks s and s + 1 and the registers of rank s + 1.
func (u *unroller) stage(s int) {
	var p backends.Printer
	leaving := u.live(s + 1)
	module := fmt.Sprintf("%s_stage%d", u.core.name, s)
	// Shifts and wraps drop bits on purpose.
	p.P("/* verilator lint_off UNUSEDSIGNAL */")
	p.P("module %s (", module)
	p.In()
	ports := []string{"input wire clk", "input wire move"}
	for _, i := range u.entering(s) {
		o := u.operand(i, s)
		ports = append(ports, fmt.Sprintf("input wire %s %s", vector(o.width), o.name))
	}
	for _, i := range leaving {
		ports = append(ports, fmt.Sprintf("output reg %s %s", vector(u.c.Nodes[i].Width()), registered(i, s+1)))
	}
	wrapPrint(&p, ports)
	p.Out()
	p.P(");")
	p.In()
	for i := range u.c.Nodes {
		n := &u.c.Nodes[i]
		if n.Op != net.OpInput && n.Op != net.OpConst && int(n.Stage) == s {
			u.node(&p, int32(i), s)
		}
	}
	if len(leaving) > 0 {
		p.P("always @(posedge clk) if (move) begin")
		p.In()
		for _, i := range leaving {
			p.P("%s <= %s;", registered(i, s+1), u.operand(i, s).name)
		}
		p.Out()
		p.P("end")
	}
	p.Out()
	p.P("endmodule")
	p.P("/* verilator lint_on UNUSEDSIGNAL */")
	u.put(module, &p)
}

// node prints the logic of one node.
func (u *unroller) node(p *backends.Printer, i int32, s int) {
	n := &u.c.Nodes[i]
	y := fmt.Sprintf("n%d", i)
	if n.Op == net.OpTable {
		u.lookup(p, i, y, s)
		return
	}
	a, k := u.operand(n.A, s), passing(n)
	x := logic(n, a, u.operand(n.B, s), u.operand(n.C, s))
	if u.chained[i] {
		p.P("wire %s %s_inv = ~(%s);", vector(n.Width()-k), y, x)
		x = "~" + y + "_inv"
	}
	if k > 0 {
		x = concat([]string{x, a.bits(k, 0)})
	}
	p.P("wire %s %s = %s;", vector(n.Width()), y, x)
}

// chained marks the sums that one other sum of the same stage reads and nothing else. yosys makes such pairs a compressor tree, which
// takes more look-up tables than two carry chains; two inversions in between cost nothing and keep them apart.
func chained(c *net.Circuit) []bool {
	mark, uses := make([]bool, len(c.Nodes)), c.Uses()
	sum := func(n *net.Node) bool {
		return n.Op == net.OpAdd || n.Op == net.OpSub || n.Op == net.OpAddC || n.Op == net.OpNeg
	}
	var buf [3]int32
	for i := range c.Nodes {
		n := &c.Nodes[i]
		for _, a := range n.Args(buf[:]) {
			if x := &c.Nodes[a]; sum(n) && sum(x) && uses[a] == 1 && x.Stage == n.Stage {
				mark[a] = true
			}
		}
	}
	return mark
}
