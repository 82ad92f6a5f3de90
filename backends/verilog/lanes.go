package verilog

import (
	"fmt"
	"math/bits"
	"slices"

	"mlpc/ir"
	"mlpc/ir/num"
	"mlpc/ir/stream"
)

// chain prints the elementwise ops that follow a head, each into registers of its own, and gives the last registers.
func (e *engine) chain(values []*ir.Value, x bus, from *ir.Value) bus {
	for _, v := range values {
		args := make([]bus, len(v.Args))
		for i, a := range v.Args {
			args[i] = x
			if a != from {
				args[i] = e.constant(operandConstants(e.form, a, v))
			}
		}
		x, from = e.elementwise(v, args), v
	}
	return x
}

// operandConstants tabulates a constant that broadcasts to the shape of v.
func operandConstants(f stream.Form, a, v *ir.Value) constants {
	data, at := a.Const().Ints, stream.Broadcast(a.Type.Shape, v.Type.Shape)
	return constantsOf(f, func(e int) int64 { return data[at(e)] })
}

// elementwise prints one op on all lanes. The arguments are registers of the current stage, or constants beside them.
func (e *engine) elementwise(v *ir.Value, args []bus) bus {
	switch a := v.Attr.(type) {
	case *ir.Requant:
		return e.requant(v, a, args[0])
	case *ir.Threshold:
		return e.threshold(v, a, args[0])
	case *ir.Clamp:
		return e.clamp(v, a, args[0])
	case *ir.Table:
		return e.table(v, a, args[0])
	}
	if v.Op == ir.OpWrap {
		return e.wrap(v, args[0])
	}
	return e.arithmetic(v, args)
}

// lanes opens a loop over the lanes; done closes it.
func (e *engine) lanes(label string) { e.loop(label, e.form.Lanes) }

// loop opens a loop of i over 0 to n - 1; done closes it.
func (e *engine) loop(label string, n int) {
	e.loops = true
	e.Line("generate")
	e.In()
	e.P("for (i = 0; i < %d; i = i + 1) begin : %s", n, e.signal(label+"_"))
	e.In()
}

func (e *engine) done() {
	e.Out()
	e.Line("end")
	e.Out()
	e.Line("endgenerate")
}

// wire declares a bus that a loop over the lanes drives.
func (e *engine) wire(bits int) string {
	name := e.signal("w")
	e.P("wire [%d:0] %s;", e.form.Lanes*bits-1, name)
	return name
}

// extend declares a signed wire inside a loop over the lanes: an expression of `from` bits, sign-extended or cut to `to` bits.
func (e *engine) extend(name, expr string, from, to int) {
	switch {
	case from == to:
		e.P("wire signed [%d:0] %s = %s;", to-1, name, expr)
	case from < to:
		e.P("wire signed [%d:0] %s_narrow = %s;", from-1, name, expr)
		e.P("wire signed [%d:0] %s = {{%d{%s_narrow[%d]}}, %s_narrow};", to-1, name, to-from, name, from-1, name)
	default:
		e.P("wire signed [%d:0] %s_wide = %s;", from-1, name, expr)
		e.P("wire signed [%d:0] %s = %s_wide[%d:0];", to-1, name, name, to-1)
		e.P("wire unused_%s = &{1'b0, %s_wide[%d:%d]};", name, name, from-1, to)
	}
}

// modules names the library module of an op with two operands.
var modules = map[ir.Op]string{
	ir.OpAdd: "mlpc_add", ir.OpSub: "mlpc_sub", ir.OpMul: "mlpc_mul", ir.OpMax: "mlpc_max", ir.OpMin: "mlpc_min",
}

// relations are the values of mlpc_compare's RELATION.
var relations = map[string]int{"lt": 0, "le": 1, "eq": 2}

// arithmetic prints add, sub, mul, max, min, cmp and select.
func (e *engine) arithmetic(v *ir.Value, args []bus) bus {
	t := v.Type.Elem
	y := e.wire(t.Bits)
	e.lanes(v.Op.String())
	lane := fmt.Sprintf("%s[i*%d +: %d]", y, t.Bits, t.Bits)
	switch v.Op {
	case ir.OpCmp:
		e.Line("wire holds;")
		e.P("mlpc_compare #(.A(%d), .B(%d), .RELATION(%d)) compare (.a(%s), .b(%s), .y(holds));",
			args[0].width, args[1].width, relations[v.Attr.(*ir.Cmp).Rel], args[0].lane(), args[1].lane())
		e.extend("y", "{1'b0, holds}", 2, max(2, t.Bits))
		e.P("assign %s = y[%d:0];", lane, t.Bits-1)
		if t.Bits == 1 {
			e.Line("wire unused_y = y[1];")
		}
	case ir.OpSelect:
		e.P("wire signed [%d:0] c = %s;", args[0].width-1, args[0].lane())
		e.extend("b", args[1].lane(), args[1].width, t.Bits)
		e.extend("a", args[2].lane(), args[2].width, t.Bits)
		e.P("assign %s = |c ? b : a;", lane)
	default:
		natural := max(args[0].width, args[1].width) + 1
		if v.Op == ir.OpMul {
			natural = args[0].width + args[1].width
		}
		e.P("wire [%d:0] result;", min(natural, t.Bits)-1)
		e.P("%s #(.A(%d), .B(%d), .Y(%d)) op (.a(%s), .b(%s), .y(result));",
			modules[v.Op], args[0].width, args[1].width, min(natural, t.Bits), args[0].lane(), args[1].lane())
		e.extend("y", "result", min(natural, t.Bits), t.Bits)
		e.P("assign %s = y;", lane)
	}
	e.done()
	return e.register(y, t, e.form.Lanes)
}

// wrap keeps the low bits: wires only.
func (e *engine) wrap(v *ir.Value, x bus) bus {
	t := v.Type.Elem
	y := e.wire(t.Bits)
	e.lanes("wrap")
	e.extend("y", x.lane(), x.width, t.Bits)
	e.P("assign %s[i*%d +: %d] = y;", y, t.Bits, t.Bits)
	e.done()
	return busOf(y, t)
}

// clamp prints a saturation.
func (e *engine) clamp(v *ir.Value, a *ir.Clamp, x bus) bus {
	t := v.Type.Elem
	limits := signedBits(a.Lo, a.Hi)
	in := max(x.width, limits+1, t.Bits+1)
	y := e.wire(t.Bits)
	e.lanes("clamp")
	e.extend("x", x.lane(), x.width, in)
	e.P("mlpc_clamp #(.IN(%d), .LIM(%d), .OUT(%d)) op (.x(x), .lo(%s), .hi(%s), .y(%s[i*%d +: %d]));",
		in, limits, t.Bits, sized(a.Lo, limits), sized(a.Hi, limits), y, t.Bits, t.Bits)
	e.done()
	return e.register(y, t, e.form.Lanes)
}

// table prints one read-only memory a lane.
func (e *engine) table(v *ir.Value, a *ir.Table, x bus) bus {
	t := v.Type.Elem
	addr := max(1, bits.Len(uint(len(a.Values)-1)))
	depth := 1 << addr // full, so that lanes without an element read something defined
	words := make([][]int64, depth)
	for i := range words {
		words[i] = []int64{a.Values[min(i, len(a.Values)-1)]}
	}
	y := e.wire(t.Bits)
	file := e.name + "_" + y + ".hex"
	e.files["rtl/"+file] = hexFile(words, t.Bits)
	width := max(x.width, signedBits(a.Lo), addr) + 1
	e.lanes("table")
	e.extend("x", x.lane(), x.width, width)
	e.P("wire [%d:0] index = x - %s;", width-1, sized(a.Lo, width))
	e.P("wire unused_index = &{1'b0, index[%d:%d]};", width-1, addr)
	e.P("mlpc_rom #(.WIDTH(%d), .DEPTH(%d), .ADDR(%d), .FILE(%q)) rom (.clk(clk), .step(move), .addr(index[%d:0]), .q(%s[i*%d +: %d]));",
		t.Bits, depth, addr, file, addr-1, y, t.Bits, t.Bits)
	e.done()
	e.stage++
	return busOf(y, t)
}

// requant prints one of the four roundings.
func (e *engine) requant(v *ir.Value, a *ir.Requant, x bus) bus {
	if a.Round == num.HalfUp || a.Round == num.HalfEven {
		return e.requantHalf(v, a, x)
	}
	t, last := v.Type.Elem, stream.LastAxis(v)
	mul := e.constant(constantsOf(e.form, func(i int) int64 { m, _, _ := a.At(i % last); return m }))
	shift := e.constant(constantsOf(e.form, func(i int) int64 { _, _, s := a.At(i % last); return int64(s) }))
	limits := signedBits(a.Zero, a.Lo, a.Hi)
	module, mulBits, shiftBits, most := "mlpc_requant_gemmlowp", 32, 6, 32
	switch {
	case a.Round == num.Float32 && x.width <= 25 && limits <= 22 && slices.Min(a.Shift) >= 1 && slices.Max(a.Shift) <= 62:
		module, mulBits, shiftBits = "mlpc_requant_float32_near", 24, 6
	case a.Round == num.Float32:
		module, mulBits, shiftBits, most = "mlpc_requant_float32", 24, 8, 54
	}
	y := e.wire(t.Bits)
	e.lanes("requant")
	e.extend("x", x.lane(), x.width, min(x.width, most))
	e.extend("mul", mul.lane(), mul.width, mulBits)
	e.extend("shift", shift.lane(), shift.width, shiftBits)
	e.P("%s #(.X(%d), .LIM(%d), .OUT(%d)) op (", module, min(x.width, most), limits, t.Bits)
	e.P("  .x(x), .mul(mul), .shift(shift), .zero(%s), .lo(%s), .hi(%s), .y(%s[i*%d +: %d])",
		sized(a.Zero, limits), sized(a.Lo, limits), sized(a.Hi, limits), y, t.Bits, t.Bits)
	e.Line(");")
	e.done()
	return e.register(y, t, e.form.Lanes)
}

// requantHalf prints half-up and half-even in two stages: the product, then the rounding of product + add.
func (e *engine) requantHalf(v *ir.Value, a *ir.Requant, x bus) bus {
	t, last := v.Type.Elem, stream.LastAxis(v)
	at := sameShift(a, last)
	mul := e.constant(constantsOf(e.form, func(i int) int64 { return at(i % last)[0] }))
	width := x.width + mul.width
	p := e.wire(width)
	e.lanes("scale")
	e.P("mlpc_mul #(.A(%d), .B(%d), .Y(%d)) op (.a(%s), .b(%s), .y(%s[i*%d +: %d]));",
		x.width, mul.width, width, x.lane(), mul.lane(), p, width, width)
	e.done()
	product := e.register(p, ir.Int(width), e.form.Lanes)

	add := e.constant(constantsOf(e.form, func(i int) int64 { return at(i % last)[1] }))
	shifts := constantsOf(e.form, func(i int) int64 { return at(i % last)[2] })
	shift := e.constant(shifts)
	limits := signedBits(a.Zero, a.Lo, a.Hi)
	acc := max(width, add.width, int(slices.Max(shifts.all()))+1, limits, t.Bits, shift.width) + 2
	module := "mlpc_requant_half_up"
	if a.Round == num.HalfEven {
		module = "mlpc_requant_half_even"
	}
	y := e.wire(t.Bits)
	e.lanes("round")
	e.P("%s #(.X(%d), .MUL(2), .ADD(%d), .SHIFT(%d), .ACC(%d), .LIM(%d), .OUT(%d)) op (",
		module, width, add.width, shift.width, acc, limits, t.Bits)
	e.P("  .x(%s), .mul(2'sd1), .add(%s), .shift(%s), .zero(%s), .lo(%s), .hi(%s), .y(%s[i*%d +: %d])",
		product.lane(), add.lane(), shift.lane(), sized(a.Zero, limits), sized(a.Lo, limits), sized(a.Hi, limits), y, t.Bits, t.Bits)
	e.Line(");")
	e.done()
	return e.register(y, t, e.form.Lanes)
}

// sameShift gives mul, add and shift of each index of the last axis with one shift for all, the largest, where the factors then
// still fit: (x·mul + add) / 2^s rounds as (x·mul·2^d + add·2^d) / 2^(s+d) does. Else it gives the constants as they are.
func sameShift(a *ir.Requant, n int) func(c int) [3]int64 {
	most := 0
	for c := range n {
		_, _, s := a.At(c)
		most = max(most, s)
	}
	fits := true
	for c := range n {
		m, k, s := a.At(c)
		fits = fits && signedBits(m, k)+most-s <= 62
	}
	return func(c int) [3]int64 {
		m, k, s := a.At(c)
		if fits {
			return [3]int64{m << (most - s), k << (most - s), int64(most)}
		}
		return [3]int64{m, k, int64(s)}
	}
}
