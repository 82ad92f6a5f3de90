package approx

import (
	"math"
	"math/bits"
)

// Metrics measures a unit's errors, result minus exact product, over weights and a uniformly distributed integer x. Names as in the
// literature: Mean is the bias, MeanAbs the MAE, Worst the WCE, Rate the error probability.
type Metrics struct {
	Mean, MeanAbs float64
	Worst         int64 // largest |error|
	Rate          float64
}

// Metrics gives the error metrics over all weights and all x in [xlo, xhi], each pair counting once. They are exact, not sampled,
// and take time in proportion to the number of weights only. |x| < 2^31.
func (u *Unit) Metrics(weights []int64, xlo, xhi int64) Metrics {
	var m Metrics
	for _, w := range weights {
		f := u.loss(w)
		mean := f.mean(xlo, xhi)
		m.MeanAbs += mean
		m.Mean -= math.Copysign(mean, float64(w))
		m.Worst = max(m.Worst, f.worst(xlo, xhi))
		m.Rate += f.rate(xlo, xhi)
	}
	n := float64(max(len(weights), 1))
	m.Mean, m.MeanAbs, m.Rate = m.Mean/n, m.MeanAbs/n, m.Rate/n
	return m
}

// loss is what the cut rows of a product miss, as a function of x: for each row i, one for each set bit i < drop of |w|, the bits
// of x·2^i below 2^drop. It is a sum of weights of the low bits of x, which makes its mean and maximum simple.
type loss struct {
	rows uint64 // |w| below 2^drop
	drop int
}

func (u *Unit) loss(w int64) loss {
	return loss{uint64(max(w, -w)) & (1<<u.Drop - 1), u.Drop}
}

// at is the loss for x.
func (f loss) at(x int64) int64 {
	var sum int64
	for rows := f.rows; rows != 0; rows &= rows - 1 {
		i := bits.TrailingZeros64(rows)
		sum += x << i & (1<<f.drop - 1)
	}
	return sum
}

// mean is the mean loss over [xlo, xhi]: row i loses 2^i·(x mod 2^(drop−i)).
func (f loss) mean(xlo, xhi int64) float64 {
	n := xhi - xlo + 1
	var sum float64
	for rows := f.rows; rows != 0; rows &= rows - 1 {
		i := bits.TrailingZeros64(rows)
		period := int64(1) << (f.drop - i)
		start := xlo & (period - 1)
		sum += float64(int64(1)<<i) * (residues(start+n, period) - residues(start, period))
	}
	return sum / float64(n)
}

// residues is the sum of x mod period over 0 ≤ x < n.
func residues(n, period int64) float64 {
	whole, rest := n/period, n%period
	return float64(whole)*float64(period)*float64(period-1)/2 + float64(rest)*float64(rest-1)/2
}

// worst is the largest loss on [xlo, xhi]. No bit of x lowers the loss, so the best x ends in ones: for each number of final ones
// the largest such x is tried.
func (f loss) worst(xlo, xhi int64) int64 {
	best := f.at(xhi)
	for ones := 1; ones <= f.drop; ones++ {
		if x := (xhi+1)>>ones<<ones - 1; x >= xlo {
			best = max(best, f.at(x))
		}
	}
	return best
}

// rate is the share of [xlo, xhi] with a loss: all x but the multiples of 2^(drop − lowest row).
func (f loss) rate(xlo, xhi int64) float64 {
	if f.rows == 0 {
		return 0
	}
	k := f.drop - bits.TrailingZeros64(f.rows)
	exact := xhi>>k - (xlo-1)>>k
	return 1 - float64(exact)/float64(xhi-xlo+1)
}
