package onnx

import (
	"math"

	"mlpc/ir/diag"
)

// Operators of com.microsoft that ONNX Runtime's optimizer writes when it joins others; docs/ContribOperators.md there defines them.

// biased adds input i, where it is given.
func (n *node) biased(x *value, i int) *value {
	if b := n.opt(i); b != nil {
		return n.add(x, b)
	}
	return x
}

func lowerFastGelu(n *node) []*value { return one(n.fn(n.biased(n.arg(0), 1), "gelu-tanh")) }

func lowerBiasGelu(n *node) []*value { return one(n.fn(n.biased(n.arg(0), 1), "gelu")) }

// lowerFusedMatMul is alpha·A·B with either matrix transposed.
func lowerFusedMatMul(n *node) []*value {
	a, b := n.arg(0), n.arg(1)
	if n.flag("transBatchA") || n.flag("transBatchB") {
		n.refuse(diag.CodeUnsupportedOp, "transposed batches are not supported")
	}
	if n.flag("transA") && a.rank() > 1 {
		a = n.swapLast(a)
	}
	if n.flag("transB") && b.rank() > 1 {
		b = n.swapLast(b)
	}
	return one(n.scale(n.matmul(a, b), n.float("alpha", 1)))
}

// fusedActivation applies the activation that a node names, with its parameters in order; def holds their defaults.
func (n *node) fusedActivation(y *value, param func(i int, def float64) float64) *value {
	switch a := n.str("activation", ""); a {
	case "":
		return y
	case "Relu":
		return n.clamp(y, 0, math.Inf(1))
	case "Clip":
		return n.clamp(y, param(0, math.Inf(-1)), param(1, math.Inf(1)))
	case "Tanh", "Sigmoid", "Softplus", "Softsign":
		return n.fn(y, map[string]string{"Tanh": "tanh", "Sigmoid": "sigmoid", "Softplus": "softplus", "Softsign": "softsign"}[a])
	case "LeakyRelu":
		return n.fn(y, "leaky", param(0, 0.01))
	case "Elu":
		return n.fn(y, "elu", param(0, 1))
	case "HardSigmoid":
		return n.fn(y, "hardsigmoid", param(0, 0.2), param(1, 0.5))
	default:
		n.refuse(diag.CodeUnsupportedOp, "activation %s is not supported", quoted(a))
	}
	return nil
}

func lowerFusedGemm(n *node) []*value {
	names := []string{"activation_alpha", "activation_beta"}
	return one(n.fusedActivation(lowerGemm(n)[0], func(i int, def float64) float64 { return n.float(names[i], def) }))
}

// lowerFusedConv is Conv, a tensor added (input 3), and an activation.
func lowerFusedConv(n *node) []*value {
	y := n.biased(lowerConv(n)[0], 3)
	params := n.floats("activation_params")
	return one(n.fusedActivation(y, func(i int, def float64) float64 {
		if i < len(params) {
			return params[i]
		}
		return def
	}))
}

// lowerSkipLayerNorm normalises x + skip + bias; output 3 is that sum.
func lowerSkipLayerNorm(n *node) []*value {
	sum := n.biased(n.add(n.arg(0), n.arg(1)), 4)
	last := []int{n.axis(-1, sum.rank())}
	mean := n.mean(sum, last, true)
	d := n.sub(sum, mean)
	inv := n.invRoot(d, last, n.float("epsilon", 1e-12))
	return []*value{n.biased(n.mul(n.mul(d, inv), n.arg(2)), 3), mean, inv, sum}
}

// lowerSkipRMSNorm divides x + skip + bias by its root mean square; output 3 is that sum.
func lowerSkipRMSNorm(n *node) []*value {
	sum := n.biased(n.add(n.arg(0), n.arg(1)), 3)
	inv := n.invRoot(sum, []int{n.axis(-1, sum.rank())}, n.float("epsilon", 1e-12))
	return []*value{n.mul(n.mul(sum, inv), n.arg(2)), nil, inv, sum}
}

var contribOps = map[opKey]opRow{
	{domainMS, "Gelu"}: {1, 1, unary("gelu")}, {domainMS, "FastGelu"}: {1, 2, lowerFastGelu}, {domainMS, "BiasGelu"}: {1, 2, lowerBiasGelu},
	{domainMS, "QuickGelu"}:   {1, 1, withFloats("swish", floatAttr{"alpha", 1.702})},
	{domainMS, "FusedMatMul"}: {1, 2, lowerFusedMatMul}, {domainMS, "FusedGemm"}: {1, 3, lowerFusedGemm}, {domainMS, "FusedConv"}: {1, 4, lowerFusedConv},
	{domainMS, "SkipLayerNormalization"}: {1, 5, lowerSkipLayerNorm}, {domainMS, "SkipSimplifiedLayerNormalization"}: {1, 4, lowerSkipRMSNorm},
}
