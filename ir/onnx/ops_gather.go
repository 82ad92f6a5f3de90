package onnx

import (
	"math"
	"slices"

	"mlpc/ir"
	"mlpc/ir/diag"
)

// indexes gives constant indexes into an axis of some size.
func (n *node) indexes(v *value, size int) []int {
	out := make([]int, len(v.data))
	for i, x := range v.data {
		if x < 0 {
			x += float64(size)
		}
		if !(x >= 0 && x < float64(size)) {
			n.refuse(diag.CodeValue, "index %v is outside an axis of %d", v.data[i], size)
		}
		out[i] = int(x)
	}
	return out
}

// lowerGather: by constants it is wiring, by run-time indexes a look-up.
func lowerGather(n *node) []*value {
	x, at := n.arg(0), n.arg(1)
	axis := n.axis(n.int("axis", 0), x.rank())
	if at.known {
		return one(n.gatherConst(x, at, axis))
	}
	if x.batch >= 0 {
		n.mixes()
	}
	return one(n.lookup(x, n.fromStart(at, x.shape[axis]), axis))
}

// fromStart makes run-time indexes count from the start, as negative ones count from the end in ONNX, and says with a quantizer of
// scale 1 that they are whole numbers of an axis of some size.
func (n *node) fromStart(at *value, size int) *value {
	if at.known {
		return at.plainIndexes(n, size)
	}
	if at.ir.Op == ir.OpArgMax || at.ir.Op == ir.OpTopK {
		return at
	}
	if dtypes[at.dtype].signed && !nonNegative(at.ir) {
		at = n.fn(n.wholeIn(at, -size, size-1), "mod", float64(size))
	}
	return n.wholeIn(at, 0, size-1)
}

// nonNegative tells whether no element of v can be negative, as far as the ops next to it show.
func nonNegative(v *ir.Value) bool {
	all := func() bool {
		for _, a := range v.Args {
			if !nonNegative(a) {
				return false
			}
		}
		return true
	}
	switch v.Op {
	case ir.OpArgMax, ir.OpTopK, ir.OpCmp:
		return true
	case ir.OpConst:
		return !slices.ContainsFunc(v.Const().Reals, func(x float64) bool { return x < 0 })
	case ir.OpClamp:
		return v.Attr.(*ir.Clamp).RLo >= 0
	case ir.OpAdd, ir.OpMul, ir.OpMax, ir.OpMin, ir.OpSum:
		return all()
	case ir.OpRoute:
		return len(v.Attr.(*ir.Route).Reals) == 0 && all()
	case ir.OpTable:
		switch v.Attr.(*ir.Table).Fn {
		case "floor", "trunc", "round", "sqrt":
			return all()
		case "sigmoid", "abs", "square", "exp", "not":
			return true
		case "mod":
			return v.Attr.(*ir.Table).Params[0] > 0
		}
	}
	return false
}

func (n *node) gatherConst(x, at *value, axis int) *value {
	if axis == x.batch {
		return n.gatherBatch(x, at, axis)
	}
	if at.symbolic() || at.batch >= 0 && x.batch >= 0 {
		n.mixes()
	}
	y := n.pick(x, axis, n.indexes(at, x.shape[axis]), at.shape)
	if at.batch >= 0 {
		y.batch = axis + at.batch
	}
	return y
}

// gatherBatch picks along the batch by indexes that Range made: sample n takes entries n·k, …, n·k + k − 1, its own.
func (n *node) gatherBatch(x, at *value, axis int) *value {
	k := x.shape[axis]
	if at.batch < 0 { // of a batch of one, the only sample
		if n.fixed == 1 || !at.symbolic() && slices.Equal(at.data, []float64{0}) && n.fixed == 1 {
			y := n.pick(x, axis, n.indexes(at, k), at.shape)
			y.batch = -1
			return n.rebatch(y, axis)
		}
		n.mixes()
	}
	for i := range at.data {
		if l := at.linear(i); l[1] != 0 || l[2] != float64(k) || l[0] < 0 || l[0] >= float64(k) {
			n.mixes()
		}
	}
	plain := *at
	plain.row = nil
	y := n.pick(x, axis, n.indexes(&plain, k), at.shape)
	y.batch = axis + at.batch
	return y
}

// rebatch makes the first axis from at on the batch, for models with a batch of one that lose the axis.
func (n *node) rebatch(y *value, at int) *value {
	if y.rank() == 0 {
		return y
	}
	z := *y
	z.batch = min(at, y.rank()-1)
	if ir.Size(y.shape[:z.batch]) != 1 {
		n.mixes()
	}
	if !y.known {
		z.ir = n.operand(n.g, y, core(z.shape, z.batch))
	}
	return &z
}

// lookup reads rows of x by run-time indexes along an axis.
func (n *node) lookup(x, at *value, axis int) *value {
	perm := append([]int{axis}, slices.DeleteFunc(from(0, x.rank()), func(a int) bool { return a == axis })...)
	t := n.permute(x, perm)
	shape := slices.Concat(at.shape, t.shape[1:])
	n.checkSize(shape)
	g := n.g
	ts := n.operand(g, t, core(t.shape, t.batch))
	y := n.finish(g, g.New(ir.OpLookup, ir.Real, &ir.Axis{}, ts, n.ir(at)), x.dtype, shape, at.batch)
	if axis == 0 {
		return y
	}
	// The axes before axis go in front of the indexes' axes.
	r := at.rank()
	back := slices.Concat(from(r, r+axis), from(0, r), from(r+axis, len(shape)))
	return n.permute(y, back)
}

// lowerGatherElements picks single elements along an axis.
func lowerGatherElements(n *node) []*value {
	x, at := n.arg(0), n.arg(1)
	axis := n.axis(n.int("axis", 0), x.rank())
	if at.rank() != x.rank() || axis == x.batch {
		n.refuse(diag.CodeShape, "indexes of shape %v for shape %v along axis %d", at.shape, x.shape, axis)
	}
	for i, d := range at.shape {
		if i != axis && d > x.shape[i] {
			n.refuse(diag.CodeShape, "indexes of shape %v for shape %v", at.shape, x.shape)
		}
	}
	batch := x.batch
	if batch < 0 {
		batch = at.batch
	}
	if at.known {
		if at.symbolic() {
			n.mixes()
		}
		pick, st := n.indexes(at, x.shape[axis]), strides(x.shape)
		index := make([]int32, len(pick))
		eachIndex(at.shape, func(i int, idx []int) {
			p := pick[i] * st[axis]
			for a, k := range idx {
				if a != axis {
					p += k * st[a]
				}
			}
			index[i] = int32(p)
		})
		return one(n.route(x.dtype, at.shape, batch, index, nil, x))
	}
	perm := from(0, x.rank())
	perm[axis], perm[x.rank()-1] = perm[x.rank()-1], perm[axis]
	rows, where := n.permute(x, perm), n.permute(n.fromStart(at, x.shape[axis]), perm)
	lead := where.shape[:x.rank()-1]
	if !slices.Equal(rows.shape[:x.rank()-1], lead) {
		count := append(slices.Clone(lead), rows.shape[x.rank()-1])
		rows = n.slice(rows, make([]int, x.rank()), count, slices.Repeat([]int{1}, x.rank()))
	}
	if rows.batch != where.batch {
		rows = n.expand(rows, rows.shape, where.batch)
	}
	return one(n.permute(n.lookupLast(rows, where), perm))
}

// lowerGatherND picks by constant tuples of indexes.
func lowerGatherND(n *node) []*value {
	x, at := n.arg(0), n.known(1)
	lead := n.int("batch_dims", 0)
	if at.rank() < 1 || at.symbolic() || at.batch >= 0 || lead < 0 || lead >= at.rank() || lead > x.rank() {
		n.refuse(diag.CodeUnsupportedOp, "this form of GatherND is not supported")
	}
	depth := at.shape[at.rank()-1]
	if lead+depth > x.rank() || depth < 1 || !slices.Equal(at.shape[:lead], x.shape[:lead]) || x.batch >= lead && x.batch < lead+depth {
		n.refuse(diag.CodeShape, "indexes of shape %v for shape %v", at.shape, x.shape)
	}
	inner := ir.Size(x.shape[lead+depth:])
	st := strides(x.shape)
	per := ir.Size(at.shape[lead : at.rank()-1])
	var index []int32
	for t := range len(at.data) / depth {
		p := 0
		if lead > 0 {
			p = t / per * st[lead-1]
		}
		for k := range depth {
			one := constant(dtInt64, nil, at.data[t*depth+k:t*depth+k+1])
			p += n.indexes(one, x.shape[lead+k])[0] * st[lead+k]
		}
		for i := range inner {
			index = append(index, int32(p+i))
		}
	}
	shape := slices.Concat(at.shape[:at.rank()-1], x.shape[lead+depth:])
	batch := x.batch
	if batch >= lead+depth {
		batch += at.rank() - 1 - lead - depth
	}
	return one(n.route(x.dtype, shape, batch, index, nil, x))
}

// lowerScatterElements writes updates over x along an axis: entry j of the updates goes where index j says, later ones last.
func lowerScatterElements(n *node) []*value {
	x, at, upd := n.arg(0), n.arg(1), n.arg(2)
	axis := n.axis(n.int("axis", 0), x.rank())
	reduction := n.str("reduction", "none")
	if at.rank() != x.rank() || !slices.Equal(at.shape, upd.shape) {
		n.refuse(diag.CodeShape, "indexes of shape %v and updates of shape %v for shape %v", at.shape, upd.shape, x.shape)
	}
	for i, d := range at.shape {
		if i != axis && d != x.shape[i] {
			n.refuse(diag.CodeUnsupportedOp, "indexes of shape %v for shape %v are not supported", at.shape, x.shape)
		}
	}
	if axis == x.batch || axis == at.batch || axis == upd.batch {
		n.mixes()
	}
	at = n.fromStart(at, x.shape[axis])
	place := n.iota(x.rank(), axis, x.shape[axis])
	for j := range at.shape[axis] {
		hit := n.compare("eq", place, n.part(at, axis, j, j+1))
		u := n.part(upd, axis, j, j+1)
		switch reduction {
		case "none":
		case "add":
			u = n.add(x, u)
		case "mul":
			u = n.mul(x, u)
		case "max":
			u = n.max(x, u)
		case "min":
			u = n.min(x, u)
		default:
			n.refuse(diag.CodeAttribute, "attribute reduction is %s", quoted(reduction))
		}
		x = n.choose(hit, u.as(x.dtype), x)
	}
	return one(x)
}

// plainIndexes makes negative constant indexes positive.
func (v *value) plainIndexes(n *node, size int) *value {
	if v.symbolic() {
		n.mixes()
	}
	w := *v
	w.data = nil
	for _, i := range n.indexes(v, size) {
		w.data = append(w.data, float64(i))
	}
	return &w
}

// lowerOneHot compares indexes with 0, 1, …
func lowerOneHot(n *node) []*value {
	at, depth, values := n.arg(0), n.constInts(1), n.known(2)
	if len(depth) != 1 || depth[0] < 1 || len(values.data) != 2 {
		n.refuse(diag.CodeShape, "OneHot of depth %v with %d values", depth, len(values.data))
	}
	n.checkSize(depth)
	axis := n.int("axis", -1)
	if axis < 0 {
		axis += at.rank() + 1
	}
	if axis < 0 || axis > at.rank() {
		n.refuse(diag.CodeAttribute, "axis %d does not exist", axis)
	}
	x := n.insertAxis(at, axis)
	if at.dtype.isInt() {
		x = n.fn(x, "mod", float64(depth[0])) // negative indexes count from the end
		inside := n.compare("lt", n.fn(n.insertAxis(at, axis), "abs"), number(dtInt64, math.Nextafter(float64(depth[0]), 1e9)))
		x = n.choose(inside, x, number(x.dtype, -1))
	}
	hit := n.compare("eq", x, n.iota(at.rank()+1, axis, depth[0]))
	off, on := number(values.dtype, values.data[0]), number(values.dtype, values.data[1])
	return one(n.choose(hit, on, off))
}

// lowerCompress keeps the entries that a constant condition names.
func lowerCompress(n *node) []*value {
	x, cond := n.arg(0), n.known(1)
	axis := 0
	if n.attrs["axis"] != nil {
		axis = n.axis(n.int("axis", 0), x.rank())
	} else {
		if x.batch >= 0 {
			n.mixes()
		}
		x = n.reshape(x, []int{x.elements()}, -1)
	}
	var keep []int
	for i, c := range cond.data {
		if c != 0 && i < x.shape[axis] {
			keep = append(keep, i)
		}
	}
	if axis == x.batch {
		n.mixes()
	}
	return one(n.pick(x, axis, keep, []int{len(keep)}))
}

// lowerScatterND writes updates over x at constant tuples of indexes.
func lowerScatterND(n *node) []*value {
	x, at, upd := n.arg(0), n.known(1), n.arg(2)
	if n.str("reduction", "none") != "none" || at.rank() < 1 || at.symbolic() || at.batch >= 0 {
		n.refuse(diag.CodeUnsupportedOp, "this form of ScatterND is not supported")
	}
	depth := at.shape[at.rank()-1]
	if depth < 1 || depth > x.rank() || x.batch >= 0 && x.batch < depth || !slices.Equal(upd.shape, slices.Concat(at.shape[:at.rank()-1], x.shape[depth:])) {
		n.refuse(diag.CodeShape, "indexes of shape %v and updates of shape %v for shape %v", at.shape, upd.shape, x.shape)
	}
	st, inner := strides(x.shape), ir.Size(x.shape[depth:])
	index := make([]int32, x.elements())
	for i := range index {
		index[i] = int32(i)
	}
	for t := range len(at.data) / depth {
		p := 0
		for k := range depth {
			p += n.indexes(constant(dtInt64, nil, at.data[t*depth+k:t*depth+k+1]), x.shape[k])[0] * st[k]
		}
		for i := range inner {
			index[p+i] = int32(x.elements() + t*inner + i)
		}
	}
	batch := x.batch
	if upd.batch >= 0 {
		if batch = upd.batch - (at.rank() - 1) + depth; batch < depth || x.batch >= 0 && x.batch != batch {
			n.mixes()
		}
	}
	return one(n.route(x.dtype, x.shape, batch, index, nil, x, upd))
}

// lowerEyeLike gives ones on a diagonal of a matrix as large as the input.
func lowerEyeLike(n *node) []*value {
	x := n.arg(0)
	if x.rank() != 2 || x.batch >= 0 {
		n.refuse(diag.CodeShape, "EyeLike of shape %v", x.shape)
	}
	n.spend(n.checkSize(x.shape))
	v := constant(x.dtype, x.shape, make([]float64, x.elements()))
	if d := dtype(n.int("dtype", 0)); d != 0 {
		v.dtype = d
	}
	k := n.int("k", 0)
	for i := range x.shape[0] {
		if j := i + k; j >= 0 && j < x.shape[1] {
			v.data[i*x.shape[1]+j] = 1
		}
	}
	return one(v)
}

var gatherOps = map[opKey]opRow{
	{"", "Gather"}: {1, 2, lowerGather}, {"", "GatherElements"}: {11, 2, lowerGatherElements}, {"", "GatherND"}: {11, 2, lowerGatherND},
	{"", "ScatterElements"}: {11, 3, lowerScatterElements}, {"", "Scatter"}: {9, 3, lowerScatterElements}, {"", "OneHot"}: {9, 3, lowerOneHot},
	{"", "Compress"}: {9, 2, lowerCompress}, {"", "ScatterND"}: {11, 3, lowerScatterND}, {"", "EyeLike"}: {9, 1, lowerEyeLike},
}
