package onnx

import (
	"math"
	"slices"

	"mlpc/ir"
	"mlpc/ir/diag"
)

// perChannel lays a vector along axis 1 of a tensor of some rank.
func (n *node) perChannel(v *value, rank int) *value {
	shape := []int{v.elements()}
	for range rank - 2 {
		shape = append(shape, 1)
	}
	return n.reshape(v, shape, -1)
}

// lowerBatchNorm multiplies by gamma/√(var + ε) and adds beta − mean·that, both computed here in float64.
func lowerBatchNorm(n *node) []*value {
	x := n.arg(0)
	if n.flag("training_mode") || n.opset < 7 && n.attrs["is_test"] != nil && !n.flag("is_test") {
		n.refuseHint(diag.CodeUnsupportedOp, "export the model in evaluation mode", "the node normalises with the statistics of the batch, as in training")
	}
	if x.rank() < 2 {
		n.refuse(diag.CodeShape, "BatchNormalization of shape %v", x.shape)
	}
	var p [4]*value // gamma, beta, mean, variance
	for i := range p {
		p[i] = n.arg(i + 1)
		if p[i].batch >= 0 {
			n.mixes()
		}
		if p[i].elements() != x.shape[1] {
			n.refuse(diag.CodeShape, "a parameter of shape %v does not fit %d channels", p[i].shape, x.shape[1])
		}
		p[i] = n.perChannel(p[i], x.rank())
	}
	eps := n.float("epsilon", 1e-5)
	a := n.mul(p[0], n.fn(n.add(p[3], number(dtFloat, eps)), "rsqrt"))
	b := n.sub(p[1], n.mul(p[2], a))
	return one(n.add(n.mul(x, a), b))
}

// normalize is (x − mean)/√(variance + ε) over axes.
func (m *importer) normalize(x *value, axes []int, eps float64) *value {
	d := m.sub(x, m.mean(x, axes, true))
	return m.mul(d, m.invRoot(d, axes, eps))
}

// invRoot is 1/√(mean of d² over axes + ε).
func (m *importer) invRoot(d *value, axes []int, eps float64) *value {
	return m.fn(m.add(m.mean(m.mul(d, d), axes, true), number(d.dtype, eps)), "rsqrt")
}

// from gives the axes from first to the last one.
func from(first, rank int) []int {
	var axes []int
	for a := first; a < rank; a++ {
		axes = append(axes, a)
	}
	return axes
}

// lowerLayerNorm also gives the mean and the inverse of the standard deviation, where the model names them.
func lowerLayerNorm(n *node) []*value {
	x := n.arg(0)
	axes := from(n.axis(n.int("axis", -1), x.rank()), x.rank())
	mean := n.mean(x, axes, true)
	d := n.sub(x, mean)
	inv := n.invRoot(d, axes, n.float("epsilon", 1e-5))
	y := n.mul(n.mul(d, inv), n.arg(1))
	if b := n.opt(2); b != nil {
		y = n.add(y, b)
	}
	return []*value{y, mean, inv}
}

func lowerRMSNorm(n *node) []*value {
	x := n.arg(0)
	axes := from(n.axis(n.int("axis", -1), x.rank()), x.rank())
	y := n.mul(x, n.invRoot(x, axes, n.float("epsilon", 1e-5)))
	return one(n.mul(y, n.arg(1)))
}

func lowerInstanceNorm(n *node) []*value {
	x := n.arg(0)
	n.image(x)
	y := n.normalize(x, from(2, x.rank()), n.float("epsilon", 1e-5))
	return one(n.affine(y, n.arg(1), n.arg(2)))
}

// affine multiplies and adds per channel.
func (n *node) affine(y, scale, bias *value) *value {
	if scale.elements() != y.shape[1] || bias.elements() != y.shape[1] {
		n.refuse(diag.CodeShape, "scale of shape %v or bias of shape %v does not fit %d channels", scale.shape, bias.shape, y.shape[1])
	}
	return n.add(n.mul(y, n.perChannel(scale, y.rank())), n.perChannel(bias, y.rank()))
}

// lowerGroupNorm normalises groups of channels; scale and bias are per group before version 21, per channel after.
func lowerGroupNorm(n *node) []*value {
	x := n.arg(0)
	c, spatial := n.image(x)
	groups := n.int("num_groups", 0)
	if groups < 1 || c%groups != 0 {
		n.refuse(diag.CodeAttribute, "%d channels do not fall into %d groups", c, groups)
	}
	g := n.reshape(x, []int{x.shape[0], groups, c / groups * ir.Size(spatial)}, x.batch)
	y := n.normalize(g, []int{2}, n.float("epsilon", 1e-5))
	scale, bias := n.arg(1), n.arg(2)
	if n.opset < 21 {
		y = n.affine(y, scale, bias)
		return one(n.reshape(y, x.shape, x.batch))
	}
	return one(n.affine(n.reshape(y, x.shape, x.batch), scale, bias))
}

// leastNorm keeps a norm from being 0: zeros divided by it are zeros, as the operator says.
const leastNorm = 0x1p-100

// lowerLpNorm divides by the p-norm along an axis.
func lowerLpNorm(n *node) []*value {
	x := n.arg(0)
	axes := []int{n.axis(n.int("axis", -1), x.rank())}
	nonzero := func(s *value) *value { return n.clamp(s, leastNorm, math.Inf(1)) }
	switch p := n.int("p", 2); p {
	case 1:
		return one(n.mul(x, n.fn(nonzero(n.sum(n.fn(x, "abs"), axes, true)), "recip")))
	case 2:
		return one(n.mul(x, n.fn(nonzero(n.sum(n.mul(x, x), axes, true)), "rsqrt")))
	default:
		n.refuse(diag.CodeUnsupportedOp, "the %d-norm is not supported", p)
	}
	return nil
}

// lowerMVN is MeanVarianceNormalization.
func lowerMVN(n *node) []*value {
	x := n.arg(0)
	list := n.ints("axes")
	if list == nil {
		list = []int{0, 2, 3}
	}
	d := n.sub(x, n.mean(x, n.axes(list, x.rank()), true))
	dev := n.fn(n.mean(n.mul(d, d), n.axes(list, x.rank()), true), "sqrt")
	return one(n.div(d, n.add(dev, number(x.dtype, 1e-9))))
}

// lowerLRN divides by a power of the sum of squares over neighbouring channels.
func lowerLRN(n *node) []*value {
	x := n.arg(0)
	c, _ := n.image(x)
	size := n.int("size", 0)
	if size < 1 || size > maxElements {
		n.refuse(diag.CodeAttribute, "attribute size is %d", size)
	}
	band := make([]float64, c*c)
	for o := range c {
		for i := max(0, o-(size-1)/2); i < min(c, o+size/2+1); i++ {
			band[o*c+i] = 1
		}
	}
	perm := slices.Concat([]int{0}, from(2, x.rank()), []int{1})
	sq := n.permute(n.mul(x, x), perm)
	sum := n.channelsSecond(n.dense(sq, constant(dtFloat, []int{c, c}, band), nil))
	base := n.add(n.scale(sum, n.float("alpha", 1e-4)/float64(size)), number(x.dtype, n.float("bias", 1)))
	return one(n.mul(x, n.fn(base, "pow", -n.float("beta", 0.75))))
}

var normOps = map[opKey]opRow{
	{"", "BatchNormalization"}: {1, 5, lowerBatchNorm}, {"", "LayerNormalization"}: {1, 3, lowerLayerNorm}, {"", "RMSNormalization"}: {23, 2, lowerRMSNorm},
	{"", "SimplifiedLayerNormalization"}: {1, 2, lowerRMSNorm}, {"", "InstanceNormalization"}: {1, 3, lowerInstanceNorm}, {"", "GroupNormalization"}: {18, 3, lowerGroupNorm},
	{"", "LpNormalization"}: {1, 1, lowerLpNorm}, {"", "MeanVarianceNormalization"}: {9, 1, lowerMVN}, {"", "LRN"}: {1, 1, lowerLRN},
}
