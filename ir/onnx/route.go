package onnx

import (
	"math"
	"slices"

	"mlpc/ir"
	"mlpc/ir/diag"
)

// newIndex makes an index map for a tensor, within the limits.
func (m *importer) newIndex(shape []int) []int32 {
	n := m.checkSize(shape)
	m.spend(n)
	return make([]int32, n)
}

// route makes a tensor whose element i is element index[i] of the flattened sources laid end to end, or fill[−1−index[i]].
func (m *importer) route(d dtype, shape []int, batch int, index []int32, fill []float64, srcs ...*value) *value {
	out := &value{dtype: d, shape: shape, batch: batch}
	allKnown := true
	for _, s := range srcs {
		allKnown = allKnown && s.known
	}
	if allKnown {
		pickKnown(out, index, fill, srcs)
		if len(srcs) == 1 && srcs[0].grid != nil && !srcs[0].grid.perAxis() && fill == nil {
			out.grid = srcs[0].grid
		}
		return out
	}
	args := make([]*ir.Value, len(srcs))
	for i, s := range srcs {
		args[i] = m.ir(s)
	}
	if ir.Size(shape) == 0 {
		m.refuse(diag.CodeShape, "a run-time tensor of shape %v has no elements", shape)
	}
	s := core(shape, batch)
	if len(args) == 1 && identity(index, args[0].Type.Size()) && slices.Equal(s, args[0].Type.Shape) {
		out.ir = args[0]
	} else {
		out.ir = routeOf(m.g, s, index, fill, args)
		out.ir.Pos = m.pos
	}
	if len(srcs) == 1 {
		out.labels = srcs[0].labels
	}
	return out
}

// pickKnown is route over constants.
func pickKnown(out *value, index []int32, fill []float64, srcs []*value) {
	out.known = true
	symbolic := slices.ContainsFunc(srcs, (*value).symbolic)
	data, strs := srcs[0].data, srcs[0].strs
	var size, row []float64
	for i, s := range srcs {
		if i > 0 {
			data, strs = slices.Concat(data, s.data), slices.Concat(strs, s.strs)
		}
		if symbolic {
			size, row = append(size, padded(s.size, len(s.data))...), append(row, padded(s.row, len(s.data))...)
		}
	}
	take := func(x, fill []float64) []float64 {
		y := make([]float64, len(index))
		for i, at := range index {
			if at >= 0 {
				y[i] = x[at]
			} else if fill != nil {
				y[i] = fill[-1-at]
			}
		}
		return y
	}
	if out.dtype == dtString {
		for _, at := range index {
			out.strs = append(out.strs, strs[at])
		}
		return
	}
	out.data = take(data, fill)
	if symbolic {
		out.size, out.row = take(size, nil), take(row, nil)
	}
}

// padded gives x, or n zeros where it is nil.
func padded(x []float64, n int) []float64 {
	if x == nil {
		return make([]float64, n)
	}
	return x
}

func identity(index []int32, n int) bool {
	if len(index) != n {
		return false
	}
	for i, at := range index {
		if int(at) != i {
			return false
		}
	}
	return true
}

// routeOf appends a route, which keeps index; routes among the arguments are looked through, so that a chain of index maps becomes one.
func routeOf(g *ir.Graph, shape []int, index []int32, fill []float64, args []*ir.Value) *ir.Value {
	f := &flattened{start: map[*ir.Value]int{}, fill: slices.Clone(fill)}
	for _, a := range args {
		if a.Op != ir.OpRoute {
			f.add(a)
			continue
		}
		for _, b := range a.Args {
			f.add(b)
		}
	}
	out := index
	if !slices.Equal(f.args, args) {
		out = f.throughAll(args, index)
	}
	if len(f.args) == 1 && identity(out, f.size) && slices.Equal(shape, f.args[0].Type.Shape) {
		return f.args[0]
	}
	return g.New(ir.OpRoute, ir.Real, &ir.Route{Shape: slices.Clone(shape), Index: out, Reals: f.fill}, f.args...)
}

// flattened is the list of arguments of a route, each once, laid end to end.
type flattened struct {
	args  []*ir.Value
	start map[*ir.Value]int // where the elements of an argument begin
	size  int
	fill  []float64
}

func (f *flattened) add(v *ir.Value) {
	if _, ok := f.start[v]; !ok {
		f.args, f.start[v] = append(f.args, v), f.size
		f.size += v.Type.Size()
	}
}

// throughAll gives index, which counts the elements of args, in terms of those of f.args.
func (f *flattened) throughAll(args []*ir.Value, index []int32) []int32 {
	var table []int32 // from an element of args to an element of f.args, or a fill
	for _, a := range args {
		if r, ok := a.Attr.(*ir.Route); ok {
			table = append(table, f.through(a, r)...)
		} else {
			table = append(table, f.elements(a)...)
		}
	}
	out := make([]int32, len(index))
	for i, at := range index {
		out[i] = at
		if at >= 0 {
			out[i] = table[at]
		}
	}
	return out
}

// elements gives the indexes of the elements of an argument.
func (f *flattened) elements(v *ir.Value) []int32 {
	out := make([]int32, v.Type.Size())
	for i := range out {
		out[i] = int32(f.start[v] + i)
	}
	return out
}

// through gives the indexes of what the elements of the route v are.
func (f *flattened) through(v *ir.Value, r *ir.Route) []int32 {
	var inner []int32
	for _, b := range v.Args {
		inner = append(inner, f.elements(b)...)
	}
	out := make([]int32, len(r.Index))
	for i, at := range r.Index {
		if at >= 0 {
			out[i] = inner[at]
		} else {
			out[i] = f.filler(r.Reals[-1-at])
		}
	}
	return out
}

// filler gives the index of a fill value, which it adds where it is new.
func (f *flattened) filler(x float64) int32 {
	k := slices.IndexFunc(f.fill, func(y float64) bool { return math.Float64bits(x) == math.Float64bits(y) })
	if k < 0 {
		k, f.fill = len(f.fill), append(f.fill, x)
	}
	return int32(-1 - k)
}
