package passes

import (
	"math/rand/v2"
	"testing"

	"mlpc/ir"
)

// mlp makes a real net with random weights: dense layers of the given widths with the named function in between ("relu" or a
// function of ir.Funcs).
func mlp(seed uint64, fn string, widths ...int) *ir.Graph {
	rng := rand.New(rand.NewPCG(seed, 7))
	g := &ir.Graph{Name: "mlp"}
	x := g.Add(ir.OpInput, ir.Type{Shape: widths[:1]}, &ir.Input{})
	x.Name = "x"
	for i, n := range widths[1:] {
		k := widths[i]
		w, b := make([]float64, n*k), make([]float64, n)
		for j := range w {
			w[j] = rng.NormFloat64() / float64(k) * 4
		}
		for j := range b {
			b[j] = rng.NormFloat64() / 4
		}
		x = g.New(ir.OpDense, ir.Real, &ir.Dense{}, x, g.ConstReal([]int{n, k}, w), g.ConstReal([]int{n}, b))
		x.Name = "fc"
		if i < len(widths)-2 {
			if fn == "relu" {
				x = g.New(ir.OpMax, ir.Real, nil, x, g.ConstReal(nil, []float64{0}))
			} else {
				x = g.New(ir.OpTable, ir.Real, &ir.Table{Fn: fn}, x)
			}
		}
	}
	g.Outs = []*ir.Value{x}
	return g
}

func TestCompile(t *testing.T) {
	for _, fn := range []string{"relu", "tanh", "silu"} {
		for _, target := range []string{"c", "verilog", "cmsisnn"} {
			g := mlp(3, fn, 12, 20, 16, 5)
			cfg := Config{Target: target, Calib: synthetic(g, 500, [2]float64{})}
			p, rep, err := Compile(g, cfg)
			if err != nil {
				t.Fatalf("%s %s: %v", fn, target, err)
			}
			if !p.Graph.IsInteger() {
				t.Fatalf("%s %s: not an integer graph:\n%s", fn, target, p.Graph.Print())
			}
			t.Logf("%s %s: %+v", fn, target, *rep.Accuracy)
			for _, r := range rep.Passes {
				t.Logf("  %-10s %s %.3fs sqnr %.1f %s", r.Name, r.Effect, r.Seconds, r.SQNR, r.Options)
			}
		}
	}
}
