package verilog

import (
	"fmt"
	"math/bits"

	"mlpc/ir"
	"mlpc/ir/stream"
)

// sums prints the sums of a dense layer in float32, PE at once. Each goes around in four cycles, so that rows take turns; where a result is
// one product and a bias, nothing goes around. Stages 0 to 2 hold the input as a float32, 3 and 4 the product, 5 to 8 the sum.
func (e *engine) sums(l *stream.Layer, node *stream.Node) bus {
	f := l.Format()
	e.form.Lanes = l.Step.PE
	word := 1 + f.WE + f.WM
	flags, slots, partial, start := "1'b1, 1'b1, 2'b00, 1'b0", 0, 0, ""
	y := ""
	if c := node.Chain; c != nil {
		flags, slots, partial, start = e.turns(l, c, node), c.Slots, flag(c.Parts > 1), fmt.Sprintf("{%d{1'b0}}", f.N)
		e.romIn(romStyles[l.Step.ROM], "weights", l.Words(), word, "move && early")
		e.value(l, "columns", "own")
		y = e.wire(f.N)
		e.lanes("row")
	} else {
		e.Line("assign enter = in_valid;")
		e.Line("assign in_ready = move;")
		e.rom("weights", once(l.Words()), word, e.step(2))
		e.rom("starts", once(l.Starts()), 1, e.step(4))
		start = fmt.Sprintf("starts[i*%d +: %d]", f.N, f.N)
		y = e.wire(f.N)
		e.lanes("row")
		t := l.Operands[0].Value.Type.Elem
		e.value(l, fmt.Sprintf("in_data[i*%d +: %d]", t.Bits, t.Bits), "1'b0")
	}
	e.P("wire [%d:0] w = weights[i*%d +: %d];", word-1, word, word)
	e.Line("wire neg;")
	e.P("wire [%d:0] p;", f.N-2)
	e.P("mlpc_float32_product #(.XM(%d), .XE(%d), .WM(%d), .WE(%d), .E(%d), .N(%d)) multiply (", f.XM, f.XE, f.WM, f.WE, f.E, f.N)
	e.P("  .clk(clk), .step(move), .xneg(xneg), .xm(xm), .xe(xe), .wneg(w[%d]), .we(w[%d:%d]), .wm(w[%d:0]), .neg(neg), .p(p)", word-1, word-2, f.WM, f.WM-1)
	e.Line(");")
	slot := max(1, bits.Len(uint(max(1, slots)-1)))
	e.P("wire sum_live, sum_first, sum_add, sum_keep;")
	e.P("wire [%d:0] sum_slot;", slot-1)
	e.P("assign {sum_live, sum_first, sum_add, sum_keep, sum_slot} = {%s};", flags)
	e.P("mlpc_float32_sum #(.N(%d), .LOW(%d), .SLOTS(%d), .PARTS(%d), .ADDR(%d)) accumulate (", f.N, f.Low, slots, partial, slot)
	e.P("  .clk(clk), .step(move), .beat(sum_live), .first(sum_first), .add(sum_add), .keep(sum_keep), .slot(sum_slot),")
	e.P("  .start(%s), .neg(neg), .p(p), .y(%s[i*%d +: %d])", start, y, f.N, f.N)
	e.Line(");")
	e.done()
	return busOf(y, ir.Int(f.N))
}

// turns prints the replay memory of the input and the control of the rows that take turns. It gives the flags of the product.
func (e *engine) turns(l *stream.Layer, c *stream.Chain, node *stream.Node) string {
	slot := bits.Len(uint(c.Slots - 1))
	e.Line("wire own, take, first, add, keep, leave;")
	e.P("wire [%d:0] slot;", slot-1)
	e.replay("columns", node.Ins[0].From, "in", "move && take")
	e.Line("wire unused_columns = &{1'b0, columns_first, columns_last, columns_take};")
	e.Line("wire live = own || columns_valid;")
	e.P("mlpc_float32_control #(.SLOTS(%d), .FOLDS(%d), .TAIL(%d), .DEPTH(%d), .LAST(%d), .PARTS(%d), .BIAS(%d), .ADDR(%d)) control (",
		c.Slots, c.Folds, c.Tail, c.Depth, c.Last, c.Parts, flag(c.Bias), slot)
	e.Line("  .clk(clk), .rst(rst), .step(move && live), .own(own), .take(take), .first(first), .add(add), .keep(keep), .leave(leave), .slot(slot)")
	e.Line(");")
	e.Line("assign enter = live && leave;")
	e.Line("wire early;")
	e.Line("mlpc_delay #(.WIDTH(1), .STAGES(2)) delay_live (.clk(clk), .rst(rst), .step(move), .d(live), .q(early));")
	e.P("wire [%d:0] flags;", slot+3)
	e.P("mlpc_delay #(.WIDTH(%d), .STAGES(5)) delay_flags (.clk(clk), .rst(rst), .step(move), .d({live, first, add, keep, slot}), .q(flags));", slot+4)
	return "flags"
}

// value prints the module that makes a float32 of an integer: sign, significand and place.
func (e *engine) value(l *stream.Layer, x, one string) {
	f, a, t := l.Format(), l.Head.Attr.(*ir.DenseFloat32), l.Operands[0].Value.Type.Elem
	scale := bits.Len64(f.Scale)
	e.Line("wire xneg;")
	e.P("wire [%d:0] xm;", f.XM-1)
	e.P("wire [%d:0] xe;", f.XE-1)
	e.P("mlpc_float32_value #(.X(%d), .X_SIGNED(%d), .D(%d), .S(%d), .M(%d), .E(%d), .ZERO(23'h%s), .SCALE(%d'h%x), .ONE(%d'h%x)) value (",
		t.Bits, flag(t.Signed), f.Distance, scale, f.XM, f.XE, hexWord([]int64{a.Zero}, 23), scale, f.Scale, f.XM, 1<<f.One)
	e.P("  .clk(clk), .step(move), .x(%s), .one(%s), .neg(xneg), .m(xm), .drop(xe)", x, one)
	e.Line(");")
}

// quantize prints the quantizer behind the sums.
func (e *engine) quantize(l *stream.Layer) bus {
	f, a, t := l.Format(), l.Head.Attr.(*ir.DenseFloat32), l.Head.Type.Elem
	limits := signedBits(a.OutZero, a.Lo, a.Hi)
	out := min(t.Bits, limits)
	e.Line("assign enter = in_valid;")
	e.Line("assign in_ready = move;")
	y := e.wire(t.Bits)
	e.lanes("quantizer")
	e.P("wire [%d:0] q;", out-1)
	e.P("mlpc_float32_quantize #(.N(%d), .DROP(%d), .RAISE(%d), .T(%d), .LIM(%d), .OUT(%d), .SCALE(24'h%06x)) quantize (", f.N, f.Drop, f.Raise, f.T, limits, out, f.OutScale)
	e.P("  .clk(clk), .step(move), .y(in_data[i*%d +: %d]), .zero(%s), .lo(%s), .hi(%s), .q(q)", f.N, f.N,
		sized(a.OutZero, limits), sized(a.Lo, limits), sized(a.Hi, limits))
	e.Line(");")
	e.extend("wide", "q", out, t.Bits)
	e.P("assign %s[i*%d +: %d] = wide;", y, t.Bits, t.Bits)
	e.done()
	e.stage = f.Stages() - 1
	return busOf(y, t)
}

// once gives the first of several words where all are the same.
func once(words [][]int64) [][]int64 {
	if c := (constants{words: words}); c.repeats(1) {
		return words[:1]
	}
	return words
}
