package onnx

import (
	"math"

	"mlpc/ir"
	"mlpc/ir/diag"
)

func lowerRelu(n *node) []*value { return one(n.clamp(n.arg(0), 0, math.Inf(1))) }

// withFloats makes the lowering of a function of package ir whose parameters are float attributes, each with its default.
func withFloats(fn string, attrs ...floatAttr) func(*node) []*value {
	return func(n *node) []*value {
		var params []float64
		for _, a := range attrs {
			params = append(params, n.float(a.name, a.def))
		}
		return one(n.fn(n.arg(0), fn, params...))
	}
}

type floatAttr struct {
	name string
	def  float64
}

func lowerPRelu(n *node) []*value {
	x, slope := n.arg(0), n.arg(1)
	if n.opset < 7 && slope.rank() == 1 && x.rank() > 2 { // slope per channel
		for slope.rank() < x.rank()-1 {
			slope = n.insertAxis(slope, slope.rank())
		}
	}
	if s, ok := slope.scalar(); ok {
		return one(n.fn(x, "leaky", s))
	}
	return one(n.add(n.clamp(x, 0, math.Inf(1)), n.mul(n.clamp(x, math.Inf(-1), 0), slope)))
}

func lowerGelu(n *node) []*value {
	switch a := n.str("approximate", "none"); a {
	case "none":
		return one(n.fn(n.arg(0), "gelu"))
	case "tanh":
		return one(n.fn(n.arg(0), "gelu-tanh"))
	default:
		n.refuse(diag.CodeAttribute, "attribute approximate is %s", quoted(a))
	}
	return nil
}

func lowerCelu(n *node) []*value {
	alpha := n.float("alpha", 1)
	if alpha == 0 {
		n.refuse(diag.CodeAttribute, "attribute alpha is 0")
	}
	return one(n.fn(n.arg(0), "celu", alpha))
}

// softAxes gives the axes that Softmax and its relatives normalise over: one axis since version 13, all axes from it on before.
func (n *node) softAxes(x *value) []int {
	if n.opset >= 13 {
		return []int{n.axis(n.int("axis", -1), x.rank())}
	}
	axis := n.int("axis", 1)
	if axis == x.rank() {
		return nil
	}
	var axes []int
	for a := n.axis(axis, x.rank()); a < x.rank(); a++ {
		axes = append(axes, a)
	}
	return axes
}

func lowerSoftmax(n *node) []*value {
	x := n.arg(0)
	return one(n.softmax(x, n.softAxes(x)))
}

// softmax is e^(x − max) divided by its sum.
func (m *importer) softmax(x *value, axes []int) *value {
	if y, allowed := m.unmask(x); allowed != nil {
		return m.maskedSoftmax(y, allowed, axes)
	}
	e := m.fn(m.sub(x, m.reduce(ir.OpReduceMax, x, axes, true)), "exp")
	return m.mul(e, m.fn(m.sum(e, axes, true), "recip"))
}

func lowerLogSoftmax(n *node) []*value {
	x := n.arg(0)
	axes := n.softAxes(x)
	d := n.sub(x, n.reduce(ir.OpReduceMax, x, axes, true))
	return one(n.sub(d, n.fn(n.sum(n.fn(d, "exp"), axes, true), "log")))
}

// lowerHardmax gives 1 at the first largest element.
func lowerHardmax(n *node) []*value {
	x := n.arg(0)
	axes := n.softAxes(x)
	flat, axis := x, 0
	if len(axes) == 1 {
		axis = axes[0]
	} else {
		for _, a := range axes {
			if a == x.batch {
				n.mixes()
			}
		}
		axis = x.rank() - len(axes)
		flat = n.reshape(x, append(append([]int{}, x.shape[:axis]...), ir.Size(x.shape[axis:])), x.batch)
	}
	at := n.argmax(flat, axis, true)
	y := n.compare("eq", n.iota(flat.rank(), axis, flat.shape[axis]), at).as(x.dtype)
	return one(n.reshape(y, x.shape, x.batch))
}

// iota gives 0, 1, … along one axis of a tensor of some rank.
func (m *importer) iota(rank, axis, count int) *value {
	shape := make([]int, rank)
	for i := range shape {
		shape[i] = 1
	}
	shape[axis] = count
	data := make([]float64, count)
	for i := range data {
		data[i] = float64(i)
	}
	return constant(dtInt64, shape, data)
}

// argmax gives the index of the first largest element along an axis.
func (m *importer) argmax(x *value, axis int, keep bool) *value {
	return m.reduce(ir.OpArgMax, x, []int{axis}, keep).as(dtInt64)
}

func lowerIdentity(n *node) []*value { return one(n.arg(0)) }

// lowerDropout: the inference form passes its input; the mask, where asked for, is all true.
func lowerDropout(n *node) []*value {
	x := n.arg(0)
	ratio, known := n.opt(1).scalar()
	if t, ok := n.opt(2).scalar(); n.opt(2) != nil && (!ok || t != 0) && !(known && ratio == 0) {
		n.refuseHint(diag.CodeUnsupportedOp, "export the model in evaluation mode", "the node drops values at random, as in training")
	}
	outs := one(x)
	if n.outs > 1 {
		mask := n.expand(number(dtBool, 1), x.shape, x.batch)
		if n.opset < 7 {
			mask = mask.as(x.dtype)
		}
		outs = append(outs, mask)
	}
	return outs
}

var activationOps = map[opKey]opRow{
	{"", "Relu"}: {1, 1, lowerRelu}, {"", "LeakyRelu"}: {1, 1, withFloats("leaky", floatAttr{"alpha", 0.01})}, {"", "PRelu"}: {1, 2, lowerPRelu},
	{"", "Elu"}: {1, 1, withFloats("elu", floatAttr{"alpha", 1})}, {"", "Celu"}: {12, 1, lowerCelu},
	{"", "Selu"}:    {1, 1, withFloats("selu", floatAttr{"alpha", 1.67326319217681884765625}, floatAttr{"gamma", 1.05070102214813232421875})},
	{"", "Sigmoid"}: {1, 1, unary("sigmoid")}, {"", "Tanh"}: {1, 1, unary("tanh")}, {"", "Softplus"}: {1, 1, unary("softplus")}, {"", "Softsign"}: {1, 1, unary("softsign")},
	{"", "HardSigmoid"}: {1, 1, withFloats("hardsigmoid", floatAttr{"alpha", 0.2}, floatAttr{"beta", 0.5})}, {"", "HardSwish"}: {14, 1, unary("hardswish")},
	{"", "Mish"}: {18, 1, unary("mish")}, {"", "Swish"}: {24, 1, withFloats("swish", floatAttr{"alpha", 1})}, {"", "Gelu"}: {20, 1, lowerGelu},
	{"", "ThresholdedRelu"}: {10, 1, withFloats("thresholded", floatAttr{"alpha", 1})}, {"", "Shrink"}: {9, 1, withFloats("shrink", floatAttr{"lambd", 0.5}, floatAttr{"bias", 0})},
	{"", "Softmax"}: {1, 1, lowerSoftmax}, {"", "LogSoftmax"}: {1, 1, lowerLogSoftmax}, {"", "Hardmax"}: {1, 1, lowerHardmax},
	{"", "Identity"}: {1, 1, lowerIdentity}, {"", "Dropout"}: {1, 3, lowerDropout},
}
