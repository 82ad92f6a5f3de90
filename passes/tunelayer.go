package passes

import (
	"math"

	"mlpc/ir"
)

// tuneLayer is what a dense layer's own search needs.
type tuneLayer struct {
	index    int // among the layers that are tuned, in order of computation
	w, bias  []int64
	rows, k  int
	before   layerInput // of the graph as it was
	variance []float64  // of each row's result
	ranges   ir.Interval
}

// layerInput is what is known of the inputs of a layer.
type layerInput struct {
	x    []int64
	mean []float64
	h    *hessian // of the inputs less their means
}

func newLayerInput(x []int64, k int) layerInput {
	in := layerInput{x: x, mean: make([]float64, k)}
	n := len(x) / k
	for i, xi := range x {
		in.mean[i%k] += float64(xi) / float64(n)
	}
	centred := make([]float64, len(x))
	for i, xi := range x {
		centred[i] = float64(xi) - in.mean[i%k]
	}
	in.h = newHessian(centred, k, false)
	in.h.shrink(float64(k) / float64(k+n))
	return in
}

func newTuneLayer(v *ir.Value, x []int64, in ir.Interval) *tuneLayer {
	s := v.Args[1].Type.Shape
	l := &tuneLayer{w: v.Args[1].Const().Ints, rows: s[0], k: s[1], before: newLayerInput(x, s[1]), ranges: in}
	l.bias = make([]int64, l.rows)
	if len(v.Args) == 3 {
		copy(l.bias, v.Args[2].Const().Ints)
	}
	l.variance = make([]float64, l.rows)
	for o := range l.variance {
		w := make([]float64, l.k)
		for j := range w {
			w[j] = float64(l.w[o*l.k+j])
		}
		l.variance[o] = max(l.before.h.energy(w), 1e-9)
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

// tunedRows is what tune gives: weights, biases, and the type of the results.
type tunedRows struct {
	w, bias []int64
	elem    ir.Elem
}

// tune moves each row on its own, for the inputs that the tuned layers before give; nil: what was. What they changed is taken back as
// far as it can be. The type of the results grows where it has to, up to maxSum bits; a row that needs more stays as it was.
func (l *tuneLayer) tune(price float64, elem ir.Elem, now []int64) tunedRows {
	t := tunedRows{make([]int64, len(l.w)), make([]int64, l.rows), elem}
	widest := elem
	widest.Bits = max(elem.Bits, maxSum)
	in := l.before
	if now != nil {
		in = newLayerInput(now, l.k)
	}
	parallel(l.rows, func(o int) {
		old := l.w[o*l.k : (o+1)*l.k]
		row := in.descend(old, l.pull(old, &in), price*l.variance[o])
		shift := 0.0
		for j := range row {
			shift += float64(float64(old[j])*l.before.mean[j]) - float64(float64(row[j])*in.mean[j])
		}
		b := l.bias[o] + int64(math.RoundToEven(shift))
		if !widest.Holds(l.bounds(row, b)) {
			row, b = old, l.bias[o]
		}
		copy(t.w[o*l.k:], row)
		t.bias[o] = b
	})
	for o := range l.rows {
		for !t.elem.Holds(l.bounds(t.w[o*l.k:(o+1)*l.k], t.bias[o])) {
			t.elem.Bits++
		}
	}
	return t
}

// maxSum is the width up to which the type of a layer's results may grow: what every target adds in.
const maxSum = 32

// pull is the covariance of each input now with what the result of a row lost when the inputs changed: the way that least squares would
// move the weights. Of few rows much of it is chance.
func (l *tuneLayer) pull(row []int64, in *layerInput) []float64 {
	p := make([]float64, l.k)
	if &in.x[0] == &l.before.x[0] {
		return p
	}
	n := len(in.x) / l.k
	keep := float64(n) / float64(l.k+n) / float64(n)
	for r := range n {
		was, now := l.before.x[r*l.k:(r+1)*l.k], in.x[r*l.k:(r+1)*l.k]
		lost := 0.0
		for j, c := range row {
			lost += float64(float64(c) * (float64(was[j]) - l.before.mean[j] - float64(now[j]) + in.mean[j]))
		}
		for j := range p {
			p[j] += float64(float64(lost*(float64(now[j])-in.mean[j])) * keep)
		}
	}
	return p
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

// idle is the variance of an input, in squares of its step, up to which it counts as one that never moves.
const idle = 1e-9

// tuneSweeps is how often a row's weights are visited.
const tuneSweeps = 4

// descend minimises the mean square of the change of the row's result, less what pull says, plus digit for each canonic signed digit,
// weight by weight.
func (in *layerInput) descend(old []int64, pull []float64, digit float64) []int64 {
	row, k := append([]int64(nil), old...), len(old)
	grad := make([]float64, k) // H·(row − old) − pull
	for j, p := range pull {
		grad[j] = -p
	}
	size := int64(0)
	for _, c := range old {
		size = max(size, c, -c)
	}
	for range tuneSweeps {
		moved := false
		for j, c := range row {
			hjj := in.h.h[j*k+j]
			to := int64(0) // of an input that never moves; its mean is in the bias
			if hjj > idle {
				to = fewDigits(float64(c)-grad[j]/hjj, hjj, digit, size)
			}
			if to == c {
				continue
			}
			moved = true
			d := float64(to - c)
			hrow := in.h.h[j*k : (j+1)*k]
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

// fewDigits gives the integer v with |v| ≤ size that minimises h·(v − at)² plus digit for each signed digit of v: the expansion of at,
// or of the end of the range that it lies beyond, in powers of two, each the nearest to what the ones before leave that stays in the
// range, cut off where it pays best.
func fewDigits(at, h, digit float64, size int64) int64 {
	best, least := int64(0), h*at*at
	near := min(max(at, -float64(size)), float64(size))
	rest, sum := near, int64(0)
	for n := 1; n <= 8; n++ {
		if !(math.Abs(rest) >= 0.5) {
			break
		}
		p := int64(math.Exp2(max(0, math.Floor(math.Log2(math.Abs(rest)*4/3))))) // the nearest power of two
		if rest < 0 {
			p = -p
		}
		if sum+p > size || sum+p < -size {
			p /= 2
		}
		sum += p
		rest -= float64(p)
		d := float64(sum) - at
		if c := float64(h*d*d) + digit*float64(n); c < least {
			best, least = sum, c
		}
	}
	return best
}
