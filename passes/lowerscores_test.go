package passes

import (
	"math/rand/v2"
	"testing"

	"mlpc/ir"
)

// TestScoresOfArgMax: in a hard-wired circuit the argmax of a model that mlpc quantized compares sums as they are, which nothing rounds;
// elsewhere it compares quantized scores. The sums decide as often like the model.
func TestScoresOfArgMax(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	g := &ir.Graph{Name: "classes"}
	x := g.Add(ir.OpInput, ir.Type{Shape: []int{6}}, &ir.Input{})
	w := make([]float64, 4*6)
	for i := range w {
		w[i] = r.NormFloat64() * float64(int(1)<<(i/6)) // each row needs a scale of its own
	}
	y := g.New(ir.OpDense, ir.Real, &ir.Dense{}, x, g.ConstReal([]int{4, 6}, w), g.ConstReal([]int{4}, []float64{0.3, -0.2, 0.1, 0}))
	g.Outs = []*ir.Value{g.New(ir.OpArgMax, ir.Real, &ir.Axis{}, y)}
	rows := tuneRowsOf(r, g, 500)
	agreement := map[string]float64{}
	for _, arch := range []string{"unrolled", "stream"} {
		p, rep, err := Compile(g, Config{Target: "verilog", Arch: arch, Use: []string{"quantize:bits=6"}, Calib: rows})
		if err != nil {
			t.Fatal(err)
		}
		requants := 0
		for _, v := range p.Graph.Values {
			if v.Op == ir.OpRequant {
				requants++
			}
		}
		if want := int(boolClass(arch == "stream")); requants != want {
			t.Errorf("%s: %d requantizations, want %d\n%s", arch, requants, want, p.Graph.Print())
		}
		agreement[arch] = rep.Accuracy.Agreement
	}
	if agreement["unrolled"] < agreement["stream"] {
		t.Errorf("agreement %v", agreement)
	}
}
