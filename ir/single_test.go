package ir_test

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"mlpc/ir"
)

// TestSingles compares the float32 functions with float64 ones: relative error in units of 2^-24 of the result, absolute below 1/8.
func TestSingles(t *testing.T) {
	limits := map[string]float64{"exp": 2.5, "log": 2.5, "tanh": 3, "sigmoid": 4, "erf": 4, "sin": 3, "cos": 3}
	for name, f := range ir.Singles {
		eval := ir.Funcs[name].Eval
		rng := rand.New(rand.NewPCG(1, 1))
		worst, at := 0.0, float32(0)
		for range 200000 {
			x := float32((rng.Float64() - 0.5) * math.Exp2(float64(rng.IntN(16)-8)))
			if name == "log" || name == "sqrt" {
				x = float32(math.Abs(float64(x)))
			}
			if name == "exp" {
				x = max(-86, min(87, x))
			}
			want := eval(float64(x), nil)
			off := math.Abs(float64(f(x))-want) / math.Max(math.Abs(want), 0.125) * (1 << 24)
			if want == float64(f(x)) {
				off = 0
			}
			if off > worst {
				worst, at = off, x
			}
		}
		limit, ok := limits[name]
		if !ok {
			limit = 1 // correctly rounded or exact
		}
		if worst > limit {
			t.Errorf("%s(%g) = %g: off by %.2f units of 2^-24, at most %g allowed", name, at, f(at), worst, limit)
		}
		t.Logf("%s: %.2f", name, worst)
	}
}

const singles = `graph "g"
%0 = input : f32[2]
%1 = const reals=[1.6777216e+07 1 1 1.6777216e+07 1 -1.6777216e+07] : f32[3,2]
%2 = const reals=[1 0.5 0] : f32[3]
%3 = dense %0 %1 %2 : f32[3]
%4 = clamp %3 rhi=+Inf : f32[3]
%5 = sum %4 : f32[]
return %4 %5
`

// TestSingleRounding shows where rounding takes place: 2^24 + 1 is no float32, and the bias is added last.
func TestSingleRounding(t *testing.T) {
	g, err := ir.Parse("g.mlpc", singles)
	if err != nil {
		t.Fatal(err)
	}
	if err := ir.Verify(g); err != nil {
		t.Fatal(err)
	}
	outs, err := ir.Run(g, []*ir.Tensor{{Rows: 1, Shape: []int{2}, Reals: []float64{1, 1}}})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []float64{16777216, 16777216, 0} {
		if got := outs[0].Reals[i]; got != want {
			t.Errorf("row %d: %.1f, want %.1f", i, got, want)
		}
	}
	if got := outs[1].Reals[0]; got != 33554432 {
		t.Errorf("sum %.1f", got)
	}
	if text := g.Print(); text != singles {
		t.Errorf("printed as\n%s", text)
	}
	for _, bad := range []struct{ from, to string }{
		{"%1 = const reals=[1.6777216e+07", "%1 = const reals=[0.1"},
		{"%3 = dense %0 %1 %2 : f32[3]", "%3 = dense %0 %1 %2 : real[3]"},
	} {
		wrong, err := ir.Parse("g.mlpc", strings.Replace(singles, bad.from, bad.to, 1))
		if err == nil {
			err = ir.Verify(wrong)
		}
		if err == nil {
			t.Errorf("%s: no complaint", bad.to)
		}
	}
}
