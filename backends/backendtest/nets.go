package backendtest

import (
	"fmt"
	"math/rand/v2"

	"mlpc/ir"
	"mlpc/ir/diag"
	"mlpc/ir/num"
)

// MLP gives a net of dense layers of the given widths, first the input's: 8-bit weights and activations, a half-up requant for each
// row and a ReLU between the layers, argmax at the end when head is set.
func MLP(seed uint64, head bool, widths ...int) *ir.Graph {
	r := rand.New(rand.NewPCG(seed, 1))
	g := &ir.Graph{Name: fmt.Sprintf("mlp %v", widths)}
	x := g.Add(ir.OpInput, ir.Type{Shape: widths[:1], Elem: ir.Int(8)}, &ir.Input{}).Named("x", diag.Pos{})
	for i, n := range widths[1:] {
		k := widths[i]
		w, b := make([]int64, n*k), make([]int64, n)
		for j := range w {
			w[j] = r.Int64N(255) - 127
		}
		for j := range b {
			b[j] = r.Int64N(4001) - 2000
		}
		x = g.New(ir.OpDense, ir.Elem{}, &ir.Dense{}, x, g.Const([]int{n, k}, w), g.Const([]int{n}, b)).Named(fmt.Sprintf("fc%d", i+1), diag.Pos{})
		if i == len(widths)-2 {
			break
		}
		q := &ir.Requant{Round: num.HalfUp, Lo: 0, Hi: 127}
		for range n {
			q.Mul = append(q.Mul, 1<<14+r.Int64N(1<<14))
			q.Shift = append(q.Shift, 24)
		}
		x = g.New(ir.OpRequant, ir.Elem{}, q, x).Named(fmt.Sprintf("q%d", i+1), diag.Pos{})
	}
	if head {
		x = g.New(ir.OpArgMax, ir.Elem{}, &ir.Axis{}, x).Named("class", diag.Pos{})
	}
	g.Outs = []*ir.Value{x}
	return g
}
