package onnx

import (
	"slices"

	"mlpc/ir"
	"mlpc/ir/diag"
)

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

// lowerOneHot compares indexes with 0, 1, …
func lowerOneHot(n *node) []*value {
	at, depth, values := n.arg(0), n.constInt(1), n.known(2)
	if depth < 1 || len(values.data) != 2 {
		n.refuse(diag.CodeShape, "OneHot of depth %d with %d values", depth, len(values.data))
	}
	n.checkSize([]int{depth})
	axis := n.int("axis", -1)
	if axis < 0 {
		axis += at.rank() + 1
	}
	if axis < 0 || axis > at.rank() {
		n.refuse(diag.CodeAttribute, "axis %d does not exist", axis)
	}
	x := n.insertAxis(at, axis)
	if dtypes[at.dtype].signed { // negative indexes count from the end; those outside hit nothing
		fromEnd := n.add(x, number(x.dtype, float64(depth)))
		x = n.choose(n.compare("lt", x, number(x.dtype, 0)), fromEnd, x)
	}
	hit := n.compare("eq", x, n.iota(at.rank()+1, axis, depth))
	off, on := number(values.dtype, values.data[0]), number(values.dtype, values.data[1])
	return one(n.choose(hit, on, off))
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

var scatterOps = map[opKey]opRow{
	{"", "ScatterElements"}: {11, 3, lowerScatterElements}, {"", "Scatter"}: {9, 3, lowerScatterElements}, {"", "ScatterND"}: {11, 3, lowerScatterND},
	{"", "OneHot"}: {9, 3, lowerOneHot}, {"", "EyeLike"}: {9, 1, lowerEyeLike},
}
