package onnx

import (
	"slices"

	"mlpc/ir"
	"mlpc/ir/diag"
)

// reduceAxes gives the axes of a reduction: an attribute before version since, an input after. Without axes all are reduced, or,
// with noop_with_empty_axes, none.
func (n *node) reduceAxes(x *value, since int64) []int {
	list := n.axesInput(1, since)
	if len(list) == 0 {
		if n.opset >= since && n.flag("noop_with_empty_axes") {
			return nil
		}
		return from(0, x.rank())
	}
	axes := n.axes(list, x.rank())
	slices.Sort(axes)
	return axes
}

// reduction makes the lowering of a reduction: before is applied to each element, then the fold, then after.
func reduction(since int64, before, after string, f func(m *importer, x *value, axes []int, keep bool) *value) func(*node) []*value {
	return func(n *node) []*value {
		x := n.arg(0)
		axes := n.reduceAxes(x, since)
		if before != "" {
			x = n.fn(x, before)
		}
		y := f(n.importer, x, axes, n.int("keepdims", 1) != 0)
		if after != "" {
			y = n.fn(y, after)
		}
		return one(y)
	}
}

func maximum(m *importer, x *value, axes []int, keep bool) *value {
	return m.reduce(ir.OpReduceMax, x, axes, keep)
}

func minimum(m *importer, x *value, axes []int, keep bool) *value {
	return m.scale(m.reduce(ir.OpReduceMax, m.scale(x, -1), axes, keep), -1)
}

func sumOfSquares(m *importer, x *value, axes []int, keep bool) *value {
	return m.sum(m.mul(x, x), axes, keep)
}

func logSumExp(m *importer, x *value, axes []int, keep bool) *value {
	top := m.reduce(ir.OpReduceMax, x, axes, true)
	s := m.fn(m.sum(m.fn(m.sub(x, top), "exp"), axes, true), "log")
	return m.sum(m.add(s, top), axes, keep)
}

// product multiplies entries one by one.
func prod(m *importer, x *value, axes []int, keep bool) *value {
	for i := len(axes) - 1; i >= 0; i-- {
		a := axes[i]
		if a == x.batch {
			m.mixes()
		}
		if x.shape[a] == 0 || x.shape[a] > 1024 {
			m.refuse(diag.CodeUnsupportedOp, "a product of %d entries is not supported", x.shape[a])
		}
		y := m.part(x, a, 0, 1)
		for k := 1; k < x.shape[a]; k++ {
			y = m.mul(y, m.part(x, a, k, k+1))
		}
		x = y
		if !keep {
			x = m.dropAxis(x, a)
		}
	}
	return x
}

// lowerArg makes ArgMax (sign 1) and ArgMin (sign −1).
func lowerArg(sign float64) func(*node) []*value {
	return func(n *node) []*value {
		x := n.scale(n.arg(0), sign)
		axis := n.axis(n.int("axis", 0), x.rank())
		keep := n.int("keepdims", 1) != 0
		if !n.flag("select_last_index") {
			return one(n.argmax(x, axis, keep))
		}
		from, step := make([]int, x.rank()), slices.Repeat([]int{1}, x.rank())
		if axis == x.batch {
			n.mixes()
		}
		last := x.shape[axis] - 1
		from[axis], step[axis] = last, -1
		y := n.argmax(n.slice(x, from, x.shape, step), axis, keep)
		return one(n.sub(number(dtInt64, float64(last)), y))
	}
}

// lowerTopK: k is an attribute before version 10; largest and sorted exist since 11. The result is always sorted.
func lowerTopK(n *node) []*value {
	x := n.arg(0)
	axis := n.axis(n.int("axis", -1), x.rank())
	k := n.int("k", 0)
	if n.opset >= 10 {
		k = n.constInt(1)
	}
	if axis == x.batch {
		n.mixes()
	}
	if k < 1 || k > x.shape[axis] {
		n.refuse(diag.CodeAttribute, "the %d largest of %d entries are asked for", k, x.shape[axis])
	}
	sign := 1.0
	if n.int("largest", 1) == 0 {
		sign = -1
	}
	perm := from(0, x.rank())
	perm[axis], perm[x.rank()-1] = perm[x.rank()-1], perm[axis]
	rows := n.permute(x, perm)
	shape := slices.Clone(rows.shape)
	shape[x.rank()-1] = k
	keyed := n.scale(rows, sign)
	g := n.graphFor(keyed)
	last := keyed.coreAxis(x.rank() - 1)
	at := n.finish(g, g.New(ir.OpTopK, ir.Real, &ir.Axis{Axis: last, K: k}, n.operand(g, keyed, core(keyed.shape, keyed.batch))), dtInt64, shape, rows.batch)
	vals := n.lookupLast(rows, at)
	return []*value{n.permute(vals, perm), n.permute(at, perm)}
}

// lookupLast gives x[.., at[.., j]] along the last axis.
func (m *importer) lookupLast(x, at *value) *value {
	g := m.graphFor(x, at)
	xs, is := m.operand(g, x, core(x.shape, x.batch)), m.operand(g, at, core(at.shape, at.batch))
	y := g.New(ir.OpLookup, ir.Real, &ir.Axis{Axis: len(xs.Type.Shape) - 1}, xs, is)
	return m.finish(g, y, x.dtype, at.shape, at.batch)
}

// lowerCumSum adds along an axis with a triangular matrix of ones.
func lowerCumSum(n *node) []*value {
	x := n.arg(0)
	axis := n.axis(n.constInt(1), x.rank())
	if axis == x.batch {
		n.mixes()
	}
	size := x.shape[axis]
	n.spend(size * size)
	tri := make([]float64, size*size)
	exclusive, reverse := n.flag("exclusive"), n.flag("reverse")
	for o := range size {
		for i := range size {
			before := i < o
			if reverse {
				before = i > o
			}
			if before || i == o && !exclusive {
				tri[o*size+i] = 1
			}
		}
	}
	return one(n.alongAxis(x, axis, constant(x.dtype, []int{size, size}, tri)))
}

// alongAxis multiplies an axis of x by a constant matrix [OUT, IN].
func (m *importer) alongAxis(x *value, axis int, w *value) *value {
	perm := from(0, x.rank())
	perm[axis], perm[x.rank()-1] = perm[x.rank()-1], perm[axis]
	return m.permute(m.dense(m.permute(x, perm), w, nil), perm)
}

var reduceOps = map[opKey]opRow{
	{"", "ReduceSum"}: {1, 2, reduction(13, "", "", (*importer).sum)}, {"", "ReduceMean"}: {1, 2, reduction(18, "", "", (*importer).mean)},
	{"", "ReduceMax"}: {1, 2, reduction(18, "", "", maximum)}, {"", "ReduceMin"}: {1, 2, reduction(18, "", "", minimum)},
	{"", "ReduceProd"}: {1, 2, reduction(18, "", "", prod)}, {"", "ReduceSumSquare"}: {1, 2, reduction(18, "", "", sumOfSquares)},
	{"", "ReduceL1"}: {1, 2, reduction(18, "abs", "", (*importer).sum)}, {"", "ReduceL2"}: {1, 2, reduction(18, "", "sqrt", sumOfSquares)},
	{"", "ReduceLogSum"}: {1, 2, reduction(18, "", "log", (*importer).sum)}, {"", "ReduceLogSumExp"}: {1, 2, reduction(18, "", "", logSumExp)},
	{"", "ArgMax"}: {1, 1, lowerArg(1)}, {"", "ArgMin"}: {1, 1, lowerArg(-1)}, {"", "TopK"}: {1, 2, lowerTopK}, {"", "CumSum"}: {11, 2, lowerCumSum},
}
