package passes

import (
	"math"

	"mlpc/ir"
)

// tuneLayer is what a dense layer's own search needs.
type tuneLayer struct {
	w, bias  []int64
	rows, k  int
	h        *hessian  // of the inputs less their means
	mean     []float64 // of the inputs
	variance []float64 // of each row's result
	ranges   ir.Interval
}

func newTuneLayer(v *ir.Value, x []int64, in ir.Interval) *tuneLayer {
	s := v.Args[1].Type.Shape
	l := &tuneLayer{w: v.Args[1].Const().Ints, rows: s[0], k: s[1], mean: make([]float64, s[1]), ranges: in}
	l.bias = make([]int64, l.rows)
	if len(v.Args) == 3 {
		copy(l.bias, v.Args[2].Const().Ints)
	}
	n := len(x) / l.k
	for i, xi := range x {
		l.mean[i%l.k] += float64(xi) / float64(n)
	}
	centred := make([]float64, len(x))
	for i, xi := range x {
		centred[i] = float64(xi) - l.mean[i%l.k]
	}
	l.h = newHessian(centred, l.k, false)
	l.h.shrink(float64(l.k) / float64(l.k+n))
	l.variance = make([]float64, l.rows)
	for o := range l.variance {
		w := make([]float64, l.k)
		for j := range w {
			w[j] = float64(l.w[o*l.k+j])
		}
		l.variance[o] = max(l.h.energy(w), 1e-9)
	}
	return l
}

// shrink takes a share off what different inputs have in common: of few rows much of that is chance.
func (h *hessian) shrink(share float64) {
	for i := range h.n {
		for j := range h.n {
			if i != j {
				h.h[i*h.n+j] *= 1 - share
			}
		}
	}
}

// energy is wᵀ·H·w: the mean square of w·x.
func (h *hessian) energy(w []float64) float64 {
	e := 0.0
	for i, wi := range w {
		if wi == 0 {
			continue
		}
		row := h.h[i*h.n : (i+1)*h.n]
		s := 0.0
		for j, wj := range w {
			s += float64(row[j] * wj)
		}
		e += float64(wi * s)
	}
	return e
}

// tune moves each row on its own; a row whose results would leave the value's type stays as it was.
func (l *tuneLayer) tune(price float64, elem ir.Elem) (w, bias []int64) {
	w, bias = make([]int64, len(l.w)), make([]int64, l.rows)
	parallel(l.rows, func(o int) {
		old := l.w[o*l.k : (o+1)*l.k]
		row := l.descend(old, price*l.variance[o])
		shift := 0.0
		for j := range row {
			shift += float64(float64(old[j]-row[j]) * l.mean[j])
		}
		b := l.bias[o] + int64(math.RoundToEven(shift))
		if !elem.Holds(l.bounds(row, b)) {
			row, b = old, l.bias[o]
		}
		copy(w[o*l.k:], row)
		bias[o] = b
	})
	return w, bias
}

// bounds is the range of row·x + b.
func (l *tuneLayer) bounds(row []int64, b int64) (lo, hi int64) {
	lo, hi = b, b
	for j, c := range row {
		xl, xh := l.ranges.At(j)
		lo, hi = lo+min(c*xl, c*xh), hi+max(c*xl, c*xh)
	}
	return lo, hi
}

// tuneSweeps is how often a row's weights are visited.
const tuneSweeps = 4

// descend minimises the mean square of the change of the row's result plus digit for each canonic signed digit, weight by weight.
func (l *tuneLayer) descend(old []int64, digit float64) []int64 {
	row := append([]int64(nil), old...)
	grad := make([]float64, l.k) // H·(row − old)
	size := int64(0)
	for _, c := range old {
		size = max(size, c, -c)
	}
	for range tuneSweeps {
		moved := false
		for j, c := range row {
			hjj := l.h.h[j*l.k+j]
			to := int64(0) // of an input that never moves; its mean is in the bias
			if hjj > 0 {
				to = fewDigits(float64(c)-grad[j]/hjj, hjj, digit, size)
			}
			if to == c {
				continue
			}
			moved = true
			d := float64(to - c)
			hrow := l.h.h[j*l.k : (j+1)*l.k]
			for i := range grad {
				grad[i] += float64(d * hrow[i])
			}
			row[j] = to
		}
		if !moved {
			break
		}
	}
	return row
}

// fewDigits gives the integer v with |v| ≤ size that minimises h·(v − at)² plus digit for each signed digit of v: at's expansion in
// powers of two, each the nearest to what the ones before leave, cut off where it pays best.
func fewDigits(at, h, digit float64, size int64) int64 {
	best, least := int64(0), h*at*at
	rest, sum := at, int64(0)
	for n := 1; n <= 8; n++ {
		if math.Abs(rest) < 0.5 {
			break
		}
		p := int64(math.Exp2(max(0, math.Floor(math.Log2(math.Abs(rest)*4/3))))) // the nearest power of two
		if rest < 0 {
			p = -p
		}
		sum += p
		rest -= float64(p)
		if sum > size || sum < -size {
			continue
		}
		d := float64(sum) - at
		if c := float64(h*d*d) + digit*float64(n); c < least {
			best, least = sum, c
		}
	}
	return best
}
