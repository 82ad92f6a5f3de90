package ir

import (
	"cmp"
	"fmt"
	"math"
	"math/bits"
	"slices"

	"mlpc/ir/num"
)

// Interval bounds the integers of a value, element by element: one entry for all, or one for each element.
type Interval struct{ Lo, Hi []int64 }

// At gives the bounds of element i.
func (r Interval) At(i int) (lo, hi int64) {
	if len(r.Lo) == 1 {
		return r.Lo[0], r.Hi[0]
	}
	return r.Lo[i], r.Hi[i]
}

// Bounds gives the bounds over all elements; (0, 0) when there is none.
func (r Interval) Bounds() (lo, hi int64) {
	if len(r.Lo) == 0 {
		return 0, 0
	}
	return slices.Min(r.Lo), slices.Max(r.Hi)
}

func uniform(lo, hi int64) Interval { return Interval{[]int64{lo}, []int64{hi}} }

func newInterval(n int) Interval { return Interval{make([]int64, n), make([]int64, n)} }

// limit keeps every intermediate of the interval arithmetic, and of running, inside int64.
const limit = 1 << 62

var errWide = fmt.Errorf("the value may exceed 62 bits")

// Ranges gives the interval of every value of an integer graph, indexed by ID: exact for each element where the op is monotone in
// each argument and the arguments are independent. Inputs range over their type, or over their lo and hi.
func Ranges(g *Graph) ([]Interval, error) {
	rs := make([]Interval, len(g.Values))
	for _, v := range g.Values {
		a := make([]Interval, len(v.Args))
		for i, arg := range v.Args {
			a[i] = rs[arg.ID]
		}
		r, err := valueRange(v, a)
		if err != nil {
			return nil, fmt.Errorf("%%%d %s: %w", v.ID, v.Op, err)
		}
		rs[v.ID] = r
	}
	return rs, nil
}

func valueRange(v *Value, a []Interval) (Interval, error) {
	if f := ops[v.Op].ranges; f != nil {
		return f(v, a)
	}
	return uniform(v.Type.Elem.Range()), nil
}

// remembered gives the interval of v, computed once from those of its arguments; the widest one where the arithmetic fails.
func (v *Value) remembered() Interval {
	if v.interval == nil {
		a := make([]Interval, len(v.Args))
		for i, arg := range v.Args {
			a[i] = arg.remembered()
		}
		r, err := valueRange(v, a)
		if err != nil {
			r = uniform(-limit, limit-1)
		}
		v.interval = &r
	}
	return *v.interval
}

func rangeInput(v *Value, _ []Interval) (Interval, error) {
	if in := v.Attr.(*Input); len(in.Lo) <= 1 && len(in.Hi) <= 1 {
		return uniform(v.InputRange()), nil
	}
	n := v.Type.Size()
	r := Interval{make([]int64, n), make([]int64, n)}
	for i := range n {
		r.Lo[i], r.Hi[i] = v.InputRangeAt(i)
	}
	return r, nil
}

func rangeConst(v *Value, _ []Interval) (Interval, error) {
	d := v.Attr.(*Data)
	return Interval{d.Ints, d.Ints}, nil
}

// mulRange gives the extremes of a product of two intervals.
func mulRange(alo, ahi, blo, bhi int64) (lo, hi int64, err error) {
	p := [4]int64{alo * blo, alo * bhi, ahi * blo, ahi * bhi}
	if !fitsMul(alo, ahi, blo, bhi) {
		return 0, 0, errWide
	}
	return slices.Min(p[:]), slices.Max(p[:]), nil
}

func fitsMul(alo, ahi, blo, bhi int64) bool {
	a := max(math.Abs(float64(alo)), math.Abs(float64(ahi)))
	b := max(math.Abs(float64(blo)), math.Abs(float64(bhi)))
	return a*b < limit
}

func rangeDense(v *Value, a []Interval) (Interval, error) {
	x, w := a[0], v.Args[1].Const()
	if w == nil || w.Ints == nil {
		return Interval{}, fmt.Errorf("weights are not an integer constant")
	}
	var b []int64
	if len(v.Args) == 3 {
		bc := v.Args[2].Const()
		if bc == nil {
			return Interval{}, fmt.Errorf("bias is not an integer constant")
		}
		b = bc.Ints
	}
	d := v.Attr.(*Dense)
	xs, ws := v.Args[0].Type.Shape, v.Args[1].Type.Shape
	groups, out, k := max(1, d.Groups), ws[0], ws[1]
	rows := Size(xs[:len(xs)-1])
	if len(x.Lo) == 1 {
		rows = 1
	}
	r := newInterval(rows * out)
	for row := range rows {
		for o := range out {
			base := row*k*groups + o/(out/groups)*k
			var lo, hi int64
			var size float64
			if b != nil {
				lo, hi, size = b[o], b[o], math.Abs(float64(b[o]))
			}
			for i, wi := range w.Ints[o*k : (o+1)*k] {
				xl, xh := x.At(base + i)
				if size += math.Abs(float64(wi)) * max(math.Abs(float64(xl)), math.Abs(float64(xh))); size >= limit {
					return r, errWide
				}
				p, q := wi*xl, wi*xh
				if d.Unit != nil {
					p, q = d.Unit.Mul(wi, xl), d.Unit.Mul(wi, xh)
				}
				lo, hi = lo+min(p, q), hi+max(p, q)
			}
			r.Lo[row*out+o], r.Hi[row*out+o] = lo, hi
		}
	}
	if n := Size(xs[:len(xs)-1]); rows == 1 && n > 1 {
		r = Interval{slices.Repeat(r.Lo, n), slices.Repeat(r.Hi, n)}
	}
	return r, nil
}

func rangeMatMul(v *Value, a []Interval) (Interval, error) {
	al, ah := a[0].Bounds()
	bl, bh := a[1].Bounds()
	lo, hi, err := mulRange(al, ah, bl, bh)
	as := v.Args[0].Type.Shape
	k := int64(as[len(as)-1])
	if err == nil && !fitsMul(lo, hi, k, k) {
		err = errWide
	}
	return uniform(lo*k, hi*k), err
}

// elementwise applies f to the bounds of the arguments of each element, broadcast.
func elementwise(v *Value, a []Interval, f func(b [][2]int64) (lo, hi int64, err error)) (Interval, error) {
	shape, err := shapeBroadcast(v)
	if err != nil {
		return Interval{}, err
	}
	n := Size(shape)
	one := true
	maps := make([][]int32, len(a))
	for i := range a {
		one = one && len(a[i].Lo) == 1
		maps[i] = broadcastMap(v.Args[i].Type.Shape, shape)
	}
	if one {
		n = 1
	}
	r := newInterval(n)
	b := make([][2]int64, len(a))
	for e := range n {
		for i := range a {
			at := e
			if maps[i] != nil && !one {
				at = int(maps[i][e])
			}
			b[i][0], b[i][1] = a[i].At(at)
		}
		lo, hi, err := f(b)
		if err != nil || lo <= -limit || hi >= limit {
			return r, errWide
		}
		r.Lo[e], r.Hi[e] = lo, hi
	}
	return r, nil
}

func rangeAdd(v *Value, a []Interval) (Interval, error) {
	return elementwise(v, a, func(b [][2]int64) (int64, int64, error) { return b[0][0] + b[1][0], b[0][1] + b[1][1], nil })
}

func rangeSub(v *Value, a []Interval) (Interval, error) {
	return elementwise(v, a, func(b [][2]int64) (int64, int64, error) { return b[0][0] - b[1][1], b[0][1] - b[1][0], nil })
}

func rangeMul(v *Value, a []Interval) (Interval, error) {
	square := v.Args[0] == v.Args[1]
	return elementwise(v, a, func(b [][2]int64) (int64, int64, error) {
		lo, hi, err := mulRange(b[0][0], b[0][1], b[1][0], b[1][1])
		if square && lo < 0 {
			lo = 0
		}
		return lo, hi, err
	})
}

func rangeMax(v *Value, a []Interval) (Interval, error) {
	return elementwise(v, a, func(b [][2]int64) (int64, int64, error) { return max(b[0][0], b[1][0]), max(b[0][1], b[1][1]), nil })
}

func rangeMin(v *Value, a []Interval) (Interval, error) {
	return elementwise(v, a, func(b [][2]int64) (int64, int64, error) { return min(b[0][0], b[1][0]), min(b[0][1], b[1][1]), nil })
}

func rangeCmp(*Value, []Interval) (Interval, error) { return uniform(0, 1), nil }

func rangeSelect(v *Value, a []Interval) (Interval, error) {
	return elementwise(v, a, func(b [][2]int64) (int64, int64, error) { return min(b[1][0], b[2][0]), max(b[1][1], b[2][1]), nil })
}

// reduceRange folds the bounds along the axis.
func reduceRange(v *Value, a Interval, f func(x, y int64) int64) (Interval, error) {
	s, axis := v.Args[0].Type.Shape, v.Attr.(*Axis).Axis
	outer, n, inner := Size(s[:axis]), s[axis], Size(s[axis+1:])
	r := newInterval(outer * inner)
	for o := range outer {
		for i := range inner {
			e := o*inner + i
			for k := range n {
				lo, hi := a.At((o*n+k)*inner + i)
				if k == 0 {
					r.Lo[e], r.Hi[e] = lo, hi
				} else {
					r.Lo[e], r.Hi[e] = f(r.Lo[e], lo), f(r.Hi[e], hi)
				}
				if r.Lo[e] <= -limit || r.Hi[e] >= limit {
					return r, errWide
				}
			}
		}
	}
	return r, nil
}

func rangeSum(v *Value, a []Interval) (Interval, error) {
	return reduceRange(v, a[0], func(x, y int64) int64 { return x + y })
}

func rangeReduceMax(v *Value, a []Interval) (Interval, error) {
	return reduceRange(v, a[0], func(x, y int64) int64 { return max(x, y) })
}

func rangeIndex(v *Value, _ []Interval) (Interval, error) {
	return uniform(0, int64(v.Args[0].Type.Shape[v.Attr.(*Axis).Axis]-1)), nil
}

func rangeRoute(v *Value, a []Interval) (Interval, error) {
	r := v.Attr.(*Route)
	out := newInterval(len(r.Index))
	ends := argEnds(v)
	for i, x := range r.Index {
		if x < 0 {
			out.Lo[i], out.Hi[i] = r.Fill[-1-x], r.Fill[-1-x]
			continue
		}
		arg, off := locate(ends, int(x))
		out.Lo[i], out.Hi[i] = a[arg].At(off)
	}
	return out, nil
}

// argEnds gives where each argument ends when all are laid end to end.
func argEnds(v *Value) []int {
	ends := make([]int, len(v.Args))
	n := 0
	for i, a := range v.Args {
		n += a.Type.Size()
		ends[i] = n
	}
	return ends
}

// locate finds the argument and the offset in it of an index into all arguments laid end to end.
func locate(ends []int, x int) (arg, off int) {
	start := 0
	for i, e := range ends {
		if x < e {
			return i, x - start
		}
		start = e
	}
	return len(ends), 0
}

func rangeLookup(_ *Value, a []Interval) (Interval, error) {
	return uniform(a[0].Bounds()), nil
}

func rangeTable(v *Value, a []Interval) (Interval, error) {
	t := v.Attr.(*Table)
	return mapRange(a[0], func(lo, hi int64) (int64, int64, error) {
		if lo < t.Lo || hi >= t.Lo+int64(len(t.Values)) {
			return 0, 0, fmt.Errorf("argument in [%d, %d] is outside the table's [%d, %d]", lo, hi, t.Lo, t.Lo+int64(len(t.Values))-1)
		}
		part := t.Values[lo-t.Lo : hi-t.Lo+1]
		return slices.Min(part), slices.Max(part), nil
	})
}

// mapRange applies f to the bounds of each element.
func mapRange(a Interval, f func(lo, hi int64) (int64, int64, error)) (Interval, error) {
	r := newInterval(len(a.Lo))
	var err error
	for i := range a.Lo {
		if i > 0 && a.Lo[i] == a.Lo[i-1] && a.Hi[i] == a.Hi[i-1] {
			r.Lo[i], r.Hi[i] = r.Lo[i-1], r.Hi[i-1]
			continue
		}
		if r.Lo[i], r.Hi[i], err = f(a.Lo[i], a.Hi[i]); err != nil {
			return r, err
		}
	}
	return r, nil
}

func rangeNorm(v *Value, a []Interval) (Interval, error) {
	b := v.Attr.(*Norm).Bits
	_, hi := a[0].Bounds()
	n := v.Args[0].Type.Size()
	r := newInterval(2 * n)
	for i := range n {
		r.Hi[2*i] = 1<<b - 1
		r.Lo[2*i+1] = int64(1 - b)
		r.Hi[2*i+1] = int64(max(0, bits.Len64(uint64(max(hi, 0)))-b))
	}
	return r, nil
}

// perElement applies f with the index of the last axis to the bounds of each element.
func perElement(v *Value, a Interval, channels int, f func(c int, lo, hi int64) (int64, int64, error)) (Interval, error) {
	n := len(a.Lo)
	last := lastAxis(v.Args[0].Type.Shape)
	if channels > 1 {
		n = v.Args[0].Type.Size()
	}
	r := newInterval(n)
	for i := range n {
		lo, hi := a.At(i)
		var err error
		if r.Lo[i], r.Hi[i], err = f(i%last, lo, hi); err != nil {
			return r, err
		}
	}
	return r, nil
}

func rangeRequant(v *Value, a []Interval) (Interval, error) {
	q := v.Attr.(*Requant)
	channels := max(len(q.Mul), len(q.Add), len(q.Shift))
	return perElement(v, a[0], channels, func(c int, lo, hi int64) (int64, int64, error) {
		mul, add, shift := q.At(c)
		if err := requantFits(q.Round, lo, hi, mul, add, shift); err != nil {
			return 0, 0, err
		}
		y, z := num.Requant(lo, mul, add, shift, q.Round), num.Requant(hi, mul, add, shift, q.Round)
		return num.Clamp(min(y, z)+q.Zero, q.Lo, q.Hi), num.Clamp(max(y, z)+q.Zero, q.Lo, q.Hi), nil
	})
}

// requantFits checks the limits that num.Requant states.
func requantFits(r num.Rounding, lo, hi, mul, add int64, shift int) error {
	switch r {
	case num.HalfUp, num.HalfEven:
		if shift < 0 || shift > 62 {
			return fmt.Errorf("shift %d is outside 0 to 62", shift)
		}
		size := max(math.Abs(float64(lo)), math.Abs(float64(hi)))*math.Abs(float64(mul)) + math.Abs(float64(add)) + math.Ldexp(1, shift-1)
		if size >= limit {
			return fmt.Errorf("x·mul + add may exceed 62 bits for x in [%d, %d]", lo, hi)
		}
	case num.Gemmlowp:
		if mul < 1<<30 || mul >= 1<<31 || shift < 0 || shift > 62 {
			return fmt.Errorf("gemmlowp multiplier %d / 2^%d is out of range", mul, shift)
		}
		l := max(0, 31-shift)
		if lo < math.MinInt32>>l || hi > math.MaxInt32>>l {
			return fmt.Errorf("x in [%d, %d] shifted left by %d exceeds 32 bits", lo, hi, l)
		}
	case num.Float32:
		if mul <= 0 || mul >= 1<<24 || shift < -60 || shift > 120 {
			return fmt.Errorf("float32 scale %d / 2^%d is out of range", mul, shift)
		}
		if lo <= -1<<53 || hi >= 1<<53 {
			return fmt.Errorf("x in [%d, %d] exceeds 53 bits", lo, hi)
		}
	}
	return nil
}

func rangeThreshold(v *Value, a []Interval) (Interval, error) {
	t := v.Attr.(*Threshold)
	return perElement(v, a[0], t.Channels, func(c int, lo, hi int64) (int64, int64, error) {
		return t.Base + countSteps(t.Row(c), lo), t.Base + countSteps(t.Row(c), hi), nil
	})
}

// countSteps counts the entries ≤ x of an ascending list.
func countSteps[T cmp.Ordered](steps []T, x T) int64 {
	n, found := slices.BinarySearch(steps, x)
	if found {
		for n < len(steps) && steps[n] == x {
			n++
		}
	}
	return int64(n)
}

func rangeClamp(v *Value, a []Interval) (Interval, error) {
	c := v.Attr.(*Clamp)
	return mapRange(a[0], func(lo, hi int64) (int64, int64, error) {
		return num.Clamp(lo, c.Lo, c.Hi), num.Clamp(hi, c.Lo, c.Hi), nil
	})
}

func rangeWrap(v *Value, a []Interval) (Interval, error) {
	if v.Type.Elem.IsReal() {
		return Interval{}, fmt.Errorf("wrap needs a result type")
	}
	wlo, whi := v.Type.Elem.Range()
	return mapRange(a[0], func(lo, hi int64) (int64, int64, error) {
		if lo >= wlo && hi <= whi {
			return lo, hi, nil
		}
		return wlo, whi, nil
	})
}
