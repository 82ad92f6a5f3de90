package verilog

import (
	"fmt"
	"slices"
	"strings"

	"mlpc/backends"
	"mlpc/ir"
	"mlpc/ir/net"
)

// unrolledCore emits the core of an unrolled program: the module name, a module for the logic between two ranks of registers each,
// and a module for each table. Every stream carries a whole sample a beat. All stages move together, so a result leaves exactly Stages
// cycles after its sample entered, and a stalled sink stalls everything.
func unrolledCore(p *ir.Program, name, header string) *core {
	c := p.Circuit.(*net.Circuit)
	k := &core{name: name, files: backends.Files{}, settle: 4, idle: c.Stages + 16}
	k.ins, k.outs = samplePorts("in", p.Graph.Inputs()), samplePorts("out", p.Graph.Outs)
	u := &unroller{c: c, core: k, last: c.LastUse(), used: make([]bool, len(c.Nodes)), chained: chained(c), needed: c.LiveBits(), tables: map[tableKey]string{}, header: header}
	for i, n := range c.Uses() {
		u.used[i] = n > 0
	}
	for s := range c.Stages {
		u.stage(s)
	}
	u.top()
	return k
}

// samplePorts makes a port of each value, all its elements side by side.
func samplePorts(prefix string, vs []*ir.Value) []port {
	ports := make([]port, len(vs))
	for i, v := range vs {
		n := v.Type.Size()
		ports[i] = port{portName(prefix, i, len(vs)), slices.Repeat([]ir.Elem{v.Type.Elem}, n), n}
	}
	return ports
}

// unroller is the state of unrolledCore.
type unroller struct {
	c      *net.Circuit
	core   *core
	header string
	last   []int32 // last stage that reads each node
	used   []bool  // whether anything reads each node

	chained []bool // sums that yosys would merge with their reader

	needed []uint64            // bits of each node that anything reads
	tables map[tableKey]string // modules of long tables
}

// put adds a file that holds one module.
func (u *unroller) put(module string, p *backends.Printer) {
	u.core.files["rtl/"+module+".v"] = []byte(u.header + p.String())
}

// operand is node i as the logic of a stage sees it: computed there, or from the registers before.
func (u *unroller) operand(i int32, stage int) operand {
	n := &u.c.Nodes[i]
	if n.Op == net.OpConst {
		return value(n.Imm)
	}
	name := fmt.Sprintf("n%d", i)
	if int(n.Stage) < stage {
		name = registered(i, stage)
	}
	return operand{name, n.Width(), n.Signed(), n.Lo, n.Hi}
}

// registered is the name of node i after the given rank of registers.
func registered(i int32, rank int) string { return fmt.Sprintf("n%d_s%d", i, rank) }

// vector declares a range: "[7:0]".
func vector(width int) string { return fmt.Sprintf("[%d:0]", width-1) }

// live lists the nodes that pass through a rank of registers.
func (u *unroller) live(rank int) []int32 {
	var l []int32
	for i := range u.c.Nodes {
		n := &u.c.Nodes[i]
		if n.Op != net.OpConst && int(n.Stage) < rank && int(u.last[i]) >= rank {
			l = append(l, int32(i))
		}
	}
	return l
}

// top prints the module that joins the stages.
func (u *unroller) top() {
	var p backends.Printer
	ins, outs := u.core.ins, u.core.outs
	p.P("module %s (", u.core.name)
	p.In()
	p.Line("input  wire clk,")
	p.Line("input  wire rst, // synchronous")
	p.Line("/* verilator lint_off UNUSEDSIGNAL */ // an output may not need every element")
	for _, q := range ins {
		p.P("input  wire %s %s_data,", vector(q.width()), q.name)
	}
	p.Line("/* verilator lint_on UNUSEDSIGNAL */")
	for _, q := range ins {
		p.P("input  wire %s_valid,", q.name)
		p.P("output wire %s_ready,", q.name)
	}
	for i, q := range outs {
		p.P("output wire %s %s_data,", vector(q.width()), q.name)
		p.P("output wire %s_valid,", q.name)
		p.P("input  wire %s_ready%s", q.name, strings.Repeat(",", min(1, len(outs)-1-i)))
	}
	p.Out()
	p.Line(");")
	p.In()
	u.handshake(&p)
	u.inputs(&p)
	for s := range u.c.Stages {
		u.instance(&p, s)
	}
	u.outputs(&p)
	p.Out()
	p.Line("endmodule")
	u.put(u.core.name, &p)
}

// handshake takes a sample when every input has one, and gives a result to every output.
func (u *unroller) handshake(p *backends.Printer) {
	ins, outs := u.core.ins, u.core.outs
	p.P("wire move, is_done, is_taken;")
	p.P("wire %s unused_beat;", vector(u.c.Stages))
	var valid []string
	for _, q := range ins {
		valid = append(valid, q.name+"_valid")
	}
	p.P("mlpc_pipe #(.STAGES(%d)) pipe (", u.c.Stages)
	p.P("  .clk(clk), .rst(rst), .enter(%s), .move(move), .beat(unused_beat),", strings.Join(valid, " && "))
	p.P("  .out_valid(is_done), .out_ready(is_taken)")
	p.P(");")
	for i, q := range ins {
		ready := []string{"move"}
		for k, v := range valid {
			if k != i {
				ready = append(ready, v)
			}
		}
		p.P("assign %s_ready = %s;", q.name, strings.Join(ready, " && "))
	}
	if len(outs) == 1 {
		p.P("assign %s_valid = is_done;", outs[0].name)
		p.P("assign is_taken = %s_ready;", outs[0].name)
		return
	}
	var give, take []string
	for i := len(outs) - 1; i >= 0; i-- {
		give = append(give, outs[i].name+"_valid")
		take = append(take, outs[i].name+"_ready")
	}
	p.P("mlpc_stream_fork #(.N(%d)) fork_out (", len(outs))
	p.P("  .clk(clk), .rst(rst), .in_valid(is_done), .in_ready(is_taken), .out_valid(%s), .out_ready(%s)", concat(give), concat(take))
	p.P(");")
}

// inputs cuts the data of the input ports into the input nodes.
func (u *unroller) inputs(p *backends.Printer) {
	var at []string // of each scalar input: port and lowest bit
	for _, q := range u.core.ins {
		bit := 0
		for _, e := range q.lanes {
			at = append(at, fmt.Sprintf("%s_data[%d +: ", q.name, bit))
			bit += e.Bits
		}
	}
	for i := range u.c.Nodes {
		n := &u.c.Nodes[i]
		if n.Op == net.OpInput && u.used[i] {
			p.P("wire %s n%d = %s%d];", vector(n.Width()), i, at[n.Imm], n.Width())
		}
	}
}

// instance prints the registers between stage s − 1 and s as wires, and stage s.
func (u *unroller) instance(p *backends.Printer, s int) {
	leaving := u.live(s + 1)
	for _, i := range leaving {
		p.P("wire %s %s;", vector(u.c.Nodes[i].Width()), registered(i, s+1))
	}
	ports := []string{".clk(clk)", ".move(move)"}
	for _, i := range u.entering(s) {
		o := u.operand(i, s)
		ports = append(ports, fmt.Sprintf(".%s(%s)", o.name, o.name))
	}
	for _, i := range leaving {
		ports = append(ports, fmt.Sprintf(".%s(%s)", registered(i, s+1), registered(i, s+1)))
	}
	p.P("%s_stage%d stage%d (", u.core.name, s, s)
	p.In()
	wrapPrint(p, ports)
	p.Out()
	p.P(");")
}

// wrapPrint prints a comma-separated list, as many to a line as fit.
func wrapPrint(p *backends.Printer, items []string) {
	var line strings.Builder
	for k, item := range items {
		if line.Len()+len(item) > 110 {
			p.Line(strings.TrimRight(line.String(), " "))
			line.Reset()
		}
		line.WriteString(item)
		if k < len(items)-1 {
			line.WriteString(", ")
		}
	}
	p.Line(line.String())
}

// outputs joins the output nodes to the data of the output ports.
func (u *unroller) outputs(p *backends.Printer) {
	k := 0
	for _, q := range u.core.outs {
		bit := 0
		for _, e := range q.lanes {
			p.P("assign %s_data[%d +: %d] = %s;", q.name, bit, e.Bits, u.operand(u.c.Outs[k], u.c.Stages).bits(e.Bits, 0))
			bit += e.Bits
			k++
		}
	}
}
