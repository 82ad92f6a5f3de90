package passes

import (
	"fmt"
	"math"
	"math/bits"
	"slices"
	"strconv"
	"strings"
)

// levels are the integers that a weight may have: an encoding of weights.
type levels struct {
	top  float64   // the largest
	list []float64 // all of them, ascending; nil: every integer from −top to top
}

// encodings lists the names that newLevels takes.
var encodings = []string{"uniform", "ternary", "binary", "pow2", "csd1", "csd2", "csd3"}

// newLevels gives the levels of an encoding. uniform has ±(2^(bits−1) − 1) steps. pow2 has 0 and ±2^k for k < 2^(bits−1) − 1, at
// most 15 of them: sign and exponent in bits bits. csdN has the sums of at most N signed powers of two 2^0 to 2^7, at most 2^7.
func newLevels(encoding string, width int) levels {
	switch encoding {
	case "binary":
		return levels{1, []float64{-1, 1}}
	case "ternary":
		return levels{top: 1}
	case "pow2":
		list := []float64{0}
		for k := range min(15, 1<<(width-1)-1) {
			list = append(list, math.Ldexp(1, k), -math.Ldexp(1, k))
		}
		slices.Sort(list)
		return levels{list[len(list)-1], list}
	case "csd1", "csd2", "csd3":
		digits, _ := strconv.Atoi(strings.TrimPrefix(encoding, "csd"))
		var list []float64
		for n := -128; n <= 128; n++ {
			if csdDigits(n) <= digits {
				list = append(list, float64(n))
			}
		}
		return levels{128, list}
	}
	return levels{top: float64(int64(1)<<(width-1) - 1)}
}

// csdDigits counts the nonzero digits of n in canonical signed-digit form (Reitwiesner, "Binary arithmetic", 1960).
func csdDigits(n int) int {
	u := uint(max(n, -n))
	return bits.OnesCount(u ^ 3*u)
}

// nearest gives the level nearest to t; of two equally near ones the even one, or in a list the lower.
func (l *levels) nearest(t float64) float64 {
	if l.list == nil {
		return min(l.top, max(-l.top, math.RoundToEven(t)))
	}
	i, _ := slices.BinarySearch(l.list, t)
	switch {
	case i == 0:
		return l.list[0]
	case i == len(l.list) || t-l.list[i-1] <= l.list[i]-t:
		return l.list[i-1]
	}
	return l.list[i]
}

// loss is the sum of squared errors of the weights on the levels times scale, each weighted by the mean square of its input where
// weight is given.
func (l *levels) loss(w, weight []float64, scale float64) float64 {
	sum, inverse := 0.0, 1/scale
	for i, x := range w {
		d := float64(l.nearest(float64(x*inverse))*scale) - x
		e := d * d
		if weight != nil {
			e *= weight[i%len(weight)]
		}
		sum += float64(e)
	}
	return sum
}

// clipSteps is how many factors below 1 are tried on the scale that reaches the largest weight. They fall evenly to 0.3, and then
// by a fifth each: weights of inputs that hardly move may be clipped hard.
const clipSteps = 35

// scale gives the scale with the least loss for weights w, weighted by column where weight is given.
func (l *levels) scale(w, weight []float64, pow2 bool) float64 {
	lo, hi := bounds(w)
	largest := max(-lo, hi) / l.top
	if largest == 0 {
		return 1
	}
	var tries []float64
	if pow2 {
		for s := pow2Above(largest); len(tries) < 30; s /= 2 {
			tries = append(tries, s)
		}
	} else {
		tries = append(tries, largest)
		for k := range clipSteps {
			tries = append(tries, largest*(0.3+0.7*float64(k)/clipSteps))
		}
		for s := largest * 0.27; s > largest/(1<<30); s *= 0.8 {
			tries = append(tries, s)
		}
	}
	best, least := 0.0, math.Inf(1)
	for _, s := range tries {
		if e := l.loss(w, weight, s); e < least {
			best, least = s, e
		}
	}
	return best
}

func checkEncoding(s string) error {
	if !slices.Contains(encodings, s) {
		return fmt.Errorf("is none of %s", strings.Join(encodings, ", "))
	}
	return nil
}
