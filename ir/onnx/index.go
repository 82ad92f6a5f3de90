package onnx

import (
	"slices"

	"mlpc/ir"
	"mlpc/ir/diag"
)

// eachIndex calls f with the position of every element of shape in order.
func eachIndex(shape []int, f func(i int, idx []int)) {
	idx := make([]int, len(shape))
	for i := range ir.Size(shape) {
		f(i, idx)
		for a := len(shape) - 1; a >= 0; a-- {
			if idx[a]++; idx[a] < shape[a] {
				break
			}
			idx[a] = 0
		}
	}
}

// strides gives the distance of neighbours along each axis of a flattened tensor.
func strides(shape []int) []int {
	s := make([]int, len(shape))
	n := 1
	for i := len(shape) - 1; i >= 0; i-- {
		s[i] = n
		n *= shape[i]
	}
	return s
}

// reshape gives x another shape with the same elements, and says which axis is now the batch.
func (m *importer) reshape(x *value, shape []int, batch int) *value {
	if slices.Equal(x.shape, shape) && x.batch == batch {
		return x
	}
	if x.known {
		y := *x
		y.shape, y.batch, y.orig = slices.Clone(shape), batch, nil
		if x.grid != nil && x.grid.perAxis() {
			y.grid = x.grid.moved(carried(x.grid.axis, x.shape, shape))
		}
		return &y
	}
	y := *x
	y.shape, y.batch = slices.Clone(shape), batch
	if t := x.stored; t != nil && t.perAxis() {
		if y.stored = t.moved(carried(t.axis, x.shape, shape)); y.stored == nil {
			return m.reshape(m.integers(x), shape, batch)
		}
	}
	if s := core(shape, batch); !slices.Equal(s, x.ir.Type.Shape) {
		y.ir = m.view(m.g, x.ir, s)
		y.ir.Pos = m.pos
	}
	return &y
}

// permute reorders axes: axis i of the result is axis perm[i] of x.
func (m *importer) permute(x *value, perm []int) *value {
	if slices.IsSorted(perm) {
		return x
	}
	shape := make([]int, len(perm))
	for i, p := range perm {
		shape[i] = x.shape[p]
	}
	index := m.newIndex(shape)
	permuted(index, shape, strides(x.shape), perm)
	batch := -1
	if x.batch >= 0 {
		batch = slices.Index(perm, x.batch)
	}
	y := m.route(x.dtype, shape, batch, index, nil, x)
	if x.stored != nil {
		y.stored = x.stored.moved(slices.Index(perm, x.stored.axis))
	}
	if x.grid != nil {
		y.grid = x.grid.moved(slices.Index(perm, x.grid.axis))
	}
	return y
}

// permuted fills the index map of a permutation: axis i of shape is axis perm[i] of the source, whose strides are st. The two last
// axes run in plain loops, because weights are large.
func permuted(index []int32, shape, st, perm []int) {
	r := len(shape)
	if r < 2 {
		for i := range index {
			index[i] = int32(i)
		}
		return
	}
	rows, cols := shape[r-2], shape[r-1]
	down, right := st[perm[r-2]], st[perm[r-1]]
	eachIndex(shape[:r-2], func(i int, idx []int) {
		base := 0
		for a, p := range perm[:r-2] {
			base += idx[a] * st[p]
		}
		out := index[i*rows*cols : (i+1)*rows*cols]
		for y := range rows {
			at := base + y*down
			for x := range cols {
				out[y*cols+x] = int32(at)
				at += right
			}
		}
	})
}

// swapLast exchanges the last two axes.
func (m *importer) swapLast(x *value) *value {
	n := x.rank()
	perm := make([]int, n)
	for i := range perm {
		perm[i] = i
	}
	perm[n-2], perm[n-1] = n-1, n-2
	return m.permute(x, perm)
}

// expand broadcasts x to shape.
func (m *importer) expand(x *value, shape []int, batch int) *value {
	if slices.Equal(x.shape, shape) {
		if x.batch == batch {
			return x
		}
		y := *x
		y.batch = batch
		return &y
	}
	off := len(shape) - x.rank()
	st := strides(x.shape)
	index := m.newIndex(shape)
	eachIndex(shape, func(i int, idx []int) {
		at := 0
		for a, d := range x.shape {
			if d > 1 {
				at += idx[off+a] * st[a]
			}
		}
		index[i] = int32(at)
	})
	return m.route(x.dtype, shape, batch, index, nil, x)
}

// slice takes count[a] elements from start[a] in steps of step[a] along every axis a.
func (m *importer) slice(x *value, start, count, step []int) *value {
	if slices.Equal(count, x.shape) && !slices.ContainsFunc(step, func(s int) bool { return s != 1 }) {
		return x
	}
	st := strides(x.shape)
	index := m.newIndex(count)
	eachIndex(count, func(i int, idx []int) {
		at := 0
		for a := range count {
			at += (start[a] + idx[a]*step[a]) * st[a]
		}
		index[i] = int32(at)
	})
	return m.route(x.dtype, count, x.batch, index, nil, x)
}

// part takes elements [from, to) of an axis.
func (m *importer) part(x *value, axis, from, to int) *value {
	start, step := make([]int, x.rank()), make([]int, x.rank())
	count := slices.Clone(x.shape)
	for i := range step {
		step[i] = 1
	}
	start[axis], count[axis] = from, to-from
	return m.slice(x, start, count, step)
}

// concat joins values along an axis.
func (m *importer) concat(axis int, xs ...*value) *value {
	if len(xs) == 1 {
		return xs[0]
	}
	shape, batch := slices.Clone(xs[0].shape), -1
	shape[axis] = 0
	for _, x := range xs {
		if x.rank() != len(shape) {
			m.refuse(diag.CodeShape, "shapes %v and %v are joined", xs[0].shape, x.shape)
		}
		for i, d := range x.shape {
			if i != axis && d != shape[i] {
				m.refuse(diag.CodeShape, "shapes %v and %v are joined along axis %d", xs[0].shape, x.shape, axis)
			}
		}
		shape[axis] += x.shape[axis]
		if x.batch >= 0 {
			if batch >= 0 && batch != x.batch {
				m.mixes()
			}
			batch = x.batch
		}
	}
	if batch == axis {
		m.mixes()
	}
	starts := make([]int, len(xs)) // of each source in the sources laid end to end
	n := 0
	for i, x := range xs {
		starts[i] = n
		n += x.elements()
	}
	inner := ir.Size(shape[axis+1:])
	index := m.newIndex(shape)[:0]
	for o := range ir.Size(shape[:axis]) {
		for i, x := range xs {
			w := x.shape[axis] * inner
			for k := range w {
				index = append(index, int32(starts[i]+o*w+k))
			}
		}
	}
	return m.route(xs[0].dtype, shape, batch, index, nil, xs...)
}

// pick takes entries of an axis by constant indexes; the axis is replaced by the shape of the indexes. Where it is the batch axis the
// result has none, and the caller says where the samples went.
func (m *importer) pick(x *value, axis int, at []int, shape []int) *value {
	out := slices.Concat(x.shape[:axis], shape, x.shape[axis+1:])
	inner, n := ir.Size(x.shape[axis+1:]), x.shape[axis]
	index := m.newIndex(out)[:0]
	for o := range ir.Size(x.shape[:axis]) {
		for _, a := range at {
			for i := range inner {
				index = append(index, int32((o*n+a)*inner+i))
			}
		}
	}
	batch := x.batch
	switch {
	case batch == axis:
		batch = -1
	case batch > axis:
		batch += len(shape) - 1
	}
	return m.route(x.dtype, out, batch, index, nil, x)
}
