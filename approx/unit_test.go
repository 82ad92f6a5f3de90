package approx_test

import (
	"math"
	"math/rand"
	"testing"

	"mlpc/approx"
)

func TestTruncatedMul(t *testing.T) {
	for _, c := range []struct {
		drop       int
		w, x, want int64
	}{
		{1, 1, 5, 4},
		{3, 8, 5, 40},   // the only row lies above the cut
		{3, 7, 5, 24},   // rows 5, 10 and 20 become 0, 8 and 16
		{3, -7, 5, -24}, // the sign comes last
		{2, 3, -1, -8},  // rows −1 and −2 both fall to −4
		{31, 1, -1, -1 << 31},
		{5, 0, 77, 0},
	} {
		if got := approx.Truncated(c.drop).Mul(c.w, c.x); got != c.want {
			t.Errorf("trunc:%d of %d by %d is %d, want %d", c.drop, c.w, c.x, got, c.want)
		}
	}
}

// TestTruncatedIsMonotone holds the unit to what the intervals of package ir need: over x it never falls for w > 0 and never rises
// for w < 0.
func TestTruncatedIsMonotone(t *testing.T) {
	for drop := 1; drop <= 9; drop++ {
		u := approx.Truncated(drop)
		for w := int64(-40); w <= 40; w++ {
			before := u.Mul(w, -300)
			for x := int64(-299); x <= 300; x++ {
				p := u.Mul(w, x)
				if w >= 0 && p < before || w <= 0 && p > before {
					t.Fatalf("%s of %d falls the wrong way at %d: %d after %d", u.Name, w, x, p, before)
				}
				before = p
			}
		}
	}
}

func TestParse(t *testing.T) {
	for drop := 1; drop < 32; drop++ {
		u := approx.Truncated(drop)
		if got, err := approx.Parse(u.Name); err != nil || *got != *u {
			t.Errorf("Parse(%q) = %v, %v", u.Name, got, err)
		}
	}
	for _, name := range []string{"", "trunc", "trunc:", "trunc:0", "trunc:32", "trunc:-1", "trunc:x", "exact"} {
		if u, err := approx.Parse(name); err == nil {
			t.Errorf("Parse(%q) = %v", name, u)
		}
	}
}

// TestMetrics compares with the definition, product by product.
func TestMetrics(t *testing.T) {
	seed := rand.Int63()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewSource(seed))
	for range 400 {
		u := approx.Truncated(1 + r.Intn(12))
		weights := make([]int64, 1+r.Intn(4))
		for i := range weights {
			weights[i] = r.Int63n(1024) - 512
		}
		xlo := r.Int63n(600) - 300
		xhi := xlo + r.Int63n(700)
		var want approx.Metrics
		n := 0.0
		for _, w := range weights {
			for x := xlo; x <= xhi; x++ {
				e := u.Mul(w, x) - w*x
				n++
				want.Mean += float64(e)
				want.MeanAbs += math.Abs(float64(e))
				want.Worst = max(want.Worst, e, -e)
				if e != 0 {
					want.Rate++
				}
			}
		}
		want.Mean, want.MeanAbs, want.Rate = want.Mean/n, want.MeanAbs/n, want.Rate/n
		got := u.Metrics(weights, xlo, xhi)
		near := func(a, b float64) bool { return math.Abs(a-b) <= 1e-9*(1+math.Abs(b)) }
		if !near(got.Mean, want.Mean) || !near(got.MeanAbs, want.MeanAbs) || got.Worst != want.Worst || !near(got.Rate, want.Rate) {
			t.Fatalf("%s, weights %v, x from %d to %d: %+v, want %+v", u.Name, weights, xlo, xhi, got, want)
		}
	}
}

// TestMetricsKnown has the 8 by 8 bit unsigned multiplier over all operands from 1 to 255, whose figures others measure too:
// relative to 2^16, a mean error of 0.019, 0.123 and 0.689 % and a worst of 0.07, 0.49 and 2.74 % for 4, 6 and 8 columns.
func TestMetricsKnown(t *testing.T) {
	var weights []int64
	for w := int64(1); w <= 255; w++ {
		weights = append(weights, w)
	}
	for _, c := range []struct {
		drop        int
		mean, worst float64 // percent of 2^16
	}{{4, 0.019, 0.07}, {6, 0.123, 0.49}, {8, 0.689, 2.74}} {
		m := approx.Truncated(c.drop).Metrics(weights, 1, 255)
		mean, worst := m.MeanAbs/655.36, float64(m.Worst)/655.36
		if math.Abs(mean-c.mean) > 0.0006 || math.Abs(worst-c.worst) > 0.006 {
			t.Errorf("%d columns: mean %.4f %%, worst %.3f %%, want %.3f and %.2f", c.drop, mean, worst, c.mean, c.worst)
		}
		if m.Mean != -m.MeanAbs {
			t.Errorf("%d columns: mean %g, mean size %g; every error of positive operands is negative", c.drop, m.Mean, m.MeanAbs)
		}
	}
}
