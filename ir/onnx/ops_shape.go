package onnx

import (
	"math"
	"slices"

	"mlpc/ir"
	"mlpc/ir/diag"
)

// lowerConstant reads the forms of Constant: value, and since version 12 value_float(s), value_int(s) and value_string(s).
func lowerConstant(n *node) []*value {
	if a := n.attrs["value"]; a != nil {
		if a.t == nil {
			n.refuse(diag.CodeAttribute, "attribute value is not a tensor")
		}
		return one(n.tensor(a.t))
	}
	vector := func(d dtype, x []float64) []*value { return one(constant(d, []int{len(x)}, x)) }
	switch {
	case n.attrs["value_float"] != nil:
		return one(number(dtFloat, n.float("value_float", 0)))
	case n.attrs["value_floats"] != nil:
		return vector(dtFloat, n.floats("value_floats"))
	case n.attrs["value_int"] != nil:
		return one(number(dtInt64, float64(n.attr("value_int", attrInt).i)))
	case n.attrs["value_ints"] != nil:
		list, err := n.attr("value_ints", attrInts).intList.ints(maxElements)
		if err != nil {
			n.refuse(diag.CodeAttribute, "attribute value_ints: %v", err)
		}
		x := make([]float64, len(list))
		for i, v := range list {
			x[i] = float64(v)
		}
		return vector(dtInt64, x)
	case n.attrs["value_strings"] != nil:
		s := n.strings("value_strings")
		return one(&value{dtype: dtString, shape: []int{len(s)}, batch: -1, known: true, strs: s})
	}
	n.refuse(diag.CodeUnsupportedOp, "this form of Constant is not supported")
	return nil
}

// lowerShape gives the dimensions; start and end exist since version 15.
func lowerShape(n *node) []*value {
	x := n.arg(0)
	rank := x.rank()
	bound := func(name string, def int) int {
		a := n.int(name, def)
		if a < 0 {
			a += rank
		}
		return min(max(a, 0), rank)
	}
	from, to := bound("start", 0), bound("end", rank)
	to = max(from, to)
	v := constant(dtInt64, []int{to - from}, make([]float64, to-from))
	v.size = make([]float64, to-from)
	for i := from; i < to; i++ {
		if i == x.batch {
			v.size[i-from] = float64(x.shape[i])
		} else {
			v.data[i-from] = float64(x.shape[i])
		}
	}
	return one(v.plain())
}

func lowerSize(n *node) []*value {
	x := n.arg(0)
	v := number(dtInt64, float64(x.elements()))
	if x.batch >= 0 {
		v.size, v.data = v.data, []float64{0}
	}
	return one(v)
}

// lowerReshape resolves 0 (copy) and −1 (infer) and finds the batch in the result.
func lowerReshape(n *node) []*value {
	x := n.arg(0)
	var target []int
	batch := -1
	if n.opset < 5 {
		target = n.ints("shape")
	} else {
		target, batch = n.dims(n.arg(1))
	}
	infer := -1
	for i, d := range target {
		switch {
		case d == 0 && !n.flag("allowzero"):
			if i >= x.rank() {
				n.refuse(diag.CodeShape, "dimension %d is to be copied from shape %v", i, x.shape)
			}
			target[i] = x.shape[i]
			if i == x.batch {
				batch = i
			}
		case d == -1:
			if infer >= 0 {
				n.refuse(diag.CodeShape, "two dimensions are to be inferred")
			}
			infer = i
		}
	}
	return one(n.reshapeTo(x, target, batch, infer))
}

// reshapeTo reshapes x to target, where infer names the dimension to be inferred, or −1, and batch the axis that is known to hold
// the batch, or −1.
func (n *node) reshapeTo(x *value, target []int, batch, infer int) *value {
	total := x.elements()
	rest := 1
	for i, d := range target {
		if i != infer {
			rest *= max(d, 0)
			if rest > maxElements {
				n.refuse(diag.CodeLimit, "shape %v is too large", target)
			}
		}
	}
	if x.batch < 0 {
		if infer >= 0 && rest > 0 {
			target[infer] = total / rest
		}
		n.sameSize(x, target)
		return n.reshape(x, target, batch)
	}
	if ir.Size(x.shape[:x.batch]) != 1 {
		return n.reshapeInner(x, target, batch, infer)
	}
	switch {
	case batch < 0:
		batch = n.leading(target, infer, total, rest)
	case infer >= 0 && rest > 0:
		target[infer] = total / rest
	}
	if ir.Size(target[:batch]) != 1 {
		n.mixes()
	}
	n.sameSize(x, target)
	return n.reshape(x, target, batch)
}

// leading finds the batch axis in a target of plain numbers, and turns the target into the shape for one sample. The samples lie one
// after the other, so the batch is the dimension to be inferred, or, where the model fixes the batch size, the first that it divides.
func (n *node) leading(target []int, infer, total, rest int) int {
	rows := max(n.fixed, 1)
	if infer >= 0 {
		if rest == 0 || total*rows%rest != 0 {
			n.refuse(diag.CodeShape, "a tensor with %d elements cannot take shape %v", total*rows, target)
		}
		target[infer] = total * rows / rest
		if n.fixed == 0 {
			return infer
		}
	}
	for i, d := range target {
		if d%rows == 0 {
			target[i] = d / rows
			return i
		}
		if d != 1 {
			break
		}
	}
	n.mixes()
	return 0
}

// sameSize checks that a reshaped tensor keeps its number of elements.
func (n *node) sameSize(x *value, shape []int) {
	if slices.Min(append([]int{0}, shape...)) < 0 || n.checkSize(shape) != x.elements() {
		n.refuse(diag.CodeShape, "a tensor of shape %v cannot take shape %v", x.shape, shape)
	}
}

// reshapeInner reshapes a tensor whose batch axis has others before it: the axes before and after it must keep their sizes.
func (n *node) reshapeInner(x *value, target []int, batch, infer int) *value {
	before, k := ir.Size(x.shape[:x.batch]), x.shape[x.batch]
	after := ir.Size(x.shape[x.batch+1:])
	size := 1
	for i, d := range target {
		isBatch := i == batch || batch < 0 && i == infer || batch < 0 && infer < 0 && size == before && d == k*max(n.fixed, 1)
		if size == before && isBatch {
			target[i] = k
			for j := i + 1; j < len(target); j++ {
				if j == infer {
					rest := ir.Size(target[i+1:j]) * ir.Size(target[j+1:])
					target[j] = after / max(rest, 1)
				}
			}
			if ir.Size(target[i+1:]) == after {
				return n.reshape(x, target, i)
			}
			break
		}
		size *= d
	}
	n.mixes()
	return nil
}

// lowerFlatten makes a matrix: axes before axis become rows.
func lowerFlatten(n *node) []*value {
	x := n.arg(0)
	axis := n.int("axis", 1)
	if axis < 0 {
		axis += x.rank()
	}
	if axis < 0 || axis > x.rank() {
		n.refuse(diag.CodeAttribute, "axis %d does not exist in a tensor of rank %d", axis, x.rank())
	}
	rows, cols := ir.Size(x.shape[:axis]), ir.Size(x.shape[axis:])
	batch := -1
	if x.batch >= 0 {
		if batch = 0; x.batch >= axis {
			batch = 1
		}
		if ir.Size(x.shape[:x.batch]) != 1 {
			return one(n.reshapeInner(x, []int{rows, cols}, batch, -1))
		}
	}
	return one(n.reshape(x, []int{rows, cols}, batch))
}

func lowerTranspose(n *node) []*value {
	x := n.arg(0)
	perm := n.ints("perm")
	if perm == nil {
		for i := x.rank() - 1; i >= 0; i-- {
			perm = append(perm, i)
		}
	}
	if len(perm) != x.rank() {
		n.refuse(diag.CodeAttribute, "perm %v does not fit shape %v", perm, x.shape)
	}
	return one(n.permute(x, n.axes(perm, x.rank())))
}

func lowerSqueeze(n *node) []*value {
	x := n.arg(0)
	axes := n.axes(n.axesInput(1, 13), x.rank())
	if n.axesInput(1, 13) == nil {
		for i, d := range x.shape {
			if d == 1 && i != x.batch {
				axes = append(axes, i)
			}
		}
	}
	var shape []int
	batch := -1
	for i, d := range x.shape {
		switch {
		case !slices.Contains(axes, i):
			if i == x.batch {
				batch = len(shape)
			}
			shape = append(shape, d)
		case d != 1:
			n.refuse(diag.CodeShape, "axis %d of shape %v does not have one entry", i, x.shape)
		case i == x.batch && n.fixed != 1:
			n.mixes()
		}
	}
	if x.batch >= 0 && batch < 0 { // a batch of one was squeezed away: the axis that follows holds the only sample
		return one(n.reshapeTo(x, shape, -1, -1))
	}
	return one(n.reshape(x, shape, batch))
}

func lowerUnsqueeze(n *node) []*value {
	x := n.arg(0)
	list := n.axesInput(1, 13)
	rank := x.rank() + len(list)
	if rank > maxRank {
		n.refuse(diag.CodeLimit, "the result has %d dimensions; the limit is %d", rank, maxRank)
	}
	added := n.axes(list, rank)
	var shape []int
	batch, from := -1, 0
	for i := range rank {
		if slices.Contains(added, i) {
			shape = append(shape, 1)
			continue
		}
		if from == x.batch {
			batch = i
		}
		shape = append(shape, x.shape[from])
		from++
	}
	return one(n.reshape(x, shape, batch))
}

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

// lowerSlice: everything is an attribute before version 10.
func lowerSlice(n *node) []*value {
	x := n.arg(0)
	var starts, ends, axes, steps []int
	if n.opset < 10 {
		starts, ends, axes = n.ints("starts"), n.ints("ends"), n.ints("axes")
	} else {
		starts = n.constInts(1)
		if e := n.known(2); e.symbolic() { // up to the end of the batch
			e = constant(dtInt64, e.shape, slices.Clone(e.data))
			for i := range e.data {
				if n.in[2].linear(i)[1] > 0 {
					e.data[i] = math.MaxInt32
				}
			}
			n.in[2] = e
		}
		ends = n.constInts(2)
		if n.opt(3) != nil {
			axes = n.constInts(3)
		}
		if n.opt(4) != nil {
			steps = n.constInts(4)
		}
	}
	if axes == nil {
		for i := range starts {
			axes = append(axes, i)
		}
	}
	if steps == nil {
		steps = slices.Repeat([]int{1}, len(starts))
	}
	if len(ends) != len(starts) || len(axes) != len(starts) || len(steps) != len(starts) || len(starts) > x.rank() {
		n.refuse(diag.CodeAttribute, "starts %v, ends %v, axes %v and steps %v do not fit together", starts, ends, axes, steps)
	}
	axes = n.axes(axes, x.rank())
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

// lowerPad: pads and value are attributes before version 11; axes exist since 18.
func lowerPad(n *node) []*value {
	x := n.arg(0)
	mode := n.str("mode", "constant")
	var pads []int
	fill := 0.0
	if n.opset < 11 {
		if pads = n.ints("pads"); pads == nil {
			pads = n.ints("paddings")
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
	axes := make([]int, x.rank())
	for i := range axes {
		axes[i] = i
	}
	if n.opt(3) != nil {
		axes = n.axes(n.constInts(3), x.rank())
	}
	if len(pads) != 2*len(axes) {
		n.refuse(diag.CodeAttribute, "pads %v do not fit shape %v", pads, x.shape)
	}
	begin, shape := make([]int, x.rank()), slices.Clone(x.shape)
	for i, a := range axes {
		begin[a] = pads[i]
		shape[a] += pads[i] + pads[i+len(axes)]
		if shape[a] < 0 || shape[a] > maxElements {
			n.refuse(diag.CodeShape, "pads %v do not fit shape %v", pads, x.shape)
		}
		if a == x.batch && (pads[i] != 0 || pads[i+len(axes)] != 0) {
			n.mixes()
		}
	}
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
		n.refuse(diag.CodeAttribute, "padding %v of shape %v with mode %s is not supported", pads, x.shape, quoted(mode))
	}
	return one(n.route(x.dtype, shape, x.batch, index, []float64{fill}, x))
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

func lowerTile(n *node) []*value {
	x := n.arg(0)
	repeats := n.constInts(1)
	if len(repeats) != x.rank() {
		n.refuse(diag.CodeAttribute, "repeats %v do not fit shape %v", repeats, x.shape)
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
	st := strides(x.shape)
	index := n.newIndex(shape)
	eachIndex(shape, func(i int, idx []int) {
		at := 0
		for a, d := range x.shape {
			at += idx[a] % d * st[a]
		}
		index[i] = int32(at)
	})
	return one(n.route(x.dtype, shape, x.batch, index, nil, x))
}

func lowerConstantOfShape(n *node) []*value {
	shape, batch := n.dims(n.arg(0))
	v := number(dtFloat, 0)
	if a := n.attr("value", attrTensor); a != nil && a.t != nil {
		v = n.tensor(a.t)
	}
	if len(v.data) != 1 {
		n.refuse(diag.CodeAttribute, "attribute value does not have one element")
	}
	if slices.Contains(shape, 0) {
		return one(constant(v.dtype, shape, []float64{}))
	}
	return one(n.expand(n.reshape(v, nil, -1), shape, batch))
}

// lowerRange counts from start to limit in steps of delta. A limit of c·N gives a tensor along the batch.
func lowerRange(n *node) []*value {
	start, limit, delta := n.known(0), n.known(1), n.known(2)
	s, okS := start.scalar()
	d, okD := delta.scalar()
	if !okS || !okD || d == 0 || len(limit.data) != 1 {
		n.refuse(diag.CodeUnsupportedOp, "the range is not given by constants")
	}
	l := limit.linear(0)
	if l[2] != 0 || l[1] != 0 && (l[0] != s || l[1]/d < 1 || math.Mod(l[1], d) != 0) {
		n.refuse(diag.CodeUnsupportedOp, "the range depends on the batch size in a way that is not supported")
	}
	if l[1] != 0 { // per sample: l[1]/d entries
		k := int(l[1] / d)
		n.checkSize([]int{k})
		v := constant(start.dtype, []int{k}, make([]float64, k))
		v.batch, v.row = 0, make([]float64, k)
		for i := range k {
			v.data[i], v.row[i] = s+float64(i)*d, l[1]
		}
		return one(v)
	}
	count := math.Max(0, math.Ceil((l[0]-s)/d))
	if count > maxElements {
		n.refuse(diag.CodeLimit, "the range has %v elements", count)
	}
	n.spend(int(count))
	x := make([]float64, int(count))
	for i := range x {
		x[i] = s + float64(i)*d
	}
	return one(constant(start.dtype, []int{len(x)}, x))
}

// blocks makes the lowering of DepthToSpace and SpaceToDepth by reshapes and a transposition.
func lowerDepthToSpace(n *node) []*value {
	x := n.arg(0)
	c, sp := n.image(x)
	b := n.int("blocksize", 0)
	if len(sp) != 2 || b < 1 || c%(b*b) != 0 {
		n.refuse(diag.CodeShape, "blocks of %d do not fit shape %v", b, x.shape)
	}
	h, w, d := sp[0], sp[1], c/(b*b)
	split, perm := []int{x.shape[0], b, b, d, h, w}, []int{0, 3, 4, 1, 5, 2}
	if n.str("mode", "DCR") == "CRD" {
		split, perm = []int{x.shape[0], d, b, b, h, w}, []int{0, 1, 4, 2, 5, 3}
	}
	y := n.permute(n.reshape(x, split, x.batch), perm)
	return one(n.reshape(y, []int{x.shape[0], d, h * b, w * b}, x.batch))
}

func lowerSpaceToDepth(n *node) []*value {
	x := n.arg(0)
	c, sp := n.image(x)
	b := n.int("blocksize", 0)
	if len(sp) != 2 || b < 1 || sp[0]%b != 0 || sp[1]%b != 0 {
		n.refuse(diag.CodeShape, "blocks of %d do not fit shape %v", b, x.shape)
	}
	h, w := sp[0]/b, sp[1]/b
	y := n.permute(n.reshape(x, []int{x.shape[0], c, h, b, w, b}, x.batch), []int{0, 3, 5, 1, 2, 4})
	return one(n.reshape(y, []int{x.shape[0], c * b * b, h, w}, x.batch))
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

var shapeOps = map[opKey]opRow{
	{"", "Constant"}: {1, 0, lowerConstant}, {"", "Shape"}: {1, 1, lowerShape}, {"", "Size"}: {1, 1, lowerSize},
	{"", "Reshape"}: {1, 2, lowerReshape}, {"", "Flatten"}: {1, 1, lowerFlatten}, {"", "Transpose"}: {1, 1, lowerTranspose},
	{"", "Squeeze"}: {1, 2, lowerSqueeze}, {"", "Unsqueeze"}: {1, 2, lowerUnsqueeze}, {"", "Concat"}: {1, -1, lowerConcat},
	{"", "Split"}: {2, 2, lowerSplit}, {"", "Slice"}: {1, 5, lowerSlice}, {"", "Pad"}: {2, 4, lowerPad}, {"", "Expand"}: {8, 2, lowerExpand},
	{"", "Tile"}: {6, 2, lowerTile}, {"", "ConstantOfShape"}: {9, 1, lowerConstantOfShape}, {"", "Range"}: {11, 3, lowerRange},
	{"", "DepthToSpace"}: {1, 1, lowerDepthToSpace}, {"", "SpaceToDepth"}: {1, 1, lowerSpaceToDepth}, {"", "Trilu"}: {14, 2, lowerTrilu},
}
