package passes

import (
	"mlpc/ir"
)

// affine is y = mul·x + add along the last axis; each slice has one entry, or one for each index of that axis.
type affine struct {
	x        *ir.Value
	mul, add []float64
}

// asAffine reads v as an affine function of one run-time value: an add, sub or mul with a real constant that broadcasts along the
// last axis and does not change the shape.
func asAffine(v *ir.Value) (affine, bool) { return affineOf(v, constReals) }

// staticAffine is asAffine for constants that are computed too, quantized ones for example.
func staticAffine(v *ir.Value) (affine, bool) { return affineOf(v, staticReals) }

// constReals gives the data of a real constant, nil for another value.
func constReals(v *ir.Value) []float64 {
	if !isConst(v) {
		return nil
	}
	return v.Const().Reals
}

func affineOf(v *ir.Value, constant func(*ir.Value) []float64) (affine, bool) {
	if v.Op != ir.OpAdd && v.Op != ir.OpSub && v.Op != ir.OpMul {
		return affine{}, false
	}
	x, k, swapped := v.Args[0], v.Args[1], false
	if constant(x) != nil {
		x, k, swapped = k, x, true
	}
	c := constant(k)
	if c == nil || constant(x) != nil || !sameShape(x, v) || !alongLast(c, k.Type.Shape, v.Type.Shape) {
		return affine{}, false
	}
	switch {
	case v.Op == ir.OpMul:
		return affine{x, c, []float64{0}}, true
	case v.Op == ir.OpAdd:
		return affine{x, []float64{1}, c}, true
	case swapped:
		return affine{x, []float64{-1}, c}, true
	}
	neg := make([]float64, len(c))
	for i := range c {
		neg[i] = -c[i]
	}
	return affine{x, []float64{1}, neg}, true
}

// isConst tells whether v is a real constant.
func isConst(v *ir.Value) bool {
	d := v.Const()
	return d != nil && d.Ints == nil
}

func sameShape(a, b *ir.Value) bool {
	if len(a.Type.Shape) != len(b.Type.Shape) {
		return false
	}
	for i, d := range a.Type.Shape {
		if d != b.Type.Shape[i] {
			return false
		}
	}
	return true
}

// alongLast tells whether broadcasting a constant to a shape only depends on the last axis.
func alongLast(c []float64, from, to []int) bool {
	n := lastAxis(to)
	return len(c) == 1 || len(c) == n && from[len(from)-1] == n
}

// lastAxis is the length of the last axis, 1 for a scalar.
func lastAxis(shape []int) int {
	if len(shape) == 0 {
		return 1
	}
	return shape[len(shape)-1]
}

// at gives entry i of constants that are one for all, or one an index.
func at[T any](s []T, i int) T {
	if len(s) == 1 {
		return s[0]
	}
	return s[i]
}

// then composes: first f, then g.
func (f affine) then(g affine) affine {
	n := max(len(f.mul), len(f.add), len(g.mul), len(g.add))
	h := affine{f.x, make([]float64, n), make([]float64, n)}
	for i := range n {
		h.mul[i] = at(g.mul, i) * at(f.mul, i)
		h.add[i] = float64(at(g.mul, i)*at(f.add, i)) + at(g.add, i)
	}
	return h
}

// value appends f applied to x to g, leaving out what does nothing.
func (f affine) value(g *ir.Graph, x *ir.Value) *ir.Value {
	y := x
	if !all(f.mul, 1) {
		y = g.New(ir.OpMul, ir.Real, nil, y, g.ConstReal(vectorShape(f.mul), f.mul))
	}
	if !all(f.add, 0) {
		y = g.New(ir.OpAdd, ir.Real, nil, y, g.ConstReal(vectorShape(f.add), f.add))
	}
	return y
}

// vectorShape is the shape of a constant that broadcasts along the last axis.
func vectorShape(c []float64) []int {
	if len(c) == 1 {
		return nil
	}
	return []int{len(c)}
}

func all(s []float64, x float64) bool {
	for _, y := range s {
		if y != x {
			return false
		}
	}
	return true
}
