package passes

import (
	"slices"

	"mlpc/ir"
)

// solver factors the Hessian of a layer's quantized inputs and refits the weights to them; nil where that fails. A search keeps what
// it gives for layers that read the inputs, which no choice of widths changes.
func (q *quantizer) solver(v *ir.Value, l *layer, w, xq, x []float64) (*gptq, []float64) {
	kept, ok := q.c.solved[v.ID]
	if ok {
		return kept.g, kept.w
	}
	h := newHessian(xq, l.in, q.correct())
	g, ok := newGPTQ(h)
	if !ok {
		return nil, w
	}
	refit := h.refit(w, xq, perStep(q.exact[v.Args[0].ID].Reals, x), q.correct())
	if q.c.solved != nil && !q.behindDense(v.Args[0]) {
		q.c.solved[v.ID] = solved{g, refit}
	}
	return g, refit
}

// solved is what solver gives.
type solved struct {
	g *gptq
	w []float64
}

// behindDense tells whether v depends on a dense layer.
func (q *quantizer) behindDense(v *ir.Value) bool {
	if v.Op == ir.OpDense {
		return true
	}
	return slices.ContainsFunc(v.Args, q.behindDense)
}

// compensated rounds by GPTQ. Rows that have a scale of their own choose it by what it does to their output.
func (q *quantizer) compensated(g *gptq, w, acc []float64, lv []*levels, descent bool) (ints, scale []float64) {
	n := g.h.n
	own := len(acc) > 1 && q.share(len(acc)) == 1
	ints, scale = make([]float64, len(w)), slices.Clone(acc)
	parallel(len(w)/n, func(o int) {
		row, res := w[o*n:(o+1)*n], ints[o*n:(o+1)*n]
		if own {
			p, s := g.best(row, acc[o], at(lv, o), descent, q.pow2)
			copy(res, p)
			scale[o] = s
			return
		}
		copy(res, g.row(row, at(acc, o), at(lv, o)))
		if descent {
			g.h.descend(res, row, at(acc, o), at(lv, o))
		}
	})
	return ints, scale
}

// coarse is how many levels a list of them has at most for coordinate descent to pay: one signed power of two of eight.
const coarse = 17

// fineRows is how many calibration rows there must be for each input of a layer for GPTQ to pay where weights have many levels: what fewer say of
// the inputs is less exact than the rounding.
const fineRows = 8

// isFine tells whether weights have so many levels that rounding to the nearest is not far off.
func isFine(l *levels) bool { return l.list == nil && l.top > 31 }

// method gives how the weights of a layer with so many inputs are rounded.
func (q *quantizer) method(layer string, inputs int, lv []*levels) string {
	m, most := q.o.Layer(layer, "method"), mostLevels(lv)
	switch {
	case m != "auto" && m != "learned":
		return m
	case q.c.Synthetic || isFine(most) && q.c.Calib.Head(q.o.Int("rows")).Len() < fineRows*inputs:
		return "nearest"
	case most.top <= 3 || most.list != nil && len(most.list) <= coarse:
		return "descent"
	}
	return "gptq"
}

// mostLevels gives the finest of the levels that the rows of a layer have.
func mostLevels(lv []*levels) *levels {
	most := lv[0]
	for _, l := range lv {
		if l.top > most.top {
			most = l
		}
	}
	return most
}
