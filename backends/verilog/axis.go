package verilog

import (
	"fmt"
	"strings"

	"mlpc/backends"
	"mlpc/ir"
)

// laneBits is the number of bits of a lane of TDATA: whole bytes.
func laneBits(t ir.Elem) int { return (t.Bits + 7) / 8 * 8 }

// axisBits is the width of TDATA of a port.
func (p *port) axisBits() int {
	n := 0
	for _, t := range p.lanes {
		n += laneBits(t)
	}
	return n
}

// axisName is the prefix of an AXI4-Stream port: "s_axis", or "s_axis1" for the second of several.
func axisName(prefix string, p port) string {
	return prefix + strings.TrimLeft(p.name, "inout")
}

// axis prints the module NAME_axis.
type axis struct {
	backends.Printer
	c *core
}

// axisWrapper gives the module NAME_axis: the core with AXI4-Stream ports. It adds wires only, and a counter for each TLAST.
func axisWrapper(c *core) string {
	a := &axis{c: c}
	a.ports("_axis", "reg ")
	a.In()
	a.Line("wire rst = !aresetn;")
	var wrong []string
	for _, p := range c.ins {
		s := axisName("s_axis", p)
		a.unpad(p, s)
		a.last(p, s)
		wrong = append(wrong, fmt.Sprintf("(%s_tvalid && %s_tready && %s_tlast != %s_is_last)", s, s, s, s))
	}
	for _, p := range c.outs {
		m := axisName("m_axis", p)
		a.pad(p, m)
		a.last(p, m)
		a.P("assign %s_tlast = %s_is_last;", m, m)
	}
	a.Line("always @(posedge aclk)")
	a.Line("  if (rst) frame_error <= 1'b0;")
	a.P("  else if (%s) frame_error <= 1'b1;", strings.Join(wrong, " || "))
	a.core()
	a.Out()
	a.Line("endmodule")
	return a.String()
}

// ports prints the head of the module, whose name ends so; frame_error is of that kind.
func (a *axis) ports(ending, kind string) {
	a.P("// %s with AXI4-Stream ports: an element in each lane of TDATA, the first in the low bits, sign- or zero-extended to", a.c.name)
	a.Line("// whole bytes; TLAST at the last beat of a sample. frame_error is set until reset once TLAST of an input stood elsewhere.")
	a.P("module %s%s (", a.c.name, ending)
	a.In()
	a.Line("input  wire aclk,")
	a.Line("input  wire aresetn, // synchronous, active low")
	a.streams()
	for _, pin := range flashPins {
		if a.c.flash != nil && ending == "_axis" {
			a.P("%s wire %s,", pin.direction, pin.name)
		}
	}
	a.P("output %s frame_error", kind)
	a.Out()
	a.Line(");")
}

// streams prints the AXI4-Stream ports of all inputs and outputs.
func (a *axis) streams() {
	for _, p := range a.c.ins {
		s := axisName("s_axis", p)
		a.P("input  wire [%d:0] %s_tdata,", p.axisBits()-1, s)
		a.P("input  wire %s_tvalid,", s)
		a.P("output wire %s_tready,", s)
		a.P("input  wire %s_tlast,", s)
	}
	for _, p := range a.c.outs {
		m := axisName("m_axis", p)
		a.P("output wire [%d:0] %s_tdata,", p.axisBits()-1, m)
		a.P("output wire %s_tvalid,", m)
		a.P("input  wire %s_tready,", m)
		a.P("output wire %s_tlast,", m)
	}
}

// unpad takes the elements of an input out of their bytes.
func (a *axis) unpad(p port, s string) {
	a.P("wire [%d:0] %s_packed;", p.width()-1, s)
	var unused []string
	for _, r := range runs(p.lanes) {
		b, w := r.elem.Bits, laneBits(r.elem)
		for i := range r.count {
			a.P("assign %s_packed[%d +: %d] = %s_tdata[%d +: %d];", s, r.at+i*b, b, s, r.axisAt+i*w, b)
			if w > b {
				unused = append(unused, fmt.Sprintf("%s_tdata[%d +: %d]", s, r.axisAt+i*w+b, w-b))
			}
		}
	}
	if len(unused) > 0 {
		a.P("wire unused_%s = &{1'b0, %s};", s, strings.Join(unused, ", "))
	}
}

// pad extends the elements of an output to whole bytes.
func (a *axis) pad(p port, m string) {
	a.P("wire [%d:0] %s_packed;", p.width()-1, m)
	for _, r := range runs(p.lanes) {
		b, w := r.elem.Bits, laneBits(r.elem)
		for i := range r.count {
			at := r.at + i*b
			value := fmt.Sprintf("%s_packed[%d +: %d]", m, at, b)
			switch {
			case w > b && r.elem.Signed:
				value = fmt.Sprintf("{{%d{%s_packed[%d]}}, %s}", w-b, m, at+b-1, value)
			case w > b:
				value = fmt.Sprintf("{%d'd0, %s}", w-b, value)
			}
			a.P("assign %s_tdata[%d +: %d] = %s;", m, r.axisAt+i*w, w, value)
		}
	}
}

// run is a number of neighbouring lanes of one type: where they begin in the core's data and in TDATA.
type run struct {
	elem              ir.Elem
	at, axisAt, count int
}

func runs(lanes []ir.Elem) []run {
	var list []run
	at, axisAt := 0, 0
	for _, t := range lanes {
		if n := len(list); n > 0 && list[n-1].elem == t {
			list[n-1].count++
		} else {
			list = append(list, run{t, at, axisAt, 1})
		}
		at += t.Bits
		axisAt += laneBits(t)
	}
	return list
}

// last prints the wire that tells the last beat of a sample.
func (a *axis) last(p port, s string) {
	if p.beats() == 1 {
		a.P("wire %s_is_last = 1'b1;", s)
		return
	}
	a.P("wire %s_is_last, unused_%s_first;", s, s)
	a.P("mlpc_packet #(.LENGTH(%d)) packet_%s (", p.beats(), s)
	a.P("  .clk(aclk), .rst(rst), .step(%s_tvalid && %s_tready), .first(unused_%s_first), .last(%s_is_last)", s, s, s, s)
	a.Line(");")
}

// core prints the instance of the core.
func (a *axis) core() {
	var pins []string
	for _, p := range a.c.ins {
		pins = append(pins, axisPins(p, axisName("s_axis", p)))
	}
	for _, p := range a.c.outs {
		pins = append(pins, axisPins(p, axisName("m_axis", p)))
	}
	a.P("%s core (", a.c.name)
	a.Line(strings.TrimRight("  .clk(aclk), .rst(rst), "+a.c.flashWires(), " "))
	a.Line("  " + strings.Join(pins, ",\n    "))
	a.Line(");")
}

func axisPins(p port, s string) string {
	return fmt.Sprintf(".%s_data(%s_packed), .%s_valid(%s_tvalid), .%s_ready(%s_tready)", p.name, s, p.name, s, p.name, s)
}
