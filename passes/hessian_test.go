package passes

import (
	"math"
	"math/rand/v2"
	"testing"
)

// normalRows draws rows of n correlated columns.
func normalRows(rows, n int) []float64 {
	rng := rand.New(rand.NewPCG(5, 6))
	x := make([]float64, rows*n)
	for r := range rows {
		common := rng.NormFloat64()
		for j := range n {
			x[r*n+j] = common + rng.NormFloat64() + float64(j)
		}
	}
	return x
}

func TestUpperOfInverse(t *testing.T) {
	const n = 7
	h := newHessian(normalRows(50, n), n, true)
	m := h.damped([]int{3, 1, 0, 2, 6, 5, 4}, 0.01)
	u, ok := upperOfInverse(m, n)
	if !ok {
		t.Fatal("not positive definite")
	}
	for i := range n {
		for j := range i {
			if u[i*n+j] != 0 {
				t.Fatalf("U[%d][%d] = %g below the diagonal", i, j, u[i*n+j])
			}
		}
	}
	// m·Uᵀ·U must be the identity.
	for i := range n {
		for j := range n {
			sum := 0.0
			for k := range n {
				for p := range n {
					sum += m[i*n+k] * u[p*n+k] * u[p*n+j]
				}
			}
			want := 0.0
			if i == j {
				want = 1
			}
			if math.Abs(sum-want) > 1e-9 {
				t.Fatalf("(m·Uᵀ·U)[%d][%d] = %g, want %g", i, j, sum, want)
			}
		}
	}
}

func TestSolveCholesky(t *testing.T) {
	l := []float64{2, 0, 0, 1, 3, 0, -1, 2, 1}
	want := []float64{1, -2, 3}
	y := make([]float64, 3) // L·Lᵀ·want
	for i := range 3 {
		for j := range 3 {
			for k := range 3 {
				y[i] += l[i*3+k] * l[j*3+k] * want[j]
			}
		}
	}
	solveCholesky(l, y)
	for i := range y {
		if math.Abs(y[i]-want[i]) > 1e-12 {
			t.Fatalf("got %v, want %v", y, want)
		}
	}
}

// TestRefit checks that weights are found again through inputs that were scaled.
func TestRefit(t *testing.T) {
	const n = 4
	xf := normalRows(400, n)
	xq := make([]float64, len(xf))
	for i := range xf {
		xq[i] = xf[i] / 2
	}
	w := []float64{1, -2, 0.5, 3}
	h := newHessian(xq, n, true)
	for i, got := range h.refit(w, xq, xf, true) {
		if math.Abs(got-2*w[i]) > 0.05 {
			t.Errorf("weight %d is %g, want about %g", i, got, 2*w[i])
		}
	}
}

// TestGPTQBeatsNearest compares the output errors of rounding methods on correlated inputs.
func TestGPTQBeatsNearest(t *testing.T) {
	const n = 12
	h := newHessian(normalRows(300, n), n, true)
	g, ok := newGPTQ(h)
	if !ok {
		t.Fatal("not positive definite")
	}
	rng := rand.New(rand.NewPCG(8, 8))
	w := make([]float64, n)
	for i := range w {
		w[i] = rng.NormFloat64()
	}
	lv := newLevels("uniform", 3)
	scale := lv.scale(w, nil, false)
	nearest := make([]float64, n)
	for i := range w {
		nearest[i] = lv.nearest(w[i] / scale)
	}
	compensated := g.row(w, scale, &lv)
	descended := append([]float64(nil), compensated...)
	h.descend(descended, w, scale, &lv)
	a, b, c := h.error(nearest, w, scale), h.error(compensated, w, scale), h.error(descended, w, scale)
	if !(b < a && c <= b) {
		t.Errorf("errors: nearest %g, GPTQ %g, descent %g", a, b, c)
	}
	q, s := g.best(w, scale, &lv, true, false)
	if d := h.error(q, w, s); d > c {
		t.Errorf("the best of several scales has error %g, one scale %g", d, c)
	}
}
