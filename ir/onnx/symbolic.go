package onnx

import (
	"math"

	"mlpc/ir"
	"mlpc/ir/diag"
)

// Shape computations may depend on the batch size N and, through Range, on the index n of the sample: an element is then
// data + size·N + row·n. The functions here keep that form through the few operators that exporters use for it.

// symbolicOp applies an elementwise op of which some argument depends on the batch size.
func (m *importer) symbolicOp(op ir.Op, attr ir.Attr, d dtype, args []*value) *value {
	for _, a := range args {
		if !a.known {
			m.refuseHint(diag.CodeDynamicShape, "export the model with fixed dimensions other than the batch", "the node computes with the batch size")
		}
	}
	shape, batch := m.broadcast(args)
	for i, a := range args {
		args[i] = m.expand(a, shape, batch)
	}
	out := &value{dtype: d, shape: shape, batch: batch, known: true}
	n := ir.Size(shape)
	out.data, out.size, out.row = make([]float64, n), make([]float64, n), make([]float64, n)
	for i := range n {
		var x [3][3]float64 // data, size and row of each argument
		for k, a := range args {
			x[k] = a.linear(i)
		}
		y := m.linearOp(op, attr, x)
		out.data[i], out.size[i], out.row[i] = y[0], y[1], y[2]
	}
	return out.plain()
}

// linear gives the parts of element i.
func (v *value) linear(i int) [3]float64 {
	x := [3]float64{v.data[i], 0, 0}
	if v.size != nil {
		x[1] = v.size[i]
	}
	if v.row != nil {
		x[2] = v.row[i]
	}
	return x
}

// plain drops parts that are zero everywhere.
func (v *value) plain() *value {
	zero := func(x []float64) bool {
		for _, e := range x {
			if e != 0 {
				return false
			}
		}
		return true
	}
	if zero(v.size) {
		v.size = nil
	}
	if zero(v.row) {
		v.row = nil
	}
	return v
}

// fixedNumber tells whether a number depends neither on the batch size nor on the sample.
func fixedNumber(x [3]float64) bool { return x[1] == 0 && x[2] == 0 }

// scalarOp applies op to numbers; those beyond its arguments do not count.
func (m *importer) scalarOp(op ir.Op, attr ir.Attr, x ...float64) float64 {
	g := m.graphFor()
	var args []*ir.Value
	for _, d := range ir.OpDocs() {
		if d.Op == op {
			x = x[:min(len(x), d.MaxArgs)]
		}
	}
	for _, c := range x {
		args = append(args, g.ConstReal(nil, []float64{c}))
	}
	return m.finish(g, g.New(op, ir.Real, attr, args...), dtInt64, nil, -1).data[0]
}

// linearOp applies op to numbers of the form a + b·N + c·n.
func (m *importer) linearOp(op ir.Op, attr ir.Attr, x [3][3]float64) [3]float64 {
	a, b := x[0], x[1]
	switch {
	case fixedNumber(a) && fixedNumber(b) && fixedNumber(x[2]): // beside elements that depend on the batch
		return [3]float64{m.scalarOp(op, attr, a[0], b[0], x[2][0])}
	case op == ir.OpAdd:
		return [3]float64{a[0] + b[0], a[1] + b[1], a[2] + b[2]}
	case op == ir.OpSub:
		return [3]float64{a[0] - b[0], a[1] - b[1], a[2] - b[2]}
	case op == ir.OpMul && b[1] == 0 && b[2] == 0:
		return [3]float64{a[0] * b[0], a[1] * b[0], a[2] * b[0]}
	case op == ir.OpMul && a[1] == 0 && a[2] == 0:
		return [3]float64{b[0] * a[0], b[1] * a[0], b[2] * a[0]}
	case op == ir.OpTable && (attr.(*ir.Table).Fn == "trunc" || attr.(*ir.Table).Fn == "floor" || attr.(*ir.Table).Fn == "float32"):
		return a // whole numbers
	case op == ir.OpSelect && a[1] == 0 && a[2] == 0:
		if a[0] != 0 {
			return b
		}
		return x[2]
	case op == ir.OpCmp && attr.(*ir.Cmp).Rel == "eq":
		d := [3]float64{a[0] - b[0], a[1] - b[1], a[2] - b[2]}
		switch {
		case d == [3]float64{}:
			return [3]float64{1, 0, 0}
		case d[2] == 0 && (d[0] == 0 || (d[0] > 0) == (d[1] > 0)): // never 0, as N ≥ 1
			return [3]float64{}
		}
	}
	m.refuseHint(diag.CodeDynamicShape, "export the model with fixed dimensions other than the batch", "the node computes with the batch size in a way that is not supported")
	return a
}

// symbolicDiv divides a number that depends on the batch size by a constant that divides all its parts, or a multiple of the batch size
// by another.
func (m *importer) symbolicDiv(a, b *value) *value {
	const hint = "export the model with fixed dimensions other than the batch"
	if !a.known || !b.known {
		m.refuseHint(diag.CodeDynamicShape, hint, "the node divides by the batch size")
	}
	shape, batch := m.broadcast([]*value{a, b})
	a, b = m.expand(a, shape, batch), m.expand(b, shape, batch)
	out := &value{dtype: a.dtype, shape: shape, batch: batch, known: true}
	for i := range b.data {
		x, y := a.linear(i), b.linear(i)
		if multiple := [3]float64{0, x[1]}; y == [3]float64{0, y[1]} && y[1] != 0 && x == multiple {
			x, y = [3]float64{x[1]}, [3]float64{y[1]} // N cancels
		}
		if !fixedNumber(y) || y[0] == 0 {
			m.refuseHint(diag.CodeDynamicShape, hint, "the node divides by the batch size")
		}
		for k := range x {
			if x[k] /= y[0]; x[k] != math.Trunc(x[k]) {
				m.refuseHint(diag.CodeDynamicShape, hint, "the node divides the batch size")
			}
		}
		out.data, out.size, out.row = append(out.data, x[0]), append(out.size, x[1]), append(out.row, x[2])
	}
	return out.plain()
}

// dims reads a tensor that holds a shape: the sizes for one sample, and the axis that holds the batch size, or −1.
func (m *importer) dims(v *value) (shape []int, batch int) {
	batch = -1
	if !v.known || v.dtype == dtString {
		m.refuseHint(diag.CodeDynamicShape, "export the model with fixed shapes", "a shape is computed from the values of a tensor")
	}
	if len(v.data) > maxRank {
		m.refuse(diag.CodeLimit, "a shape has %d dimensions; the limit is %d", len(v.data), maxRank)
	}
	for i := range v.data {
		x := v.linear(i)
		d := x[0]
		if x[1] != 0 || x[2] != 0 {
			if x[0] != 0 || x[2] != 0 || batch >= 0 {
				m.refuseHint(diag.CodeDynamicShape, "export the model with fixed dimensions other than the batch", "a shape depends on the batch size in more than one factor")
			}
			d, batch = x[1], i
		}
		if d < -1 || d > maxElements || d != math.Trunc(d) {
			m.refuse(diag.CodeShape, "dimension %v is out of range", d)
		}
		shape = append(shape, int(d))
	}
	return shape, batch
}
