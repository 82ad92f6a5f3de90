package cc

import (
	"math"

	"mlpc/ir"
	"mlpc/ir/num"
)

// scaling is how a kernel turns the sums of a layer's rows into results; a form that is nil does not exist. Both forms give the
// bits of the layer's requant for every sum that can occur.
type scaling struct {
	float []float32 // one for each row: rint(sum · float) + zero
	zero  int64
	lines []line // one for each row
	down  int    // bits that lines are shifted down beyond 32
}

// line is (sum·mul + add) / 2^(32+down), rounded down.
type line struct{ mul, add int64 }

// requantRow is the requant of one row: its function, and the sums that occur.
type requantRow struct {
	q      *ir.Requant
	c      int
	lo, hi int64
}

// at is the result for a sum.
func (r requantRow) at(x int64) int64 { return num.Clamp(r.free(x), r.q.Lo, r.q.Hi) }

// free is the result for a sum without the limits.
func (r requantRow) free(x int64) int64 {
	mul, add, shift := r.q.At(r.c)
	return num.Requant(x, mul, add, shift, r.q.Round) + r.q.Zero
}

// scalingOf finds the forms of a requant whose channel c is applied to sums in the interval rows[c].
func scalingOf(rows []requantRow) scaling {
	var s scaling
	q := rows[0].q
	for _, r := range rows {
		if mul, _, _ := q.At(r.c); mul < 0 || r.lo > r.hi {
			return s
		}
	}
	steps := make([]num.Steps, len(rows))
	for c, r := range rows {
		steps[c] = num.FindSteps(r.at, r.lo, r.hi, q.Lo, q.Hi)
	}
	s.zero = q.Zero
	if q.Round != num.Float32 {
		s.zero = rows[0].free(0)
	}
	s.float = floats(rows, steps, s.zero)
	s.lines, s.down = lines(rows, steps)
	return s
}

// floats finds a float for each row, or gives nil.
func floats(rows []requantRow, steps []num.Steps, zero int64) []float32 {
	const exact = 1 << 24 // sums up to here are floats
	list := make([]float32, len(rows))
	for c, r := range rows {
		if r.lo <= -exact || r.hi >= exact {
			return nil
		}
		if mul, _, shift := r.q.At(c); r.q.Round == num.Float32 {
			list[c] = floatScale(mul, shift)
			continue
		}
		f, ok := floatLike(steps[c], zero, r.q)
		if !ok {
			return nil
		}
		list[c] = f
	}
	return list
}

// floatLike finds a float that scales to exactly the given steps, with the value zero at 0. The steps bound its real value from
// both sides; it is sought in the middle.
func floatLike(s num.Steps, zero int64, q *ir.Requant) (float32, bool) {
	lo, hi := 0.0, math.Inf(1)
	for k, x := range s.At {
		level := float64(s.Base+int64(k)+1-zero) - 0.5 // sums from x on reach the level, those before x do not
		bound := func(x int64, reached bool) {
			if x < s.XLo || x > s.XHi || x == 0 {
				return
			}
			if f := level / float64(x); (x > 0) == reached {
				lo = max(lo, f)
			} else {
				hi = min(hi, f)
			}
		}
		bound(x, true)
		bound(x-1, false)
	}
	if math.IsInf(hi, 1) {
		hi = 2 * lo
	}
	middle := float32((lo + hi) / 2)
	const tries = 12
	up, down := middle, middle
	for range tries {
		for _, f := range []float32{up, down} {
			mul, shift, ok := num.FromFloat32(f)
			if ok && s.Same(func(x int64) int64 { return num.Requant(x, mul, 0, shift, num.Float32) + zero }) {
				return f, true
			}
		}
		up, down = math.Nextafter32(up, math.MaxFloat32), math.Nextafter32(down, 0)
	}
	return 0, false
}

// halfUp is a half-up requant of one row: (sum·mul + add + 2^shift/2) / 2^shift, rounded down.
type halfUp struct {
	mul, add int64
	shift    int
}

// lines finds a line for each row, or gives nil: the requant's own multipliers where they can share one shift, else the narrowest
// ones with the same steps.
func lines(rows []requantRow, steps []num.Steps) (list []line, down int) {
	if q := rows[0].q; q.Round == num.HalfUp {
		own := make([]halfUp, len(rows))
		for c, r := range rows {
			mul, add, shift := q.At(r.c)
			own[c] = halfUp{mul, add + q.Zero<<shift, shift}
		}
		if list, down := aligned(rows, own); list != nil {
			return list, down
		}
	}
	found := make([]halfUp, len(rows))
	for c := range rows {
		l, ok := steps[c].Line(31)
		if !ok || l.Round != num.HalfUp {
			return nil, 0
		}
		found[c] = halfUp{l.Mul, l.Add + l.Zero<<l.Shift, l.Shift}
	}
	return aligned(rows, found)
}

// aligned brings the rows to one shift, 32 or more, or gives nil where multipliers or products grow too wide.
func aligned(rows []requantRow, found []halfUp) (list []line, down int) {
	for _, f := range found {
		down = max(down, f.shift-32)
	}
	list = make([]line, len(rows))
	for c, f := range found {
		up := 32 + down - f.shift
		mul, add := f.mul<<up, (f.add+1<<f.shift>>1)<<up
		size := max(-rows[c].lo, rows[c].hi)
		if !fits32(mul, mul) || mul>>up != f.mul || math.Abs(float64(f.add))*math.Exp2(float64(up)) > 1<<61 || float64(size)*float64(mul) > 1<<61 {
			return nil, 0
		}
		list[c] = line{mul, add}
	}
	return list, down
}

// same tells whether all entries are equal.
func same[T comparable](xs []T) bool {
	for _, x := range xs {
		if x != xs[0] {
			return false
		}
	}
	return true
}
