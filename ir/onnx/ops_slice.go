package onnx

import (
	"math"
	"slices"

	"mlpc/ir"
	"mlpc/ir/diag"
)

func lowerConcat(n *node) []*value {
	first := n.arg(0)
	def := 1 // before version 4
	axis := n.axis(n.int("axis", def), first.rank())
	var xs []*value
	for i := range n.in {
		if x := n.arg(i); x.elements() > 0 || len(n.in) == 1 {
			xs = append(xs, x)
		}
	}
	if len(xs) == 0 {
		return one(first)
	}
	return one(n.concat(axis, xs...))
}

// lowerSplit: sizes are an attribute before version 13, an input after; num_outputs exists since 18.
func lowerSplit(n *node) []*value {
	x := n.arg(0)
	axis := n.axis(n.int("axis", 0), x.rank())
	size := x.shape[axis]
	var sizes []int
	switch {
	case n.opset < 13:
		sizes = n.ints("split")
	case n.opt(1) != nil:
		sizes = n.constInts(1)
	}
	if sizes == nil {
		count := n.int("num_outputs", n.outs)
		if count < 1 || count > size {
			n.refuse(diag.CodeAttribute, "an axis of %d is to be split in %d parts", size, count)
		}
		part := (size + count - 1) / count
		for range count {
			sizes = append(sizes, min(part, size))
			size -= sizes[len(sizes)-1]
		}
	}
	total := 0
	for _, s := range sizes {
		if s < 1 || s > x.shape[axis] {
			n.refuse(diag.CodeAttribute, "an axis of %d is to be split into %v", x.shape[axis], sizes)
		}
		total += s
	}
	if total != x.shape[axis] {
		n.refuse(diag.CodeAttribute, "an axis of %d is to be split into %v", x.shape[axis], sizes)
	}
	if axis == x.batch && len(sizes) > 1 {
		n.mixes()
	}
	var outs []*value
	at := 0
	for _, s := range sizes {
		outs = append(outs, n.part(x, axis, at, at+s))
		at += s
	}
	return outs
}

// lowerSlice takes ranges of axes.
func lowerSlice(n *node) []*value {
	x := n.arg(0)
	starts, ends, axes, steps := n.sliceBounds(x)
	from, step := make([]int, x.rank()), slices.Repeat([]int{1}, x.rank())
	count := slices.Clone(x.shape)
	for i, a := range axes {
		if steps[i] == 0 {
			n.refuse(diag.CodeAttribute, "a step is 0")
		}
		from[a], count[a] = sliceRange(starts[i], ends[i], steps[i], x.shape[a])
		step[a] = steps[i]
		if a == x.batch && (from[a] != 0 || count[a] != x.shape[a] || step[a] != 1) {
			n.mixes()
		}
	}
	return one(n.slice(x, from, count, step))
}

// sliceBounds reads the bounds of Slice: attributes before version 10, inputs after.
func (n *node) sliceBounds(x *value) (starts, ends, axes, steps []int) {
	if n.opset < 10 {
		starts, ends, axes = n.ints("starts"), n.ints("ends"), n.ints("axes")
	} else {
		starts, ends = n.constInts(1), n.sliceEnds()
		if n.opt(3) != nil {
			axes = n.constInts(3)
		}
		if n.opt(4) != nil {
			steps = n.constInts(4)
		}
	}
	if axes == nil {
		axes = from(0, len(starts))
	}
	if steps == nil {
		steps = slices.Repeat([]int{1}, len(starts))
	}
	if len(ends) != len(starts) || len(axes) != len(starts) || len(steps) != len(starts) || len(starts) > x.rank() {
		n.refuse(diag.CodeAttribute, "starts %v, ends %v, axes %v and steps %v do not fit together", starts, ends, axes, steps)
	}
	return starts, ends, n.axes(axes, x.rank()), steps
}

// sliceEnds reads input 2; an end that is the batch size means the end of the axis.
func (n *node) sliceEnds() []int {
	e := n.known(2)
	if !e.symbolic() {
		return n.constInts(2)
	}
	out := make([]int, len(e.data))
	for i := range out {
		if l := e.linear(i); l[1] > 0 && l[2] == 0 {
			out[i] = math.MaxInt32
		} else {
			out[i] = n.small("end", int64(l[0]))
		}
	}
	return out
}

// sliceRange gives the first index and the number of indexes of a numpy slice of an axis of size n.
func sliceRange(start, end, step, n int) (from, count int) {
	clip := func(x, lo, hi int) int {
		if x < 0 {
			x += n
		}
		return min(max(x, lo), hi)
	}
	if step > 0 {
		from, end = clip(start, 0, n), clip(end, 0, n)
		return from, max(0, (end-from+step-1)/step)
	}
	from = clip(start, 0, n-1)
	if end < -n { // before the first element
		end = -1
	} else {
		end = clip(end, -1, n-1)
	}
	return from, max(0, (end-from+step+1)/step)
}

// lowerPad surrounds a tensor with a number, or with what mode makes of its elements; negative pads cut.
func lowerPad(n *node) []*value {
	x := n.arg(0)
	mode := n.str("mode", "constant")
	begin, shape, fill := n.pads(x)
	st := strides(x.shape)
	index := n.newIndex(shape)
	eachIndex(shape, func(i int, idx []int) {
		at := 0
		for a := range shape {
			p, ok := padded1(idx[a]-begin[a], x.shape[a], mode)
			if !ok {
				index[i] = -1
				return
			}
			at += p * st[a]
		}
		index[i] = int32(at)
	})
	if mode != "constant" && slices.Contains(index, -1) {
		n.refuse(diag.CodeAttribute, "padding of shape %v to %v with mode %s is not supported", x.shape, shape, quoted(mode))
	}
	return one(n.route(x.dtype, shape, x.batch, index, []float64{fill}, x))
}

// pads reads how much Pad adds before each axis, the shape of the result, and the fill. Pads and value are attributes before
// version 11; axes exist since 18.
func (n *node) pads(x *value) (begin, shape []int, fill float64) {
	var pads []int
	if n.opset < 11 {
		if pads = n.ints("pads"); pads == nil {
			pads = n.ints("paddings") // version 1
		}
		fill = n.float("value", 0)
	} else {
		pads = n.constInts(1)
		if v := n.opt(2); v != nil && v.elements() > 0 {
			f, ok := v.scalar()
			if !ok {
				n.refuse(diag.CodeUnsupportedOp, "the fill value is not a constant")
			}
			fill = f
		}
	}
	axes := from(0, x.rank())
	if n.opt(3) != nil {
		axes = n.axes(n.constInts(3), x.rank())
	}
	if len(pads) != 2*len(axes) {
		n.refuse(diag.CodeAttribute, "pads %v do not fit shape %v", pads, x.shape)
	}
	begin, shape = make([]int, x.rank()), slices.Clone(x.shape)
	for i, a := range axes {
		before, after := pads[i], pads[i+len(axes)]
		begin[a] = before
		shape[a] += before + after
		if shape[a] < 0 || shape[a] > maxElements {
			n.refuse(diag.CodeShape, "pads %v do not fit shape %v", pads, x.shape)
		}
		if a == x.batch && (before != 0 || after != 0) {
			n.mixes()
		}
	}
	return begin, shape, fill
}

// padded1 gives the element that position p outside or inside [0, n) shows in a padding mode.
func padded1(p, n int, mode string) (int, bool) {
	switch {
	case p >= 0 && p < n:
		return p, true
	case n == 0:
		return 0, false
	case mode == "edge":
		return min(max(p, 0), n-1), true
	case mode == "wrap":
		return ((p % n) + n) % n, true
	case mode == "reflect" && n > 1:
		period := 2 * (n - 1)
		if p = ((p % period) + period) % period; p >= n {
			p = period - p
		}
		return p, true
	}
	return 0, false
}

// lowerExpand broadcasts to a shape that may hold the batch size.
func lowerExpand(n *node) []*value {
	x := n.arg(0)
	target, batch := n.dims(n.arg(1))
	rank := max(len(target), x.rank())
	off := rank - len(target)
	if batch >= 0 {
		batch += off
	}
	if x.batch >= 0 {
		at := rank - x.rank() + x.batch
		if batch >= 0 && batch != at {
			n.mixes()
		}
		batch = at
		if i := at - off; i >= 0 && target[i] > 1 && n.fixed > 1 && target[i]%n.fixed == 0 {
			target[i] /= n.fixed
		}
	}
	shape, err := ir.Broadcast(x.shape, target)
	if err != nil {
		n.refuse(diag.CodeShape, "%v", err)
	}
	return one(n.expand(x, shape, batch))
}

// lowerTile repeats a tensor along its axes. A tensor without a batch may be repeated for each sample along an axis of one entry.
func lowerTile(n *node) []*value {
	x := n.arg(0)
	repeats, batch := n.dims(n.arg(1))
	if len(repeats) != x.rank() {
		n.refuse(diag.CodeAttribute, "repeats %v do not fit shape %v", repeats, x.shape)
	}
	if batch >= 0 && (x.batch >= 0 || x.shape[batch] != 1) {
		n.mixes()
	}
	shape := slices.Clone(x.shape)
	for i, r := range repeats {
		if r < 1 || r > maxElements {
			n.refuse(diag.CodeAttribute, "repeats %v are not positive", repeats)
		}
		if i == x.batch && r != 1 {
			n.mixes()
		}
		shape[i] *= r
	}
	if batch < 0 {
		batch = x.batch
	}
	st := strides(x.shape)
	index := n.newIndex(shape)
	eachIndex(shape, func(i int, idx []int) {
		at := 0
		for a, d := range x.shape {
			at += idx[a] % d * st[a]
		}
		index[i] = int32(at)
	})
	return one(n.route(x.dtype, shape, batch, index, nil, x))
}

// lowerTrilu keeps the upper or lower triangle of the last two axes.
func lowerTrilu(n *node) []*value {
	x := n.arg(0)
	k := 0
	if n.opt(1) != nil {
		k = n.constInt(1)
	}
	r := x.rank()
	if r < 2 || x.batch >= r-2 {
		n.mixes()
	}
	upper := n.int("upper", 1) != 0
	index := make([]int32, x.elements())
	eachIndex(x.shape, func(i int, idx []int) {
		index[i] = int32(i)
		if d := idx[r-1] - idx[r-2]; upper && d < k || !upper && d > k {
			index[i] = -1
		}
	})
	return one(n.route(x.dtype, x.shape, x.batch, index, []float64{0}, x))
}

var sliceOps = map[opKey]opRow{
	{"", "Concat"}: {1, -1, lowerConcat}, {"", "Split"}: {2, 2, lowerSplit}, {"", "Slice"}: {1, 5, lowerSlice}, {"", "Pad"}: {2, 4, lowerPad},
	{"", "Expand"}: {8, 2, lowerExpand}, {"", "Tile"}: {6, 2, lowerTile}, {"", "Trilu"}: {14, 2, lowerTrilu},
}
