package verilog

import (
	"fmt"
	"strings"

	"mlpc/backends"
	"mlpc/ir"
	"mlpc/ir/net"
)

// unrolled emits the core of an unrolled program: the module name with a handshake and whole samples on both sides, a module for
// the logic between two ranks of registers each, and a module for each table.
//
// The core's ports are clk, rst, in_data, in_valid, in_ready, out_data, out_valid and out_ready. in_data holds the elements of all
// inputs, the first in the low bits, each in the bits of its type; out_data likewise. All stages move together, so a result leaves
// exactly Stages cycles after its sample entered, and a stalled sink stalls everything.
func unrolled(p *ir.Program, c *net.Circuit, name string, header string) backends.Files {
	u := &unroller{c: c, g: p.Graph, name: name, last: c.LastUse(), used: make([]bool, len(c.Nodes)), header: header, files: backends.Files{}}
	for i, n := range c.Uses() {
		u.used[i] = n > 0
	}
	for s := range c.Stages {
		u.stage(s)
	}
	for i := range c.Tables {
		u.table(i)
	}
	u.core()
	return u.files
}

// unroller is the state of unrolled.
type unroller struct {
	c      *net.Circuit
	g      *ir.Graph
	name   string
	header string
	last   []int32 // last stage that reads each node
	used   []bool  // whether anything reads each node
	files  backends.Files
}

// put adds a file that holds one module.
func (u *unroller) put(module string, p *backends.Printer) {
	u.files["rtl/"+module+".v"] = []byte(u.header + p.String())
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

// core prints the module that joins the stages.
func (u *unroller) core() {
	var p backends.Printer
	in, out := types(u.g.Inputs()), types(u.g.Outs)
	p.P("module %s (", u.name)
	p.In()
	p.P("input  wire clk,")
	p.P("input  wire rst,")
	p.P("/* verilator lint_off UNUSEDSIGNAL */ // some inputs may be needed by no output")
	p.P("input  wire %s in_data,", vector(bitsOf(in)))
	p.P("/* verilator lint_on UNUSEDSIGNAL */")
	p.P("input  wire in_valid,")
	p.P("output wire in_ready,")
	p.P("output wire %s out_data,", vector(bitsOf(out)))
	p.P("output wire out_valid,")
	p.P("input  wire out_ready")
	p.Out()
	p.P(");")
	p.In()
	p.P("wire move;")
	p.P("wire %s unused_beat;", vector(u.c.Stages))
	p.P("assign in_ready = move;")
	p.P("mlpc_pipe #(.STAGES(%d)) pipe (", u.c.Stages)
	p.P("  .clk(clk), .rst(rst), .enter(in_valid), .move(move), .beat(unused_beat), .out_valid(out_valid), .out_ready(out_ready)")
	p.P(");")
	u.inputs(&p, in)
	for s := range u.c.Stages {
		u.instance(&p, s)
	}
	u.outputs(&p, out)
	p.Out()
	p.P("endmodule")
	u.put(u.name, &p)
}

// types lists the element type of each scalar of the values, flattened.
func types(vs []*ir.Value) []ir.Elem {
	var t []ir.Elem
	for _, v := range vs {
		for range v.Type.Size() {
			t = append(t, v.Type.Elem)
		}
	}
	return t
}

func bitsOf(t []ir.Elem) int {
	n := 0
	for _, e := range t {
		n += e.Bits
	}
	return n
}

// inputs cuts in_data into the input nodes.
func (u *unroller) inputs(p *backends.Printer, t []ir.Elem) {
	at := make([]int, len(t))
	pos := 0
	for i, e := range t {
		at[i] = pos
		pos += e.Bits
	}
	for i := range u.c.Nodes {
		n := &u.c.Nodes[i]
		if n.Op == net.OpInput && u.used[i] {
			lo := at[n.Imm]
			p.P("wire %s n%d = in_data[%d:%d];", vector(n.Width()), i, lo+n.Width()-1, lo)
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
	p.P("%s_stage%d stage%d (", u.name, s, s)
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

// outputs joins the output nodes to out_data.
func (u *unroller) outputs(p *backends.Printer, t []ir.Elem) {
	at := 0
	for k, o := range u.c.Outs {
		w := t[k].Bits
		p.P("assign out_data[%d:%d] = %s;", at+w-1, at, u.operand(o, u.c.Stages).bits(w, 0))
		at += w
	}
}
