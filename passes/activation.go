package passes

import (
	"math"

	"strconv"

	"mlpc/ir"
	"mlpc/ir/diag"
)

// Values of at least roomy bits have steps enough to reach headroom times as far as the calibration rows did: other rows may.
const (
	roomy    = 14
	headroom = 2
)

// activation chooses the quantizer behind v, whose values on the calibration rows are x, and for an input what is subtracted from each
// feature before it, nil for nothing.
func (q *quantizer) activation(v *ir.Value, x *ir.Tensor) (a *ir.Quant, offset []float64, err error) {
	if v.Type.Range == nil {
		return nil, nil, diag.New(diag.CodeOption, v.Pos, "value %q has no range", v.Name).WithHint("do not leave out the pass calibrate")
	}
	if t := q.resultType(v); t != nil {
		return t.quantizer("half-even"), nil, nil
	}
	if t := q.c.Config.InputType; t != "" && v.Op == ir.OpInput {
		grid, err := ParsePrecision(t)
		if err != nil {
			return nil, nil, diag.New(diag.CodeOption, diag.Pos{}, "input type: %v", err)
		}
		return grid.quantizer("half-even"), nil, nil
	}
	bits := q.width(v)
	f := gridFamily{bits: bits, symmetric: q.symmetric(bits), pow2: q.pow2 || v.Op == ir.OpInput && q.c.Imported, signed: !q.c.Config.Hardware()}
	if v.Op != ir.OpInput && allWhole(x.Reals) {
		f.pow2 = true
	}
	lo, hi := v.Type.Range[0], v.Type.Range[1]
	if bits >= roomy && v.Op != ir.OpInput {
		return f.cover(headroom*lo, headroom*hi).quantizer("half-up"), nil, nil
	}
	sample := thin(x.Reals, 1<<17)
	var grid Grid
	switch q.o["range"] {
	case "percentile":
		grid = f.cover(percentile(sample, q.o.Real("percentile")))
	case "minmax":
		grid = f.cover(lo, hi)
	default:
		var flat bool
		if grid, flat = q.flatGrid(v, f, lo, hi, sample); !flat {
			grid = f.roomyGrid(lo, hi, sample)
		}
	}
	if v.Op == ir.OpInput {
		if q.c.Imported && q.c.Config.InputType == "" {
			q.c.Note("input " + strconv.Quote(v.Name) + " does not go into one quantizer of the model: it is rounded to " + strconv.Itoa(bits) + " bits; --input-type sets another type")
		}
		in := q.input(v, x, f, grid)
		return in.quantizer(), in.offset, nil
	}
	return grid.quantizer("half-up"), nil, nil
}

// allWhole tells whether all values are whole numbers, as floor and comparisons give them. Steps of a power of two hold such exactly, and what is
// compared with them stays equal.
func allWhole(xs []float64) bool {
	for _, x := range xs {
		if x != math.Trunc(x) {
			return false
		}
	}
	return true
}

// quantizer gives the quantizer that rounds to the grid.
func (g Grid) quantizer(mode string) *ir.Quant {
	return &ir.Quant{Scale: []float64{g.Scale}, Zero: []float64{float64(g.Zero)}, Lo: []int64{g.Lo}, Hi: []int64{g.Hi}, Mode: mode}
}
