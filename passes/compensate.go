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
	ints, scale = make([]float64, len(w)), slices.Clone(acc)
	parallel(len(w)/n, func(o int) {
		row, res := w[o*n:(o+1)*n], ints[o*n:(o+1)*n]
		if len(acc) > 1 {
			p, s := g.best(row, acc[o], at(lv, o), descent, q.pow2)
			copy(res, p)
			scale[o] = s
			return
		}
		copy(res, g.row(row, acc[0], lv[0]))
		if descent {
			g.h.descend(res, row, acc[0], lv[0])
		}
	})
	return ints, scale
}

// coarse is how many levels a list of them has at most for coordinate descent to pay: one signed power of two of eight.
const coarse = 17

// method gives how the weights of a layer are rounded.
func (q *quantizer) method(layer string, lv []*levels) string {
	m := q.o.Layer(layer, "method")
	most := lv[0]
	for _, l := range lv {
		if l.top > most.top {
			most = l
		}
	}
	switch {
	case m != "auto" && m != "learned":
		return m
	case q.c.Synthetic || most.list == nil && most.top > 31:
		return "nearest"
	case most.top <= 3 || most.list != nil && len(most.list) <= coarse:
		return "descent"
	}
	return "gptq"
}
