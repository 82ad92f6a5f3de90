package onnx

import (
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
		if n.fixed != 1 {
			n.mixes()
		}
		return n.rebatch(n.pick(x, axis, n.indexes(at, k), at.shape), axis)
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

var gatherOps = map[opKey]opRow{
	{"", "Gather"}: {1, 2, lowerGather}, {"", "GatherElements"}: {11, 2, lowerGatherElements}, {"", "GatherND"}: {11, 2, lowerGatherND},
	{"", "Compress"}: {9, 2, lowerCompress},
}
