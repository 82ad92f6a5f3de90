package passes

import (
	"math"
	"runtime"
	"slices"
	"sync"

	"mlpc/ir"
)

// tuneLayer is what a dense layer's own search needs.
type tuneLayer struct {
	w, bias  []int64
	rows, k  int
	x        []int64     // inputs of the graph as it was, sample after sample
	variance []float64   // of each row's result
	sense    [][]float64 // by row and sample: what an error of the result costs; nil: all samples alike, see tuner.senses
	views    []*view     // by row, see look
	ranges   ir.Interval // of the inputs
}

func newTuneLayer(v *ir.Value, x []int64, in ir.Interval) *tuneLayer {
	s := v.Args[1].Type.Shape
	l := &tuneLayer{w: v.Args[1].Const().Ints, rows: s[0], k: s[1], x: x, ranges: in}
	l.bias = make([]int64, l.rows)
	if len(v.Args) == 3 {
		copy(l.bias, v.Args[2].Const().Ints)
	}
	reals := make([]float64, len(x))
	for i, xi := range x {
		reals[i] = float64(xi)
	}
	h := newHessian(reals, l.k, true)
	l.variance = make([]float64, l.rows)
	for o := range l.variance {
		w := make([]float64, l.k)
		for j := range w {
			w[j] = float64(l.w[o*l.k+j])
		}
		l.variance[o] = max(h.energy(w), 1e-9)
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

// view is the inputs of a layer as one of its results sees them: each sample counts by what an error there costs.
type view struct {
	q     []float64 // what the samples count; their sum is all
	all   float64
	mean  []float64 // of the inputs
	h     *hessian  // of the inputs less their means
	costs float64   // of a unit of h
}

// viewWork is the number of products up to which every row of a layer gets a view of its own.
const viewWork = 5e9

// look makes the views. Rows of a large layer share one in which all samples are alike.
func (l *tuneLayer) look() {
	n := len(l.x) / l.k
	l.views = make([]*view, l.rows)
	if l.sense != nil && float64(l.rows)*float64(l.k)*float64(l.k)*float64(n)/2 <= viewWork {
		eachRow(l.rows, func(o int) { l.views[o] = l.view(slices.Clone(l.sense[o])) })
		return
	}
	v := l.view(slices.Repeat([]float64{1}, n))
	for o := range l.views {
		w := *v
		w.costs = 1 / l.variance[o]
		if l.sense != nil {
			w.costs = 0
			for _, x := range l.sense[o] {
				w.costs += x / float64(n)
			}
		}
		l.views[o] = &w
	}
}

// view makes the view in which samples count q. Where few samples count, much is chance, and the others count more.
func (l *tuneLayer) view(q []float64) *view {
	n := len(q)
	v := &view{q: q, costs: 1}
	square := 0.0
	for _, c := range q {
		v.all += c
		square += float64(c * c)
	}
	k := float64(l.k)
	share, mean := k/(k+float64(v.all*v.all)/square), v.all/float64(n)
	for r := range q {
		q[r] += float64(share * (mean - q[r]))
	}
	v.mean = v.means(l.x, l.k)
	x := make([]float64, len(l.x))
	for i, xi := range l.x {
		x[i] = float64(math.Sqrt(q[i/l.k]) * (float64(xi) - v.mean[i%l.k]))
	}
	v.h = newHessian(x, l.k, false)
	v.h.shrink(k / (k + float64(n)))
	return v
}

// means gives the means of k inputs over samples x.
func (v *view) means(x []int64, k int) []float64 {
	m := make([]float64, k)
	for r, q := range v.q {
		for j := range m {
			m[j] += float64(q * float64(x[r*k+j]))
		}
	}
	for j := range m {
		m[j] /= v.all
	}
	return m
}

// tunedRows is what tune gives: weights, biases, and the type of the results.
type tunedRows struct {
	w, bias []int64
	elem    ir.Elem
}

// tune moves each row on its own at a price for an adder bit, for the inputs that the tuned layers before give; nil: what was. What they
// changed is taken back as far as it can be. The type of the results grows where it has to, up to maxSum bits; a row that needs more
// stays as it was.
func (l *tuneLayer) tune(price float64, elem ir.Elem, now []int64) tunedRows {
	t := tunedRows{make([]int64, len(l.w)), make([]int64, l.rows), elem}
	widest := elem
	widest.Bits = max(elem.Bits, maxSum)
	eachRow(l.rows, func(o int) {
		old, v := l.w[o*l.k:(o+1)*l.k], l.views[o]
		digit := make([]float64, l.k)
		for j := range digit {
			lo, hi := l.ranges.At(j)
			digit[j] = price * float64(ir.Fit(lo, hi).Bits) / v.costs
		}
		mean := v.mean
		if now != nil {
			mean = v.means(now, l.k)
		}
		row := v.descend(old, l.pull(old, v, mean, now), digit)
		shift := 0.0
		for j := range row {
			shift += float64(float64(old[j])*v.mean[j]) - float64(float64(row[j])*mean[j])
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

// eachRow runs f for 0 to n − 1 on all processors: few and long tasks.
func eachRow(n int, f func(i int)) {
	var wg sync.WaitGroup
	workers := min(runtime.GOMAXPROCS(0), n)
	for w := range workers {
		wg.Go(func() {
			for i := w; i < n; i += workers {
				f(i)
			}
		})
	}
	wg.Wait()
}

// pull is the covariance of each input now, whose means are given, with what the result of a row lost when the inputs changed: the way
// that least squares would move the weights. Of few samples much of it is chance.
func (l *tuneLayer) pull(row []int64, v *view, mean []float64, now []int64) []float64 {
	p := make([]float64, l.k)
	n := len(now) / l.k
	keep := 1 / float64(l.k+n)
	for r := range n {
		was, is := l.x[r*l.k:(r+1)*l.k], now[r*l.k:(r+1)*l.k]
		lost := 0.0
		for j, c := range row {
			lost += float64(float64(c) * (float64(was[j]-is[j]) - v.mean[j] + mean[j]))
		}
		lost *= v.q[r] * keep
		for j := range p {
			p[j] += float64(lost * (float64(is[j]) - mean[j]))
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

// tuneSweeps is how often a row's weights are visited.
const tuneSweeps = 4

// descend minimises the mean square of the change of the row's result, less what pull says, plus digit for each canonic signed digit of
// an input's weight, weight by weight.
func (v *view) descend(old []int64, pull, digit []float64) []int64 {
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
			hjj := v.h.h[j*k+j]
			to := int64(0) // of an input that never moves; its mean is in the bias
			if hjj > 0 {
				to = fewDigits(float64(c)-grad[j]/hjj, hjj, digit[j], size)
			}
			if to == c {
				continue
			}
			moved = true
			d := float64(to - c)
			hrow := v.h.h[j*k : (j+1)*k]
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
