package passes

import (
	"slices"
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

// TestConstantInput has an input that no calibration row moves: its weight stays in software, unless it is so large that the others would vanish.
func TestConstantInput(t *testing.T) {
	for _, c := range []struct {
		target string
		weight float64
		want   []float64
	}{
		{"c", 0.5, []float64{1, 0.5}}, {"c", 1e6, []float64{1, 0}}, {"verilog", 0.5, []float64{1, 0}},
	} {
		w, x := []float64{1, c.weight}, []float64{0.5, 0, -1, 0, 2, 0}
		dropConstant(w, 2, x, 1, c.target == "c")
		if !slices.Equal(w, c.want) {
			t.Errorf("%s, weight %g: %v, want %v", c.target, c.weight, w, c.want)
		}
	}
	g := mlp(5, "relu", 2, 3)
	copy(g.Outs[0].Args[1].Const().Reals, []float64{1, 0.5, -1, 0.9, 0.8, -0.7})
	calib, other := synthetic(g, 100, [2]float64{}), synthetic(g, 100, [2]float64{})
	for i := 1; i < len(calib.Ins[0].Reals); i += 2 {
		calib.Ins[0].Reals[i] = 0
	}
	_, rep, err := Compile(g, Config{Target: "c", Calib: calib, Eval: other})
	if err != nil {
		t.Fatal(err)
	}
	if a := rep.Accuracy; a.Final < 20 {
		t.Errorf("%.1f dB on rows that move the input", a.Final)
	}
}
