package passes

import (
	"math"
	"runtime"
	"slices"
	"sync"
)

// hessian is XᵀX/n of the inputs X of a layer, over n rows: the second derivative of the layer's squared output error by the weights
// of any row. Everything here is plain loops in a fixed order, so that results do not depend on the machine.
type hessian struct {
	n int
	h []float64 // [n][n], symmetric
}

// newHessian sums over x, rows of n. Centred, the means are taken out: what they would add is left to the bias.
func newHessian(x []float64, n int, centred bool) *hessian {
	h := &hessian{n, make([]float64, n*n)}
	parallel(n, func(i int) { addProducts(h.h[i*n:i*n+i+1], x, x, n, i) })
	mean := make([]float64, n)
	if centred {
		mean = means(x, n)
	}
	rows := float64(len(x) / n)
	for i := range n {
		for j := range i + 1 {
			h.h[i*n+j] = h.h[i*n+j]/rows - float64(mean[i]*mean[j])
			if i == j {
				h.h[i*n+i] = max(h.h[i*n+i], 0)
			}
			h.h[j*n+i] = h.h[i*n+j]
		}
	}
	return h
}

// addProducts adds, over all rows of n, element i of x times the leading elements of y to sum.
func addProducts(sum, x, y []float64, n, i int) {
	for r := 0; r < len(x); r += n {
		c := x[r+i]
		if c == 0 {
			continue
		}
		for j, v := range y[r : r+len(sum)] {
			sum[j] += float64(c * v)
		}
	}
}

// refit gives the weights that make of the quantized inputs xq what w makes of the float inputs xf, as nearly as least squares with a
// little damping towards w allow: w + (H + λI)⁻¹·(C − H)·w with C = cov(xq, xf). Errors that earlier layers made on the calibration
// rows are taken back.
func (h *hessian) refit(w []float64, xq, xf []float64, centred bool) []float64 {
	n := h.n
	c := make([]float64, n*n) // [xq][xf]
	mq, mf := make([]float64, n), make([]float64, n)
	if centred {
		mq, mf = means(xq, n), means(xf, n)
	}
	rows := float64(len(xq) / n)
	parallel(n, func(i int) {
		row := c[i*n : (i+1)*n]
		addProducts(row, xq, xf, n, i)
		for j := range row {
			row[j] = row[j]/rows - float64(mq[i]*mf[j]) - h.h[i*n+j]
		}
	})
	identity := make([]int, n)
	for i := range identity {
		identity[i] = i
	}
	l := h.damped(identity, 0.01)
	if !cholesky(l, n) {
		return w
	}
	out := make([]float64, len(w))
	parallel(len(w)/n, func(o int) {
		row, y := w[o*n:(o+1)*n], out[o*n:(o+1)*n]
		for i := range n {
			for j, v := range c[i*n : (i+1)*n] {
				y[i] += float64(v * row[j])
			}
		}
		solveCholesky(l, y)
		for i := range y {
			y[i] += row[i]
		}
	})
	return out
}

// solveCholesky replaces y by (L·Lᵀ)⁻¹·y.
func solveCholesky(l, y []float64) {
	n := len(y)
	for i := range n {
		for j, v := range l[i*n : i*n+i] {
			y[i] -= float64(v * y[j])
		}
		y[i] /= l[i*n+i]
	}
	for i := n - 1; i >= 0; i-- {
		for j := i + 1; j < n; j++ {
			y[i] -= float64(l[j*n+i] * y[j])
		}
		y[i] /= l[i*n+i]
	}
}

// diagonal gives the mean squares of the inputs.
func (h *hessian) diagonal() []float64 {
	d := make([]float64, h.n)
	for i := range d {
		d[i] = h.h[i*h.n+i]
	}
	return d
}

// order gives the columns by falling mean square; equal ones keep their order.
func (h *hessian) order() []int {
	d := h.diagonal()
	order := make([]int, h.n)
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case d[a] > d[b]:
			return -1
		case d[a] < d[b]:
			return 1
		}
		return 0
	})
	return order
}

// meanSquare is the mean of the diagonal.
func (h *hessian) meanSquare() float64 {
	mean := 0.0
	for _, x := range h.diagonal() {
		mean += x / float64(h.n)
	}
	return mean
}

// damped gives the matrix for some or all columns in a given order, with share·mean(diagonal) added to the diagonal, and 1 where it is 0.
func (h *hessian) damped(order []int, share float64) []float64 {
	n, mean := len(order), h.meanSquare()
	m := make([]float64, n*n)
	for i, a := range order {
		for j, b := range order {
			m[i*n+j] = h.h[a*h.n+b]
		}
		if m[i*n+i] == 0 {
			m[i*n+i] = 1
		}
		m[i*n+i] += share * mean
	}
	return m
}

// cholesky replaces the lower triangle of a positive definite matrix by L with m = L·Lᵀ; false where m is not positive definite.
func cholesky(m []float64, n int) bool {
	for j := range n {
		row := m[j*n : j*n+j]
		d := m[j*n+j]
		for _, x := range row {
			d -= float64(x * x)
		}
		if !(d > 0) {
			return false
		}
		d = math.Sqrt(d)
		m[j*n+j] = d
		parallel(n-j-1, func(k int) {
			i := j + 1 + k
			s := m[i*n+j]
			for p, x := range m[i*n : i*n+j] {
				s -= float64(x * row[p])
			}
			m[i*n+j] = s / d
		})
	}
	return true
}

// upperOfInverse gives U, upper triangular, with m⁻¹ = Uᵀ·U, the form that GPTQ reads its columns from. Reversing rows and columns
// turns the Cholesky factor of the reversed m into it: m = A·Aᵀ with A upper triangular, and U = A⁻¹.
func upperOfInverse(m []float64, n int) ([]float64, bool) {
	reversed := make([]float64, n*n)
	for i := range n {
		for j := range n {
			reversed[i*n+j] = m[(n-1-i)*n+n-1-j]
		}
	}
	if !cholesky(reversed, n) {
		return nil, false
	}
	u := make([]float64, n*n)
	// Column c of L⁻¹ by forward substitution; U is L⁻¹ reversed.
	parallel(n, func(c int) {
		y := make([]float64, n)
		for i := c; i < n; i++ {
			s := 0.0
			if i == c {
				s = 1
			}
			for p := c; p < i; p++ {
				s -= float64(reversed[i*n+p] * y[p])
			}
			y[i] = s / reversed[i*n+i]
			u[(n-1-i)*n+n-1-c] = y[i]
		}
	})
	return u, true
}

// parallel calls f for 0 to n−1 from as many goroutines as there are processors; small n from this one.
func parallel(n int, f func(i int)) {
	workers := min(runtime.GOMAXPROCS(0), n/64+1)
	if workers <= 1 {
		for i := range n {
			f(i)
		}
		return
	}
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := w; i < n; i += workers {
				f(i)
			}
		})
	}
	wg.Wait()
}
