package net

import (
	"math"
	"math/bits"

	"mlpc/ir"
	"mlpc/ir/num"
)

// requant lowers clamp(num.Requant(x) + zero, lo, hi) as the cheapest of three circuits with the same result for every x in its
// interval: a table, shifted adders (half-up and half-even only), or a search over the steps.
func (l *lowering) requant(q *ir.Requant, x int32, channel int) int32 {
	mul, add, shift := q.At(channel)
	f := func(x int64) int64 {
		return num.Clamp(num.Requant(x, mul, add, shift, q.Round)+q.Zero, q.Lo, q.Hi)
	}
	if q.Round != num.HalfUp && q.Round != num.HalfEven {
		return l.steps(x, f)
	}
	lo, hi := l.b.Bounds(x)
	if f(lo) != f(hi) && f(firstStep(lo, hi, f)) == f(hi) { // two results: a comparison
		return l.steps(x, f)
	}
	s, a := newScaling(mul, add, shift, q.Round), x
	if n := l.b.Node(a); n.Op == OpClamp { // a monotone function of a limited number is limited by the limits' results
		a = n.A
	}
	core, c := l.b.affine(l.b.Ref(a)) // a bias needs no adder of its own
	if !s.substitute(core, c) {
		core = Ref{ID: a}
	}
	if s.cost(lo, hi) > stepCost(lo, hi, f) || !s.fits(l.b.Bounds(core.ID)) {
		return l.steps(x, f)
	}
	y, z := f(lo), f(hi)
	return l.b.Clamp(l.b.AddC(l.b.scaled(core.ID, s), q.Zero), min(y, z), max(y, z))
}

// fits tells whether the products for x in [lo, hi] stay inside the arithmetic.
func (s *scaling) fits(lo, hi int64) bool {
	return Width(lo, hi)+Width(min(s.mul, 0), max(s.mul, 0)) < 62 && Width(min(s.add, 0), max(s.add, 0)) < 62
}

// threshold lowers the count of constants ≤ x.
func (l *lowering) threshold(t *ir.Threshold, x int32, channel int) int32 {
	row := t.Row(channel)
	return l.steps(x, func(x int64) int64 { return t.Base + countSteps(row, x) })
}

// countSteps counts the entries ≤ x of an ascending list.
func countSteps(steps []int64, x int64) int64 {
	lo, hi := 0, len(steps)
	for lo < hi {
		if mid := (lo + hi) / 2; steps[mid] <= x {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return int64(lo)
}

// scaling is floor((x·mul + add) / 2^shift), save that a multiple of 2^shift under the fraction bar gives the even one of the result
// and the number below it where even is set: then add holds half a step, and these are the ties.
type scaling struct {
	mul, add int64
	shift    int
	even     bool
}

// newScaling reduces a requantization to the smallest multiplier.
func newScaling(mul, add int64, shift int, r num.Rounding) scaling {
	for shift > 1 && mul&1 == 0 && add&1 == 0 {
		mul, add, shift = mul/2, add/2, shift-1
	}
	if shift == 0 {
		return scaling{mul: mul, add: add}
	}
	s := scaling{mul: mul, add: add + 1<<(shift-1), shift: shift}
	if ties := mul&1 == 1 || shift == 1 && add&1 == 1; r == num.HalfEven && ties {
		s.even = true
		return s
	}
	for s.shift > 0 && s.mul&1 == 0 {
		s.mul, s.add, s.shift = s.mul/2, s.add>>1, s.shift-1
	}
	return s
}

// substitute makes the scaling of x = core + c one of core's node; false, and nothing changed, where its constants would outgrow the
// arithmetic.
func (s *scaling) substitute(core Ref, c int64) bool {
	m := bits.Len64(uint64(max(s.mul, -s.mul)))
	if m+bits.Len64(uint64(max(c, -c))) > 60 || m+int(core.Shift) > 60 {
		return false
	}
	s.add += c * s.mul
	s.mul <<= core.Shift
	if core.Neg {
		s.mul = -s.mul
	}
	return true
}

// scaled makes the result of a scaling.
func (b *Builder) scaled(x int32, s scaling) int32 {
	y := b.Force(b.addConst(b.Scale(b.Ref(x), s.mul), s.add))
	if !s.even {
		return b.Shr(y, s.shift)
	}
	tie := b.Equal(b.Wrap(y, s.shift, false), b.Const(0))
	odd := b.Wrap(b.Shr(y, s.shift), 1, false)
	last := b.Mux(tie, b.Const(0), odd)
	return b.Force(b.Add(b.Ref(b.Shr(y, s.shift+1)).Times(1, false), b.Ref(last)))
}

// cost estimates the look-up tables of the scaling for x in [lo, hi]: adders as wide as their sums, rounding and saturation.
func (s *scaling) cost(lo, hi int64) float64 {
	w, m := Width(lo, hi), Width(min(s.mul, 0), max(s.mul, 0))
	adders := float64(weight(s.mul)-1) * 0.8 // sharing inside one constant saves about a fifth
	c := max(adders, 0) * float64(w+m/2)
	if s.add != 0 {
		c += float64(w+m) / 2
	}
	if s.even {
		c += float64(s.shift)/5 + 1
	}
	return c + 8
}

// stepCost estimates the look-up tables of steps for f over [lo, hi].
func stepCost(lo, hi int64, f func(int64) int64) float64 {
	y, z := f(lo), f(hi)
	t := tableCost(Width(0, hi-lo), Width(min(y, z), max(y, z)))
	s := math.Inf(1)
	if d := max(y, z) - min(y, z); d > 0 {
		s = searchCost(Width(lo, hi), Width(0, d))
	}
	return min(t, s)
}

// tableCost is the number of six-input look-up tables of a table with a-bit argument and r-bit result.
func tableCost(a, r int) float64 {
	if a <= 6 {
		return float64(r)
	}
	return float64(r) * math.Ldexp(1, a-6)
}

// searchCost is the number of six-input look-up tables of a search for an r-bit result in a w-bit argument: at each level a
// comparison with a constant that a table gives from the bits found so far.
func searchCost(w, r int) float64 {
	c := 0.0
	for k := range r {
		c += 0.75*float64(w) + tableCost(k, w)*float64(bit(k > 0))
	}
	return c
}
