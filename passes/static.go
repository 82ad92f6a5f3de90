package passes

import (
	"math"

	"mlpc/ir"
)

// staticGrid is a static real value as integers times scales, element by element: real = ints·scale.
type staticGrid struct {
	shape []int
	ints  []int64
	scale []float64
}

// gridOf reads a static value as integers on a grid: integer constants, products with constant scales, differences of integers,
// quantizers, and routes of these. It fails for reals that lie on no visible grid.
func gridOf(v *ir.Value) (*staticGrid, bool) {
	switch v.Op {
	case ir.OpConst:
		return constGrid(v)
	case ir.OpMul:
		for i := range v.Args {
			if g, ok := scaledGrid(v, v.Args[i], v.Args[1-i]); ok {
				return g, true
			}
		}
	case ir.OpSub, ir.OpAdd:
		return sumGrid(v)
	case ir.OpQuant:
		return quantGrid(v)
	case ir.OpRoute:
		return routeGrid(v)
	}
	return nil, false
}

// gridBits is how wide the integers of a constant without a visible scale may be.
const gridBits = 16

// constGrid reads a constant as integers times one power of two, where gridBits bits do.
func constGrid(v *ir.Value) (*staticGrid, bool) {
	r := v.Const().Reals
	g := &staticGrid{v.Type.Shape, make([]int64, len(r)), make([]float64, len(r))}
	step := 1.0
	for _, x := range r {
		for x != 0 && x/step != math.Trunc(x/step) {
			if step /= 2; step < 0x1p-100 {
				return nil, false
			}
		}
	}
	for i, x := range r {
		if step < 1 && math.Abs(x/step) >= 1<<gridBits || math.Abs(x) >= 1<<53 {
			return nil, false
		}
		g.ints[i], g.scale[i] = int64(x/step), step
	}
	return g, true
}

// scaledGrid reads grid·scale.
func scaledGrid(v, grid, scale *ir.Value) (*staticGrid, bool) {
	g, ok := gridOf(grid)
	if !ok {
		return nil, false
	}
	s := staticReals(spread(scale, v.Type.Shape))
	wide := g.spread(v.Type.Shape)
	if s == nil || wide == nil {
		return nil, false
	}
	for i := range s {
		if s[i] < 0 {
			wide.ints[i], s[i] = -wide.ints[i], -s[i]
		}
		wide.scale[i] *= s[i]
	}
	return wide, true
}

// sumGrid reads a sum or difference of two values on the same grid.
func sumGrid(v *ir.Value) (*staticGrid, bool) {
	a, ok1 := gridOf(v.Args[0])
	b, ok2 := gridOf(v.Args[1])
	if !ok1 || !ok2 {
		return nil, false
	}
	a, b = a.spread(v.Type.Shape), b.spread(v.Type.Shape)
	if a == nil || b == nil {
		return nil, false
	}
	for i := range a.ints {
		if a.scale[i] != b.scale[i] {
			return nil, false
		}
		if v.Op == ir.OpSub {
			a.ints[i] -= b.ints[i]
		} else {
			a.ints[i] += b.ints[i]
		}
	}
	return a, true
}

func quantGrid(v *ir.Value) (*staticGrid, bool) {
	x := staticReals(v.Args[0])
	if x == nil {
		return nil, false
	}
	q := v.Attr.(*ir.Quant)
	last := lastAxis(v.Type.Shape)
	g := &staticGrid{v.Type.Shape, make([]int64, len(x)), make([]float64, len(x))}
	for i := range x {
		c := i % last
		zero := at(q.Zero, c)
		if zero != math.Trunc(zero) {
			return nil, false
		}
		g.ints[i] = q.Integer(x[i], c) - int64(zero)
		g.scale[i] = at(q.Scale, c)
	}
	return g, true
}

func routeGrid(v *ir.Value) (*staticGrid, bool) {
	if len(v.Args) != 1 {
		return nil, false
	}
	a, ok := gridOf(v.Args[0])
	if !ok {
		return nil, false
	}
	r := v.Attr.(*ir.Route)
	g := &staticGrid{v.Type.Shape, make([]int64, len(r.Index)), make([]float64, len(r.Index))}
	for i, x := range r.Index {
		if x < 0 {
			return nil, false
		}
		g.ints[i], g.scale[i] = a.ints[x], a.scale[x]
	}
	return g, true
}

// spread broadcasts the grid to a shape; nil where it does not.
func (s *staticGrid) spread(shape []int) *staticGrid {
	n := ir.Size(s.shape)
	g := &ir.Graph{}
	index := make([]float64, n)
	for i := range index {
		index[i] = float64(i)
	}
	at := staticReals(spread(g.ConstReal(s.shape, index), shape))
	if at == nil {
		return nil
	}
	w := &staticGrid{shape, make([]int64, len(at)), make([]float64, len(at))}
	for i, x := range at {
		w.ints[i], w.scale[i] = s.ints[int(x)], s.scale[int(x)]
	}
	return w
}

// spread gives a static value broadcast to a shape, as a value outside of any graph; nil where it does not broadcast to it.
func spread(v *ir.Value, shape []int) *ir.Value {
	if got, err := ir.Broadcast(v.Type.Shape, shape); err != nil || ir.Size(got) != ir.Size(shape) {
		return nil
	}
	g := &ir.Graph{}
	zero := g.ConstReal(shape, make([]float64, ir.Size(shape)))
	return &ir.Value{Op: ir.OpAdd, Args: []*ir.Value{v, zero}, Type: ir.Type{Shape: shape}}
}

// staticReals computes a static value; nil for one that is not static.
func staticReals(v *ir.Value) []float64 {
	if v == nil || !isStatic(v) {
		return nil
	}
	g := &ir.Graph{}
	copies := map[*ir.Value]*ir.Value{}
	var copyOf func(a *ir.Value) *ir.Value
	copyOf = func(a *ir.Value) *ir.Value {
		if c := copies[a]; c != nil {
			return c
		}
		args := make([]*ir.Value, len(a.Args))
		for i, b := range a.Args {
			args[i] = copyOf(b)
		}
		copies[a] = g.Add(a.Op, a.Type, a.Attr, args...)
		return copies[a]
	}
	g.Outs = []*ir.Value{copyOf(v)}
	out, err := ir.Run(g, nil)
	if err != nil {
		return nil
	}
	return out[0].Reals
}
