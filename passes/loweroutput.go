package passes

import (
	"fmt"
	"math"
	"slices"

	"mlpc/ir"
)

// output gives an integer value for an output and says what its integers stand for.
func (l *lowering) output(o *ir.Value) (*ir.Value, error) {
	f := l.forms[o.ID]
	if isStatic(o) {
		g, ok := gridOf(o)
		if !ok || !all(g.scale, g.scale[0]) {
			return nil, fmt.Errorf("is a constant that lies on no grid")
		}
		f = form{v: l.ng.Const(g.shape, g.ints), scale: g.scale[:1]}
	}
	f, tail := l.explained(f)
	f, err := l.plain(l.refined(f))
	if err != nil {
		return nil, err
	}
	t := ir.Type{Scale: f.scale, Zero: f.zero}
	if tail.mul != nil {
		t.Scale = slices.Clone(f.scale)
		for i := range t.Scale {
			t.Scale[i] *= tail.mul[0]
		}
		if shift, ok := wholeSteps(tail.add[0], t.Scale); ok {
			t.Zero -= shift
		} else {
			t.Offset = tail.add
		}
	}
	return l.explain(f.v, t), nil
}

// explained splits off products and sums at the end of an output that are the same for all channels and do not fall: they need no
// integers but change what those stand for, in models that came quantized. The stage has no mul where there is none.
func (l *lowering) explained(f form) (form, stage) {
	tail := stage{mul: []float64{1}, add: []float64{0}}
	n := len(f.post)
	for n > 0 && l.exact {
		s := f.post[n-1]
		if len(s.mul) != 1 || len(s.add) != 1 || !(s.mul[0] > 0) {
			break
		}
		tail.add[0] += float64(tail.mul[0] * s.add[0])
		tail.mul[0] *= s.mul[0]
		n--
	}
	table := slices.ContainsFunc(f.post[:n], func(s stage) bool { return s.table != nil })
	if n == len(f.post) || f.v == nil || f.whole != nil || table {
		return f, stage{}
	}
	f.post = f.post[:n:n]
	return f, tail
}

// wholeSteps gives x in steps of each of the scales, where that is the same whole number for all.
func wholeSteps(x float64, scale []float64) (int64, bool) {
	steps := math.Round(x / scale[0])
	for _, s := range scale {
		if t := x / s; !(math.Abs(t-steps) <= 1e-9*max(1, math.Abs(t))) || math.Abs(t) >= 1<<52 {
			return 0, false
		}
	}
	return int64(steps), true
}

// explain says what the integers of an output stand for. Where they are an input, or another output that stands for something else,
// the output becomes a value of its own.
func (l *lowering) explain(v *ir.Value, t ir.Type) *ir.Value {
	if v.Type.Scale == nil && len(t.Scale) == 1 && t.Scale[0] == 1 && t.Zero == 0 && t.Offset == nil {
		return v
	}
	same := slices.Equal(v.Type.Scale, t.Scale) && v.Type.Zero == t.Zero && slices.Equal(v.Type.Offset, t.Offset)
	if !same && (v.Op == ir.OpInput || slices.Contains(l.ng.Outs, v)) {
		v = l.ng.New(ir.OpMul, ir.Elem{}, nil, v, l.ng.Const(nil, []int64{1}))
	}
	v.Type.Scale, v.Type.Zero, v.Type.Offset = t.Scale, t.Zero, t.Offset
	return v
}

// refinementLimit bounds the integers of an output that gets finer ones for a bias: 31 bits with a sign.
const refinementLimit = 1 << 30

// refined gives an output accumulator more bits where a bias that is still to be added lies between its integers, in models that came
// quantized: as many as bring the bias to 2^-22 of itself or of 1, near the precision of a float32 reference, as long as the results fit 31 bits.
// On the coarse grid of a net of few bits rounding a bias would change decisions.
func (l *lowering) refined(f form) form {
	if !l.exact || len(f.post) == 0 || f.v == nil || f.zero != 0 {
		return f
	}
	s := f.post[0]
	if s.mul == nil || !all(s.mul, 1) {
		return f
	}
	lo, hi := f.v.Interval().Bounds()
	reach, fine := float64(max(hi, -lo)), 0
	for c := range max(len(f.scale), len(s.add)) {
		reach = max(reach, float64(max(hi, -lo))+math.Abs(at(s.add, c)/at(f.scale, c)))
		fine = max(fine, bitsBelow(at(s.add, c), at(f.scale, c)))
	}
	for fine > 0 && math.Ldexp(reach, fine) >= refinementLimit {
		fine--
	}
	if fine == 0 {
		return f
	}
	f.v = l.ng.New(ir.OpMul, ir.Elem{}, nil, f.v, l.ng.Const(nil, []int64{1 << fine}))
	f.scale = slices.Clone(f.scale)
	for i := range f.scale {
		f.scale[i] = math.Ldexp(f.scale[i], -fine)
	}
	return f
}

// bitsBelow gives how often a step must be halved until a multiple of it is x, up to 2^-22 of x or of 1.
func bitsBelow(x, step float64) int {
	n := 0
	for math.Abs(x-math.Round(x/step)*step) > 0x1p-22*max(1, math.Abs(x)) {
		step /= 2
		n++
	}
	return n
}
