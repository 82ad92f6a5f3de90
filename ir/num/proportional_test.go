package num_test

import (
	"math"
	"testing"

	"mlpc/ir/num"
)

// TestProportionalSmall compares with brute force.
func TestProportionalSmall(t *testing.T) {
	const width, maxShift = 4, 6
	found := map[num.Rounding]int{}
	none := 0
	smallSteps(func(s num.Steps) {
		for zero := int64(-2); zero <= 2; zero++ {
			least := int64(math.MaxInt64)
			for shift := maxShift; shift >= 0; shift-- {
				for mul := int64(1<<width - 1); mul >= 0; mul-- {
					for _, round := range []num.Rounding{num.HalfUp, num.HalfEven} {
						if s.Same(num.Line{Mul: mul, Shift: shift, Round: round, Zero: zero}.Value) {
							least = min(least, mul)
						}
					}
				}
			}
			l, ok := s.Proportional(zero, width)
			if !ok {
				none++
				if least < math.MaxInt64 {
					t.Fatalf("%+v, zero %d: none, search finds the multiplier %d", s, zero, least)
				}
				continue
			}
			found[l.Round]++
			checkLine(t, s, l)
			if l.Add != 0 || l.Zero != zero || l.Shift <= maxShift && bitsOf(l.Mul) > bitsOf(least) {
				t.Fatalf("%+v, zero %d: %+v, search finds the multiplier %d", s, zero, l, least)
			}
		}
	})
	if found[num.HalfUp] == 0 || found[num.HalfEven] == 0 || none == 0 {
		t.Errorf("half-up %d, half-even %d, none %d: a kind does not occur", found[num.HalfUp], found[num.HalfEven], none)
	}
}

// TestProportionalOfFloat32Rows holds it against Line, which has one more freedom, and against the plain form, which has none.
func TestProportionalOfFloat32Rows(t *testing.T) {
	r := random(t)
	const rows = 1000
	var proportional, lines, bits int
	for range rows {
		q := randomRow(r)
		zero := r.Int63n(256) - 128
		f := func(x int64) int64 { return q.at(x) + zero }
		s := num.FindSteps(f, -q.reach, r.Int63n(q.reach), -128, 127)
		_, isLine := s.Line(31)
		l, ok := s.Proportional(zero, 31)
		if ok {
			checkLine(t, s, l)
			proportional++
			bits += bitsOf(l.Mul)
		}
		if isLine {
			lines++
		}
		plain := num.Line{Mul: q.mul, Shift: q.shift, Round: num.HalfEven, Zero: zero}
		if !ok && s.Same(plain.Value) || ok && !isLine && l.Round == num.HalfUp {
			t.Fatalf("%+v: proportional %v, line %v", q, ok, isLine)
		}
	}
	t.Logf("of %d rows %d have a line, %d a proportional one; mean width of the multiplier %.1f bits", rows, lines, proportional, float64(bits)/float64(proportional))
	if proportional == 0 || proportional > lines {
		t.Errorf("%d rows are proportional, %d have a line", proportional, lines)
	}
}
