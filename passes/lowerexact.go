package passes

import (
	"fmt"
	"math"
	"math/big"

	"mlpc/ir"
	"mlpc/ir/num"
)

// lineWidth is the width of multipliers that place the steps of imported quantizers.
const lineWidth = 31

// mostSteps is how many steps of one quantizer are looked for.
const mostSteps = 1 << 20

// exactly gives the cheapest integer op with exactly the steps that the arithmetic to match has between the integers of f and the
// quantizer q: a requant with half-up, half-even or float32 rounding, a table, or thresholds.
func (l *lowering) exactly(f form, q *ir.Quant) (*ir.Value, error) {
	n := max(f.channels(), len(q.Scale))
	ref := l.reference(f, q)
	lines, straight := f.lines()
	if !straight && n == 1 {
		if lo, hi := f.v.Interval().Bounds(); hi-lo < tableLimit {
			t := l.table(f, ref)
			l.tables = append(l.tables, tableOf{t, f, q})
			return t, nil
		}
	}
	lo, hi := q.Hi[0], q.Lo[0]
	for c := range n {
		a, b := q.Lo[0], q.Hi[0]
		if straight {
			p, s := at(lines, c), at(q.Scale, c)
			a, b = max(a, integerOf(p.lo/s, q)), min(b, integerOf(p.hi/s, q))
		}
		lo, hi = min(lo, a), max(hi, b)
	}
	if straight && l.isFloat32(f, q, lines) && hi-lo > 1<<12 {
		return l.float32(f, q, lo, hi)
	}
	rows, falls, err := steps(f, n, ref, lo, hi)
	if err != nil {
		return nil, err
	}
	lo, hi = rows[0].Base, rows[0].Base+int64(len(rows[0].At))
	if r := requantOf(rows, falls, lo, hi, int64(q.Zero[0])); r != nil {
		return l.ng.New(ir.OpRequant, ir.Fit(lo, hi), r, f.v), nil
	}
	if straight && l.isFloat32(f, q, lines) {
		return l.float32(f, q, lo, hi)
	}
	if r := l.requantInside(f, ref, rows, falls, int64(q.Zero[0])); r != nil {
		return r, nil
	}
	return l.thresholds(f.v, rows, falls, lo), nil
}

// steps finds the steps of ref from lo to hi over the integers of f, for each of n channels, and which channels fall. Limits far
// apart come down to what ref reaches.
func steps(f form, n int, ref func(x int64, c int) int64, lo, hi int64) (rows []num.Steps, falls []bool, err error) {
	if _, straight := f.lines(); !straight && !rises(f) {
		return nil, nil, fmt.Errorf("the function between the accumulator and the quantizer rises and falls, over too many values for a table")
	}
	if hi-lo > mostSteps {
		least, most := hi, lo
		for c := range n {
			xlo, xhi := channelBounds(f.v, c, n)
			a, b := ref(xlo, c), ref(xhi, c)
			least, most = min(least, a, b), max(most, a, b)
		}
		if lo, hi = max(lo, least), min(hi, most); hi-lo > mostSteps {
			return nil, nil, fmt.Errorf("the quantizer has %d steps within reach; at most %d are looked for", hi-lo, mostSteps)
		}
	}
	rows, falls = make([]num.Steps, n), make([]bool, n)
	for c := range n {
		xlo, xhi := channelBounds(f.v, c, n)
		g := func(x int64) int64 { return ref(x, c) }
		if g(xlo) > g(xhi) {
			falls[c] = true
			xlo, xhi = -xhi, -xlo
			g = func(x int64) int64 { return ref(-x, c) }
		}
		rows[c] = num.FindSteps(g, xlo, xhi, lo, hi)
	}
	return rows, falls, nil
}

// rises tells whether all functions that the form applies are monotone.
func rises(f form) bool {
	if f.whole != nil {
		return false
	}
	for _, s := range f.post {
		if s.table != nil && ir.Funcs[s.table.Fn].Monotone == 0 {
			return false
		}
	}
	return true
}

// channelBounds gives the bounds of v over all elements with index c of the last axis; over all elements where n is 1.
func channelBounds(v *ir.Value, c, n int) (lo, hi int64) {
	r := v.Interval()
	if n == 1 || len(r.Lo) == 1 {
		return r.Bounds()
	}
	lo, hi = r.At(c)
	for i := c; i < len(r.Lo); i += n {
		a, b := r.At(i)
		lo, hi = min(lo, a), max(hi, b)
	}
	return lo, hi
}

// requantOf gives one requant with the steps of all rows, without additions where it can; nil where some row has no line.
func requantOf(rows []num.Steps, falls []bool, lo, hi, zero int64) *ir.Requant {
	lines := make([]num.Line, len(rows))
	for c, s := range rows {
		l, ok := s.Proportional(zero, lineWidth)
		if !ok {
			l, ok = s.Line(lineWidth)
		}
		if !ok {
			return nil
		}
		lines[c] = l
	}
	lines, ok := num.Align(lines, zero)
	if !ok {
		return nil
	}
	r := &ir.Requant{Lo: lo, Hi: hi, Zero: zero, Round: lines[0].Round}
	for c, l := range lines {
		if falls[c] {
			l.Mul = -l.Mul
		}
		r.Mul, r.Add, r.Shift = append(r.Mul, l.Mul), append(r.Add, l.Add), append(r.Shift, int64(l.Shift))
	}
	r.Mul, r.Shift = shortenInts(r.Mul), shortenInts(r.Shift)
	if r.Add = shortenInts(r.Add); len(r.Add) == 1 && r.Add[0] == 0 {
		r.Add = nil
	}
	return r
}

// requantInside limits x to where any row still changes, and gives one requant of it; nil where some row has no line there either. Rows
// that saturate at one x, some up and some down, as PRelu with a slope for each channel has them, have no common limits of the result.
func (l *lowering) requantInside(f form, ref func(x int64, c int) int64, rows []num.Steps, falls []bool, zero int64) *ir.Value {
	lo, hi := int64(math.MaxInt64), int64(math.MinInt64)
	for c, s := range rows {
		for _, t := range s.At {
			if t <= s.XLo || t > s.XHi {
				continue
			}
			a, b := t-1, t
			if falls[c] {
				a, b = -t, 1-t
			}
			lo, hi = min(lo, a), max(hi, b)
		}
	}
	xlo, xhi := f.v.Interval().Bounds()
	if len(rows) == 1 || lo > hi || lo <= xlo && hi >= xhi {
		return nil
	}
	inside := l.ng.New(ir.OpClamp, ir.Elem{}, &ir.Clamp{Lo: max(lo, xlo), Hi: min(hi, xhi)}, f.v)
	f.v = inside
	rows, falls, err := steps(f, len(rows), ref, rows[0].Base, rows[0].Base+int64(len(rows[0].At)))
	if err != nil {
		return nil
	}
	base, top := rows[0].Base, rows[0].Base+int64(len(rows[0].At))
	r := requantOf(rows, falls, base, top, zero)
	if r == nil {
		return nil
	}
	return l.ng.New(ir.OpRequant, ir.Fit(base, top), r, inside)
}

// isFloat32 tells whether ONNX Runtime computes the step from accumulator to quantizer as float32(acc)·scale.
func (l *lowering) isFloat32(f form, q *ir.Quant, lines []line) bool {
	if l.c.Match != MatchORT || !q.Single || !f.acc || f.zero != 0 || q.Mode != "half-even" {
		return false
	}
	for _, p := range lines {
		if p.add != 0 || p.mul <= 0 {
			return false
		}
	}
	return true
}

// float32 makes the requant that does what ONNX Runtime does.
func (l *lowering) float32(f form, q *ir.Quant, lo, hi int64) (*ir.Value, error) {
	r := &ir.Requant{Round: num.Float32, Zero: int64(q.Zero[0]), Lo: lo, Hi: hi}
	for c := range max(f.channels(), len(q.Scale)) {
		mul, shift, ok := num.FromFloat32(runtimeScale(f, q, c))
		if !ok {
			return nil, fmt.Errorf("the scale of channel %d is beyond float32", c)
		}
		r.Mul, r.Shift = append(r.Mul, mul), append(r.Shift, int64(shift))
	}
	r.Mul, r.Shift = shortenInts(r.Mul), shortenInts(r.Shift)
	return l.ng.New(ir.OpRequant, ir.Fit(lo, hi), r, f.v), nil
}

// runtimeScale is the scale that ONNX Runtime multiplies an accumulator by, computed in its order.
func runtimeScale(f form, q *ir.Quant, c int) float32 {
	return float32(at(f.scale, c)) / float32(at(q.Scale, c))
}

// reference gives the arithmetic to match: the integer that the quantizer must give for integer x at index c of the last axis.
func (l *lowering) reference(f form, q *ir.Quant) func(x int64, c int) int64 {
	lines, straight := f.lines()
	switch {
	case straight && l.isFloat32(f, q, lines):
		return func(x int64, c int) int64 {
			mul, shift, _ := num.FromFloat32(runtimeScale(f, q, c))
			y := num.Requant(x, mul, 0, shift, num.Float32) + int64(q.Zero[0])
			p, s := at(lines, c), at(q.Scale, c)
			return num.Clamp(y, max(q.Lo[0], integerOf(p.lo/s, q)), min(q.Hi[0], integerOf(p.hi/s, q)))
		}
	case l.c.Match == MatchORT && (!straight || q.Hi[0]-q.Lo[0] <= 1<<12 || l.c.Config.Match == MatchORT):
		return func(x int64, c int) int64 { return q.Integer(f.eval32(x, c), c) }
	}
	return func(x int64, c int) int64 {
		if straight {
			return rational(f, q, x, c)
		}
		return q.Integer(f.eval(x, c), c)
	}
}

// eval32 is eval in float32.
func (f form) eval32(n int64, c int) float64 {
	x := float32(n-f.zero) * float32(at(f.scale, c))
	if f.whole != nil {
		x = float32(f.whole(at(f.scale, c) * float64(n-f.zero)))
	}
	for i := range f.post {
		x = float32(f.post[i].eval(float64(x), c))
	}
	return float64(x)
}

// rational is q.Integer(f.eval(x, c), c) in exact arithmetic, for forms without tables: float64 decides where it is far from a
// rounding boundary, rationals where it is near.
func rational(f form, q *ir.Quant, x int64, c int) int64 {
	t := f.eval(x, c) / at(q.Scale, c)
	if twice := 2 * t; math.Abs(twice-math.Round(twice)) > 1e-6*max(1, math.Abs(twice)) {
		return q.Integer(f.eval(x, c), c)
	}
	r := f.rational(x, c)
	r.Quo(r, rat(at(q.Scale, c)))
	// The nearest half is exactly representable; what lies beside it is moved off by more than rounding could hide.
	half := new(big.Rat).SetFrac64(int64(math.Round(2*t)), 2)
	v, _ := half.Float64()
	unit := *q
	unit.Scale, unit.Single = []float64{1}, false
	return unit.Integer(v+1e-7*float64(r.Cmp(half))*max(1, math.Abs(v)), c)
}

// rational is f.eval(x, c) in exact arithmetic, for forms without tables.
func (f form) rational(x int64, c int) *big.Rat {
	r := new(big.Rat).Mul(rat(at(f.scale, c)), new(big.Rat).SetInt64(x-f.zero))
	for _, s := range f.post {
		if s.clamp != nil {
			r = clampRat(r, s.clamp)
			continue
		}
		r = r.Mul(r, rat(at(s.mul, c)))
		r.Add(r, rat(at(s.add, c)))
	}
	return r
}

func rat(x float64) *big.Rat { return new(big.Rat).SetFloat64(x) }

func clampRat(r *big.Rat, c *ir.Clamp) *big.Rat {
	if !math.IsInf(c.RLo, 0) && r.Cmp(rat(c.RLo)) < 0 {
		return rat(c.RLo)
	}
	if !math.IsInf(c.RHi, 0) && r.Cmp(rat(c.RHi)) > 0 {
		return rat(c.RHi)
	}
	return r
}

// table tabulates ref over the whole interval of f.
func (l *lowering) table(f form, ref func(int64, int) int64) *ir.Value {
	lo, hi := f.v.Interval().Bounds()
	t := &ir.Table{Lo: lo, Values: make([]int64, hi-lo+1)}
	for i := range t.Values {
		t.Values[i] = ref(lo+int64(i), 0)
	}
	return l.ng.New(ir.OpTable, ir.Elem{}, t, f.v)
}

// thresholds counts the steps of each channel; channels that fall are negated first.
func (l *lowering) thresholds(v *ir.Value, rows []num.Steps, falls []bool, base int64) *ir.Value {
	signs := make([]int64, len(rows))
	negate := false
	t := &ir.Threshold{Channels: len(rows), Base: base}
	for c, s := range rows {
		signs[c] = 1
		if falls[c] {
			signs[c], negate = -1, true
		}
		t.Steps = append(t.Steps, s.At...)
	}
	if negate {
		v = l.ng.New(ir.OpMul, ir.Elem{}, nil, v, l.ng.Const([]int{len(signs)}, signs))
	}
	return l.ng.New(ir.OpThreshold, ir.Elem{}, t, v)
}
