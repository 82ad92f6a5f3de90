package passes

import (
	"math"
	"slices"

	"mlpc/ir"
)

// throughFloat32 gives the integers of a quantizer behind a dense layer, or behind an added constant, as ONNX Runtime computes them
// where it has no integer kernel, for inputs of more than 8 bits: in float32, with a rounding after each product and sum. nil: the layer
// is another kind, or the arithmetic was not asked for; by default such results are exact.
func (l *lowering) throughFloat32(v *ir.Value) *ir.Value {
	q, d, clamp := v.Attr.(*ir.Quant), v.Args[0], (*ir.Clamp)(nil)
	if d.Op == ir.OpClamp {
		clamp, d = d.Attr.(*ir.Clamp), d.Args[0]
	}
	if l.c.Config.Match != MatchORT || !q.Single || q.Mode != "half-even" || len(q.Scale)+len(q.Lo)+len(q.Hi) > 3 {
		return nil
	}
	x, bias := d, (*ir.Value)(nil)
	a := &ir.DenseFloat32{OutScale: q.Scale[0], OutZero: int64(q.Zero[0]), Lo: q.Lo[0], Hi: q.Hi[0]}
	var w *staticGrid
	switch {
	case d.Op == ir.OpDense:
		x, w = d.Args[0], denseFloat32(a, d)
		if len(d.Args) == 3 {
			bias = d.Args[2]
		}
	case d.Op == ir.OpAdd && isStatic(d.Args[1]):
		x, bias, w = d.Args[0], d.Args[1], addFloat32(a, d)
	}
	if w == nil {
		return nil
	}
	f, err := l.plain(l.forms[x.ID])
	if err != nil || len(f.scale) > 1 {
		return nil
	}
	if lo, hi := f.v.Interval().Bounds(); hi-lo <= math.MaxUint8 {
		return nil
	}
	a.Scale, a.Zero = f.scale[0], f.zero
	for _, b := range staticReals(bias) {
		a.Bias = append(a.Bias, float64(float32(b)))
	}
	if clamp != nil {
		a.Lo, a.Hi = max(a.Lo, q.Integer(clamp.RLo, 0)), min(a.Hi, q.Integer(clamp.RHi, 0))
	}
	return l.ng.New(ir.OpDenseFloat32, ir.Elem{}, a, f.v, l.ng.Const(w.shape, w.ints))
}

// denseFloat32 gives the weights of a dense layer on one grid a row, and puts what concerns them into a; nil: they lie on none.
func denseFloat32(a *ir.DenseFloat32, d *ir.Value) *staticGrid {
	w, ok := gridOf(d.Args[1])
	if !ok || d.Attr.(*ir.Dense).Groups > 1 {
		return nil
	}
	a.Depth = ir.SGEMMDepth(d.Args[1].Op == ir.OpConst, w.shape[0], w.shape[1])
	for r := range w.shape[0] {
		row := w.scale[r*w.shape[1] : (r+1)*w.shape[1]]
		if slices.Max(row) != slices.Min(row) {
			return nil
		}
		a.Scales = append(a.Scales, float64(float32(row[0])))
	}
	return w
}

// addFloat32 gives an addition of a constant as a dense layer of one group a channel with weights of 1, which round nothing; nil: the
// constant is not one for each index of the last axis.
func addFloat32(a *ir.DenseFloat32, d *ir.Value) *staticGrid {
	n := lastAxis(d.Type.Shape)
	if d.Args[1].Type.Size() != n || lastAxis(d.Args[0].Type.Shape) != n || d.Args[0].Type.Size() != d.Type.Size() {
		return nil
	}
	a.Groups, a.Depth = n, 1
	a.Scales = slices.Repeat([]float64{1}, n)
	return &staticGrid{shape: []int{n, 1}, ints: slices.Repeat([]int64{1}, n)}
}
