package onnx

import (
	"math"
	"slices"

	"mlpc/ir"
	"mlpc/ir/diag"
)

// grid is a set of evenly spaced numbers: (q − zero)·scale for whole q in [lo, hi]. Each list has one entry, or one for each index
// of the tensor's axis.
type grid struct {
	scale, zero []float64
	lo, hi      []int64
	axis        int
	bipolar     bool // only the two ends
}

// at gives the entry for index c.
func at[T any](list []T, c int) T {
	if len(list) == 1 {
		return list[0]
	}
	return list[c]
}

// perAxis tells whether some list has an entry for each index.
func (q *grid) perAxis() bool {
	return len(q.scale) > 1 || len(q.zero) > 1 || len(q.lo) > 1 || len(q.hi) > 1
}

// quantizer is a grid with the rule that brings numbers onto it; see ir.Quant.
type quantizer struct {
	grid
	mode       string
	clampFirst bool
	single     bool
}

func (q *quantizer) attr() *ir.Quant {
	return &ir.Quant{Scale: q.scale, Zero: q.zero, Lo: q.lo, Hi: q.hi, Mode: q.mode, ClampFirst: q.clampFirst, Single: q.single}
}

// quantize brings x onto the grid of q. The result is real; constants stay constants that remember their grid.
func (m *importer) quantize(x *value, q *quantizer) *value {
	if x.symbolic() || x.dtype == dtString {
		m.refuse(diag.CodeType, "something else than numbers is quantized")
	}
	if x.known {
		return m.quantizeKnown(x, q)
	}
	if !q.perAxis() {
		return m.finish(m.g, m.g.New(ir.OpQuant, ir.Real, q.attr(), m.ir(x)), x.dtype, x.shape, x.batch)
	}
	if q.axis == x.batch {
		m.mixes()
	}
	perm := from(0, x.rank())
	perm[q.axis], perm[x.rank()-1] = perm[x.rank()-1], perm[q.axis]
	t := m.permute(x, perm)
	s := core(t.shape, t.batch)
	if t.batch == x.rank()-1 { // the channel must be the last axis of the IR value
		m.mixes()
	}
	y := m.finish(m.g, m.g.New(ir.OpQuant, ir.Real, q.attr(), m.operand(m.g, t, s)), x.dtype, t.shape, t.batch)
	return m.permute(y, perm)
}

// quantizeKnown computes the quantizer on a constant.
func (m *importer) quantizeKnown(x *value, q *quantizer) *value {
	y := *x
	y.data = make([]float64, len(x.data))
	a := q.attr()
	inner, n := 1, 1
	if q.perAxis() {
		inner, n = ir.Size(x.shape[q.axis+1:]), x.shape[q.axis]
	}
	for i, e := range x.data {
		c := i / inner % n
		y.data[i] = a.Real(a.Integer(e, c), c)
	}
	g := q.grid
	y.grid, y.orig = &g, nil
	return &y
}

// gridded gives a constant as a value of the model's graph that shows its grid: a quantizer applied to it that changes nothing.
func (m *importer) gridded(g *ir.Graph, v *value, shape []int) *ir.Value {
	q := v.grid
	attr := &ir.Quant{Scale: q.scale, Zero: q.zero, Lo: q.lo, Hi: q.hi, Mode: "half-even"}
	if q.bipolar {
		attr.Mode = "bipolar"
	}
	if !q.perAxis() {
		y := g.New(ir.OpQuant, ir.Real, attr, m.sharedConst(shape, v.data))
		y.Pos = m.pos
		return y
	}
	// Channels go last, and back afterwards.
	rank := len(v.shape)
	plain := *v
	plain.grid = nil
	perm := from(0, rank)
	perm[q.axis], perm[rank-1] = perm[rank-1], perm[q.axis]
	t := m.permute(&plain, perm)
	y := g.New(ir.OpQuant, ir.Real, attr, m.sharedConst(t.shape, t.data))
	y.Pos = m.pos
	if q.axis == rank-1 && slices.Equal(shape, t.shape) {
		return y
	}
	w := &value{dtype: v.dtype, shape: t.shape, batch: -1, ir: y}
	return m.operand(g, m.permute(w, perm), shape)
}

// carried gives the axis that holds the channels of axis after a tensor took another shape, or −1 where they are not one axis.
func carried(axis int, before, after []int) int {
	outer, inner := ir.Size(before[:axis]), ir.Size(before[axis+1:])
	for i, d := range after {
		if d == before[axis] && ir.Size(after[:i]) == outer && ir.Size(after[i+1:]) == inner {
			return i
		}
	}
	return -1
}

// moved gives the grid after the channels went to another axis; nil where a per-axis grid has no such axis.
func (q *grid) moved(axis int) *grid {
	if q == nil || !q.perAxis() {
		return q
	}
	if axis < 0 {
		return nil
	}
	g := *q
	g.axis = axis
	return &g
}

// integers gives the whole numbers of a stored tensor as an ordinary tensor.
func (m *importer) integers(v *value) *value {
	s := v.stored
	if s == nil {
		return v
	}
	real := *v
	real.stored, real.dtype = nil, dtFloat
	inv := make([]float64, len(s.scale))
	for i, x := range s.scale {
		inv[i] = 1 / x
	}
	q := m.add(m.mul(&real, m.along(inv, v.rank(), s.axis)), m.along(s.zero, v.rank(), s.axis))
	return m.whole(q, v.dtype)
}

// whole says that x holds integers of type d, with a quantizer of scale 1.
func (m *importer) whole(x *value, d dtype) *value {
	lo, hi := d.limits()
	return m.wholeIn(x, int(lo), int(hi)).as(d)
}

// wholeIn says that x holds integers from lo to hi.
func (m *importer) wholeIn(x *value, lo, hi int) *value {
	q := &quantizer{grid: grid{scale: []float64{1}, zero: []float64{0}, lo: []int64{int64(lo)}, hi: []int64{int64(hi)}}, mode: "half-even"}
	return m.quantize(x, q)
}

// along makes a constant that broadcasts a list along an axis of a tensor of some rank.
func (m *importer) along(list []float64, rank, axis int) *value {
	if len(list) == 1 {
		return number(dtFloat, list[0])
	}
	shape := []int{len(list)}
	for range rank - axis - 1 {
		shape = append(shape, 1)
	}
	return constant(dtFloat, shape, list)
}

// steps reads scale and zero point of an ONNX quantization operator for a tensor x: inputs s and z, z may be nil.
func (n *node) steps(x, s, z *value, axis int) (scale, zero []float64) {
	if !s.known || z != nil && !z.known {
		n.refuseHint(diag.CodeDynamicQuant, staticRemedy, "the scale is computed at run time; hardware needs fixed scales")
	}
	if scale = s.data; z != nil {
		zero = z.data
	} else {
		zero = []float64{0}
	}
	for _, e := range scale {
		if !(e > 0) || math.IsInf(e, 0) {
			n.refuse(diag.CodeQuantization, "scale %v is not a positive number", e)
		}
	}
	for _, e := range zero {
		if e != math.Trunc(e) || math.Abs(e) > 1<<53 {
			n.refuse(diag.CodeQuantization, "zero point %v is not a whole number", e)
		}
	}
	for _, l := range [][]float64{scale, zero} {
		if len(l) != 1 && (axis >= x.rank() || len(l) != x.shape[axis]) || len(l) == 0 {
			n.refuse(diag.CodeQuantization, "%d scales or zero points for axis %d of shape %v", len(l), axis, x.shape)
		}
	}
	if s.rank() > 1 && s.elements() != 1 {
		n.refuse(diag.CodeQuantization, "a scale of shape %v is not supported here", s.shape)
	}
	return scale, zero
}

// intRange gives the limits of an integer type as quantizers take them.
func (n *node) intRange(d dtype) (lo, hi []int64) {
	if !d.isInt() || dtypes[d].bits > 32 {
		n.refuse(diag.CodeQuantization, "quantization to %s is not supported", d)
	}
	l, h := d.limits()
	return []int64{int64(l)}, []int64{int64(h)}
}

// toStored quantizes x as QuantizeLinear does: float32 division, half to even, saturation.
func (n *node) toStored(x, s, z *value, d dtype, axis int) *value {
	scale, zero := n.steps(x, s, z, axis)
	lo, hi := n.intRange(d)
	q := &quantizer{grid: grid{scale: scale, zero: zero, lo: lo, hi: hi, axis: axis}, mode: "half-even", single: s.dtype != dtDouble}
	y := *n.quantize(x, q)
	if x.known {
		return n.intsOf(&y, scale, zero, axis, d)
	}
	y.dtype, y.stored = d, &stored{scale, zero, axis}
	return &y
}

// intsOf undoes the scale of a quantized constant.
func (m *importer) intsOf(y *value, scale, zero []float64, axis int, d dtype) *value {
	out := *y
	out.data = make([]float64, len(y.data))
	inner, c := 1, 1
	if len(scale) > 1 || len(zero) > 1 {
		inner, c = ir.Size(y.shape[axis+1:]), y.shape[axis]
	}
	for i, e := range y.data {
		k := i / inner % c
		out.data[i] = math.RoundToEven(e/at(scale, k) + at(zero, k))
	}
	out.dtype, out.grid = d, nil
	return &out
}

// fromStored is DequantizeLinear.
func (n *node) fromStored(x, s, z *value, axis int) *value {
	scale, zero := n.steps(x, s, z, axis)
	if x.known {
		lo, hi := n.intRange(x.dtype)
		real := *x
		real.data, real.orig = make([]float64, len(x.data)), nil
		inner, c := 1, 1
		if len(scale) > 1 || len(zero) > 1 {
			inner, c = ir.Size(x.shape[axis+1:]), x.shape[axis]
		}
		for i, e := range x.data {
			k := i / inner % c
			real.data[i] = (e - at(zero, k)) * at(scale, k)
		}
		real.grid, real.dtype = &grid{scale: scale, zero: zero, lo: lo, hi: hi, axis: axis}, dtFloat
		return &real
	}
	if t := x.stored; t != nil && slices.Equal(t.scale, scale) && slices.Equal(t.zero, zero) && (t.axis == axis || len(scale) == 1 && len(zero) == 1) {
		real := *x
		real.stored, real.dtype = nil, dtFloat
		return &real
	}
	q := n.integers(x)
	if x.stored == nil && x.ir.Op == ir.OpInput { // integers from outside: say which
		n.intRange(x.dtype)
		q = n.whole(x, x.dtype)
	}
	real := n.sub(q.as(dtFloat), n.along(zero, x.rank(), axis))
	return n.mul(real, n.along(scale, x.rank(), axis))
}

// clipIntegers narrows the range of a stored tensor: Clip between QuantizeLinear and DequantizeLinear says how many bits there are.
func (n *node) clipIntegers(x, lo, hi *value) *value {
	q, ok := x.ir.Attr.(*ir.Quant)
	l, okL := lo.scalar()
	h, okH := hi.scalar()
	if !ok || lo != nil && !okL || hi != nil && !okH {
		y := n.integers(x)
		if lo != nil {
			y = n.max(y, lo)
		}
		if hi != nil {
			y = n.min(y, hi)
		}
		return y
	}
	narrow := *q
	narrow.Lo, narrow.Hi = slices.Clone(q.Lo), slices.Clone(q.Hi)
	for i := range narrow.Lo {
		if lo != nil {
			narrow.Lo[i] = max(narrow.Lo[i], int64(l))
		}
	}
	for i := range narrow.Hi {
		if hi != nil {
			narrow.Hi[i] = min(narrow.Hi[i], int64(h))
		}
	}
	if slices.Max(narrow.Lo) > slices.Min(narrow.Hi) {
		n.refuse(diag.CodeQuantization, "the limits %v and %v leave no integer", l, h)
	}
	y := *x
	y.ir = n.g.New(ir.OpQuant, ir.Real, &narrow, x.ir.Args[0])
	y.ir.Pos = n.pos
	return &y
}
