package cc

import (
	"fmt"
	"math"
	"slices"

	"mlpc/ir"
	"mlpc/ir/num"
)

// site is a place in a loop nest: how the element at hand is indexed, and the function that it is printed into.
type site struct {
	*emitter
	prefix  string               // of the names of constant arrays
	flat    string               // index of the element in the layer's result
	channel string               // its index along the last axis
	names   map[int]string       // arrays that the layer's function takes, by value ID
	local   map[int]string       // local variables that hold values, by value ID
	index   map[*ir.Value]string // index of operands that are broadcast, where it is not flat, channel or 0
}

// bounds gives the proven range of a value.
func (e *emitter) bounds(v *ir.Value) (lo, hi int64) { return e.plan.Ranges[v.ID].Bounds() }

// work is the type in which a value is computed.
func (e *emitter) work(v *ir.Value) string {
	if v.Type.Elem.Single {
		return "float"
	}
	return workType(e.bounds(v))
}

// operand spells an argument of result at the site, converted to a work type.
func (s *site) operand(a, result *ir.Value, work string) string {
	if name, ok := s.local[a.ID]; ok {
		return cast(name, s.work(a), work)
	}
	if d := a.Const(); d != nil && d.Len() == 1 {
		return element(d, 0, work)
	}
	index, ok := s.index[a]
	if !ok {
		switch kindOf(a, result) {
		case flatKind:
			index = s.flat
		case channelKind:
			index = s.channel
		default:
			index = "0"
		}
	}
	return fmt.Sprintf("(%s)%s[%s]", work, s.arrayOf(a), index)
}

// cast converts an expression of one work type to another.
func cast(expr, from, to string) string {
	if from == to {
		return expr
	}
	return fmt.Sprintf("(%s)%s", to, expr)
}

// compute declares a local variable with the value of v at the site and remembers it.
func (s *site) compute(v *ir.Value) {
	if isView(v) { // inside a chain: the same element under another shape
		s.local[v.ID] = s.local[v.Args[0].ID]
		return
	}
	name := fmt.Sprintf("t%d", v.ID)
	s.declare(v, name)
	s.local[v.ID] = name
}

func (s *site) declare(v *ir.Value, name string) {
	work := s.work(v)
	if work == "float" {
		s.declareFloat(v, name)
		return
	}
	both := s.joint(v)
	arg := func(i int) string { return s.operand(v.Args[i], v, both) }
	set := func(format string, args ...any) {
		s.P("const %s %s = %s;", work, name, cast(fmt.Sprintf(format, args...), both, work))
	}
	switch v.Op {
	case ir.OpAdd:
		set("(%s + %s)", arg(0), arg(1))
	case ir.OpSub:
		set("(%s - %s)", arg(0), arg(1))
	case ir.OpMul:
		set("%s", product(arg(0), arg(1), both))
	case ir.OpMax, ir.OpMin, ir.OpCmp:
		s.P("const %s a%d = %s;", both, v.ID, arg(0))
		s.P("const %s b%d = %s;", both, v.ID, arg(1))
		set("%s", compareForm(v, both))
	case ir.OpSelect:
		set("%s", picked(helper("mlpc_any", both)+"("+arg(0)+")", arg(1), arg(2), both))
	case ir.OpClamp:
		s.clamp(v, name, both, work)
	case ir.OpTable:
		t := v.Attr.(*ir.Table)
		s.P("const %s %s = %s[%s];", work, name, s.array("table", v, t.Values), s.offset(arg(0), -t.Lo, both))
	case ir.OpWrap:
		s.wrap(v, name, work)
	case ir.OpThreshold:
		s.threshold(v, name, work)
	case ir.OpRequant:
		s.requant(v, name)
	}
}

// compareForm spells max, min and cmp of two locals of a work type, called a and b with the value's number.
func compareForm(v *ir.Value, work string) string {
	a, b := fmt.Sprintf("a%d", v.ID), fmt.Sprintf("b%d", v.ID)
	switch v.Op {
	case ir.OpMax:
		return picked(less(a, b, work), b, a, work)
	case ir.OpMin:
		return picked(less(a, b, work), a, b, work)
	}
	switch v.Attr.(*ir.Cmp).Rel {
	case "lt":
		return "(" + less(a, b, work) + " & 1)"
	case "le":
		return "(" + less(b, a, work) + " + 1)"
	}
	return fmt.Sprintf("(%s(%s ^ %s) + 1)", helper("mlpc_any", work), a, b)
}

// helper names the form of a function of mlpc_num.h for a work type.
func helper(name, work string) string {
	if work == "int64_t" {
		return name
	}
	return name + "_32"
}

// less spells the mask that is all ones where a < b, both of a work type.
func less(a, b, work string) string {
	return fmt.Sprintf("%s(%s, %s)", helper("mlpc_less", work), a, b)
}

// picked spells a where the mask is all ones, b where it is 0, without a branch.
func picked(mask, a, b, work string) string {
	return fmt.Sprintf("%s(%s, %s, %s)", helper("mlpc_pick", work), mask, a, b)
}

// product spells a * b of a work type; libraries multiply 64 bits in a time that depends on them.
func product(a, b, work string) string {
	if work == "int64_t" {
		return fmt.Sprintf("mlpc_times(%s, %s)", a, b)
	}
	return fmt.Sprintf("(%s * %s)", a, b)
}

// joint is the narrowest work type that holds the arguments of v and its result.
func (s *site) joint(v *ir.Value) string {
	lo, hi := s.bounds(v)
	for _, a := range v.Args {
		l, h := s.bounds(a)
		lo, hi = min(lo, l), max(hi, h)
	}
	return workType(lo, hi)
}

// offset spells expr + d as an array index.
func (s *site) offset(expr string, d int64, work string) string {
	switch {
	case d > 0:
		return fmt.Sprintf("%s + %s", expr, literal(d, work))
	case d < 0:
		return fmt.Sprintf("%s - %s", expr, literal(-d, work))
	}
	return expr
}

func (s *site) clamp(v *ir.Value, name, both, work string) {
	c := v.Attr.(*ir.Clamp)
	lo, hi := s.bounds(v.Args[0])
	limitLo, limitHi := max(c.Lo, math.MinInt32), min(c.Hi, math.MaxInt32)
	if both == "int64_t" || !fits32(lo, hi) {
		limitLo, limitHi = c.Lo, c.Hi
	}
	s.P("const %s %s = %s;", work, name, cast(s.limited(s.operand(v.Args[0], v, both), both, limitLo, limitHi), both, work))
}

// limited spells expr saturated to [lo, hi].
func (s *site) limited(expr, work string, lo, hi int64) string {
	f := "mlpc_clamp_32"
	if work == "int64_t" {
		f = "mlpc_clamp"
	}
	return fmt.Sprintf("%s(%s, %s, %s)", f, expr, literal(lo, work), literal(hi, work))
}

func (s *site) wrap(v *ir.Value, name, work string) {
	f := "mlpc_wrap_unsigned"
	if v.Type.Elem.Signed {
		f = "mlpc_wrap_signed"
	}
	s.P("const %s %s = (%s)%s(%s, %d);", work, name, work, f, s.operand(v.Args[0], v, "int64_t"), v.Type.Elem.Bits)
}

// threshold counts by a binary search of a fixed number of steps.
func (s *site) threshold(v *ir.Value, name, work string) {
	t := v.Attr.(*ir.Threshold)
	n := len(t.Steps) / t.Channels
	kernel, arg, steps := "mlpc_count_64", "int64_t", t.Steps
	lo, hi := s.bounds(v.Args[0])
	if hi < math.MaxInt32 && lo >= math.MinInt32 {
		kernel, arg = "mlpc_count_32", "int32_t"
		steps = slices.Clone(t.Steps)
		for i, x := range steps { // a step outside the range counts always or never, wherever it lies
			steps[i] = num.Clamp(x, lo, hi+1)
		}
	}
	row := ""
	if t.Channels > 1 {
		row = fmt.Sprintf(" + %d * (%s)", n, s.channel)
	}
	s.P("const %s %s = %s(%s%s, %d, %s)%s;", work, name, kernel, s.arrayAs(arg, "steps", v, steps), row, n,
		s.operand(v.Args[0], v, arg), plus(t.Base, work))
}

// plus spells the addition of a constant; nothing for 0.
func plus(x int64, work string) string {
	switch {
	case x == 0:
		return ""
	case x < 0:
		return " - " + literal(-x, work)
	}
	return " + " + literal(x, work)
}
