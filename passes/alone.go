package passes

import (
	"fmt"
	"math"

	"mlpc/ir"
)

// Alone is what quantizing a single layer costs: its weights and its grid as they were chosen, all else real, and the mean of its
// outputs kept. It is measured on leading rows of those that the loss is measured on.
type Alone struct {
	Rows   int     `json:"rows"`
	Metric string  `json:"metric"`  // accuracy: fraction lost; rmse: growth of the error; agreement: fraction of rows decided otherwise; error: of the outputs, relative
	Loss   float64 `json:"loss"`    // in that metric
	SQNR   float64 `json:"sqnr_db"` // of the outputs against the float net's; 200 at most
}

const (
	aloneRows   = 1000    // rows to measure on, at most
	aloneLeast  = 32      // rows without which the loss says nothing, unless there are no more
	aloneBudget = 1 << 27 // operations that all measurements together may take
)

// measureAlone sets Alone of the layers, in bounded time: large networks are measured on fewer rows, and the largest not at all.
func (q *quantizer) measureAlone(layers []Layer, of []*ir.Value, m *meter) error {
	work := rowWork(q.g)
	n := min(aloneRows, aloneBudget/(max(1, work)*max(1, len(layers))))
	h := m.head(n)
	if h.rows.Len() == 0 {
		return nil
	}
	if h.rows.Len() < min(aloneLeast, m.rows.Len()) {
		q.c.Note(fmt.Sprintf("losses of single layers are not measured: %d layers of a network with %d operations take too long", len(layers), work))
		return nil
	}
	for i, v := range of {
		g, err := q.only(v)
		if err != nil {
			return err
		}
		outs, err := runReal(g, h.rows.Ins)
		if err != nil {
			return err
		}
		if a := h.alone(outs); !math.IsNaN(a.Loss) && !math.IsInf(a.Loss, 0) && !math.IsNaN(a.SQNR) {
			layers[i].Alone = a // a layer alone may make a division by zero of what all layers together do not
		}
	}
	return nil
}

// rowWork is about how many operations the real graph takes for a row: products, elements, and functions for the price of eight.
func rowWork(g *ir.Graph) int {
	work := 0
	for _, v := range g.Values {
		n := v.Type.Size()
		switch {
		case isStatic(v):
			n = 0
		case v.Op == ir.OpDense:
			n *= v.Args[1].Type.Shape[1]
		case v.Op == ir.OpMatMul:
			n *= lastAxis(v.Args[0].Type.Shape)
		case v.Op == ir.OpTable:
			n *= 8
		}
		work += n
	}
	return work
}

// alone compares outputs with the float net's.
func (m *meter) alone(outs []*ir.Tensor) *Alone {
	name, _ := m.metric(outs)
	if name == "sqnr_db" {
		name = "error"
		if m.kind != noDecision {
			name = "agreement"
		}
	}
	return &Alone{Rows: m.rows.Len(), Metric: name, Loss: m.loss(outs), SQNR: decibels(m.ref, outs)}
}

// only gives the float net with the layer that ends in v quantized.
func (q *quantizer) only(v *ir.Value) (*ir.Graph, error) {
	d := q.denseBehind(v)
	var fail error
	g := q.g.Rewrite(func(g *ir.Graph, u *ir.Value, args []*ir.Value) *ir.Value {
		var nu *ir.Value
		if u == d {
			nu, fail = q.onlyWeights(g, u, args)
		}
		if u != v || q.attr[v.ID] == nil {
			return nu
		}
		if nu == nil {
			nu = g.Add(u.Op, u.Type, u.Attr, args...)
		}
		offset := q.offset[v.ID]
		if offset == nil {
			return g.New(ir.OpQuant, ir.Real, q.attr[v.ID], nu)
		}
		k := g.ConstReal([]int{len(offset)}, offset)
		return g.New(ir.OpAdd, ir.Real, nil, g.New(ir.OpQuant, ir.Real, q.attr[v.ID], g.New(ir.OpSub, ir.Real, nil, nu, k)), k)
	})
	return g, fail
}

// onlyWeights gives a dense layer with its quantized weights on the float argument, and a bias that keeps the mean of its outputs.
func (q *quantizer) onlyWeights(g *ir.Graph, u *ir.Value, args []*ir.Value) (*ir.Value, error) {
	l := layerOf(u)
	w := staticReals(q.made[u.ID].Args[1])
	if len(w) != len(l.w) {
		return nil, fmt.Errorf("%d quantized weights for %d", len(w), len(l.w))
	}
	x := q.exact[u.Args[0].ID]
	if q.correct() && l.groups == 1 {
		offset := q.offset[u.Args[0].ID]
		for i, mean := range means(x.Reals, l.in) {
			if offset != nil {
				mean += at(offset, i)
			}
			for o := range l.out {
				l.b[o] += float64((l.w[o*l.in+i] - w[o*l.in+i]) * mean)
			}
		}
	}
	if t := q.typeOf(u.Name, "bias"); t != nil {
		l.b = t.round(l.b)
	}
	l.x, l.w = args[0], w
	return l.value(g), nil
}

// denseBehind gives the dense layer whose results reach v through clamps, routes, and sums and products with constants; nil for none.
func (q *quantizer) denseBehind(v *ir.Value) *ir.Value {
	for u := v; !isStatic(u) && u.Op != ir.OpInput; u = runtimeArg(u) {
		if q.made[u.ID] != nil {
			return u
		}
		if _, line := straight(u); !line && (u.Op != ir.OpRoute || len(u.Args) > 1) {
			break
		}
	}
	return nil
}

// unnarrowed adds a line for each dense layer whose accumulators stay as they are, so that it belongs to no quantizer.
func (q *quantizer) unnarrowed() {
	shown := map[int]bool{}
	for _, v := range q.layerOf {
		if d := q.denseBehind(v); d != nil {
			shown[d.ID] = true
		}
	}
	for _, v := range q.g.Values {
		if q.made[v.ID] == nil || shown[v.ID] {
			continue
		}
		l := Layer{Name: v.Name, Op: v.Op.String(), Dense: v.Name, Weights: q.weights[v.ID]}
		l.Lo, l.Hi = bounds(q.exact[v.ID].Reals)
		l.SQNR = decibels([]*ir.Tensor{q.exact[v.ID]}, []*ir.Tensor{q.val[q.made[v.ID]]})
		q.c.Layers, q.layerOf = append(q.c.Layers, l), append(q.layerOf, v)
	}
}
