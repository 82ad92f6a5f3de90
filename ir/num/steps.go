package num

import (
	"slices"
	"sort"
)

// Steps is a non-decreasing function from the integers of [XLo, XHi] to [Base, Base + len(At)]: at x it is Base plus the number of
// entries of At that are ≤ x. At ascends; it repeats an entry where the function jumps by more than one, entries of XLo are passed
// before the first x, entries of XHi+1 are never reached.
type Steps struct {
	XLo, XHi int64
	Base     int64
	At       []int64
}

// Value is the function at x.
func (s Steps) Value(x int64) int64 {
	return s.Base + int64(sort.Search(len(s.At), func(k int) bool { return s.At[k] > x }))
}

// FindSteps gives the steps of clamp(f, lo, hi) on [xlo, xhi] for a non-decreasing f: hi − lo of them. It calls f a few times a
// step where the steps are evenly spaced, and never more than twice the bits of the interval.
func FindSteps(f func(int64) int64, xlo, xhi, lo, hi int64) Steps {
	s := Steps{XLo: xlo, XHi: xhi, Base: lo, At: make([]int64, 0, hi-lo)}
	// at is where the last step was found, gap the distance from the one before it.
	at, gap := xlo, int64(0)
	for want := lo + 1; want <= hi; want++ {
		next := firstAtLeast(f, want, at, xhi, gap)
		gap = next - at
		at = next
		s.At = append(s.At, at)
		if at > xhi {
			for len(s.At) < cap(s.At) {
				s.At = append(s.At, at)
			}
			break
		}
	}
	return s
}

// firstAtLeast gives the least x in [from, to] with f(x) ≥ want, or to + 1, looking first around from + gap. f is non-decreasing.
func firstAtLeast(f func(int64) int64, want, from, to, gap int64) int64 {
	reaches := func(x int64) bool { return f(x) >= want }
	// below never reaches, above does or is past the end; each probe doubles the distance from the guess. Distances need all 64 bits.
	below, above := from-1, to+1
	distance := func() uint64 { return uint64(above) - uint64(below) }
	guess := min(max(from+gap, from), to)
	if reaches(guess) {
		above = guess
		for width := int64(1); width > 0 && uint64(width) < distance(); width *= 2 {
			if !reaches(above - width) {
				below = above - width
				break
			}
			above -= width
		}
	} else {
		below = guess
		for width := int64(1); width > 0 && uint64(width) < distance(); width *= 2 {
			if reaches(below + width) {
				above = below + width
				break
			}
			below += width
		}
	}
	for distance() > 1 {
		mid := below + int64(distance()/2)
		if reaches(mid) {
			above = mid
		} else {
			below = mid
		}
	}
	return above
}

// Same tells whether a non-decreasing f, clamped to the range of s, has exactly the steps of s. It looks at both sides of each step.
func (s Steps) Same(f func(int64) int64) bool {
	for k, x := range s.At {
		v := s.Base + int64(k) + 1
		if x <= s.XHi && f(x) < v || x > s.XLo && f(x-1) >= v {
			return false
		}
	}
	return true
}

// Equal compares two step functions.
func (s Steps) Equal(t Steps) bool {
	return s.XLo == t.XLo && s.XHi == t.XHi && s.Base == t.Base && slices.Equal(s.At, t.At)
}
