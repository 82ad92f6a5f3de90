package onnx

import (
	"slices"

	"mlpc/ir"
	"mlpc/ir/diag"
)

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

// lowerDepthToSpace moves channels into blocks of the image, as reshapes and a transposition.
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
	perm := []int{0, 3, 5, 1, 2, 4}
	if n.str("mode", "DCR") == "CRD" {
		perm = []int{0, 1, 3, 5, 2, 4}
	}
	y := n.permute(n.reshape(x, []int{x.shape[0], c, h, b, w, b}, x.batch), perm)
	return one(n.reshape(y, []int{x.shape[0], c * b * b, h, w}, x.batch))
}

var reshapeOps = map[opKey]opRow{
	{"", "Reshape"}: {1, 2, lowerReshape}, {"", "Flatten"}: {1, 1, lowerFlatten}, {"", "Transpose"}: {1, 1, lowerTranspose},
	{"", "Squeeze"}: {1, 2, lowerSqueeze}, {"", "Unsqueeze"}: {1, 2, lowerUnsqueeze}, {"", "DepthToSpace"}: {1, 1, lowerDepthToSpace},
	{"", "SpaceToDepth"}: {1, 1, lowerSpaceToDepth},
}
