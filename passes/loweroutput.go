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
	f, err := l.plain(l.refined(f))
	if err != nil {
		return nil, err
	}
	if len(f.scale) != 1 || f.scale[0] != 1 || f.zero != 0 {
		if t := &f.v.Type; t.Scale == nil {
			t.Scale, t.Zero = f.scale, f.zero
		}
	}
	return f.v, nil
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
