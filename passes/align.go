package passes

import (
	"fmt"
	"math"
	"math/bits"
	"slices"

	"mlpc/ir"
	"mlpc/ir/num"
)

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
		lo, hi := f.v.Interval().Bounds()
		width := min(l.width, 60-bits.Len64(uint64(max(hi, -lo)))) // the product keeps inside 62 bits
		if width < ratioBits {
			continue
		}
		mul, shift := num.Reduce(num.FromFloat(f.scale[0]/step, width))
		if shift < 0 {
			mul, shift = mul<<-shift, 0
		}
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
