package num

// Proportional finds a multiplication and shift without addition that place exactly the steps of s: x goes to
// Requant(x, Mul, 0, Shift, Round) + zero, clamped to the range of s. Of HalfUp and HalfEven and of all multipliers that fit it takes
// the narrowest, HalfUp first. It tells whether there is one with 0 ≤ Mul < 2^width, width ≤ 31; |x| < 2^40, |value − zero| < 2^17.
//
// Without an addition every step bounds the slope Mul/2^Shift alone: the line reaches value v, v − zero − 1/2 above the origin, not
// after T and after T − 1. So the slopes that fit are an interval, and the first shift that puts an integer into it is the best.
func (s Steps) Proportional(zero int64, width int) (Line, bool) {
	c := s.corridor()
	up, upFits := c.slopes(zero, HalfUp).narrowest(width)
	even, evenFits := c.slopes(zero, HalfEven).narrowest(width)
	l := Line{Mul: up.mul, Shift: up.shift, Round: HalfUp, Zero: zero}
	if !upFits || evenFits && even.shift < up.shift {
		l = Line{Mul: even.mul, Shift: even.shift, Round: HalfEven, Zero: zero}
	}
	return l, (upFits || evenFits) && c.holds(l.Mul, l.Shift, width)
}

// bound is an end of an interval of slopes; dt > 0.
type bound struct {
	slope
	open bool
}

// slopes is an interval of slopes; an end with dt = 0 is missing.
type slopes struct{ low, high bound }

// slopes gives the slopes of lines through the origin, lifted by zero, that pass the corridor under a rounding.
func (c *corridor) slopes(zero int64, round Rounding) slopes {
	s := slopes{low: bound{slope: slope{0, 1}}}
	for _, p := range c.over {
		// HalfEven leaves a tie below an odd number.
		h := 2*(p.v-zero) - 1
		s.limit(h, 2*p.t, round == HalfEven && (p.v-zero)&1 != 0)
	}
	for _, p := range c.under {
		// Below: the mirror image of above.
		h := 2*(p.v-zero) - 1
		s.limit(-h, -2*p.t, round == HalfUp || (p.v-zero)&1 == 0)
	}
	return s
}

// limit asks that slope·t ≥ h, or > h where open.
func (s *slopes) limit(h, t int64, open bool) {
	switch {
	case t > 0:
		if b := (bound{slope{h, t}, open}); s.low.less(b.slope) || !b.less(s.low.slope) && open {
			s.low = b
		}
	case t < 0:
		if b := (bound{slope{-h, -t}, open}); s.high.dt == 0 || b.less(s.high.slope) || !s.high.less(b.slope) && open {
			s.high = b
		}
	case h > 0 || h == 0 && open:
		s.high = bound{slope{-1, 1}, true} // nothing fits
	}
}

// dyadic is the slope mul/2^shift.
type dyadic struct {
	mul   int64
	shift int
}

// narrowest gives the dyadic slope of the interval with the least shift, and of these the least multiplier.
func (s slopes) narrowest(width int) (dyadic, bool) {
	low, high := digits{s.low.dv / s.low.dt, s.low.dv % s.low.dt, s.low.dt}, digits{}
	if s.high.dt != 0 {
		if s.high.dv < 0 {
			return dyadic{}, false
		}
		high = digits{s.high.dv / s.high.dt, s.high.dv % s.high.dt, s.high.dt}
	}
	for shift := 0; low.whole < 1<<width && shift <= 62; shift++ {
		mul := low.whole
		if low.rest > 0 || s.low.open {
			mul++
		}
		if s.high.dt == 0 || mul < high.whole || mul == high.whole && (high.rest > 0 || !s.high.open) {
			return dyadic{mul, shift}, mul < 1<<width
		}
		low.double()
		high.double()
	}
	return dyadic{}, false
}

// digits is a number whole + rest/dt ≥ 0, for reading its binary digits off.
type digits struct{ whole, rest, dt int64 }

func (d *digits) double() {
	d.whole *= 2
	d.rest *= 2
	if d.rest >= d.dt {
		d.whole++
		d.rest -= d.dt
	}
}
