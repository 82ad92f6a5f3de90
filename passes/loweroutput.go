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

// refinement is how many bits finer than its accumulator an output is where a bias of the model lies between the integers.
const refinement = 8

// refined gives an output accumulator more bits where a bias that is still to be added needs them, in models that came quantized:
// on the coarse grid of a net of few bits rounding it would change decisions.
func (l *lowering) refined(f form) form {
	if !l.exact || len(f.post) == 0 || f.v == nil || f.zero != 0 {
		return f
	}
	s := f.post[0]
	if s.mul == nil || !all(s.mul, 1) {
		return f
	}
	for c := range max(len(f.scale), len(s.add)) {
		t := at(s.add, c) / at(f.scale, c)
		if math.Abs(t-math.Round(t)) < 1e-3 {
			continue
		}
		f.v = l.ng.New(ir.OpMul, ir.Elem{}, nil, f.v, l.ng.Const(nil, []int64{1 << refinement}))
		f.scale = slices.Clone(f.scale)
		for i := range f.scale {
			f.scale[i] /= 1 << refinement
		}
		return f
	}
	return f
}
