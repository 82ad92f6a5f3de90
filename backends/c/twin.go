package cc

import (
	"math"
	"math/bits"
	"slices"

	"mlpc/ir"
	"mlpc/ir/num"
)

// scaling is how a kernel turns the sums of a layer's rows into results; a form that is nil does not exist. Both forms give the
// bits of the layer's requant for every sum that can occur.
type scaling struct {
	float []float32 // one for each row: rint(sum · float) + zero
	zero  int64
	lines []line // one for each row
	steps []num.Steps
	high  *highScaling
	down  int    // bits that lines are shifted down beyond 32
	one   []bool // rows with one result: their sums may be taken for the least one
	up    bool   // the requant's own multipliers and shifts, half up, do
}

// line is (sum·mul + add) / 2^(32+down), rounded down, less one at the sums in fixes.
type line struct {
	mul, add int64
	fixes    []int64 // the same number in all rows; a sum that does not occur fills up
}

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
	s.steps, s.zero = steps, q.Zero
	if q.Round != num.Float32 {
		s.zero = rows[0].free(0)
	}
	s.one = make([]bool, len(rows))
	for c := range rows {
		s.one[c] = steps[c].Value(rows[c].lo) == steps[c].Value(rows[c].hi)
	}
	s.float, s.high = s.floats(rows, steps), highScalingOf(rows)
	if len(q.Mul) <= 1 && len(q.Add) <= 1 && len(q.Shift) <= 1 {
		s.commonLines(rows)
	}
	if s.lines == nil {
		s.findLines(rows, steps)
	}
	return s
}

// wideScaling is scalingOf for results of 16 bits, whose steps are too many to be found: the requant's own lines, or its own
// multipliers and shifts.
func wideScaling(rows []requantRow) scaling {
	var s scaling
	q := rows[0].q
	if q.Round != num.HalfUp {
		return s
	}
	own := make([]halfUp, len(rows))
	s.high = highScalingOf(rows)
	s.up = q.Zero >= math.MinInt16 && q.Zero <= math.MaxInt16
	for c, r := range rows {
		mul, add, shift := q.At(r.c)
		size := float64(max(-r.lo, r.hi)) * float64(mul)
		if mul < 0 || r.lo > r.hi || shift > 62 || !fits32(mul, mul) {
			return scaling{}
		}
		own[c] = halfUp{mul, add + q.Zero<<shift, shift}
		s.up = s.up && add == 0 && size < 1<<61 && math.Ldexp(size, -shift) < 1<<30
	}
	s.lines, s.down = aligned(rows, own)
	return s
}

// floats finds a float for each row, the same one where the requant has one scale, or gives nil.
func (s *scaling) floats(rows []requantRow, steps []num.Steps) []float32 {
	const exact = 1 << 24 // sums up to here are floats
	list := make([]float32, len(rows))
	q := rows[0].q
	common := math.NaN()
	if len(q.Mul) == 1 && len(q.Shift) == 1 && q.Round != num.Float32 {
		common = s.commonFloat(steps)
	}
	for c, r := range rows {
		if r.lo <= -exact || r.hi >= exact {
			return nil
		}
		mul, _, shift := q.At(c)
		f, ok := float32(common), !math.IsNaN(common)
		switch {
		case q.Round == num.Float32:
			f, ok = floatScale(mul, shift), true
		case s.one[c]:
			if !ok {
				f = floatScale(mul, shift)
			}
			if y := r.at(r.lo); !scalesTo(f, r.lo, s.zero, q, y) && r.lo != 0 {
				f = float32(float64(y-s.zero) / float64(r.lo))
			}
			ok = scalesTo(f, r.lo, s.zero, q, r.at(r.lo))
		case !ok:
			f, ok = floatLike(steps[c:c+1], s.zero)
		}
		if !ok {
			return nil
		}
		list[c] = f
	}
	return list
}

// findLines finds a line for each row, with fixes where there is none without.
func (s *scaling) findLines(rows []requantRow, steps []num.Steps) {
	if s.lines, s.down = lines(rows, steps); s.lines == nil {
		s.lines, s.down = fixedLines(rows, steps)
	}
}

// commonLines finds one line for all sums of all rows, which have the same requant.
func (s *scaling) commonLines(rows []requantRow) {
	all := rows[0]
	for _, r := range rows {
		all.lo, all.hi = min(all.lo, r.lo), max(all.hi, r.hi)
	}
	s.findLines([]requantRow{all}, []num.Steps{num.FindSteps(all.at, all.lo, all.hi, all.q.Lo, all.q.Hi)})
	if s.lines != nil {
		s.lines = slices.Repeat(s.lines, len(rows))
	}
}

// commonFloat finds one float for all rows that have more than one result; NaN: there is none.
func (s *scaling) commonFloat(steps []num.Steps) float64 {
	var several []num.Steps
	for c := range steps {
		if !s.one[c] {
			several = append(several, steps[c])
		}
	}
	if f, ok := floatLike(several, s.zero); ok {
		return float64(f)
	}
	return math.NaN()
}

// scalesTo tells whether a float scales a sum to y.
func scalesTo(f float32, sum, zero int64, q *ir.Requant, y int64) bool {
	mul, shift, ok := num.FromFloat32(f)
	if f == 0 {
		mul, shift, ok = 0, 1, true
	}
	return ok && num.Clamp(num.Requant(sum, mul, 0, shift, num.Float32)+zero, q.Lo, q.Hi) == y
}

// floatLike finds a float that scales to exactly the given steps of rows, with the value zero at 0. The steps bound its real value
// from both sides; it is sought in the middle.
func floatLike(rows []num.Steps, zero int64) (float32, bool) {
	lo, hi := 0.0, math.Inf(1)
	for _, s := range rows {
		l, h := floatBounds(s, zero)
		lo, hi = max(lo, l), min(hi, h)
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
			if ok && !slices.ContainsFunc(rows, func(s num.Steps) bool {
				return !s.Same(func(x int64) int64 { return num.Requant(x, mul, 0, shift, num.Float32) + zero })
			}) {
				return f, true
			}
		}
		up, down = math.Nextafter32(up, math.MaxFloat32), math.Nextafter32(down, 0)
	}
	return 0, false
}

// floatBounds gives the interval of the scales that place the steps of a row.
func floatBounds(s num.Steps, zero int64) (lo, hi float64) {
	hi = math.Inf(1)
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
	return lo, hi
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
		list[c] = line{mul: mul, add: add}
	}
	return list, down
}

// mostFixes is how many sums of a row a kernel can treat apart.
const mostFixes = 2

// fixedLines finds lines for a float32 requant with few sums at which the float's rounding to a tie lowers the result, or gives nil. The
// line of a row for which there is no better one counts every product that could be rounded up to a tie as reaching it.
func fixedLines(rows []requantRow, steps []num.Steps) (list []line, down int) {
	if rows[0].q.Round != num.Float32 {
		return nil, 0
	}
	own := make([]halfUp, len(rows))
	for c, r := range rows {
		if l, ok := steps[c].Line(31); ok && l.Round == num.HalfUp {
			own[c] = halfUp{l.Mul, l.Add + l.Zero<<l.Shift, l.Shift}
			continue
		}
		mul, _, shift := r.q.At(r.c)
		up := 24 - bits.Len64(uint64(mul))
		mul, shift = mul<<up, shift+up
		if shift > 48 || shift < 26 { // a result of 2^8 has half a unit of its 24th bit 2^-17 off a tie
			return nil, 0
		}
		own[c] = halfUp{mul, r.q.Zero<<shift + 1<<shift>>17, shift}
	}
	if list, down = aligned(rows, own); list == nil {
		return nil, 0
	}
	most := 0
	for c, r := range rows {
		list[c].fixes = fixes(r, list[c], down)
		if list[c].fixes == nil {
			return nil, 0
		}
		most = max(most, len(list[c].fixes))
	}
	for c := range list {
		for len(list[c].fixes) < most || len(list[c].fixes) == 0 {
			list[c].fixes = append(list[c].fixes, math.MinInt32)
		}
	}
	return list, down
}

// fixes lists the sums at which a line gives one more than a row's requant; nil: they are too many, or it differs otherwise.
func fixes(r requantRow, l line, down int) []int64 {
	f := func(x int64) int64 { return num.Clamp((x*l.mul+l.add)>>(32+down), r.q.Lo, r.q.Hi) }
	want, have := num.FindSteps(r.at, r.lo, r.hi, r.q.Lo, r.q.Hi), num.FindSteps(f, r.lo, r.hi, r.q.Lo, r.q.Hi)
	list := []int64{}
	for k, x := range want.At {
		for y := have.At[k]; y < x; y++ {
			if len(list) == mostFixes {
				return nil
			}
			list = append(list, y)
		}
		if have.At[k] > x {
			return nil
		}
	}
	return list
}

// sameLines tells whether all lines are equal.
func sameLines(list []line) bool {
	return !slices.ContainsFunc(list, func(l line) bool {
		return l.mul != list[0].mul || l.add != list[0].add || !slices.Equal(l.fixes, list[0].fixes)
	})
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
