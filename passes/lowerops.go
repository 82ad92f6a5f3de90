package passes

import (
	"fmt"
	"math"
	"slices"

	"mlpc/ir"
)

// aligned lowers elementwise ops whose arguments must have one scale.
func (l *lowering) aligned(v *ir.Value) (form, error) {
	first := 0
	var args []*ir.Value
	if v.Op == ir.OpSelect {
		c, err := l.operand(v.Args[0])
		if err != nil {
			return form{}, err
		}
		if c, err = l.unshift(c); err != nil {
			return form{}, err
		}
		first, args = 1, append(args, c.v)
	}
	a, err := l.operand(v.Args[first])
	if err != nil {
		return form{}, err
	}
	b, err := l.operand(v.Args[first+1])
	if err != nil {
		return form{}, err
	}
	if v.Op == ir.OpAdd || v.Op == ir.OpSub {
		if a, err = l.unshift(a); err != nil {
			return form{}, err
		}
		if b, err = l.unshift(b); err != nil {
			return form{}, err
		}
	}
	if a, b, err = l.align(a, b); err != nil {
		return form{}, err
	}
	res := form{v: l.ng.New(v.Op, ir.Elem{}, v.Attr, append(args, a.v, b.v)...), scale: a.scale, zero: a.zero}
	if v.Op == ir.OpCmp {
		res.scale, res.zero = []float64{1}, 0
	}
	return res, nil
}

// product lowers mul and matmul of two values.
func (l *lowering) product(v *ir.Value) (form, error) {
	var args []*ir.Value
	scale := []float64{1}
	for _, a := range v.Args {
		f, err := l.operand(a)
		if err != nil {
			return form{}, err
		}
		if f, err = l.unshift(f); err != nil {
			return form{}, err
		}
		if len(f.scale) > 1 && v.Op == ir.OpMatMul {
			return form{}, fmt.Errorf("a product of matrices takes one scale a tensor")
		}
		n := max(len(scale), len(f.scale))
		s := make([]float64, n)
		for c := range s {
			s[c] = at(scale, c) * at(f.scale, c)
		}
		scale = s
		args = append(args, f.v)
	}
	return form{v: l.ng.New(v.Op, ir.Elem{}, v.Attr, args...), scale: scale, acc: v.Op == ir.OpMatMul}, nil
}

// along lowers reductions along an axis.
func (l *lowering) along(v *ir.Value) (form, error) {
	f, ok := l.scores(v)
	if !ok {
		f = l.forms[v.Args[0].ID]
	}
	if v.Op == ir.OpArgMax || v.Op == ir.OpTopK {
		f = f.withoutRising()
	}
	f, err := l.plain(f)
	if err != nil {
		return form{}, err
	}
	if !f.uniform() && (v.Attr.(*ir.Axis).Axis == len(v.Args[0].Type.Shape)-1 || v.Op == ir.OpTopK) {
		return form{}, fmt.Errorf("%s over values with a scale for each", v.Op)
	}
	if v.Op == ir.OpSum {
		if f, err = l.unshift(f); err != nil {
			return form{}, err
		}
	}
	res := form{v: l.ng.New(v.Op, ir.Elem{}, v.Attr, f.v), scale: f.scale, zero: f.zero}
	if v.Op == ir.OpArgMax || v.Op == ir.OpTopK {
		res.scale, res.zero = []float64{1}, 0
	}
	return res, nil
}

// withoutRising drops trailing scalings by a positive factor and shifts that are the same for all channels: they move the place of no maximum.
func (f form) withoutRising() form {
	for n := len(f.post); n > 0; n-- {
		s := f.post[n-1]
		if s.clamp != nil || s.table != nil || len(s.mul) > 1 || len(s.add) > 1 || s.mul[0] <= 0 {
			break
		}
		f.post = f.post[:n-1]
	}
	return f
}

// route lowers an index map: all arguments get one scale and zero point; scales for each channel move with their elements.
func (l *lowering) route(v *ir.Value) (form, error) {
	r := v.Attr.(*ir.Route)
	if len(v.Args) == 1 && len(r.Reals) == 0 {
		return l.routeOne(v, r)
	}
	fs := make([]form, len(v.Args))
	for i, a := range v.Args {
		f, err := l.operand(a)
		if err != nil {
			return form{}, err
		}
		if !f.uniform() {
			return form{}, fmt.Errorf("values with a scale for each channel are put together")
		}
		fs[i] = f
	}
	for i := range fs[1:] {
		var err error
		if fs[0], fs[i+1], err = l.align(fs[0], fs[i+1]); err != nil {
			return form{}, err
		}
	}
	for i := range fs[1:] {
		// A later argument may have changed the scale of the first; bring the others to it.
		var err error
		if fs[0], fs[i+1], err = l.align(fs[0], fs[i+1]); err != nil {
			return form{}, err
		}
	}
	nr := &ir.Route{Shape: r.Shape, Index: r.Index}
	for _, x := range r.Reals {
		q := math.RoundToEven(x / fs[0].scale[0])
		nr.Fill = append(nr.Fill, int64(q)+fs[0].zero)
	}
	args := make([]*ir.Value, len(fs))
	for i := range fs {
		args[i] = fs[i].v
	}
	return form{v: l.ng.New(ir.OpRoute, ir.Elem{}, nr, args...), scale: fs[0].scale, zero: fs[0].zero}, nil
}

// routeOne moves the elements of one value; what it still has to apply moves with them.
func (l *lowering) routeOne(v *ir.Value, r *ir.Route) (form, error) {
	f := l.forms[v.Args[0].ID]
	if f.v == nil {
		return f, fmt.Errorf("an input is used without a quantizer")
	}
	f.input = nil
	from := func(s []float64) ([]float64, error) { return routeChannels(s, r, v) }
	var err error
	if f.scale, err = from(f.scale); err != nil {
		return f, err
	}
	f.post = slices.Clone(f.post)
	for i := range f.post {
		s := &f.post[i]
		if s.mul != nil {
			if s.mul, err = from(s.mul); err == nil {
				s.add, err = from(s.add)
			}
			if err != nil {
				return f, err
			}
		}
	}
	f.v = l.ng.New(ir.OpRoute, ir.Elem{}, r, f.v)
	return f, nil
}

// routeChannels moves constants of the last axis along a route.
func routeChannels(s []float64, r *ir.Route, v *ir.Value) ([]float64, error) {
	if len(s) == 1 {
		return s, nil
	}
	last := lastAxis(v.Type.Shape)
	moved := make([]float64, last)
	for i, x := range r.Index {
		c := s[int(x)%len(s)]
		if i >= last && moved[i%last] != c {
			return nil, fmt.Errorf("a route mixes channels with different scales")
		}
		moved[i%last] = c
	}
	return moved, nil
}

// lookup lowers rows of a table by index.
func (l *lowering) lookup(v *ir.Value) (form, error) {
	t, err := l.operand(v.Args[0])
	if err != nil {
		return form{}, err
	}
	i, err := l.operand(v.Args[1])
	if err != nil {
		return form{}, err
	}
	if i.zero != 0 || !i.uniform() || i.scale[0] != 1 {
		return form{}, fmt.Errorf("an index that is not an integer")
	}
	if !t.uniform() {
		return form{}, fmt.Errorf("lookup in values with a scale for each channel")
	}
	return form{v: l.ng.New(ir.OpLookup, ir.Elem{}, v.Attr, t.v, i.v), scale: t.scale, zero: t.zero}, nil
}
