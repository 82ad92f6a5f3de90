package ir_test

import (
	"fmt"
	"testing"

	"mlpc/backends/backendtest"
	"mlpc/ir"
)

// nets are the sizes that the benchmarks run: the jet tagger and a large MNIST network.
var nets = [][]int{{16, 64, 32, 32, 5}, {784, 300, 100, 10}}

func BenchmarkRun(b *testing.B) {
	for _, widths := range nets {
		g := backendtest.MLP(1, true, widths...)
		const rows = 1000
		in := ir.NewInts(rows, []int{widths[0]})
		for i := range in.Ints {
			in.Ints[i] = int64(i%255) - 127
		}
		b.Run(fmt.Sprint(widths), func(b *testing.B) {
			r := ir.NewRunner(g)
			for b.Loop() {
				if _, err := r.Run([]*ir.Tensor{in}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)*rows/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

func BenchmarkVerify(b *testing.B) {
	g := backendtest.MLP(1, true, nets[1]...)
	for b.Loop() {
		if err := ir.Verify(g); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParse(b *testing.B) {
	text := backendtest.MLP(1, true, nets[1]...).Print()
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if _, err := ir.Parse("", text); err != nil {
			b.Fatal(err)
		}
	}
}
