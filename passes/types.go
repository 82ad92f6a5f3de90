package passes

import (
	"math"
	"slices"
	"strings"

	"mlpc/ir"
	"mlpc/ir/diag"
)

// typeOptions are the types that the user may give to values, as ParsePrecision reads them; each holds for all layers or for one.
var typeOptions = []Option{
	{Name: "weight", Doc: "type of weights, ap_fixed<8,2> or int8@0.05, in the place of w, encoding and method; rounded to nearest", Check: empty(checkType)},
	{Name: "bias", Doc: "type of biases; without one they have the accumulator's steps", Check: empty(checkType)},
	{Name: "result", Doc: "type of activations, inputs and outputs, in the place of a, out, in and range", Check: empty(checkType)},
}

func checkType(s string) error {
	_, err := ParsePrecision(s)
	return err
}

// typeOf gives the grid of the type that the user gave to a part of a layer, weight, bias or result; nil without one.
func (q *quantizer) typeOf(layer, part string) *Grid {
	grid, err := ParsePrecision(q.o.Layer(layer, part))
	if err != nil {
		return nil // "": the options were checked when they were read
	}
	return &grid
}

// resultType gives the type of the values behind v: its own, or that of the layer that a clamp, a scaling or a route hands on, or the
// one for all.
func (q *quantizer) resultType(v *ir.Value) *Grid {
	for u := v; ; u = runtimeArg(u) {
		if _, ok := q.o[u.Name+".result"]; ok {
			return q.typeOf(u.Name, "result")
		}
		_, line := straight(u)
		if !line && (u.Op != ir.OpRoute || len(u.Args) > 1) {
			break
		}
	}
	if v.Op == ir.OpInput && q.c.Config.InputType != "" {
		return nil
	}
	return q.typeOf("", "result")
}

// typed tells whether any weights have a type that the user gave.
func (q *quantizer) typed() bool {
	for k, value := range q.o {
		if value != "" && (k == "weight" || strings.HasSuffix(k, ".weight")) {
			return true
		}
	}
	return false
}

// typedWeights rounds the weights of a layer to a type: the integers, and the accumulator's scale where the argument has steps of x.
func (q *quantizer) typedWeights(v *ir.Value, l *layer, t *Grid, x []float64) (ints, acc []float64, err error) {
	if !all(x, x[0]) {
		return nil, nil, diag.New(diag.CodeOption, v.Pos, "the weights of %q have a type, and each of its inputs a scale of its own", v.Name).
			WithHint("leave the type out, or give the inputs one")
	}
	ints = slices.Clone(l.w)
	for i := range ints {
		ints[i] = t.step(ints[i])
	}
	return ints, []float64{t.Scale * x[0]}, nil
}

// step gives the integer of the grid nearest to a real; of two equally near ones the even one.
func (g Grid) step(x float64) float64 {
	return min(float64(g.Hi), max(float64(g.Lo), math.RoundToEven(x/g.Scale)+float64(g.Zero)))
}

// round gives the reals of the grid nearest to xs.
func (g Grid) round(xs []float64) []float64 {
	ys := make([]float64, len(xs))
	for i, x := range xs {
		ys[i] = (g.step(x) - float64(g.Zero)) * g.Scale
	}
	return ys
}
