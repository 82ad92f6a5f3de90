package verilog

import (
	"fmt"
	"math/bits"

	"mlpc/ir/stream"
)

// topk prints the head of topk: a sorted list of the largest numbers of the group so far.
func (e *engine) topk(l *stream.Layer) bus {
	in, t, out := l.Operands[0].Form, l.Operands[0].Value.Type.Elem, l.Head.Type.Elem
	e.Line("assign in_ready = move;")
	e.Line("wire first, last;")
	e.packet(in.GroupBeats(), "move && in_valid")
	e.Line("assign enter = in_valid && last;")
	place := max(1, bits.Len(uint(in.Length-1)))
	x := busOf("in_data", t)
	k := l.Out.Lanes
	e.P("wire [%d:0] places;", k*place-1)
	e.P("wire signed [%d:0] number;", x.width-1)
	if t.Signed {
		e.Line("assign number = in_data;")
	} else {
		e.Line("assign number = {1'b0, in_data};")
	}
	e.P("mlpc_topk #(.X(%d), .K(%d), .INDEX(%d)) list (", x.width, k, place)
	e.Line("  .clk(clk), .step(move), .beat(in_valid), .first(first), .x(number), .index(places)")
	e.Line(");")
	y := e.wire(out.Bits)
	e.lanes("place")
	e.extend("place", fmt.Sprintf("{1'b0, places[i*%d +: %d]}", place, place), place+1, out.Bits)
	e.P("assign %s[i*%d +: %d] = place;", y, out.Bits, out.Bits)
	e.done()
	return busOf(y, out)
}

// packet marks the first and the last of so many beats.
func (e *engine) packet(beats int, step string) {
	if beats > 1 {
		e.P("mlpc_packet #(.LENGTH(%d)) packet (.clk(clk), .rst(rst), .step(%s), .first(first), .last(last));", beats, step)
		return
	}
	e.Line("assign first = 1'b1;")
	e.Line("assign last = 1'b1;")
}
