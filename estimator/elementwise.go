package estimator

import (
	"math/bits"
	"slices"

	"mlpc/ir"
	"mlpc/ir/num"
	"mlpc/ir/stream"
)

// elementwise prices one op on all lanes with the registers behind it, and the constants that go with the lanes.
func (f *pricer) elementwise(l *stream.Layer, v *ir.Value) cost {
	lanes, out := l.Out.Lanes, v.Type.Elem.Bits
	var one cost
	switch a := v.Attr.(type) {
	case *ir.Requant:
		return f.requant(l, v, a)
	case *ir.Threshold:
		return f.threshold(l, v, a)
	case *ir.Table:
		one = f.rom(len(a.Values), out)
		if one.bram == 0 {
			one.ff = float64(out)
		}
		return one.times(lanes)
	case *ir.Clamp:
		above := max(0, v.Args[0].Type.Elem.Bits-out)
		one = cost{lut: float64(out) + float64(above)/4}
	default:
		one = f.arithmetic(v)
	}
	if v.Op == ir.OpWrap {
		return cost{}
	}
	one.ff += float64(out)
	c := one.times(lanes)
	for _, a := range v.Args {
		if d := a.Const(); d != nil && slices.Min(d.Ints) != slices.Max(d.Ints) {
			c.add(f.beatROM(l.Out.Beats(), lanes*a.Type.Elem.Bits))
		}
	}
	return c
}

// arithmetic prices an op of two or three arguments for one lane, without registers.
func (f *pricer) arithmetic(v *ir.Value) cost {
	in := 1
	for _, a := range v.Args {
		in = max(in, signedBits(a.Type.Elem))
	}
	out := v.Type.Elem.Bits
	carry := float64(ceil(in+1, f.carryBits))
	switch v.Op {
	case ir.OpAdd:
		return f.sum(min(in, out))
	case ir.OpSub:
		return cost{lut: f.subtract * float64(min(in, out)), carry: carry}
	case ir.OpMul:
		if isShift(v.Args[0]) || isShift(v.Args[1]) {
			return cost{}
		}
		a, b := v.Args[0].Type.Elem, v.Args[1].Type.Elem
		if natural := signedBits(a) + signedBits(b); out < min(f.dspMin, natural) { // only the low bits are wanted
			return cost{lut: f.multiply(a.Bits, b.Bits) * float64(out) / float64(natural), carry: carry}
		}
		return f.product(a, b, 1, f.dev)
	case ir.OpMax, ir.OpMin:
		return cost{lut: f.larger * float64(in), carry: carry}
	case ir.OpCmp:
		return cost{lut: f.compare * float64(in), carry: carry}
	case ir.OpSelect:
		return cost{lut: float64(out)}
	}
	return cost{}
}

// isShift tells whether v is one constant power of two.
func isShift(v *ir.Value) bool {
	d := v.Const()
	return d != nil && slices.Min(d.Ints) == slices.Max(d.Ints) && bits.OnesCount64(uint64(d.Ints[0])) == 1
}

// requant prices the scaling of all lanes: a product with a constant or with constants from a memory, the rounding, and the clamp.
func (f *pricer) requant(l *stream.Layer, v *ir.Value, a *ir.Requant) cost {
	x, out, lanes := signedBits(v.Args[0].Type.Elem), v.Type.Elem.Bits, l.Out.Lanes
	var mul, shift []int64
	for c := range max(len(a.Mul), len(a.Add), len(a.Shift)) {
		m, _, s := a.At(c)
		mul, shift = append(mul, m), append(shift, int64(s))
	}
	beats := l.Out.GroupBeats()
	m := bits.Len64(uint64(slices.Max(mul))) + 1
	var one cost
	if slices.Min(mul) != slices.Max(mul) || bits.OnesCount64(uint64(mul[0])) > 1 {
		one = f.product(v.Args[0].Type.Elem, ir.Uint(m-1), 1, f.dev)
	}
	inDSP := one.dsp > 0
	kept := max(1, x+m-int(slices.Min(shift))) // bits of the product that the shift leaves
	one.lut += float64(2 * out)
	one.ff += float64(out)
	if !inDSP || !f.registers {
		one.ff += float64(kept)
	}
	if !inDSP || !f.postAdder {
		one.add(f.sum(kept))
	}
	if a.Round == num.Float32 {
		one.add(cost{lut: f.control * float64(9*x), carry: float64(2 * ceil(24, f.carryBits))}) // two roundings to 24 bits and the shifts
	}
	c := one.times(lanes)
	if slices.Min(mul) != slices.Max(mul) {
		c.add(f.beatROM(beats, lanes*(m-1)))
	}
	if len(a.Add) > 1 {
		c.add(f.beatROM(beats, lanes*signedBits(elemOf(a.Add))))
	}
	return c
}

// threshold prices a comparator for each step, the counter of their results, and the steps where they differ from lane to lane; many
// steps are searched in halves, with a memory and a comparator for each bit of the count.
func (f *family) threshold(l *stream.Layer, v *ir.Value, a *ir.Threshold) cost {
	n, out, lanes := len(a.Steps)/a.Channels, v.Type.Elem.Bits, l.Out.Lanes
	w := signedBits(v.Args[0].Type.Elem) + 1
	if levels := stream.SearchLevels(a); levels > 0 {
		return f.search(l, a, levels, w, out)
	}
	compare := f.compare * float64(w)
	if a.Channels == 1 {
		compare /= 2 // a constant operand
	}
	count := max(1, 2.7*float64(out)-4)
	one := cost{lut: float64(n) * (compare + f.control*count), ff: float64(out), carry: float64(n * ceil(w, f.carryBits))}
	c := one.times(lanes)
	if a.Channels > 1 {
		c.add(f.beatROM(l.Out.GroupBeats(), lanes*n*w))
	}
	return c
}

// search prices a binary search on all lanes.
func (f *family) search(l *stream.Layer, a *ir.Threshold, levels, w, out int) cost {
	channel, words := 0, 1
	if a.Channels > 1 {
		words = l.Out.GroupBeats()
		channel = log2(words)
	}
	one := cost{lut: float64(out), ff: float64(out)}
	for level := range levels {
		steps := f.rom(words<<level, w)
		if steps.bram == 0 { // a block has the register of its word inside
			steps.ff += float64(w)
		}
		one.add(steps)
		one.add(cost{lut: f.compare * float64(w), ff: float64(w - 1 + level + channel), carry: float64(ceil(w, f.carryBits))})
	}
	c := one.times(l.Out.Lanes)
	if channel > 0 {
		c.add(cost{lut: f.control * float64(channel), ff: float64(channel)})
	}
	return c
}
