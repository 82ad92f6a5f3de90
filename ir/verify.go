package ir

import (
	"fmt"
	"math"
	"slices"

	"mlpc/ir/diag"
)

// Verify checks every rule of the IR: order of values, number of arguments, shapes, attributes, element types, and, for an integer
// graph, by intervals that every value fits its type. The error is a diag.List that names every broken rule.
func Verify(g *Graph) error {
	var l diag.List
	if len(g.Outs) == 0 {
		l.Addf(diag.CodeGraph, diag.Pos{}, "the graph has no output")
	}
	for i, v := range g.Values {
		verifyValue(g, i, v, &l)
	}
	for _, o := range g.Outs {
		if o.ID >= len(g.Values) || g.Values[o.ID] != o {
			l.Addf(diag.CodeGraph, o.Pos, "an output is not a value of the graph")
		}
	}
	if len(l) == 0 && g.IsInteger() {
		verifyRanges(g, &l)
	}
	return l.Err()
}

func verifyValue(g *Graph, i int, v *Value, l *diag.List) {
	bad := func(code diag.Code, format string, args ...any) {
		l.Addf(code, v.Pos, "%%%d %s: %s", v.ID, v.Op, fmt.Sprintf(format, args...))
	}
	if v.ID != i || v.Op >= numOps {
		l.Addf(diag.CodeGraph, v.Pos, "value %d has ID %d and op %d", i, v.ID, v.Op)
		return
	}
	row := &ops[v.Op]
	if len(v.Args) < row.min || row.max >= 0 && len(v.Args) > row.max {
		bad(diag.CodeGraph, "%d arguments, wants %d to %d", len(v.Args), row.min, row.max)
		return
	}
	for _, a := range v.Args {
		if a.ID >= i || g.Values[a.ID] != a {
			bad(diag.CodeGraph, "an argument does not come before its use")
			return
		}
		if a.Type.Elem.IsReal() != v.Type.Elem.IsReal() {
			bad(diag.CodeType, "mixes reals and integers")
			return
		}
		if a.Type.Elem.Single != v.Type.Elem.Single {
			bad(diag.CodeType, "mixes %s and %s", a.Type.Elem, v.Type.Elem)
			return
		}
	}
	if row.domain == RealsOnly && v.Type.Elem != Real || row.domain == IntsOnly && v.Type.Elem.IsReal() {
		bad(diag.CodeType, "is not defined over %s values", v.Type.Elem)
		return
	}
	if (row.attr == nil) != (v.Attr == nil) {
		bad(diag.CodeAttribute, "attributes are missing or not wanted")
		return
	}
	shape, err := row.shape(v)
	if err != nil {
		bad(diag.CodeShape, "%v", err)
		return
	}
	if !slices.Equal(shape, v.Type.Shape) {
		bad(diag.CodeShape, "has shape %v, its arguments give %v", v.Type.Shape, shape)
	}
	if n := len(v.Type.Scale); n > 1 && n != lastAxis(v.Type.Shape) {
		bad(diag.CodeType, "%d scales for shape %v", n, v.Type.Shape)
	}
	if n := len(v.Type.Offset); n > 0 && (!perChannel(n, v.Type.Shape) || v.Type.Scale == nil) {
		bad(diag.CodeType, "%d offsets and %d scales for shape %v", n, len(v.Type.Scale), v.Type.Shape)
	}
	if row.elem != nil {
		row.elem(v, l)
	}
	if v.Type.Elem.Single {
		verifySingle(v, l)
	}
}

// verifyRanges checks that every value fits its type.
func verifyRanges(g *Graph, l *diag.List) {
	rs := make([]Interval, len(g.Values))
	for _, v := range g.Values {
		a := make([]Interval, len(v.Args))
		for i, arg := range v.Args {
			a[i] = rs[arg.ID]
		}
		r, err := valueRange(v, a)
		if err != nil {
			e := l.Addf(diag.CodeOverflow, v.Pos, "%%%d %s: %v", v.ID, v.Op, err)
			if v.Op == OpRequant {
				_ = e.WithHint("give the layer narrower weights or a smaller bias, or another rounding (-p lower:round=half-up)")
			}
			return
		}
		lo, hi := r.Bounds()
		if !v.Type.Elem.Holds(lo, hi) {
			l.Addf(diag.CodeOverflow, v.Pos, "%%%d %s: values from %d to %d do not fit %s; %s would hold them", v.ID, v.Op, lo, hi, v.Type.Elem, Fit(lo, hi))
			return
		}
		rs[v.ID] = r
	}
}

// complain adds a problem about a value's attributes.
func complain(l *diag.List, v *Value, code diag.Code, format string, args ...any) {
	l.Addf(code, v.Pos, "%%%d %s: %s", v.ID, v.Op, fmt.Sprintf(format, args...))
}

func elemInput(v *Value, l *diag.List) {
	in := v.Attr.(*Input)
	if roundMode(v.inputRounding()) == nil {
		complain(l, v, diag.CodeAttribute, "there is no rounding %q", in.Round)
	}
	if len(in.Lo) == 0 && len(in.Hi) == 0 {
		return
	}
	if !perChannel(len(in.Lo), v.Type.Shape) || !perChannel(len(in.Hi), v.Type.Shape) {
		complain(l, v, diag.CodeShape, "%d and %d limits for shape %v", len(in.Lo), len(in.Hi), v.Type.Shape)
		return
	}
	for i := range max(len(in.Lo), len(in.Hi)) {
		if lo, hi := pick(in.Lo, i), pick(in.Hi, i); lo > hi || !v.Type.Elem.IsReal() && !v.Type.Elem.Holds(lo, hi) {
			complain(l, v, diag.CodeType, "range [%d, %d] is not inside %s", lo, hi, v.Type.Elem)
			return
		}
	}
}

func elemConst(v *Value, l *diag.List) {
	d := v.Attr.(*Data)
	if v.Type.Elem.IsReal() != (d.Ints == nil) && d.Len() > 0 {
		complain(l, v, diag.CodeType, "data and type %s do not agree", v.Type.Elem)
		return
	}
	for i, x := range d.Reals {
		if math.IsNaN(x) {
			complain(l, v, diag.CodeValue, "element %d is not a number", i)
			return
		}
	}
}

func elemTable(v *Value, l *diag.List) {
	t := v.Attr.(*Table)
	if !v.Type.Elem.IsReal() {
		if len(t.Values) == 0 {
			complain(l, v, diag.CodeAttribute, "has no values")
		}
		return
	}
	f, ok := Funcs[t.Fn]
	if !ok {
		complain(l, v, diag.CodeAttribute, "unknown function %q", t.Fn)
	} else if len(t.Params) != len(f.Params) {
		complain(l, v, diag.CodeAttribute, "function %s takes %d parameters, not %d", t.Fn, len(f.Params), len(t.Params))
	}
}

func elemNorm(v *Value, l *diag.List) {
	if lo, _ := v.Args[0].Type.Elem.Range(); lo < 0 {
		complain(l, v, diag.CodeType, "argument may be negative")
	}
}

func elemRequant(v *Value, l *diag.List) {
	q := v.Attr.(*Requant)
	shape := v.Args[0].Type.Shape
	fits := func(n int) bool { return n == 0 || perChannel(n, shape) }
	if len(q.Mul) == 0 || !fits(len(q.Mul)) || !fits(len(q.Shift)) || !fits(len(q.Add)) {
		complain(l, v, diag.CodeShape, "%d multipliers, %d shifts, %d additions for shape %v", len(q.Mul), len(q.Shift), len(q.Add), shape)
	}
	if q.Lo > q.Hi || !v.Type.Elem.Holds(q.Lo, q.Hi) {
		complain(l, v, diag.CodeType, "range [%d, %d] is not inside %s", q.Lo, q.Hi, v.Type.Elem)
	}
}

func elemClamp(v *Value, l *diag.List) {
	c := v.Attr.(*Clamp)
	if v.Type.Elem.IsReal() && !(c.RLo <= c.RHi) || c.Lo > c.Hi {
		complain(l, v, diag.CodeAttribute, "the lower bound exceeds the upper one")
	}
}

func elemLookup(v *Value, l *diag.List) {
	if v.Type.Elem.IsReal() {
		return
	}
	n := int64(v.Args[0].Type.Shape[v.Attr.(*Axis).Axis])
	if lo, hi := v.Args[1].remembered().Bounds(); lo < 0 || hi >= n {
		complain(l, v, diag.CodeOverflow, "index from %d to %d is outside 0 to %d", lo, hi, n-1)
	}
}
