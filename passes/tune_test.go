package passes

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"mlpc/ir"
	"mlpc/ir/num"
)

// tuneNet is an integer classifier of two layers with random weights of 7 bits.
func tuneNet(r *rand.Rand) *ir.Graph {
	g := &ir.Graph{Name: "net"}
	x := g.Add(ir.OpInput, ir.Type{Shape: []int{12}, Elem: ir.Int(6), Scale: []float64{0.125}}, &ir.Input{})
	for i, n := range []int{16, 4} {
		k := x.Type.Size()
		w := make([]int64, n*k)
		for j := range w {
			w[j] = int64(r.NormFloat64() * 20)
		}
		x = g.New(ir.OpDense, ir.Elem{}, &ir.Dense{}, x, g.Const([]int{n, k}, w), g.Const([]int{n}, make([]int64, n)))
		if i == 0 {
			x = g.New(ir.OpRequant, ir.Uint(6), &ir.Requant{Mul: []int64{1}, Shift: []int64{6}, Round: num.HalfUp, Hi: 63}, x)
		}
	}
	g.Outs = []*ir.Value{x}
	return g
}

func tuneRowsOf(r *rand.Rand, g *ir.Graph, n int) *Rows {
	x := ir.NewReals(n, g.Inputs()[0].Type.Shape)
	for i := range x.Reals {
		x.Reals[i] = r.NormFloat64()
	}
	return &Rows{Ins: []*ir.Tensor{x}}
}

// TestTune checks that the circuit gets smaller, that fresh rows are decided as before within three times the bound, and that types hold.
func TestTune(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	g := tuneNet(r)
	c := &Context{Config: &Config{}, Calib: tuneRowsOf(r, g, 600)}
	tuned, err := tune.Run(c, g, Options{"loss": "2"})
	if err != nil {
		t.Fatal(err)
	}
	if err := ir.Verify(tuned); err != nil {
		t.Fatal(err)
	}
	before, after := adderBits(g), adderBits(tuned)
	if after > before*95/100 {
		t.Errorf("%d one-bit adders, %d before", after, before)
	}
	fresh := tuneRowsOf(r, g, 2000)
	m, err := newMeter(g, fresh)
	if err != nil {
		t.Fatal(err)
	}
	outs, err := runReal(tuned, fresh.Ins)
	if err != nil {
		t.Fatal(err)
	}
	if a := m.agreement(m.ref[0], outs[0]); a < 0.94 {
		t.Errorf("%g of fresh rows are decided as before", a)
	}
	again, err := tune.Run(c, g, Options{"loss": "2"})
	if err != nil || again.Print() != tuned.Print() {
		t.Errorf("a second run gives another graph: %v", err)
	}
}

// TestFewDigits checks the choice of a cheap number near a wanted one.
func TestFewDigits(t *testing.T) {
	for _, c := range []struct {
		at, digit float64
		want      int64
	}{{23, 0, 23}, {23, 3, 24}, {23, 20, 24}, {23, 60, 16}, {23, 1000, 0}, {-7, 0, -7}, {-7, 2, -8}, {0.2, 0, 0}, {300, 1, 64}, {-70, 0, -64}, {math.NaN(), 1, 0}} {
		if got := fewDigits(c.at, 1, c.digit, 64); got != c.want {
			t.Errorf("near %g with a digit worth %g: %d, want %d", c.at, c.digit, got, c.want)
		}
	}
}

// TestMixedRows checks that mixed rows begin with the real ones, stay in their range, keep their variance, and are the same every time.
func TestMixedRows(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	rows := tuneRowsOf(r, tuneNet(r), 80)
	a, b := rows.mixed(tuneMixed).Ins[0], rows.mixed(tuneMixed).Ins[0]
	if a.Rows != tuneMixed || !slices.Equal(a.Reals, b.Reals) || !slices.Equal(a.Reals[:len(rows.Ins[0].Reals)], rows.Ins[0].Reals) {
		t.Fatalf("%d rows, equal to those of a second call %v", a.Rows, slices.Equal(a.Reals, b.Reals))
	}
	variance := func(x []float64) float64 {
		s := 0.0
		for _, v := range x {
			s += v * v
		}
		return s / float64(len(x))
	}
	if got, want := variance(a.Reals), variance(rows.Ins[0].Reals); math.Abs(got/want-1) > 0.1 {
		t.Errorf("variance %g, that of the real rows %g", got, want)
	}
	lo, hi := slices.Min(rows.Ins[0].Reals), slices.Max(rows.Ins[0].Reals)
	if slices.Min(a.Reals) < lo || slices.Max(a.Reals) > hi {
		t.Errorf("rows leave [%g, %g]", lo, hi)
	}
}

// TestTuneAgainstModel checks that the model's own decisions bound the loss: a tuned net agrees with them on fresh rows within about it.
func TestTuneAgainstModel(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	g := tuneNet(r)
	c := &Context{Config: &Config{}, Model: g, Calib: tuneRowsOf(r, g, 300)}
	tuned, err := tune.Run(c, g, Options{"loss": "5"})
	if err != nil {
		t.Fatal(err)
	}
	if before, after := adderBits(g), adderBits(tuned); after > before*92/100 {
		t.Errorf("%d one-bit adders, %d before", after, before)
	}
	j, err := newJudge(nil, g, tuneRowsOf(r, g, 3000))
	if err != nil {
		t.Fatal(err)
	}
	outs, err := runReal(tuned, j.given.rows.Ins)
	if err != nil {
		t.Fatal(err)
	}
	if a := j.given.agreement(j.given.ref[0], outs[0]); a < 0.92 {
		t.Errorf("%g of fresh rows are decided as before", a)
	}
}
