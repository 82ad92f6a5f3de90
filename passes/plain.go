package passes

import (
	"fmt"
	"math"
	"slices"

	"mlpc/ir"
	"mlpc/ir/num"
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
	x, k, swapped := v.Args[0], v.Args[1], false
	if isStatic(x) {
		x, k, swapped = k, x, true
	}
	if !isStatic(k) || !sameShape(x, v) {
		return form{}, false
	}
	c := staticReals(k)
	if last := lastAxis(v.Type.Shape); len(c) != 1 && (len(c) != last || k.Type.Shape[len(k.Type.Shape)-1] != last) {
		return form{}, false
	}
	s := stage{mul: []float64{1}, add: slices.Clone(c)}
	switch {
	case v.Op == ir.OpMul:
		s = stage{mul: slices.Clone(c), add: []float64{0}}
	case v.Op == ir.OpSub && swapped:
		s.mul[0] = -1
	case v.Op == ir.OpSub:
		for i := range s.add {
			s.add[i] = -s.add[i]
		}
	}
	return l.forms[x.ID].then(s), true
}

// operand gives the plain form of an argument, static ones as integer constants.
func (l *lowering) operand(v *ir.Value) (form, error) {
	if !isStatic(v) {
		return l.plain(l.forms[v.ID])
	}
	g, ok := gridOf(v)
	if !ok {
		return l.rounded(v)
	}
	if !all(g.scale, g.scale[0]) {
		return form{}, fmt.Errorf("a constant mixes scales")
	}
	return form{v: l.ng.Const(g.shape, g.ints), scale: g.scale[:1]}, nil
}

// constantBits is the width that a constant without a grid is rounded to.
const constantBits = 16

// rounded puts a constant without a grid on one of constantBits bits, in models that mlpc quantized.
func (l *lowering) rounded(v *ir.Value) (form, error) {
	r := staticReals(v)
	if l.c.Imported || r == nil {
		return form{}, fmt.Errorf("a constant lies on no grid")
	}
	lo, hi := bounds(r)
	g := gridFamily{bits: constantBits, symmetric: true, pow2: l.c.Config.Hardware()}.cover(min(lo, -hi), max(hi, -lo))
	ints := make([]int64, len(r))
	for i, x := range r {
		ints[i] = int64(math.RoundToEven(x / g.Scale))
	}
	return form{v: l.ng.Const(v.Type.Shape, ints), scale: []float64{g.Scale}}, nil
}

// ratioBits is the width of the multipliers that bring two scales together.
const ratioBits = 14

// align brings two plain forms to one scale by integer factors.
func (l *lowering) align(a, b form) (form, form, error) {
	if len(a.scale) != 1 || len(b.scale) != 1 {
		if !slices.Equal(a.scale, b.scale) {
			return a, b, fmt.Errorf("two values with scales a channel differ in them")
		}
	}
	if slices.Equal(a.scale, b.scale) && a.zero == b.zero {
		return a, b, nil
	}
	a, err := l.unshift(a)
	if err != nil {
		return a, b, err
	}
	if b, err = l.unshift(b); err != nil || slices.Equal(a.scale, b.scale) {
		return a, b, err
	}
	ma, mb, unit, exact := commonUnit(a.scale[0], b.scale[0])
	if !exact {
		a, b = l.coarsened(a, b)
	}
	ma, mb, unit, exact = commonUnit(a.scale[0], b.scale[0])
	if !exact && l.c.Match == MatchExact {
		return a, b, fmt.Errorf("scales %g and %g have no common unit in %d bits", a.scale[0], b.scale[0], 62)
	}
	return l.times(a, ma, unit), l.times(b, mb, unit), nil
}

// coarsened brings the finer of two values to 2^-ratioBits of the other's step, by a requant, where an integer factor would have
// less than ratioBits − 4 bits. Only in models that mlpc quantized.
func (l *lowering) coarsened(a, b form) (form, form) {
	if l.exact {
		return a, b
	}
	step := max(a.scale[0], b.scale[0]) / (1 << ratioBits)
	for _, f := range []*form{&a, &b} {
		if f.scale[0] >= step*(1<<(ratioBits-4)) {
			continue
		}
		mul, shift := num.Reduce(num.FromFloat(f.scale[0]/step, l.width))
		if shift < 0 {
			mul, shift = mul<<-shift, 0
		}
		lo, hi := f.v.Interval().Bounds()
		r := &ir.Requant{Mul: []int64{mul}, Shift: []int64{int64(shift)}, Lo: num.Requant(lo, mul, 0, shift, num.HalfUp), Hi: num.Requant(hi, mul, 0, shift, num.HalfUp)}
		f.v = l.ng.New(ir.OpRequant, ir.Fit(r.Lo, r.Hi), r, f.v)
		f.scale = []float64{step}
	}
	return a, b
}

// times multiplies integers by m and gives them the scale unit.
func (l *lowering) times(f form, m int64, unit float64) form {
	if m != 1 {
		f.v = l.ng.New(ir.OpMul, ir.Elem{}, nil, f.v, l.ng.Const(nil, []int64{m}))
	}
	f.scale = []float64{unit}
	return f
}

// commonUnit gives integers ma, mb and a unit with a ≈ ma·unit and b ≈ mb·unit: exactly where small ones do, else the larger with
// ratioBits bits.
func commonUnit(a, b float64) (ma, mb int64, unit float64, exact bool) {
	ra, ea := num.FromFloat(a, 53)
	rb, eb := num.FromFloat(b, 53)
	e := max(ea, eb)
	if d := max(e-ea, e-eb); d < 10 {
		x, y := ra<<(e-ea), rb<<(e-eb)
		g := gcd(x, y)
		if x/g < 1<<30 && y/g < 1<<30 {
			return x / g, y / g, a / float64(x/g), true
		}
	}
	unit = max(a, b) / (1 << ratioBits)
	return max(1, int64(math.Round(a/unit))), max(1, int64(math.Round(b/unit))), unit, false
}

func gcd(a, b int64) int64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
