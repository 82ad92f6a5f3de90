package passes

import (
	"fmt"
	"math"
	"slices"

	"mlpc/ir"
)

// hostQuant is what whoever feeds the integers of an input does: x·mul + add, then the quantizer, which all uses of the input share.
type hostQuant struct {
	q        *ir.Quant
	mul, add []float64 // one entry, or one for each index of the last axis; mul > 0
}

// input makes the integer input that the quantizers behind it ask for.
func (l *lowering) input(v *ir.Value) (form, error) {
	h, err := hostQuantOf(l.g, v)
	if err != nil {
		return form{}, err
	}
	q := h.q
	if q == nil { // nothing reads it
		q = &ir.Quant{Scale: []float64{1}, Zero: []float64{0}, Lo: []int64{-128}, Hi: []int64{127}}
	}
	low, high := slices.Min(q.Lo), slices.Max(q.Hi)
	e, attr := ir.Fit(low, high), &ir.Input{}
	if lo, hi := e.Range(); lo != low || hi != high || len(q.Lo) > 1 || len(q.Hi) > 1 {
		attr.Lo, attr.Hi = q.Lo, q.Hi
	}
	if q.Mode != "half-even" {
		attr.Round = q.Mode
	}
	t := ir.Type{Shape: v.Type.Shape, Elem: e}
	t.Scale, t.Zero, t.Offset = h.grid(q, lastAxis(v.Type.Shape))
	nv := l.ng.Add(ir.OpInput, t, attr)
	return form{v: nv, input: v, scale: q.Scale, zero: int64(q.Zero[0])}, nil
}

// grid gives the reals that the integers of an input stand for: (n − zero)·scale + offset. A zero point that the file adds before it
// rounds decides ties, and is part of the offset.
func (h hostQuant) grid(q *ir.Quant, last int) (scale []float64, zero int64, offset []float64) {
	zero = int64(q.Zero[0])
	early := q.ClampFirst && zero != 0 && q.Mode != "floor" && q.Mode != "ceil"
	mul, add := h.mul, h.add
	if mul == nil {
		mul, add = []float64{1}, []float64{0}
	}
	scale, offset = make([]float64, last), make([]float64, last)
	for c := range last {
		scale[c] = at(q.Scale, c) / at(mul, c)
		if offset[c] = 0 - at(add, c)/at(mul, c); early {
			offset[c] -= float64(zero) * scale[c]
		}
	}
	if early {
		zero = 0
	}
	if all(offset, 0) {
		offset = nil
	}
	return shorten(scale), zero, shorten(offset)
}

// hostQuantOf gives what stands between an input and its integers; without a quantizer where nothing reads the input.
func hostQuantOf(g *ir.Graph, in *ir.Value) (hostQuant, error) {
	users := make([][]*ir.Value, len(g.Values))
	for _, v := range g.Values {
		for _, a := range v.Args {
			users[a.ID] = append(users[a.ID], v)
		}
	}
	var h hostQuant
	var follow func(v *ir.Value, f affine) bool
	follow = func(v *ir.Value, f affine) bool {
		for _, u := range users[v.ID] {
			if q, ok := u.Attr.(*ir.Quant); ok {
				if !h.joins(q, f) {
					return false
				}
				continue
			}
			next, ok := staticAffine(u)
			if !ok || !follow(u, f.then(next)) {
				return false
			}
		}
		return true
	}
	if !follow(in, affine{mul: []float64{1}, add: []float64{0}}) {
		return hostQuant{}, fmt.Errorf("input %q does not go into one quantizer", in.Name)
	}
	return h, nil
}

// joins takes one more quantizer, behind an affine function of the input. It tells whether the input can still be made for all.
func (h *hostQuant) joins(q *ir.Quant, f affine) bool {
	if len(q.Zero) != 1 || q.Zero[0] != math.Trunc(q.Zero[0]) || slices.ContainsFunc(f.mul, func(m float64) bool { return !(m > 0) || math.IsInf(m, 0) }) {
		return false
	}
	if h.q != nil {
		return sameQuant(h.q, q) && sameList(h.mul, f.mul) && sameList(h.add, f.add)
	}
	h.q, h.mul, h.add = q, f.mul, f.add
	return true
}

// sameList compares constants that are one for all, or one an index.
func sameList[T comparable](a, b []T) bool {
	for i := range max(len(a), len(b)) {
		if at(a, i) != at(b, i) {
			return false
		}
	}
	return true
}

// sameQuant compares two quantizers.
func sameQuant(a, b *ir.Quant) bool {
	return sameList(a.Scale, b.Scale) && sameList(a.Zero, b.Zero) && a.Mode == b.Mode && a.ClampFirst == b.ClampFirst && a.Single == b.Single &&
		sameList(a.Lo, b.Lo) && sameList(a.Hi, b.Hi)
}
