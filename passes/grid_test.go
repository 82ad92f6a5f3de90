package passes

import "testing"

func TestCover(t *testing.T) {
	for _, c := range []struct {
		name   string
		f      gridFamily
		lo, hi float64
		want   Grid
	}{
		{"asymmetric", gridFamily{bits: 8, signed: true}, 0, 2.55, Grid{0.01, -128, -128, 127}},
		{"asymmetric around zero", gridFamily{bits: 8, signed: true}, -2.55, 2.55, Grid{0.02, 0, -128, 127}},
		{"unsigned after a clamp", gridFamily{bits: 8, symmetric: true}, 0, 2.55, Grid{0.01, 0, 0, 255}},
		{"power of two", gridFamily{bits: 8, symmetric: true, pow2: true}, -3, 1, Grid{1.0 / 32, 0, -128, 127}},
		{"nothing seen", gridFamily{bits: 8, symmetric: true}, 0, 0, Grid{1, 0, 0, 255}},
		{"all above zero", gridFamily{bits: 8, signed: true}, 5, 10.2, Grid{0.04, -128, -128, 127}},
	} {
		got := c.f.cover(c.lo, c.hi)
		if d := got.Scale - c.want.Scale; d > 1e-12 || d < -1e-12 || got.Zero != c.want.Zero || got.Lo != c.want.Lo || got.Hi != c.want.Hi {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}

// TestBestClips checks that one outlier does not coarsen the grid of many small values.
func TestBestClips(t *testing.T) {
	xs := make([]float64, 10000)
	for i := range xs {
		xs[i] = float64(i%100) / 100
	}
	xs[0] = 2
	f := gridFamily{bits: 4, symmetric: true}
	if g := f.best(0, 2, xs); g.Scale > 1.2/15 {
		t.Errorf("scale %g", g.Scale)
	}
	if lo, hi := percentile(xs, 99.9); lo != 0 || hi != 0.99 {
		t.Errorf("percentile gives [%g, %g]", lo, hi)
	}
}
