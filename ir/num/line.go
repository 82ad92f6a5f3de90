package num

import (
	"math/bits"
	"sort"
)

// Line is a scaling with rounding: x goes to Requant(x, Mul, Add, Shift, Round) + Zero.
type Line struct {
	Mul, Add int64
	Shift    int
	Round    Rounding // HalfUp or HalfEven
	Zero     int64
}

// Value is the line at x.
func (l Line) Value(x int64) int64 { return Requant(x, l.Mul, l.Add, l.Shift, l.Round) + l.Zero }

// As gives the same function with another rounding and Zero. It fails from HalfEven to HalfUp, and where both are HalfEven and the
// zeros differ by an odd number, as other ties would then be even. Add grows by the difference of the zeros times 2^Shift; from HalfUp
// to HalfEven all constants grow by one bit.
func (l Line) As(round Rounding, zero int64) (Line, bool) {
	if l.Round == HalfEven && (round != HalfEven || (l.Zero-zero)&1 != 0) {
		return Line{}, false
	}
	l.Add += (l.Zero - zero) << l.Shift
	l.Zero = zero
	if round != l.Round && l.Shift > 0 {
		// An odd sum never is a tie; the half unit that makes it odd does not reach the next integer.
		l.Mul, l.Add, l.Shift = 2*l.Mul, 2*l.Add+1, l.Shift+1
	}
	l.Round = round
	return l, true
}

// Align gives the lines of a layer's rows one rounding and the same zero: HalfUp where all have it, else HalfEven. It fails where
// ties of a row would change.
func Align(lines []Line, zero int64) ([]Line, bool) {
	round := HalfUp
	for _, l := range lines {
		round = max(round, l.Round)
	}
	aligned := make([]Line, len(lines))
	for c, l := range lines {
		a, ok := l.As(round, zero)
		if !ok {
			return nil, false
		}
		aligned[c] = a
	}
	return aligned, true
}

// Line finds a multiplication and shift that place exactly the steps of s, with the narrowest multiplier: clamped to the range of s,
// the line's Value is that of s for every x in [XLo, XHi]. It tells whether there is one with 0 ≤ Mul < 2^width, width ≤ 31.
// |x| < 2^40 and |value| < 2^17. All comparisons are exact. Zero is 0, or 1 where the even results of HalfEven must be the odd ones.
//
// A step at T to the value v asks that the straight line a·x + b, a = Mul/2^Shift, b = Add/2^Shift + 1/2, reach v at T and stay
// below v at T − 1: it must pass on or above one set of points and below another. Over the slope a, the room between the sets is
// concave. Its top tells whether a line can exist, and the multipliers to try for a given shift are the two beside the top. Where
// there is no room, HalfEven can still do it: the line runs through ties, and they must go the right ways.
func (s Steps) Line(width int) (Line, bool) {
	if s.Value(s.XLo) == s.Value(s.XHi) {
		return Line{Add: s.Value(s.XLo)}, true
	}
	c := s.corridor()
	top := c.top()
	if c.room(top.dv, top.dt) < 0 {
		return Line{}, false
	}
	// floor + rest/dt is the top times 2^shift. The first shift that fits has the narrowest multiplier: doubling one that fits gives
	// one that fits the next shift.
	floor, rest := top.dv/top.dt, top.dv%top.dt
	for shift := 0; floor < 1<<width; shift++ {
		for mul := max(floor, 1); mul <= floor+1 && c.holds(mul, shift, width); mul++ {
			if l, ok := c.line(mul, shift); ok {
				return l, true
			}
		}
		floor, rest = 2*floor+2*rest/top.dt, 2*rest%top.dt
	}
	return Line{}, false
}

// point is an x and a value.
type point struct{ t, v int64 }

// slope is a rise of dv over dt > 0.
type slope struct{ dv, dt int64 }

func slopeOf(p, q point) slope { return slope{q.v - p.v, q.t - p.t} }

func (a slope) less(b slope) bool { return a.dv*b.dt < b.dv*a.dt }

// corridor is what a line must pass between. Both sets ascend in t and v.
type corridor struct {
	over, under         []point // the line is at or above the points of over, and below those of under
	overHull, underHull []point // their corners that can touch a rising line
	reach, size         int64   // the largest |x| and |value|
}

// corridor gives the bounds of s, which has a step inside its interval. Steps that are passed at XLo bound the line there together,
// those that are not reached bound it at XHi.
func (s Steps) corridor() corridor {
	top := s.Base + int64(len(s.At))
	c := corridor{reach: max(-s.XLo, s.XHi), size: max(-s.Base, top) + 1}
	passed, reached := s.Value(s.XLo), s.Value(s.XHi)
	if passed > s.Base {
		c.over = append(c.over, point{s.XLo, passed})
	}
	for v := passed + 1; v <= reached; v++ {
		x := s.At[v-s.Base-1]
		c.over = append(c.over, point{x, v})
		c.under = append(c.under, point{x - 1, v})
	}
	if reached < s.Base+int64(len(s.At)) {
		c.under = append(c.under, point{s.XHi, reached + 1})
	}
	c.hulls()
	return c
}

// hulls finds the corners of both sets.
func (c *corridor) hulls() {
	for _, p := range c.over {
		for len(c.overHull) > 0 && c.overHull[len(c.overHull)-1].t == p.t {
			c.overHull = c.overHull[:len(c.overHull)-1]
		}
		for n := len(c.overHull); n > 1 && !slopeOf(c.overHull[n-1], p).less(slopeOf(c.overHull[n-2], c.overHull[n-1])); n-- {
			c.overHull = c.overHull[:n-1]
		}
		c.overHull = append(c.overHull, p)
	}
	for _, p := range c.under {
		if n := len(c.underHull); n > 0 && c.underHull[n-1].t == p.t {
			continue
		}
		for n := len(c.underHull); n > 1 && !slopeOf(c.underHull[n-2], c.underHull[n-1]).less(slopeOf(c.underHull[n-1], p)); n-- {
			c.underHull = c.underHull[:n-1]
		}
		c.underHull = append(c.underHull, p)
	}
}

// top gives a slope where the room is largest. From slope 0 up, the point of overHull that bounds the line moves from the last to
// the first, that of underHull from the first to the last; the room grows while the former is on the right of the latter.
func (c *corridor) top() slope {
	i, j := len(c.overHull)-1, 0
	var a slope
	for c.overHull[i].t > c.underHull[j].t {
		canOver, canUnder := i > 0, j < len(c.underHull)-1
		var over, under slope
		if canOver {
			over = slopeOf(c.overHull[i-1], c.overHull[i])
		}
		if canUnder {
			under = slopeOf(c.underHull[j], c.underHull[j+1])
		}
		switch {
		case canOver && (!canUnder || over.less(under)):
			a = over
			i--
		case canUnder:
			a = under
			j++
		default:
			// One jump and nothing else: every slope steeper than the jump will do.
			return slope{c.overHull[i].v - c.underHull[j].v + 1, 1}
		}
	}
	return a
}

// room is how far the bounds stand apart for the slope dv/dt, times dt.
func (c *corridor) room(dv, dt int64) int64 {
	low, high := c.offsets(dv, dt)
	return high - low
}

// offsets gives the bounds of b·dt for lines (dv·x + b·dt)/dt: b·dt is at least low, and below high.
func (c *corridor) offsets(dv, dt int64) (low, high int64) {
	for i, p := range c.overHull {
		if o := p.v*dt - dv*p.t; i == 0 || o > low {
			low = o
		}
	}
	for i, p := range c.underHull {
		if o := p.v*dt - dv*p.t; i == 0 || o < high {
			high = o
		}
	}
	return low, high
}

// line gives a line with the given multiplier and shift. At shift 0, where many multipliers may fit, it takes the least.
func (c *corridor) line(mul int64, shift int) (Line, bool) {
	switch room := c.room(mul, 1<<shift); {
	case room < 0 || room == 0 && shift == 0:
		return Line{}, false
	case room == 0:
		return c.halfEven(mul, shift)
	case shift == 0:
		mul = 1 + int64(sort.Search(int(mul-1), func(m int) bool { return c.room(1+int64(m), 1) > 0 }))
	}
	low, high := c.offsets(mul, 1<<shift)
	half := int64(1) << shift >> 1
	return Line{Mul: mul, Add: roundest(low-half, high-1-half), Shift: shift, Round: HalfUp}, true
}

// halfEven gives a line that leaves no room: bounding points of both sets lie on it, as ties, and each must go the right way.
func (c *corridor) halfEven(mul int64, shift int) (Line, bool) {
	half := int64(1) << shift >> 1
	for zero := range int64(2) {
		low, high := int64(-1<<62), int64(1<<62)
		for _, p := range c.over {
			v := p.v - zero
			low = max(low, v<<shift-half-mul*p.t+v&1) // a tie below an odd number stays down
		}
		for _, p := range c.under {
			v := p.v - zero
			high = min(high, v<<shift-half-mul*p.t-1+v&1) // a tie below an even number goes up
		}
		if low <= high {
			return Line{Mul: mul, Add: roundest(low, high), Shift: shift, Round: HalfEven, Zero: zero}, true
		}
	}
	return Line{}, false
}

// holds tells whether a multiplier and shift leave all sums within the 62 bits of Requant.
func (c *corridor) holds(mul int64, shift, width int) bool {
	return mul < 1<<width && bits.Len64(uint64(mul))+bits.Len64(uint64(c.reach)) <= 59 && shift+bits.Len64(uint64(c.size)) <= 59
}

// roundest gives the integer of [low, high] with the most trailing zeros, and of those the smallest: the cheapest to add. Both are
// below 2^62 in size.
func roundest(low, high int64) int64 {
	for k := 62; k > 0; k-- {
		switch m := (low + 1<<k - 1) >> k << k; {
		case m > high:
		case high < 0:
			return high >> k << k
		default:
			return m
		}
	}
	return low
}
