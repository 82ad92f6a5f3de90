package verilog

import (
	"math/bits"

	"mlpc/ir"
	"mlpc/ir/stream"
)

// reduce prints the head of sum, reduce-max or argmax: a tree over the lanes, then a register that holds the result so far of the
// group. Lanes that the last beat of a group does not use are left out.
func (e *engine) reduce(l *stream.Layer) bus {
	in, t := l.Operands[0].Form, l.Operands[0].Value.Type.Elem
	levels := bits.Len(uint(in.Lanes - 1))
	x := busOf("in_data", t)
	e.Line("assign in_ready = move;")
	e.Line("wire first, last;")
	e.packet(in.GroupBeats(), "move && in_valid")
	e.P("wire [%d:0] has = last ? %d'h%s : {%d{1'b1}};", in.Lanes-1, in.Lanes, ones(in.Tail(), in.Lanes), in.Lanes)
	e.P("wire [2:0] parts = %s;", e.delay("late", levels, "{first, last, in_valid}"))
	e.Line("assign enter = parts[1] && parts[0];")
	mask := ""
	if l.Head.Op == ir.OpSum {
		mask = "has"
	}
	lanes := e.gather(x, in.Lanes, mask)
	if l.Head.Op == ir.OpSum {
		return e.total(l, x, lanes, levels)
	}
	return e.most(l, x, lanes, levels)
}

// ones is a hexadecimal number with the low n of width bits set.
func ones(n, width int) string {
	b := make([]int64, width)
	for i := range n {
		b[i] = 1
	}
	return hexWord(b, 1)
}

// gather lays lanes side by side as signed numbers; where a mask is named, lanes whose bit is not set become 0.
func (e *engine) gather(x bus, lanes int, mask string) string {
	name := e.signal("w")
	e.P("wire [%d:0] %s;", lanes*x.width-1, name)
	e.loop("lane", lanes)
	if mask != "" {
		e.P("assign %s[i*%d +: %d] = {%d{%s[i]}} & %s;", name, x.width, x.width, x.width, mask, x.lane())
	} else {
		e.P("assign %s[i*%d +: %d] = %s;", name, x.width, x.width, x.lane())
	}
	e.done()
	return name
}

// total adds the lanes up.
func (e *engine) total(l *stream.Layer, x bus, lanes string, levels int) bus {
	acc, sum := l.Head.Type.Elem.Bits, x.width+levels
	e.P("wire signed [%d:0] part;", sum-1)
	e.P("mlpc_adder_tree #(.N(%d), .X(%d), .Y(%d)) tree (.clk(clk), .step(move), .x(%s), .y(part));", l.Step.SIMD, x.width, sum, lanes)
	e.P("wire [%d:0] total;", acc-1)
	e.P("mlpc_accumulate #(.X(%d), .Y(%d)) accumulate (", sum, acc)
	e.P("  .clk(clk), .step(move), .beat(parts[0]), .first(parts[2]), .x(part), .bias(%s), .y(total)", sized(0, acc))
	e.Line(");")
	return busOf("total", l.Head.Type.Elem)
}

// most finds the largest lane and its place.
func (e *engine) most(l *stream.Layer, x bus, lanes string, levels int) bus {
	in, t := l.Operands[0].Form, l.Head.Type.Elem
	place := max(1, bits.Len(uint(in.GroupBeats()*in.Lanes-1)))
	e.P("wire signed [%d:0] best, largest;", x.width-1)
	e.P("wire [%d:0] best_lane, place;", place-1)
	e.Line("wire any;")
	e.P("mlpc_max_tree #(.N(%d), .X(%d), .INDEX(%d), .LEVELS(%d)) tree (", in.Lanes, x.width, place, levels)
	e.P("  .clk(clk), .step(move), .has(has), .x(%s), .any(any), .most(best), .index(best_lane)", lanes)
	e.Line(");")
	e.P("mlpc_max_hold #(.X(%d), .LANES(%d), .INDEX(%d)) hold (", x.width, in.Lanes, place)
	e.Line("  .clk(clk), .step(move), .beat(parts[0] && any), .first(parts[2]), .x(best), .lane(best_lane), .most(largest), .index(place)")
	e.Line(");")
	result, from, rest := "largest", x.width, "place"
	if l.Head.Op == ir.OpArgMax {
		result, from, rest = "{1'b0, place}", place+1, "largest"
	}
	e.P("wire unused_rest = &{1'b0, %s};", rest)
	e.extend("reduced", result, from, t.Bits)
	e.P("wire [%d:0] held = reduced;", t.Bits-1)
	return busOf("held", t)
}
