package passes

import (
	"math"
	"slices"
)

// Grid is a set of equally spaced reals, (q − Zero)·Scale for the integers q from Lo to Hi.
type Grid struct {
	Scale  float64
	Zero   int64
	Lo, Hi int64
}

// gridFamily is the set of grids that an activation may have.
type gridFamily struct {
	bits      int
	symmetric bool // the zero point is 0; the integers are unsigned where no value is negative
	pow2      bool // the scale is a power of two
	signed    bool // integers are signed even where no value is negative, if there is a zero point to make up for it
}

// integers gives the integer range for reals in [lo, hi].
func (f gridFamily) integers(lo float64) (int64, int64) {
	if f.symmetric && lo >= 0 || !f.symmetric && !f.signed {
		return 0, 1<<f.bits - 1
	}
	return -1 << (f.bits - 1), 1<<(f.bits-1) - 1
}

// cover gives the finest grid of the family that reaches from lo to hi, and holds 0.
func (f gridFamily) cover(lo, hi float64) Grid {
	lo, hi = min(lo, 0), max(hi, 0)
	g := Grid{Scale: 1}
	g.Lo, g.Hi = f.integers(lo)
	if lo == hi {
		g.Zero = f.zero(g, lo)
		return g
	}
	if f.symmetric {
		g.Scale = max(hi/float64(g.Hi), 0)
		if g.Lo < 0 {
			g.Scale = max(g.Scale, -lo/float64(-g.Lo))
		}
	} else {
		g.Scale = (hi - lo) / float64(g.Hi-g.Lo)
	}
	if f.pow2 {
		g.Scale = pow2Above(g.Scale)
	}
	g.Scale = max(g.Scale, 1e-30)
	g.Zero = f.zero(g, lo)
	return g
}

// zero gives the zero point that puts lo on the lowest integer.
func (f gridFamily) zero(g Grid, lo float64) int64 {
	if f.symmetric {
		return 0
	}
	return min(g.Hi, max(g.Lo, g.Lo+int64(math.Round(-lo/g.Scale))))
}

// best gives the grid whose rounding and clipping cost the values xs the least squares: it tries the range that covers [lo, hi] and
// narrower ones.
func (f gridFamily) best(lo, hi float64, xs []float64) Grid {
	best := f.cover(lo, hi)
	least := best.loss(xs)
	step, last := 0.98, 0.3
	if f.pow2 {
		step, last = 0.5, 0.2
	}
	for k := step; k > last; k *= step {
		g := f.cover(k*lo, k*hi)
		if l := g.loss(xs); l < least {
			best, least = g, l
		}
	}
	return best
}

// loss is the sum of squared errors of xs on the grid.
func (g Grid) loss(xs []float64) float64 {
	sum, lo, hi, zero, inverse := 0.0, float64(g.Lo), float64(g.Hi), float64(g.Zero), 1/g.Scale
	for _, x := range xs {
		q := min(hi, max(lo, math.RoundToEven(float64(x*inverse))+zero))
		d := float64((q-zero)*g.Scale) - x
		sum += float64(d * d)
	}
	return sum
}

// percentile gives the bounds that leave p percent of xs inside, the rest halved between both ends.
func percentile(xs []float64, p float64) (lo, hi float64) {
	s := slices.Clone(xs)
	slices.Sort(s)
	drop := int(float64(len(s)) * (100 - p) / 200)
	return s[drop], s[len(s)-1-drop]
}
