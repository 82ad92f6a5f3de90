package onnx

import (
	"math"
	"slices"

	"mlpc/ir"
	"mlpc/ir/diag"
)

// graphFor gives the graph to build an op in: the model's, or, where all arguments are known, a scratch graph that finish runs.
func (m *importer) graphFor(args ...*value) *ir.Graph {
	for _, a := range args {
		if !a.known {
			return m.g
		}
	}
	return &ir.Graph{}
}

// finish wraps the last value of an op. In a scratch graph it computes it, so that constants fold in float64 with the IR's meaning.
func (m *importer) finish(g *ir.Graph, r *ir.Value, d dtype, shape []int, batch int) *value {
	v := &value{dtype: d, shape: shape, batch: batch}
	if g == m.g {
		r.Pos = m.pos
		v.ir = r
		return v
	}
	m.spend(r.Type.Size())
	g.Outs = []*ir.Value{r}
	out, err := ir.Run(g, nil)
	if err != nil {
		m.refuse(diag.CodeValue, "the node cannot be computed from its constants: %v", err)
	}
	v.known, v.data = true, out[0].Reals
	return v
}

// operand gives v as a value of g; known values become constants of the shape asked for, which holds the same elements.
func (m *importer) operand(g *ir.Graph, v *value, shape []int) *ir.Value {
	if v.dtype == dtString {
		m.refuse(diag.CodeType, "text is only supported as class labels")
	}
	if v.known {
		if v.symbolic() {
			m.refuseHint(diag.CodeDynamicShape, "export the model with fixed dimensions other than the batch", "the node computes with the batch size")
		}
		if v.elements() == 0 {
			m.refuse(diag.CodeShape, "a tensor of shape %v has no elements", v.shape)
		}
		if slices.ContainsFunc(v.data, math.IsNaN) {
			m.refuseHint(diag.CodeValue, "train or export the model again", "the node computes with a constant that holds NaN")
		}
		if g == m.g && v.grid != nil {
			return m.gridded(g, v, shape)
		}
		if g == m.g {
			return m.sharedConst(shape, v.data)
		}
		return g.ConstReal(slices.Clone(shape), v.data)
	}
	if slices.Equal(v.ir.Type.Shape, shape) {
		return v.ir
	}
	return m.view(g, v.ir, shape)
}

// sharedConst gives the constant of the model's graph with this content: equal weights of several layers are stored once.
func (m *importer) sharedConst(shape []int, data []float64) *ir.Value {
	h := uint64(14695981039346656037) // FNV-1a over whole words
	for _, x := range data {
		h = (h ^ math.Float64bits(x)) * 1099511628211
	}
	for _, c := range m.consts[h] {
		same := func(x, y float64) bool { return math.Float64bits(x) == math.Float64bits(y) }
		if slices.Equal(c.Type.Shape, shape) && slices.EqualFunc(c.Const().Reals, data, same) {
			return c
		}
	}
	c := m.g.ConstReal(slices.Clone(shape), data)
	c.Pos = m.pos
	m.consts[h] = append(m.consts[h], c)
	return c
}

// view gives x in another shape with the same elements.
func (m *importer) view(g *ir.Graph, x *ir.Value, shape []int) *ir.Value {
	index := m.newIndex(shape)
	for i := range index {
		index[i] = int32(i)
	}
	return routeOf(g, shape, index, nil, []*ir.Value{x})
}

// ir gives v as a value of the model's graph.
func (m *importer) ir(v *value) *ir.Value { return m.operand(m.g, v, core(v.shape, v.batch)) }

// broadcast gives the common shape of values and the axis of the batch in it.
func (m *importer) broadcast(args []*value) (shape []int, batch int) {
	shapes := make([][]int, len(args))
	for i, a := range args {
		shapes[i] = a.shape
	}
	shape, err := ir.Broadcast(shapes...)
	if err != nil {
		m.refuse(diag.CodeShape, "%v", err)
	}
	batch = -1
	for _, a := range args {
		if a.batch < 0 {
			continue
		}
		at := len(shape) - a.rank() + a.batch
		if batch >= 0 && batch != at {
			m.mixes()
		}
		batch = at
	}
	for _, a := range args {
		if off := batch - (len(shape) - a.rank()); batch >= 0 && a.batch < 0 && off >= 0 && a.shape[off] > 1 && m.fixed != 1 {
			m.mixes()
		}
	}
	m.checkSize(shape)
	return shape, batch
}

// aligned gives a as an operand that broadcasts to the IR value of shape and batch.
func (m *importer) aligned(g *ir.Graph, a *value, shape []int, batch int) *ir.Value {
	off := batch - (len(shape) - a.rank())
	if batch < 0 || off < 0 {
		return m.operand(g, a, a.shape)
	}
	if shape[batch] == 1 {
		return m.operand(g, a, core(a.shape, off))
	}
	return m.operand(g, a, a.shape)
}

// elementwise applies an op that broadcasts its arguments.
func (m *importer) elementwise(op ir.Op, attr ir.Attr, d dtype, args ...*value) *value {
	for _, a := range args {
		if a.known && a.symbolic() {
			return m.symbolicOp(op, attr, d, args)
		}
	}
	shape, batch := m.broadcast(args)
	if ir.Size(shape) == 0 && len(args) > 0 {
		return constant(d, shape, []float64{})
	}
	g := m.graphFor(args...)
	xs := make([]*ir.Value, len(args))
	for i, a := range args {
		xs[i] = m.aligned(g, a, shape, batch)
	}
	return m.finish(g, g.New(op, ir.Real, attr, xs...), d, shape, batch)
}

func (m *importer) add(a, b *value) *value { return m.elementwise(ir.OpAdd, nil, a.dtype, a, b) }
func (m *importer) sub(a, b *value) *value { return m.elementwise(ir.OpSub, nil, a.dtype, a, b) }
func (m *importer) mul(a, b *value) *value { return m.elementwise(ir.OpMul, nil, a.dtype, a, b) }
func (m *importer) max(a, b *value) *value { return m.elementwise(ir.OpMax, nil, a.dtype, a, b) }
func (m *importer) min(a, b *value) *value { return m.elementwise(ir.OpMin, nil, a.dtype, a, b) }

// scale multiplies by a number.
func (m *importer) scale(a *value, x float64) *value {
	if x == 1 {
		return a
	}
	return m.mul(a, number(a.dtype, x))
}

// compare gives a rel b as a bool tensor.
func (m *importer) compare(rel string, a, b *value) *value {
	return m.elementwise(ir.OpCmp, &ir.Cmp{Rel: rel}, dtBool, a, b)
}

// choose gives yes where c is true, else no.
func (m *importer) choose(c, yes, no *value) *value {
	if c.known && !c.symbolic() && c.elements() > 0 { // a branch that is never taken may hold anything
		shape, batch := m.broadcast([]*value{c, yes, no})
		if !slices.Contains(c.data, 0) {
			return m.expand(yes, shape, batch)
		}
		if slices.Max(c.data) == 0 && slices.Min(c.data) == 0 {
			return m.expand(no, shape, batch)
		}
	}
	return m.elementwise(ir.OpSelect, nil, yes.dtype, c, yes, no)
}

// fn applies a function of ir.Funcs.
func (m *importer) fn(x *value, name string, params ...float64) *value {
	if name == "recip" && !x.known && x.ir.Op == ir.OpTable && x.ir.Attr.(*ir.Table).Fn == "sqrt" {
		y := *x
		y.ir = x.ir.Args[0]
		x, name = &y, "rsqrt"
	}
	return m.elementwise(ir.OpTable, &ir.Table{Fn: name, Params: params}, x.dtype, x)
}

// clamp limits x to [lo, hi].
func (m *importer) clamp(x *value, lo, hi float64) *value {
	return m.elementwise(ir.OpClamp, &ir.Clamp{RLo: lo, RHi: hi}, x.dtype, x)
}

// div divides. Integers are divided as ONNX does, towards zero.
func (m *importer) div(a, b *value) *value {
	if a.known && a.symbolic() || b.known && b.symbolic() {
		return m.symbolicDiv(a, b)
	}
	if a.dtype.isInt() {
		// The factor keeps a multiple of b from coming out just below a whole number; quotients of numbers below 2^45 stay right.
		q := m.mul(a, m.scale(m.fn(b.as(dtDouble), "recip"), 1+0x1p-45))
		if a.known && b.known {
			q = m.quotient(a, b)
		}
		return m.fn(q, "trunc")
	}
	if a.known && b.known {
		return m.quotient(a, b)
	}
	return m.mul(a, m.fn(b, "recip"))
}

// quotient divides constants without going through the reciprocal.
func (m *importer) quotient(a, b *value) *value {
	shape, batch := m.broadcast([]*value{a, b})
	x, y := m.expand(a, shape, batch), m.expand(b, shape, batch)
	out := make([]float64, len(x.data))
	for i := range out {
		out[i] = x.data[i] / y.data[i]
	}
	return &value{dtype: a.dtype, shape: shape, batch: batch, known: true, data: out}
}

// reduce folds axes of x with sum or reduce-max.
func (m *importer) reduce(op ir.Op, x *value, axes []int, keep bool) *value {
	reduced := make([]bool, x.rank())
	for _, a := range axes {
		reduced[a] = true
		if a == x.batch {
			m.mixes()
		}
	}
	if len(axes) == 0 {
		return x
	}
	var perm []int
	var kept, rest []int
	n, batch := 1, x.batch
	for i, d := range x.shape {
		switch {
		case reduced[i]:
			n *= d
			rest = append(rest, i)
			if keep {
				kept = append(kept, 1)
			} else if i < x.batch {
				batch--
			}
		default:
			perm = append(perm, i)
			kept = append(kept, d)
		}
	}
	if n == 0 {
		m.refuse(diag.CodeShape, "reduction over an empty axis of shape %v", x.shape)
	}
	flat := x
	axis := axes[0]
	if len(axes) > 1 {
		flat = m.permute(x, append(perm, rest...))
		axis = len(perm)
		flat = m.reshape(flat, append(slices.Clone(flat.shape[:axis]), n), flat.batch)
	}
	g := m.graphFor(flat)
	y := g.New(op, ir.Real, &ir.Axis{Axis: flat.coreAxis(axis)}, m.operand(g, flat, core(flat.shape, flat.batch)))
	s := slices.Concat(flat.shape[:axis], flat.shape[axis+1:])
	b := flat.batch
	if b > axis {
		b--
	}
	return m.reshape(m.finish(g, y, x.dtype, s, b), kept, batch)
}

// sum adds along axes.
func (m *importer) sum(x *value, axes []int, keep bool) *value {
	return m.reduce(ir.OpSum, x, axes, keep)
}

// mean averages along axes.
func (m *importer) mean(x *value, axes []int, keep bool) *value {
	n := 1
	for _, a := range axes {
		n *= x.shape[a]
	}
	return m.scale(m.sum(x, axes, keep), 1/float64(n))
}
