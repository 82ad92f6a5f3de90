package verilog

import (
	"fmt"
	"math/bits"

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
		u.lookup(p, n, y, s)
		return
	}
	x := logic(n, u.operand(n.A, s), u.operand(n.B, s), u.operand(n.C, s))
	if u.chained[i] {
		p.P("wire %s %s_inv = ~(%s);", vector(n.Width()), y, x)
		x = "~" + y + "_inv"
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

// lookup prints a table in place, or an instance of it where several nodes share it or it is long.
func (u *unroller) lookup(p *backends.Printer, n *net.Node, y string, s int) {
	a, t := u.operand(n.A, s), &u.c.Tables[n.Imm]
	w, aw, vw := n.Width(), addressBits(t), tableWidth(t)
	if aw <= lutInputs {
		truthTables(p, n, t, a.bits(aw, 0), y)
		return
	}
	if u.inline(n.Imm) {
		p.P("reg %s %s;", vector(w), y)
		p.Line("always @(*)")
		p.In()
		entries(p, t, a.bits(aw, 0), y, w)
		p.Out()
		return
	}
	if w == vw {
		p.P("wire %s %s;", vector(w), y)
		p.P("%s_table%d %s_table (.a(%s), .y(%s));", u.core.name, n.Imm, y, a.bits(aw, 0), y)
		return
	}
	p.P("wire %s %s_all;", vector(vw), y)
	p.P("%s_table%d %s_table (.a(%s), .y(%s_all));", u.core.name, n.Imm, y, a.bits(aw, 0), y)
	p.P("wire %s %s = %s_all[%d:0];", vector(w), y, y, w-1)
}

// lutInputs is the number of inputs of a look-up table.
const lutInputs = 6

// truthTables prints a table of few arguments as a constant a bit of the result, which the argument indexes. Of a case statement yosys
// makes a memory, and moves the registers of its address behind it.
func truthTables(p *backends.Printer, n *net.Node, t *net.Table, address, y string) {
	w, aw := n.Width(), addressBits(t)
	rows := make([]uint64, w)
	for k, x := range t.Values {
		for b := range rows {
			rows[b] |= uint64(x) >> b & 1 << ((t.Lo + int64(k)) & (1<<aw - 1))
		}
	}
	var bits []string
	for b := w - 1; b >= 0; b-- {
		p.P("localparam %s %s_lut%d = %d'h%x;", vector(1<<aw), y, b, 1<<aw, rows[b])
		bits = append(bits, fmt.Sprintf("%s_lut%d[%s]", y, b, address))
	}
	p.P("wire %s %s = %s;", vector(w), y, concat(bits))
}

// inlineEntries is the length up to which a table that one node uses stands in the stage itself.
const inlineEntries = 256

func (u *unroller) inline(table int64) bool {
	return u.tableUses[table] == 1 && len(u.c.Tables[table].Values) <= inlineEntries
}

// entries prints the case statement of a table for the w low bits of its results.
func entries(p *backends.Printer, t *net.Table, address, y string, w int) {
	aw := addressBits(t)
	p.P("case (%s)", address)
	p.In()
	for k, x := range t.Values {
		if k < len(t.Values)-1 {
			p.P("%s: %s = %s;", literal(aw, t.Lo+int64(k)), y, literal(w, x))
		} else {
			p.P("default: %s = %s;", y, literal(w, x))
		}
	}
	p.Out()
	p.Line("endcase")
}

// addressBits is the number of low bits that tell the arguments of a table apart.
func addressBits(t *net.Table) int { return max(1, bits.Len(uint(len(t.Values)-1))) }

// tableWidth is the width of the entries of a table.
func tableWidth(t *net.Table) int {
	lo, hi := t.Values[0], t.Values[0]
	for _, x := range t.Values {
		lo, hi = min(lo, x), max(hi, x)
	}
	return net.Width(lo, hi)
}

// table prints the module of a table, addressed by the low bits of the argument in two's complement.
func (u *unroller) table(i int) {
	t := &u.c.Tables[i]
	aw, w := addressBits(t), tableWidth(t)
	module := fmt.Sprintf("%s_table%d", u.core.name, i)
	var p backends.Printer
	p.P("module %s (", module)
	p.P("  input  wire %s a,", vector(aw))
	p.P("  output reg  %s y", vector(w))
	p.P(");")
	p.In()
	p.P("always @(*)")
	p.In()
	entries(&p, t, "a", "y", w)
	p.Out()
	p.Out()
	p.P("endmodule")
	u.put(module, &p)
}
