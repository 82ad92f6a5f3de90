package passes

import (
	"strings"
	"testing"

	"mlpc/ir"
)

// TestFoldingFloat32: PE of a dense layer through float32 is set as that of others; products follow each other there, so a general SIMD is
// not for it, and its own one is refused.
func TestFoldingFloat32(t *testing.T) {
	g := &ir.Graph{}
	x := g.Add(ir.OpInput, ir.Type{Shape: []int{3}, Elem: ir.Int(16)}, &ir.Input{})
	a := &ir.DenseFloat32{Scale: 0.5, Scales: []float64{1, 1, 1, 1, 1}, Depth: 9, OutScale: 4, Lo: -100, Hi: 100}
	y := g.New(ir.OpDenseFloat32, ir.Elem{}, a, x, g.Const([]int{5, 3}, []int64{1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3, 4, 5, 6}))
	y.Name = "fc"
	g.Outs = []*ir.Value{y}
	for _, c := range []struct {
		options Options
		want    Fold
	}{{Options{"fc.pe": "4"}, Fold{4, 1}}, {Options{"pe": "2", "simd": "8"}, Fold{2, 1}}, {Options{"fc.pe": "2", "fc.simd": "3"}, Fold{2, 3}}} {
		folding, err := foldingOf(g, c.options)
		if err != nil || folding["fc"] != c.want {
			t.Errorf("%v: %v, %v", c.options, folding, err)
			continue
		}
		err = Stream(&ir.Program{Graph: g, Target: "verilog"}, StreamOptions{Folding: folding})
		if refused := err != nil && strings.Contains(err.Error(), "SIMD from 1 to 1"); refused != (c.want.SIMD > 1) {
			t.Errorf("%v: %v", c.options, err)
		}
	}
}
