package net

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"mlpc/ir"
	"mlpc/ir/num"
)

// benchNet is a net of two dense layers with 8-bit weights and a requantization between them.
func benchNet(in, hidden, out int) *ir.Graph {
	r := rand.New(rand.NewPCG(1, 1))
	g := &ir.Graph{Name: "bench"}
	x := g.Add(ir.OpInput, ir.Type{Shape: []int{in}, Elem: ir.Int(8)}, &ir.Input{})
	for i, n := range []int{hidden, out} {
		k := x.Type.Size()
		w := make([]int64, n*k)
		for j := range w {
			w[j] = int64(max(-127, min(127, r.NormFloat64()*40)))
		}
		x = g.New(ir.OpDense, ir.Elem{}, &ir.Dense{}, x, g.Const([]int{n, k}, w), g.Const([]int{n}, randomInts(r, n, 1000)))
		if i == 0 {
			x = g.New(ir.OpRequant, ir.Uint(8), &ir.Requant{Mul: []int64{1}, Shift: []int64{9}, Round: num.HalfUp, Hi: 255}, x)
		}
	}
	g.Outs = []*ir.Value{x}
	return g
}

func BenchmarkLower(b *testing.B) {
	for _, size := range [][3]int{{16, 64, 32}, {784, 32, 10}} {
		b.Run(fmt.Sprintf("%d-%d-%d", size[0], size[1], size[2]), func(b *testing.B) {
			g := benchNet(size[0], size[1], size[2])
			for b.Loop() {
				c, err := Lower(g)
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(c.Adders()), "adders")
			}
		})
	}
}

func BenchmarkRun(b *testing.B) {
	c, err := Lower(benchNet(64, 32, 10))
	if err != nil {
		b.Fatal(err)
	}
	const rows = 4096
	in := randomInts(rand.New(rand.NewPCG(2, 2)), rows*c.Inputs, 127)
	for b.Loop() {
		if _, err := c.Run(in); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*rows*float64(len(c.Nodes))/b.Elapsed().Seconds(), "nodes/s")
}

func BenchmarkPipeline(b *testing.B) {
	c, err := Lower(benchNet(784, 32, 10))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if err := c.Pipeline(2); err != nil {
			b.Fatal(err)
		}
	}
}
