package onnx

import (
	"slices"

	"mlpc/ir/diag"
)

// quantAxis reads the axis of QuantizeLinear and DequantizeLinear; per-axis scales exist since version 13.
func (n *node) quantAxis(x, s *value) int {
	if s.elements() == 1 || x.rank() == 0 {
		return 0
	}
	return n.axis(n.int("axis", 1), x.rank())
}

// blocked expands scales and zero points that serve blocks of an axis (since version 21) to one for each element.
func (n *node) blocked(x, s *value) *value {
	if s == nil || s.rank() != x.rank() || s.elements() == 1 {
		return s
	}
	axis, size := n.axis(n.int("axis", 1), x.rank()), n.int("block_size", 0)
	if size < 1 || !s.known || s.shape[axis] != (x.shape[axis]+size-1)/size {
		n.refuse(diag.CodeQuantization, "scales of shape %v in blocks of %d do not fit shape %v", s.shape, size, x.shape)
	}
	idx := make([]int, x.shape[axis])
	for i := range idx {
		idx[i] = i / size
	}
	y := n.pick(s, axis, idx, []int{len(idx)})
	if !slices.Equal(y.shape, x.shape) {
		n.refuse(diag.CodeQuantization, "scales of shape %v in blocks of %d do not fit shape %v", s.shape, size, x.shape)
	}
	return y
}

func lowerQuantizeLinear(n *node) []*value {
	x, s, z := n.arg(0), n.arg(1), n.opt(2)
	d := dtUint8
	if z != nil {
		d = z.dtype
	} else if a := n.int("output_dtype", 0); a != 0 {
		d = dtype(a)
	}
	if z != nil && z.dtype.isFloat() {
		n.refuse(diag.CodeQuantization, "quantization to %s is not supported", z.dtype)
	}
	if s.known && s.rank() > 1 && s.elements() > 1 {
		n.refuse(diag.CodeQuantization, "quantization in blocks is only supported for weights that are already integers")
	}
	return one(n.toStored(x, s, z, d, n.quantAxis(x, s)))
}

func lowerDequantizeLinear(n *node) []*value {
	x, s, z := n.arg(0), n.arg(1), n.opt(2)
	if x.dtype.isFloat() {
		n.refuse(diag.CodeQuantization, "integers of type %s are not supported", x.dtype)
	}
	if s.rank() > 1 && s.elements() > 1 && x.known {
		s, z := n.blocked(x, s), n.blocked(x, z)
		x = x.as(dtFloat)
		if z != nil {
			x = n.sub(x, z.as(dtFloat))
		}
		return one(n.mul(x, s))
	}
	return one(n.fromStored(x, s, z, n.quantAxis(x, s)))
}

var quantOps = map[opKey]opRow{
	{"", "QuantizeLinear"}: {10, 3, lowerQuantizeLinear}, {"", "DequantizeLinear"}: {10, 3, lowerDequantizeLinear},
	{domainMS, "QuantizeLinear"}: {1, 3, lowerQuantizeLinear}, {domainMS, "DequantizeLinear"}: {1, 3, lowerDequantizeLinear},
	{"", "QLinearMatMul"}: {10, 8, lowerQLinearMatMul}, {domainMS, "QGemm"}: {1, 9, lowerQGemm}, {"", "QLinearConv"}: {10, 9, lowerQLinearConv},
	{domainMS, "QLinearAdd"}: {1, 8, qlinearPair((*importer).add)}, {domainMS, "QLinearMul"}: {1, 8, qlinearPair((*importer).mul)},
	{domainMS, "QLinearSigmoid"}:   {1, 5, qlinearUnary(func(n *node, x *value) *value { return n.fn(x, "sigmoid") })},
	{domainMS, "QLinearLeakyRelu"}: {1, 5, qlinearUnary(func(n *node, x *value) *value { return n.fn(x, "leaky", n.float("alpha", 0.01)) })},
	{domainMS, "QLinearSoftmax"}:   {1, 5, lowerQLinearSoftmax}, {domainMS, "QLinearConcat"}: {1, -1, lowerQLinearConcat},
}
