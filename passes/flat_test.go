package passes

import (
	"testing"

	"mlpc/ir"
)

// TestFlatTail gives exp arguments of which some carry the mask −10⁴: the others keep their steps.
func TestFlatTail(t *testing.T) {
	g := &ir.Graph{Name: "mask"}
	x := g.Add(ir.OpInput, ir.Type{Shape: []int{3}}, &ir.Input{})
	x.Name = "x"
	x = g.New(ir.OpDense, ir.Real, &ir.Dense{}, x, g.ConstReal([]int{3, 3}, []float64{1, 0.5, 0, 0, 1, -0.5, 0.5, 0, 1}), g.ConstReal([]int{3}, []float64{-4, -4, -1e4}))
	g.Outs = []*ir.Value{g.New(ir.OpTable, ir.Real, &ir.Table{Fn: "exp"}, x)}
	for _, target := range []string{"c", "verilog", "cmsisnn"} {
		_, rep, err := Compile(g, Config{Target: target, Calib: synthetic(g, 500, [2]float64{})})
		if err != nil {
			t.Fatal(err)
		}
		if a := rep.Accuracy; a.Metric != "sqnr_db" || a.Final < 30 {
			t.Errorf("%s: %s %.1f, want 30 dB", target, a.Metric, a.Final)
		}
	}
}

// TestConstantRow has a neuron without weights, whose bias must not be rounded to whole numbers.
func TestConstantRow(t *testing.T) {
	for _, target := range []string{"c", "verilog"} {
		g := &ir.Graph{Name: "dead"}
		x := g.Add(ir.OpInput, ir.Type{Shape: []int{2}}, &ir.Input{})
		x.Name = "x"
		g.Outs = []*ir.Value{g.New(ir.OpDense, ir.Real, &ir.Dense{}, x, g.ConstReal([]int{2, 2}, []float64{1, 0.5, 0, 0}), g.ConstReal([]int{2}, []float64{0, 0.4}))}
		p, _, err := Compile(g, Config{Target: target, Calib: synthetic(g, 100, [2]float64{})})
		if err != nil {
			t.Fatal(err)
		}
		rows := synthetic(g, 4, [2]float64{})
		ins, err := Encode(p.Graph, rows.Ins)
		if err != nil {
			t.Fatal(err)
		}
		outs, err := ir.Run(p.Graph, ins)
		if err != nil {
			t.Fatal(err)
		}
		if y := Decode(p.Graph, outs)[0].Reals[1]; y < 0.399 || y > 0.401 {
			t.Errorf("%s: %g, want 0.4", target, y)
		}
	}
}
