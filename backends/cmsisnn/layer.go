package cmsisnn

import (
	"math"
	"slices"

	cc "mlpc/backends/c"
	"mlpc/ir"
	"mlpc/ir/num"
)

// call is a library function together with how a layer fits it.
type call struct {
	function string
	dense    *ir.Value
	requant  *ir.Requant
}

// holds tells whether a C type of the given size, signed, holds every element of v.
func holds(v *ir.Value, bits int) bool {
	lo, hi := v.Type.Elem.Range()
	return cc.ElemBytes(v.Type.Elem) == bits/8 && ir.Int(bits).Holds(lo, hi)
}

// denseLayer tells whether a layer is a dense op that the library has a kernel for, and its requant, up to the form of the requant.
func denseLayer(l *cc.Layer) (c call, ok bool) {
	d, isDense := l.Head.Attr.(*ir.Dense)
	ops := l.Ops()
	if !isDense || d.Unit != nil || d.Groups > 1 || len(ops) != 1 {
		return c, false
	}
	q, isRequant := ops[0].Attr.(*ir.Requant)
	w := l.Head.Args[1]
	if !isRequant || !holds(w, 8) {
		return c, false
	}
	c = call{dense: l.Head, requant: q}
	x, y := l.Head.Args[0], l.Out()
	switch {
	case holds(x, 8) && holds(y, 8) && sums32(l.Head):
		c.function = "arm_fully_connected_s8"
		if perRow(q) {
			c.function = "arm_fully_connected_per_channel_s8"
		} else if nibbles(w) && q.Round == num.Gemmlowp {
			c.function = "arm_fully_connected_s4"
		}
		return c, true
	case holds(x, 16) && holds(y, 16) && !perRow(q) && q.Zero == 0 && slices.Min(w.Const().Ints) > math.MinInt8:
		c.function = "arm_fully_connected_s16"
		return c, q.Round == num.HalfUp && reduced(q)
	}
	return c, false
}

func perRow(q *ir.Requant) bool { return len(q.Mul) > 1 || len(q.Shift) > 1 }

// nibbles tells whether the weights have 4 bits in rows of even length.
func nibbles(w *ir.Value) bool {
	lo, hi := w.Type.Elem.Range()
	return ir.Int(4).Holds(lo, hi) && w.Type.Shape[1]%2 == 0
}

// sums32 tells whether int32_t holds every partial sum, whatever the order of the terms.
func sums32(dense *ir.Value) bool {
	w := dense.Args[1]
	rows, k := w.Type.Shape[0], w.Type.Shape[1]
	for r := range rows {
		size := 0.0
		if len(dense.Args) == 3 {
			size = math.Abs(float64(dense.Args[2].Const().Ints[r]))
		}
		for _, x := range w.Const().Ints[r*k : (r+1)*k] {
			size += 128 * math.Abs(float64(x))
		}
		if size > math.MaxInt32 {
			return false
		}
	}
	return true
}

// reduced tells whether a half-up requant has the form of the 16-bit kernels: a multiplier of 15 bits and no added constant.
func reduced(q *ir.Requant) bool {
	s := 15 - q.Shift[0]
	return added(q) == 0 && q.Mul[0] > 0 && q.Mul[0] < 1<<15 && s >= -31 && s <= 7
}

// added is the largest size of the constants that a requant adds.
func added(q *ir.Requant) int64 {
	most := int64(0)
	for _, a := range q.Add {
		most = max(most, a, -a)
	}
	return most
}

// single tells whether a requant has the form of the library's build with CMSIS_NN_USE_SINGLE_ROUNDING.
func single(q *ir.Requant) bool {
	if q.Round != num.HalfUp || added(q) != 0 {
		return false
	}
	for c := range max(len(q.Mul), len(q.Shift)) {
		if mul, _, shift := q.At(c); mul <= 0 || mul > math.MaxInt32 || shift < 1 || shift > 62 {
			return false
		}
	}
	return true
}

// double tells whether a requant has the form of the library's default build.
func double(q *ir.Requant) bool {
	if q.Round != num.Gemmlowp {
		return false
	}
	return !slices.ContainsFunc(q.Shift, func(s int64) bool { return s < 1 || s > 62 })
}
