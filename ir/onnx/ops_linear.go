package onnx

import (
	"mlpc/ir"
	"mlpc/ir/diag"
)

func lowerMatMul(n *node) []*value { return one(n.matmul(n.arg(0), n.arg(1))) }

// lowerGemm is alpha·A·B + beta·C; C is optional since version 11 and may broadcast.
func lowerGemm(n *node) []*value {
	a, b, c := n.arg(0), n.arg(1), n.opt(2)
	if a.rank() != 2 || b.rank() != 2 {
		n.refuse(diag.CodeShape, "Gemm of shapes %v and %v", a.shape, b.shape)
	}
	if n.flag("transA") {
		a = n.swapLast(a)
	}
	if !n.flag("transB") {
		b = n.swapLast(b)
	}
	return one(n.linear(a, b, c, n.float("alpha", 1), n.float("beta", 1)))
}

// linear is alpha·A·Bᵀ + beta·C for matrices; c may be nil.
func (n *node) linear(a, b, c *value, alpha, beta float64) *value {
	if c != nil {
		c = n.scale(c, beta)
	}
	if !b.known || b.batch >= 0 {
		y := n.scale(n.product(a, n.swapLast(b)), alpha)
		if c != nil {
			y = n.add(y, c)
		}
		return y
	}
	w := n.scale(b, alpha)
	if out := w.shape[0]; c != nil && c.known && c.batch < 0 && !a.known {
		if s, _ := ir.Broadcast(c.shape, []int{out}); ir.Size(s) == out && c.elements() > 0 {
			return n.dense(a, w, n.expand(n.reshape(c, []int{c.elements()}, -1), []int{out}, -1))
		}
	}
	y := n.dense(a, w, nil)
	if c != nil {
		y = n.add(y, c)
	}
	return y
}

var linearOps = map[opKey]opRow{
	{"", "MatMul"}: {1, 2, lowerMatMul}, {"", "Gemm"}: {1, 3, lowerGemm},
}
