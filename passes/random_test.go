package passes

import (
	"math/rand/v2"
	"slices"
	"testing"

	"mlpc/ir"
)

// randomGraph makes a real net of dense layers, pointwise functions, sums, products, maxima, concatenations and reductions.
func randomGraph(seed uint64) *ir.Graph {
	rng := rand.New(rand.NewPCG(seed, 77))
	g := &ir.Graph{Name: "random"}
	n := 3 + rng.IntN(5)
	x := g.Add(ir.OpInput, ir.Type{Shape: []int{n}}, &ir.Input{})
	x.Name = "x"
	live := []*ir.Value{x}
	pick := func() *ir.Value { return live[rng.IntN(len(live))] }
	dense := func(v *ir.Value, out int) *ir.Value {
		k := v.Type.Shape[0]
		w, b := make([]float64, out*k), make([]float64, out)
		for i := range w {
			w[i] = rng.NormFloat64() / 2
		}
		for i := range b {
			b[i] = rng.NormFloat64() / 2
		}
		return g.New(ir.OpDense, ir.Real, &ir.Dense{}, v, g.ConstReal([]int{out, k}, w), g.ConstReal([]int{out}, b))
	}
	for range 3 + rng.IntN(6) {
		v := pick()
		var y *ir.Value
		switch rng.IntN(8) {
		case 0, 1:
			y = dense(v, 2+rng.IntN(8))
		case 2:
			y = g.New(ir.OpTable, ir.Real, &ir.Table{Fn: []string{"tanh", "sigmoid", "silu", "abs", "softplus"}[rng.IntN(5)]}, v)
		case 3:
			y = g.New(ir.OpMax, ir.Real, nil, v, g.ConstReal(nil, []float64{0}))
		case 4:
			op := []ir.Op{ir.OpAdd, ir.OpSub, ir.OpMul, ir.OpMax, ir.OpMin}[rng.IntN(5)]
			y = g.New(op, ir.Real, nil, v, dense(pick(), v.Type.Shape[0]))
		case 5:
			u := pick()
			r := &ir.Route{Shape: []int{v.Type.Size() + u.Type.Size()}}
			for i := range r.Shape[0] {
				r.Index = append(r.Index, int32(i))
			}
			rng.Shuffle(len(r.Index), func(i, j int) { r.Index[i], r.Index[j] = r.Index[j], r.Index[i] })
			y = g.New(ir.OpRoute, ir.Real, r, v, u)
		case 6:
			c := make([]float64, v.Type.Shape[0])
			for i := range c {
				c[i] = 0.3 + rng.Float64()
			}
			y = g.New([]ir.Op{ir.OpAdd, ir.OpMul}[rng.IntN(2)], ir.Real, nil, v, g.ConstReal([]int{len(c)}, c))
		default:
			mean := g.New(ir.OpSum, ir.Real, &ir.Axis{}, v)
			one := g.New(ir.OpRoute, ir.Real, &ir.Route{Shape: []int{1}, Index: []int32{0}}, mean)
			y = g.New(ir.OpSub, ir.Real, nil, v, g.New(ir.OpMul, ir.Real, nil, one, g.ConstReal(nil, []float64{1 / float64(v.Type.Size())})))
		}
		live = append(live, y)
	}
	g.Outs = []*ir.Value{dense(live[len(live)-1], 3)}
	return g
}

// TestRandom compiles random nets for every kind of target; the manager verifies each pass, and the integers must follow the reals.
func TestRandom(t *testing.T) {
	var figures []float64
	for seed := range uint64(60) {
		g := randomGraph(seed)
		target := []string{"c", "go", "cmsisnn", "hls"}[seed%4]
		p, rep, err := Compile(g, Config{Target: target, Calib: synthetic(g, 300, [2]float64{})})
		if err != nil {
			t.Errorf("seed %d for %s: %v\n%s", seed, target, err, g.Print())
			continue
		}
		if back, err := ir.Parse("p", p.Graph.Print()); err != nil || back.Print() != p.Graph.Print() {
			t.Errorf("seed %d: the program does not read back: %v", seed, err)
		}
		outs, err := runReal(p.Graph, synthetic(g, 300, [2]float64{}).Ins)
		if err != nil {
			t.Fatal(err)
		}
		want, err := runReal(g, synthetic(g, 300, [2]float64{}).Ins)
		if err != nil {
			t.Fatal(err)
		}
		db := sqnr(want, outs)
		figures = append(figures, db)
		if db < 15 {
			t.Errorf("seed %d for %s: %.1f dB, agreement %g\n%s", seed, target, db, rep.Accuracy.Agreement, g.Print())
		}
	}
	slices.Sort(figures)
	if n := len(figures); n > 0 {
		t.Logf("SQNR: least %.1f dB, median %.1f dB", figures[0], figures[n/2])
	}
}
