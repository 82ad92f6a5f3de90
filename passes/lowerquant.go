package passes

import (
	"fmt"
	"math"
	"math/bits"
	"slices"

	"mlpc/ir"
	"mlpc/ir/num"
)

// tableLimit is the largest domain that a function is tabulated over.
const tableLimit = 1 << 16

// quantizer turns "apply post, then quantize" into one integer op.
func (l *lowering) quantizer(v *ir.Value) (form, error) {
	q, f := v.Attr.(*ir.Quant), l.forms[v.Args[0].ID]
	if f.v == nil {
		return form{}, fmt.Errorf("the argument of the quantizer has no integers")
	}
	if len(q.Zero) != 1 || q.Zero[0] != math.Trunc(q.Zero[0]) {
		return form{}, fmt.Errorf("the quantizer's zero point is not one integer")
	}
	res := form{scale: shorten(q.Scale), zero: int64(q.Zero[0])}
	if f.input != nil { // whoever feeds the integers has done all of it: see input
		res.v = f.v
		return res, nil
	}
	limits := q
	if len(q.Lo) > 1 || len(q.Hi) > 1 {
		wide := *q
		wide.Lo, wide.Hi = []int64{slices.Min(q.Lo)}, []int64{slices.Max(q.Hi)}
		q = &wide
	}
	var err error
	if res.v = l.throughFloat32(v); res.v != nil {
		res.v.Type.Scale, res.v.Type.Zero = res.scale, res.zero
		return res, nil
	}
	if lines, ok := f.lines(); ok && !l.exact {
		res.v, err = l.requant(f, lines, q)
	} else {
		res.v, err = l.exactly(f, q)
	}
	if err == nil {
		res.v = l.limited(res.v, limits)
		res.v.Type.Scale, res.v.Type.Zero = res.scale, res.zero
	}
	return res, err
}

// limited clamps each channel to its own bounds, where a quantizer has such.
func (l *lowering) limited(v *ir.Value, q *ir.Quant) *ir.Value {
	lo, hi := v.Interval().Bounds()
	if len(q.Lo) > 1 && slices.Max(q.Lo) > lo {
		v = l.ng.New(ir.OpMax, ir.Elem{}, nil, v, l.ng.Const([]int{len(q.Lo)}, q.Lo))
	}
	if len(q.Hi) > 1 && slices.Min(q.Hi) < hi {
		v = l.ng.New(ir.OpMin, ir.Elem{}, nil, v, l.ng.Const([]int{len(q.Hi)}, q.Hi))
	}
	return v
}

// requant makes the requant nearest to the lines divided by the quantizer's scale.
func (l *lowering) requant(f form, lines []line, q *ir.Quant) (*ir.Value, error) {
	n := max(len(lines), len(q.Scale))
	steps := make([]line, n)
	for c := range steps {
		p, s := at(lines, c), at(q.Scale, c)
		steps[c] = line{p.mul / s, p.add / s, p.lo / s, p.hi / s}
	}
	round, width := l.rounding(f, steps, q)
	if round == num.HalfUp || round == num.HalfEven {
		f, steps = l.shortened(f, steps, width)
	} else {
		var err error
		if f, err = l.unshift(f); err != nil {
			return nil, err
		}
	}
	r := &ir.Requant{Round: round, Zero: int64(q.Zero[0])}
	for c, p := range steps {
		lo, hi := max(q.Lo[0], integerOf(p.lo, q)), min(q.Hi[0], integerOf(p.hi, q))
		if c == 0 {
			r.Lo, r.Hi = lo, hi
		}
		if r.Lo != lo || r.Hi != hi || lo > hi || p.mul == 0 {
			return l.exactly(f, q)
		}
		appendLine(r, p, width)
	}
	r.Mul, r.Shift = shortenInts(r.Mul), shortenInts(r.Shift)
	if r.Add = shortenInts(r.Add); len(r.Add) == 1 && r.Add[0] == 0 {
		r.Add = nil
	}
	return l.ng.New(ir.OpRequant, ir.Fit(r.Lo, r.Hi), r, f.v), nil
}

// rounding gives the rounding and the width of the multiplier of one requant. Gemmlowp and float32 only scale, and Gemmlowp takes 32
// bits at most; half-up stands in where that is not enough. The 16-bit kernels of CMSIS-NN round half up with multipliers of 15 bits.
func (l *lowering) rounding(f form, steps []line, q *ir.Quant) (num.Rounding, int) {
	if l.round == num.HalfUp || l.round == num.HalfEven {
		return l.round, l.width
	}
	if l.c.Config.Target == "cmsisnn" && q.Hi[0]-q.Lo[0] > math.MaxUint8 {
		return num.HalfUp, 15
	}
	lo, hi := f.v.Interval().Bounds()
	for _, p := range steps {
		_, shift := num.FromFloat(math.Abs(p.mul), l.width)
		left := max(0, 31-shift)
		fits := shift >= 0 && shift <= 62 && left < 31 && lo-f.zero >= math.MinInt32>>left && hi-f.zero <= math.MaxInt32>>left
		shifted := math.Abs(p.add+p.mul*float64(f.zero)) > 1e-12*math.Abs(p.add)
		if p.mul <= 0 || shifted || l.round == num.Gemmlowp && !fits {
			return num.HalfUp, 31
		}
	}
	return l.round, l.width
}

// shortened drops low bits of a value that is too wide to be multiplied; 60 − width bits stay.
func (l *lowering) shortened(f form, steps []line, width int) (form, []line) {
	lo, hi := f.v.Interval().Bounds()
	drop := bits.Len64(uint64(max(hi, -lo))) + width - 60
	if drop <= 0 {
		return f, steps
	}
	r := &ir.Requant{Mul: []int64{1}, Shift: []int64{int64(drop)}, Lo: num.Requant(lo, 1, 0, drop, num.HalfUp), Hi: num.Requant(hi, 1, 0, drop, num.HalfUp)}
	f.v = l.ng.New(ir.OpRequant, ir.Fit(r.Lo, r.Hi), r, f.v)
	for c := range steps {
		steps[c].mul = math.Ldexp(steps[c].mul, drop)
	}
	return f, steps
}

// appendLine appends multiplier, addition and shift for one channel to r.
func appendLine(r *ir.Requant, p line, width int) {
	mul, shift := num.FromFloat(math.Abs(p.mul), width)
	add := int64(0)
	if r.Round == num.HalfUp || r.Round == num.HalfEven {
		mul, shift = num.Reduce(mul, shift)
		if shift < 0 {
			mul, shift = mul<<-shift, 0
		}
		for shift > 62 {
			mul, shift = mul>>1, shift-1
		}
		if p.mul < 0 {
			mul = -mul
		}
		add = int64(math.RoundToEven(math.Ldexp(p.add, shift)))
	}
	r.Mul, r.Shift, r.Add = append(r.Mul, mul), append(r.Shift, int64(shift)), append(r.Add, add)
}

// integerOf gives the integer of a quotient, which may be infinite.
func integerOf(t float64, q *ir.Quant) int64 {
	return int64(min(max(math.Floor(t+0.5)+q.Zero[0], -1<<62), 1<<62))
}

// shortenInts gives one entry where all are equal.
func shortenInts(s []int64) []int64 {
	for _, x := range s {
		if x != s[0] {
			return s
		}
	}
	return s[:min(1, len(s))]
}
