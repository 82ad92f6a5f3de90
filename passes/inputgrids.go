package passes

import (
	"math"

	"mlpc/ir"
)

// inputGrids are the grids of the features of an input: feature c takes the reals offset[c] + (q − zero)·scale[c] for q from lo to hi.
type inputGrids struct {
	offset []float64 // nil: none
	scale  []float64 // one, or one for each feature
	zero   int64
	lo, hi int64
}

// plainGrids gives all features one grid.
func plainGrids(g Grid) *inputGrids {
	return &inputGrids{scale: []float64{g.Scale}, zero: g.Zero, lo: g.Lo, hi: g.Hi}
}

// featureGrid is the grid of one feature.
type featureGrid struct {
	Grid
	offset float64
}

func (a *inputGrids) at(c int) featureGrid {
	f := featureGrid{Grid: Grid{at(a.scale, c), a.zero, a.lo, a.hi}}
	if a.offset != nil {
		f.offset = a.offset[c]
	}
	return f
}

// loss is the sum of squared errors of a feature's values.
func (g featureGrid) loss(xs []float64) float64 {
	if g.offset == 0 {
		return g.Grid.loss(xs)
	}
	sum := 0.0
	for _, x := range xs {
		d := g.round(x) - x
		sum += float64(d * d)
	}
	return sum
}

// round gives the real of the grid that is nearest to x.
func (g featureGrid) round(x float64) float64 {
	q := min(float64(g.Hi), max(float64(g.Lo), math.RoundToEven((x-g.offset)/g.Scale)+float64(g.Zero)))
	return g.offset + float64((q-float64(g.Zero))*g.Scale)
}

// fillConstant gives constant features, which have no scale yet, the coarsest of the others'.
func (a *inputGrids) fillConstant() {
	_, coarsest := bounds(a.scale)
	if coarsest == 0 {
		coarsest = 1
	}
	for c, s := range a.scale {
		if s == 0 {
			a.scale[c] = coarsest
		}
	}
}

// takesOffset tells whether the features of an input may start anywhere: dense layers alone read it, and nothing is said of its type.
func (q *quantizer) takesOffset(v *ir.Value) bool {
	if q.c.Imported || q.c.Config.InputType != "" {
		return false
	}
	for _, u := range q.users[v.ID] {
		if d, ok := u.Attr.(*ir.Dense); !ok || d.Groups > 1 || u.Args[0] != v || !isConst(u.Args[1]) {
			return false
		}
	}
	return true
}

// clipLow and clipHigh are the shares of a feature's range that its grid is tried to start and to end at.
var (
	clipLow  = []float64{0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3}
	clipHigh = []float64{1, 0.97, 0.94, 0.9, 0.85, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.25, 0.2, 0.15}
)

// offsetGrids gives each feature its own scale and offset, where the input takes them and they disturb the first layers less than the
// grids that it has.
func (q *quantizer) offsetGrids(v *ir.Value, columns [][]float64, f gridFamily, gain []float64, has *inputGrids) *inputGrids {
	if q.c.Synthetic || q.o["range"] != "mse" || !q.takesOffset(v) {
		return has
	}
	if a := nearestGrids(columns, f); noise(gain, columns, a) < noise(gain, columns, has) {
		has = a
	}
	return q.learnedGrids(v, columns, has)
}

// nearestGrids gives each feature the part of its range with the least squared error.
func nearestGrids(columns [][]float64, f gridFamily) *inputGrids {
	a := &inputGrids{offset: make([]float64, len(columns)), scale: make([]float64, len(columns)), hi: 1<<f.bits - 1}
	if f.signed {
		a.lo, a.hi, a.zero = -1<<(f.bits-1), 1<<(f.bits-1)-1, -1<<(f.bits-1)
	}
	parallel(len(columns), func(c int) {
		column := thin(columns[c], 1<<9)
		least := math.Inf(1)
		for _, g := range a.candidates(c, columns[c]) {
			if e := g.loss(column); e < least {
				a.offset[c], a.scale[c], least = g.offset, g.Scale, e
			}
		}
	})
	a.fillConstant()
	return a
}

// candidates lists the grids that feature c, with the given values, is tried on: parts of its range. None for a constant one.
func (a *inputGrids) candidates(c int, column []float64) []featureGrid {
	if column == nil {
		return nil
	}
	lo, hi := bounds(column)
	var all []featureGrid
	for _, from := range clipLow {
		for _, to := range clipHigh {
			if to > from {
				g := a.at(c)
				g.offset, g.Scale = lo+from*(hi-lo), max((to-from)*(hi-lo)/float64(a.hi-a.lo), 1e-30)
				all = append(all, g)
			}
		}
	}
	return all
}

// quantizer gives the quantizer of the integers, behind the subtraction of the offset.
func (a *inputGrids) quantizer() *ir.Quant {
	return &ir.Quant{Scale: a.scale, Zero: []float64{float64(a.zero)}, Lo: []int64{a.lo}, Hi: []int64{a.hi}, Mode: "half-even"}
}
