package onnx

import (
	"mlpc/ir/diag"
)

// The QOperator form computes on integers. Each operator is lowered to what its integers stand for: dequantize, compute over the
// reals, quantize. An integer accumulator with one rescaling is the same up to the rounding of the rescaling.

// dequantized reads the tensor at input i with its scale and zero point, which follow it; per-channel values run along axis.
func (n *node) dequantized(i, axis int) *value {
	x := n.arg(i)
	if n.arg(i+1).elements() == 1 {
		axis = 0
	}
	return n.fromStored(x, n.arg(i+1), n.opt(i+2), axis)
}

// quantized brings a result onto the grid of the scale at input i and the zero point after it.
func (n *node) quantized(y *value, i int) []*value {
	z := n.opt(i + 1)
	d := dtUint8
	if z != nil {
		d = z.dtype
	}
	return one(n.toStored(y, n.arg(i), z, d, 0))
}

func lowerQLinearMatMul(n *node) []*value {
	b := n.arg(3)
	return n.quantized(n.matmul(n.dequantized(0, 0), n.dequantized(3, max(b.rank()-1, 0))), 6)
}

// lowerQGemm: the bias at input 6 is in units of the product of the scales; without a result scale the result is real.
func lowerQGemm(n *node) []*value {
	alpha := n.float("alpha", 1)
	column := 1
	if n.flag("transB") {
		column = 0
	}
	a, b := n.dequantized(0, 0), n.dequantized(3, column)
	if a.rank() != 2 || b.rank() != 2 {
		n.refuse(diag.CodeShape, "QGemm of shapes %v and %v", a.shape, b.shape)
	}
	var c *value
	if n.opt(6) != nil {
		c = n.accumulatorBias(n.arg(6), n.arg(1), n.arg(4), alpha)
	}
	if n.flag("transA") {
		a = n.swapLast(a)
	}
	if !n.flag("transB") {
		b = n.swapLast(b)
	}
	y := n.linear(a, b, c, alpha, 1)
	if n.opt(7) == nil {
		return one(y)
	}
	return n.quantized(y, 7)
}

// accumulatorBias scales a constant int32 bias by the scales of both factors.
func (n *node) accumulatorBias(c, as, bs *value, alpha float64) *value {
	if !c.known || !as.known || !bs.known || len(as.data) != 1 {
		n.refuse(diag.CodeQuantization, "the bias is not a constant")
	}
	scale := make([]float64, len(bs.data))
	for i, s := range bs.data {
		scale[i] = as.data[0] * s * alpha
	}
	n.checkScales(scale)
	flat := n.reshape(c, []int{c.elements()}, -1)
	return n.fromStored(flat, constant(dtFloat, []int{len(scale)}, scale), nil, 0)
}

func lowerQLinearConv(n *node) []*value {
	x, w := n.dequantized(0, 0), n.dequantized(3, 0)
	var b *value
	if n.opt(8) != nil {
		b = n.accumulatorBias(n.arg(8), n.arg(1), n.arg(4), 1)
	}
	conv := *n
	conv.in = []*value{x, w, b}
	return n.quantized(lowerConv(&conv)[0], 6)
}

func qlinearPair(f func(m *importer, a, b *value) *value) func(*node) []*value {
	return func(n *node) []*value {
		return n.quantized(f(n.importer, n.dequantized(0, 0), n.dequantized(3, 0)), 6)
	}
}

func qlinearUnary(f func(n *node, x *value) *value) func(*node) []*value {
	return func(n *node) []*value { return n.quantized(f(n, n.dequantized(0, 0)), 3) }
}

// lowerQLinearSoftmax follows the version of Softmax that its attribute opset names.
func lowerQLinearSoftmax(n *node) []*value {
	x := n.dequantized(0, 0)
	inner := *n
	inner.opset = int64(n.int("opset", 13))
	return n.quantized(n.softmax(x, inner.softAxes(x)), 3)
}

// lowerQLinearConcat: scale and zero point of the result come first, then three inputs for each part.
func lowerQLinearConcat(n *node) []*value {
	if len(n.in) < 5 || (len(n.in)-2)%3 != 0 {
		n.refuse(diag.CodeAttribute, "%d inputs", len(n.in))
	}
	var xs []*value
	for i := 2; i < len(n.in); i += 3 {
		xs = append(xs, n.dequantized(i, 0))
	}
	return n.quantized(n.concat(n.axis(n.int("axis", 0), xs[0].rank()), xs...), 0)
}
