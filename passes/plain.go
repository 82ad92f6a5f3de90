package passes

import (
	"fmt"
	"math"
	"slices"

	"mlpc/ir"
)

// plain applies what a form has still to apply as integer ops, as far as that is exact: clamps at grid points, scalings, and
// additions of grid points. In models that mlpc quantized an addition is rounded to the accumulator's grid.
func (l *lowering) plain(f form) (form, error) {
	if f.v == nil {
		return f, fmt.Errorf("an input is used without a quantizer")
	}
	if t, ok := l.integral(f); ok {
		return t, nil
	}
	if f.whole != nil {
		return f, fmt.Errorf("the result of a function has no quantizer")
	}
	f.input, f.acc = nil, f.acc && len(f.post) == 0
	post := f.post
	f.post = nil
	for _, s := range post {
		var err error
		switch {
		case s.table != nil && (s.table.Fn == "mod" || s.table.Fn == "fmod"):
			f, err = l.bitDrop(f, s.table)
		case s.table != nil:
			err = fmt.Errorf("the result of function %s has no quantizer", s.table.Fn)
		case s.clamp != nil:
			f, err = l.plainClamp(f, s.clamp)
		default:
			f, err = l.plainAffine(f, s)
		}
		if err != nil {
			return f, err
		}
	}
	return f, nil
}

// integral gives a function of few integers all of whose results are integers, a comparison for example, as a table.
func (l *lowering) integral(f form) (form, bool) {
	if _, straight := f.lines(); straight || !f.uniform() {
		return f, false
	}
	lo, hi := f.v.Interval().Bounds()
	if hi-lo >= tableLimit {
		return f, false
	}
	t := &ir.Table{Lo: lo, Values: make([]int64, hi-lo+1)}
	for i := range t.Values {
		x := f.eval(lo+int64(i), 0)
		if x != math.Trunc(x) || math.Abs(x) >= 1<<31 {
			return f, false
		}
		t.Values[i] = int64(x)
	}
	return form{v: l.ng.New(ir.OpTable, ir.Elem{}, t, f.v), scale: []float64{1}}, true
}

// bitDrop takes the remainder by a power of two steps: the low bits stay. Channels of different widths are shifted to the top of one
// wrap, after which all have one scale.
func (l *lowering) bitDrop(f form, t *ir.Table) (form, error) {
	f, err := l.unshift(f)
	if err != nil {
		return f, err
	}
	if lo, _ := f.v.Interval().Bounds(); lo < 0 && t.Fn == "fmod" {
		return f, fmt.Errorf("fmod of negative values drops no bits")
	}
	width := make([]int, len(f.scale))
	for c := range width {
		frac, exp := math.Frexp(t.Params[0] / f.scale[c])
		if frac != 0.5 || exp < 2 {
			return f, fmt.Errorf("the remainder by %g is no power of two of steps of %g", t.Params[0], f.scale[c])
		}
		width[c] = exp - 1
	}
	widest := slices.Max(width)
	up := make([]int64, len(width))
	for c := range up {
		up[c] = 1 << (widest - width[c])
	}
	if up = shortenInts(up); len(up) > 1 {
		f.v = l.ng.New(ir.OpMul, ir.Elem{}, nil, f.v, l.ng.Const([]int{len(up)}, up))
	}
	f.v = l.ng.New(ir.OpWrap, ir.Uint(widest), nil, f.v)
	f.scale = []float64{math.Ldexp(t.Params[0], -widest)}
	return f, nil
}

// plainClamp clamps the integers.
func (l *lowering) plainClamp(f form, c *ir.Clamp) (form, error) {
	bound := func(r float64) (int64, error) {
		if r == 0 {
			return f.zero, nil
		}
		if math.IsInf(r, 0) {
			return int64(math.Copysign(1<<62, r)), nil
		}
		t := r / f.scale[0]
		q := math.RoundToEven(t)
		if len(f.scale) > 1 || math.Abs(t-q) > 1e-9*math.Abs(t) && !l.rounds {
			return 0, fmt.Errorf("the bound %g of a clamp lies between the integers", r)
		}
		return int64(q) + f.zero, nil
	}
	lo, err := bound(c.RLo)
	if err != nil {
		return f, err
	}
	hi, err := bound(c.RHi)
	if err != nil {
		return f, err
	}
	l0, h0 := f.v.Interval().Bounds()
	if lo <= l0 && hi >= h0 {
		return f, nil
	}
	f.v = l.ng.New(ir.OpClamp, ir.Elem{}, &ir.Clamp{Lo: max(lo, min(l0, hi)), Hi: min(hi, max(h0, lo))}, f.v)
	return f, nil
}

// plainAffine changes the scale and adds constants.
func (l *lowering) plainAffine(f form, s stage) (form, error) {
	n := max(len(f.scale), len(s.mul), len(s.add))
	scale, ints, neg := make([]float64, n), make([]int64, n), false
	for c := range n {
		m := at(s.mul, c)
		scale[c] = at(f.scale, c) * math.Abs(m)
		neg = neg || m < 0
		if m == 0 || neg != (m < 0) {
			return f, fmt.Errorf("a product changes the sign of some channels only, or is 0")
		}
		t := at(s.add, c) / scale[c]
		q := math.RoundToEven(t)
		if !(math.Abs(t-q) <= 1e-9*max(1, math.Abs(t))) && !l.rounds || math.Abs(t) >= 1<<52 {
			return f, fmt.Errorf("an added constant lies between the integers")
		}
		ints[c] = int64(q)
	}
	ints = shortenInts(ints)
	f.scale = shorten(scale)
	if !neg && len(ints) == 1 {
		f.zero -= ints[0]
		return f, nil
	}
	f, err := l.unshift(f)
	if err != nil {
		return f, err
	}
	if neg {
		f.v = l.ng.New(ir.OpSub, ir.Elem{}, nil, l.ng.Const(nil, []int64{0}), f.v)
	}
	if len(ints) > 1 || ints[0] != 0 {
		shape := []int{len(ints)}
		if len(ints) == 1 {
			shape = nil
		}
		f.v = l.ng.New(ir.OpAdd, ir.Elem{}, nil, f.v, l.ng.Const(shape, ints))
	}
	return f, nil
}

// unshift subtracts the zero point, where the rounding at hand or the op that follows cannot take it in.
func (l *lowering) unshift(f form) (form, error) {
	if f.zero == 0 || f.v == nil {
		return f, nil
	}
	f.v = l.ng.New(ir.OpSub, ir.Elem{}, nil, f.v, l.ng.Const(nil, []int64{f.zero}))
	f.zero = 0
	return f, nil
}

// affineStage reads add, sub and mul with a constant that broadcasts along the last axis as a stage.
func (l *lowering) affineStage(v *ir.Value) (form, bool) {
	a, ok := staticAffine(v)
	if !ok {
		return form{}, false
	}
	return l.forms[a.x.ID].then(stage{mul: a.mul, add: a.add}), true
}
