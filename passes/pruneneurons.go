package passes

import (
	"math"
	"strconv"

	"mlpc/ir"
	"mlpc/ir/diag"
)

// pruneNeurons takes neurons out of hidden layers whose values only go, through pointwise functions, into one dense layer. It keeps
// those that, by column-pivoted QR on the calibration rows, span the others best, each column weighted by the next layer's weights
// (an interpolative decomposition), and refits the next layer to what all neurons gave it.
func pruneNeurons(c *Context, g *ir.Graph, o Options) (*ir.Graph, error) {
	for _, v := range g.Values {
		share, _ := strconv.ParseFloat(o.Layer(v.Name, "neurons"), 64)
		if v.Op != ir.OpDense || share == 0 {
			continue
		}
		// Each layer is shrunk in the graph in which the layers before it are small already.
		var err error
		if g, err = shrinkLayer(c, g, v.ID, share); err != nil {
			return nil, err
		}
	}
	return g, nil
}

// shrinkLayer takes the share of its neurons out of the dense layer with the given ID, where its only reader is another one.
func shrinkLayer(c *Context, g *ir.Graph, id int, share float64) (*ir.Graph, error) {
	v := g.Values[id]
	chain, next := readerOf(g, v)
	if next == nil || !isConst(v.Args[1]) || !isConst(next.Args[1]) {
		return g, nil
	}
	values, err := runValues(g, c.Calib.Head(obsRows).Ins)
	if err != nil {
		return nil, diag.New(diag.CodeData, diag.Pos{}, "the calibration rows do not run: %v", err)
	}
	first, second := layerOf(v), layerOf(next)
	if first.groups > 1 || second.groups > 1 || len(v.Type.Shape) != 1 {
		return g, nil
	}
	keep := int(math.Round((1 - share) * float64(first.out)))
	x := values[next.Args[0].ID].Reals
	h := newHessian(x, first.out, true)
	kept := h.pivots(columnNorms(second.w, second.in), max(1, keep))
	small := first.rows(kept)
	refitColumns(&second, h, kept, means(x, first.out))
	// IDs stay: values are replaced one by one and none is added before the next layer.
	return g.Rewrite(func(ng *ir.Graph, w *ir.Value, args []*ir.Value) *ir.Value {
		switch {
		case w == v:
			small.x = args[0]
			return small.value(ng)
		case w == next:
			second.x = args[0]
			return second.value(ng)
		case chain[w]:
			return ng.New(w.Op, ir.Real, w.Attr, args...)
		}
		return nil
	}), nil
}

// readerOf follows a value through functions of one argument that alone read it to the dense layer that reads the last; nil where
// another op does.
func readerOf(g *ir.Graph, v *ir.Value) (chain map[*ir.Value]bool, next *ir.Value) {
	chain = map[*ir.Value]bool{}
	for {
		var reader *ir.Value
		for _, u := range g.Values {
			for _, a := range u.Args {
				if a == v && reader != nil {
					return nil, nil
				}
				if a == v {
					reader = u
				}
			}
		}
		for _, o := range g.Outs {
			if o == v {
				return nil, nil
			}
		}
		switch {
		case reader == nil:
			return nil, nil
		case reader.Op == ir.OpDense:
			return chain, reader
		case reader.Op != ir.OpClamp && reader.Op != ir.OpTable:
			return nil, nil
		}
		chain[reader] = true
		v = reader
	}
}

// rows gives a layer of the listed rows only.
func (l layer) rows(list []int) layer {
	small := l
	small.out, small.w, small.b = len(list), nil, nil
	for _, o := range list {
		small.w = append(small.w, l.w[o*l.in:(o+1)*l.in]...)
		small.b = append(small.b, l.b[o])
	}
	return small
}

// columnNorms gives the root of the sum of squares of each of n columns.
func columnNorms(w []float64, n int) []float64 {
	s := make([]float64, n)
	for i, x := range w {
		s[i%n] += float64(x * x)
	}
	for i := range s {
		s[i] = math.Sqrt(s[i])
	}
	return s
}

// pivots gives the first k columns that column-pivoted QR of the values behind the Hessian picks, each column weighted: pivoted
// Cholesky factorization of their Gram matrix, in ascending order of columns.
func (h *hessian) pivots(weight []float64, k int) []int {
	n := h.n
	m := make([]float64, n*n)
	for i := range n {
		for j := range n {
			m[i*n+j] = h.h[i*n+j] * weight[i] * weight[j]
		}
	}
	picked := make([]bool, n)
	for range min(k, n) {
		p := -1
		for i := range n {
			if !picked[i] && (p < 0 || m[i*n+i] > m[p*n+p]) {
				p = i
			}
		}
		picked[p] = true
		d := m[p*n+p]
		if !(d > 0) {
			continue
		}
		// What the picked column explains is taken out of all others.
		column := make([]float64, n)
		for i := range n {
			column[i] = m[i*n+p]
		}
		parallel(n, func(i int) {
			f := column[i] / d
			for j, c := range column {
				m[i*n+j] -= float64(f * c)
			}
		})
	}
	var list []int
	for i := range n {
		if picked[i] {
			list = append(list, i)
		}
	}
	return list
}

// refitColumns gives a layer only the listed inputs, with the weights that make of them what all inputs made, as nearly as least
// squares allow, and a bias that keeps the mean.
func refitColumns(l *layer, h *hessian, list []int, mean []float64) {
	k, n := len(list), l.in
	factor := h.damped(list, obsDamping)
	fits := cholesky(factor, k)
	w := make([]float64, l.out*k)
	for o := range l.out {
		y := w[o*k : (o+1)*k]
		for a, i := range list {
			if !fits {
				y[a] = l.w[o*n+i]
				continue
			}
			for j, c := range h.h[i*n : (i+1)*n] {
				y[a] += float64(c * l.w[o*n+j])
			}
		}
		if fits {
			solveCholesky(factor, y)
		}
		for j := range n {
			l.b[o] += float64(l.w[o*n+j] * mean[j])
		}
		for a, i := range list {
			l.b[o] -= float64(y[a] * mean[i])
		}
	}
	l.w, l.in = w, k
}
