package passes

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"mlpc/ir"
)

// input makes the integer input that the quantizers behind it ask for.
func (l *lowering) input(v *ir.Value) (form, error) {
	q, offset, err := inputQuantizer(l.g, v)
	if err != nil {
		return form{}, err
	}
	low, high := slices.Min(q.Lo), slices.Max(q.Hi)
	e := ir.Fit(low, high)
	attr := &ir.Input{}
	if lo, hi := e.Range(); lo != low || hi != high {
		attr.Lo, attr.Hi = low, high
	}
	if q.Mode != "half-even" {
		l.c.Note("input " + strconv.Quote(v.Name) + ": ties of its quantizer go to the even integer, in the model " + q.Mode)
	}
	nv := l.ng.Add(ir.OpInput, ir.Type{Shape: v.Type.Shape, Elem: e, Scale: q.Scale, Zero: int64(q.Zero[0]), Offset: offset}, attr)
	return form{v: nv, input: v, scale: q.Scale, zero: int64(q.Zero[0])}, nil
}

// inputQuantizer gives the quantizer that all uses of an input share, and what is subtracted from each feature before it, nil for nothing.
func inputQuantizer(g *ir.Graph, in *ir.Value) (*ir.Quant, []float64, error) {
	var q *ir.Quant
	from, offset := in, []float64(nil)
	if s, ok := offsetOf(g, in); ok {
		from, offset = s, s.Args[1].Const().Reals
	}
	for _, v := range g.Values {
		for _, a := range v.Args {
			if a != from {
				continue
			}
			u, ok := v.Attr.(*ir.Quant)
			if !ok || q != nil && !sameQuant(q, u) || !hostQuant(u) {
				return nil, nil, fmt.Errorf("input %q does not go into one quantizer", in.Name)
			}
			q = u
		}
	}
	if q == nil {
		return &ir.Quant{Scale: []float64{1}, Zero: []float64{0}, Lo: []int64{-128}, Hi: []int64{127}}, nil, nil
	}
	return q, offset, nil
}

// offsetOf gives the one use of an input where that is the difference that quantize puts before a quantizer whose features start anywhere.
func offsetOf(g *ir.Graph, in *ir.Value) (*ir.Value, bool) {
	var s *ir.Value
	for _, v := range g.Values {
		for _, a := range v.Args {
			if a == in {
				if s != nil {
					return nil, false
				}
				s = v
			}
		}
	}
	if s == nil || s.Op != ir.OpSub || s.Args[0] != in || !isConst(s.Args[1]) || s.Name != in.Name {
		return nil, false
	}
	return s, len(s.Args[1].Const().Reals) == lastAxis(in.Type.Shape)
}

// hostQuant tells whether whoever feeds the integer graph can do what the quantizer does: clamp(round-half-even(x/scale) + zero),
// save that exact ties may go the other way.
func hostQuant(q *ir.Quant) bool {
	nearest := q.Mode == "half-even" || q.Mode == "half-away" || q.Mode == "half-up" || q.Mode == "half-down"
	return nearest && len(q.Zero) == 1 && q.Zero[0] == math.Trunc(q.Zero[0])
}

// sameQuant compares two quantizers.
func sameQuant(a, b *ir.Quant) bool {
	eq := func(x, y []float64) bool {
		for i := range max(len(x), len(y)) {
			if at(x, i) != at(y, i) {
				return false
			}
		}
		return true
	}
	return eq(a.Scale, b.Scale) && eq(a.Zero, b.Zero) && a.Mode == b.Mode && a.ClampFirst == b.ClampFirst && a.Single == b.Single &&
		slices.Equal(a.Lo, b.Lo) && slices.Equal(a.Hi, b.Hi)
}
