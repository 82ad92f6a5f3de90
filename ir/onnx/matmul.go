package onnx

import (
	"slices"

	"mlpc/ir"
	"mlpc/ir/diag"
)

// matmul is numpy's matrix product of a and b.
func (m *importer) matmul(a, b *value) *value {
	if a.rank() == 0 || b.rank() == 0 {
		m.refuse(diag.CodeShape, "matrix product of shapes %v and %v", a.shape, b.shape)
	}
	rowVector, colVector := a.rank() == 1, b.rank() == 1
	if rowVector {
		a = m.insertAxis(a, 0)
	}
	if colVector {
		b = m.insertAxis(b, 1)
	}
	y := m.product(a, b)
	if colVector {
		y = m.dropAxis(y, y.rank()-1)
	}
	if rowVector {
		y = m.dropAxis(y, y.rank()-1-btoi(!colVector))
	}
	return y
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// insertAxis adds an axis of one entry before axis at.
func (m *importer) insertAxis(x *value, at int) *value {
	b := x.batch
	if b >= at {
		b++
	}
	return m.reshape(x, slices.Insert(slices.Clone(x.shape), at, 1), b)
}

// dropAxis removes an axis of one entry. Dropping the batch axis moves the batch to the first axis that is left.
func (m *importer) dropAxis(x *value, at int) *value {
	if at == x.batch {
		m.mixes()
	}
	b := x.batch
	if b > at {
		b--
	}
	return m.reshape(x, slices.Delete(slices.Clone(x.shape), at, at+1), b)
}

// product multiplies [.., M, K] by [.., K, N].
func (m *importer) product(a, b *value) *value {
	ra, rb := a.rank(), b.rank()
	if a.shape[ra-1] != b.shape[rb-2] {
		m.refuse(diag.CodeShape, "matrix product of shapes %v and %v", a.shape, b.shape)
	}
	if a.batch >= 0 && a.batch == ra-1 || b.batch >= 0 && b.batch == rb-2 {
		m.mixes()
	}
	switch {
	case b.known && b.batch < 0 && ir.Size(b.shape[:rb-2]) == 1 && rb <= max(ra, 2):
		return m.dense(a, m.swapLast(m.reshape(b, b.shape[rb-2:], -1)), nil)
	case a.known && a.batch < 0 && ir.Size(a.shape[:ra-2]) == 1 && ra <= max(rb, 2):
		return m.swapLast(m.dense(m.swapLast(b), m.reshape(a, a.shape[ra-2:], -1), nil))
	case b.known && b.batch < 0:
		return m.grouped(a, b)
	case a.known && a.batch < 0:
		return m.swapLast(m.grouped(m.swapLast(b), m.swapLast(a)))
	}
	return m.runtimeProduct(a, b)
}

// runtimeProduct multiplies two tensors that both depend on the input.
func (m *importer) runtimeProduct(a, b *value) *value {
	ra, rb := a.rank(), b.rank()
	la := &value{shape: a.shape[:ra-2], batch: a.batch}
	lb := &value{shape: b.shape[:rb-2], batch: b.batch}
	if a.batch == ra-2 || b.batch == rb-1 {
		m.mixes()
	}
	lead, batch := m.broadcast([]*value{la, lb})
	shape := append(slices.Clone(lead), a.shape[ra-2], b.shape[rb-1])
	m.checkSize(shape)
	g := m.graphFor(a, b)
	side := func(x *value) *ir.Value {
		off := batch - (len(shape) - x.rank())
		if batch >= 0 && off >= 0 && shape[batch] == 1 {
			return m.operand(g, x, core(x.shape, off))
		}
		return m.operand(g, x, x.shape)
	}
	return m.finish(g, g.New(ir.OpMatMul, ir.Real, nil, side(a), side(b)), a.dtype, shape, batch)
}

// dense multiplies x [.., K] by the constant w [OUT, K] and adds the constant bias [OUT], which may be nil.
func (m *importer) dense(x, w, bias *value) *value {
	k, out := w.shape[1], w.shape[0]
	if x.shape[x.rank()-1] != k {
		m.refuse(diag.CodeShape, "a layer with weights of shape %v gets a tensor of shape %v", w.shape, x.shape)
	}
	if x.batch >= 0 && x.batch == x.rank()-1 {
		m.mixes()
	}
	shape := append(slices.Clone(x.shape[:x.rank()-1]), out)
	m.checkSize(shape)
	g := m.graphFor(x, w)
	args := []*ir.Value{m.operand(g, x, core(x.shape, x.batch)), m.operand(g, w, w.shape)}
	if bias != nil {
		args = append(args, m.operand(g, bias, []int{out}))
	}
	return m.finish(g, g.New(ir.OpDense, ir.Real, &ir.Dense{}, args...), x.dtype, shape, x.batch)
}

// grouped multiplies a [.., M, K] by the constant b [B.., K, N]: one dense layer with a group for each matrix of b.
func (m *importer) grouped(a, b *value) *value {
	ra, rb := a.rank(), b.rank()
	la := &value{shape: a.shape[:ra-2], batch: -1}
	if a.batch >= 0 && a.batch < ra-2 {
		la.batch = a.batch
	}
	lead, batch := m.broadcast([]*value{la, {shape: b.shape[:rb-2], batch: -1}})
	rank := len(lead) + 2
	mm, k, n := a.shape[ra-2], a.shape[ra-1], b.shape[rb-1]
	full := append(slices.Clone(lead), mm, k)
	if a.batch == ra-2 {
		batch = rank - 2
	}
	a = m.expand(a, full, batch)
	// Axes along which the matrices differ become groups, the others rows.
	var rows, groups []int
	off := len(lead) - (rb - 2)
	for i := range lead {
		if i >= off && b.shape[i-off] > 1 {
			groups = append(groups, i)
		} else {
			rows = append(rows, i)
		}
	}
	rows = append(rows, rank-2)
	perm := slices.Concat(rows, groups, []int{rank - 1})
	a = m.permute(a, perm)
	count := ir.Size(b.shape[:rb-2])
	w := m.reshape(m.swapLast(b), []int{count * n, k}, -1)
	x := m.reshape(a, append(slices.Clone(a.shape[:len(rows)]), count*k), a.batch)
	y := m.groupedDense(x, w, nil, count)
	y = m.reshape(y, slices.Concat(a.shape[:rank-1], []int{n}), a.batch)
	back := make([]int, rank)
	for i, p := range perm {
		back[p] = i
	}
	return m.permute(y, back)
}

// groupedDense is dense with groups: w is [OUT, K/groups].
func (m *importer) groupedDense(x, w, bias *value, groups int) *value {
	shape := append(slices.Clone(x.shape[:x.rank()-1]), w.shape[0])
	m.checkSize(shape)
	g := m.graphFor(x, w)
	args := []*ir.Value{m.operand(g, x, core(x.shape, x.batch)), m.operand(g, w, w.shape)}
	if bias != nil {
		args = append(args, m.operand(g, bias, []int{w.shape[0]}))
	}
	attr := &ir.Dense{}
	if groups > 1 {
		attr.Groups = groups
	}
	return m.finish(g, g.New(ir.OpDense, ir.Real, attr, args...), x.dtype, shape, x.batch)
}
