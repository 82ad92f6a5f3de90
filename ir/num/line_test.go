package num_test

import (
	"math"
	"testing"

	"mlpc/ir/num"
)

// checkLine demands that a line, clamped, is s at every x that can matter: all of a small interval, else both sides of each step.
func checkLine(t *testing.T, s num.Steps, l num.Line) {
	t.Helper()
	top := s.Base + int64(len(s.At))
	clamped := func(x int64) int64 { return num.Clamp(l.Value(x), s.Base, top) }
	if !s.Same(l.Value) {
		t.Fatalf("%+v does not have the steps of %+v", l, s)
	}
	if s.XHi-s.XLo < 1000 {
		for x := s.XLo; x <= s.XHi; x++ {
			if clamped(x) != s.Value(x) {
				t.Fatalf("%+v gives %d at %d, the steps %+v give %d", l, clamped(x), x, s, s.Value(x))
			}
		}
	}
}

// checkAs demands that a line with another rounding and zero is the same function.
func checkAs(t *testing.T, s num.Steps, l num.Line) {
	t.Helper()
	for _, round := range []num.Rounding{num.HalfUp, num.HalfEven} {
		for zero := int64(-3); zero <= 3; zero++ {
			other, ok := l.As(round, zero)
			if want := l.Round == num.HalfUp || round == num.HalfEven && (l.Zero-zero)%2 == 0; ok != want {
				t.Fatalf("%+v as %v with zero %d: %v, want %v", l, round, zero, ok, want)
			}
			if !ok {
				continue
			}
			if other.Round != round || other.Zero != zero {
				t.Fatalf("%+v as %v with zero %d gives %+v", l, round, zero, other)
			}
			for x := s.XLo; x <= s.XHi; x++ {
				if other.Value(x) != l.Value(x) {
					t.Fatalf("%+v gives %d at %d, its other form %+v %d", l, l.Value(x), x, other, other.Value(x))
				}
			}
		}
	}
}

func TestAlign(t *testing.T) {
	up := num.Line{Mul: 3, Add: 1, Shift: 2, Round: num.HalfUp}
	even := num.Line{Mul: 1, Shift: 3, Round: num.HalfEven, Zero: 4}
	odd := num.Line{Mul: 1, Shift: 3, Round: num.HalfEven, Zero: 5}
	for _, c := range []struct {
		lines []num.Line
		round num.Rounding
		ok    bool
	}{
		{[]num.Line{up, up}, num.HalfUp, true},
		{[]num.Line{up, even}, num.HalfEven, true},
		{[]num.Line{even, even}, num.HalfEven, true},
		{[]num.Line{even, odd}, 0, false},
		{nil, num.HalfUp, true},
	} {
		got, ok := num.Align(c.lines, 2)
		if ok != c.ok || ok && len(got) != len(c.lines) {
			t.Fatalf("%+v: %+v %v", c.lines, got, ok)
		}
		for i, l := range got {
			if l.Round != c.round || l.Zero != 2 {
				t.Errorf("%+v becomes %+v", c.lines[i], l)
			}
		}
	}
}

// exists searches all multipliers below 2^width, shifts to maxShift and sensible additions for a line with the steps of s.
func exists(s num.Steps, width, maxShift int, round num.Rounding) (mul int64, ok bool) {
	best := int64(math.MaxInt64)
	for shift := 0; shift <= maxShift; shift++ {
		for mul := int64(0); mul < 1<<width && mul < best; mul++ {
			far := mul*max(-s.XLo, s.XHi) + 12<<shift
			for add := -far; add <= far; add++ {
				for zero := int64(0); zero <= 1; zero++ {
					l := num.Line{Mul: mul, Add: add, Shift: shift, Round: round, Zero: zero}
					if mul < best && s.Same(l.Value) {
						best = mul
					}
				}
			}
		}
	}
	return best, best < math.MaxInt64
}

// smallSteps visits all step functions of two to four values on an interval of seven integers.
func smallSteps(visit func(num.Steps)) {
	const xlo, xhi = -3, 3
	var extend func(at []int64, base int64, n int)
	extend = func(at []int64, base int64, n int) {
		if len(at) == n {
			visit(num.Steps{XLo: xlo, XHi: xhi, Base: base, At: at})
			return
		}
		from := int64(xlo)
		if len(at) > 0 {
			from = at[len(at)-1]
		}
		for x := from; x <= xhi+1; x++ {
			extend(append(at, x), base, n)
		}
	}
	for n := 1; n <= 3; n++ {
		for base := int64(-2); base <= 1; base++ {
			extend(nil, base, n)
		}
	}
}

// TestLineSmall compares with brute force.
func TestLineSmall(t *testing.T) {
	const width = 3
	found := map[num.Rounding]int{}
	none := 0
	smallSteps(func(s num.Steps) {
		l, ok := s.Line(width)
		if ok {
			checkLine(t, s, l)
			checkAs(t, s, l)
			found[l.Round]++
		} else {
			none++
		}
		up, upOK := exists(s, width, 3, num.HalfUp)
		even, evenOK := exists(s, width, 3, num.HalfEven)
		if ok != (upOK || evenOK) {
			t.Fatalf("%+v: line %+v %v, search half-up %v, half-even %v", s, l, ok, upOK, evenOK)
		}
		if least := min(up, even); ok && l.Mul > 1<<bitsOf(least)-1 {
			t.Fatalf("%+v: line %+v, search finds the multiplier %d", s, l, least)
		}
	})
	if found[num.HalfUp] == 0 || found[num.HalfEven] == 0 || none == 0 {
		t.Errorf("half-up %d, half-even %d, none %d: a kind does not occur", found[num.HalfUp], found[num.HalfEven], none)
	}
	t.Logf("half-up %d, half-even %d, none %d", found[num.HalfUp], found[num.HalfEven], none)
}

func bitsOf(x int64) int {
	n := 0
	for ; x > 0; x >>= 1 {
		n++
	}
	return n
}

// TestLineOfFloat32Rows takes requantizers as ONNX Runtime computes them. Most have a line; where there is none, the plain
// form of the same scale must miss as well.
func TestLineOfFloat32Rows(t *testing.T) {
	r := random(t)
	const rows = 2000
	var plain, tuned, none, bits int
	for range rows {
		q := randomRow(r)
		s := num.FindSteps(q.at, -q.reach, q.reach, -128, 127)
		isPlain := false
		for _, round := range []num.Rounding{num.HalfUp, num.HalfEven} {
			if s.Same(num.Line{Mul: q.mul, Shift: q.shift, Round: round}.Value) {
				isPlain = true
			}
		}
		l, ok := s.Line(31)
		switch {
		case ok:
			checkLine(t, s, l)
			bits += bitsOf(l.Mul)
			if isPlain {
				plain++
			} else {
				tuned++
			}
		case isPlain:
			t.Fatalf("%+v: the plain form fits, and no line is found", q)
		default:
			none++
		}
	}
	t.Logf("of %d rows %d have the plain form, %d another line, %d none; mean width of the multiplier %.1f bits", rows, plain, tuned, none, float64(bits)/float64(plain+tuned))
	if plain == 0 || tuned == 0 {
		t.Error("a kind does not occur")
	}
}

// TestLineOfTies has power-of-two scales, full of ties, in both roundings and with odd and even offsets.
func TestLineOfTies(t *testing.T) {
	for shift := 1; shift <= 8; shift++ {
		for _, round := range []num.Rounding{num.HalfUp, num.HalfEven} {
			for zero := int64(-3); zero <= 3; zero++ {
				f := func(x int64) int64 { return num.Requant(x, 1, 0, shift, round) + zero }
				s := num.FindSteps(f, -40<<shift, 40<<shift, -16, 15)
				l, ok := s.Line(31)
				if !ok {
					t.Fatalf("%v shift %d zero %d: no line", round, shift, zero)
				}
				checkLine(t, s, l)
				if l.Mul != 1 {
					t.Errorf("%v shift %d zero %d: multiplier %d", round, shift, zero, l.Mul)
				}
			}
		}
	}
}

func TestLineOfConstant(t *testing.T) {
	for _, at := range []int64{-10, -9, 11, 12} {
		s := num.Steps{XLo: -10, XHi: 10, Base: 5, At: []int64{at}}
		if at == -9 {
			s.XLo = -9
		}
		l, ok := s.Line(8)
		if !ok || l.Mul != 0 {
			t.Errorf("%+v: %+v %v", s, l, ok)
		}
		checkLine(t, s, l)
	}
}

func BenchmarkLine(b *testing.B) {
	q := row{mul: 12345679, shift: 34, reach: 784 * 127 * 127}
	for b.Loop() {
		s := num.FindSteps(q.at, -q.reach, q.reach, -128, 127)
		s.Line(31)
	}
}
