package passes

import (
	"mlpc/ir"
)

// dense folds affine functions around a dense layer into it, and a dense layer into the next where that saves products.
func (f *folder) dense(g *ir.Graph, v *ir.Value, args []*ir.Value) *ir.Value {
	if f.quantized || !v.Type.Elem.IsReal() {
		return nil
	}
	if v.Op == ir.OpDense {
		return f.before(g, v, args)
	}
	w := *v
	w.Args = args
	a, ok := asAffine(&w)
	if !ok || a.x.Op != ir.OpDense || !f.once(v) {
		return nil
	}
	l := layerOf(a.x)
	for o := range l.out {
		m := at(a.mul, o)
		for i := o * l.in; i < (o+1)*l.in; i++ {
			l.w[i] *= m
		}
		l.b[o] = float64(l.b[o]*m) + at(a.add, o)
	}
	return l.value(g)
}

// once tells whether the run-time arguments of v have no other use.
func (f *folder) once(v *ir.Value) bool {
	for _, a := range v.Args {
		if a.Const() == nil && f.uses[a.ID] != 1 {
			return false
		}
	}
	return true
}

// before folds what stands before a dense layer into it.
func (f *folder) before(g *ir.Graph, v *ir.Value, args []*ir.Value) *ir.Value {
	w := *v
	w.Args = args
	l := layerOf(&w)
	changed := false
	for l.groups == 1 {
		a, ok := asAffine(l.x)
		if !ok {
			break
		}
		for o := range l.out {
			row := l.w[o*l.in : (o+1)*l.in]
			for i := range row {
				l.b[o] += float64(row[i] * at(a.add, i))
				row[i] *= at(a.mul, i)
			}
		}
		l.x, changed = a.x, true
	}
	if p := l.x; p.Op == ir.OpDense && l.groups == 1 && f.uses[v.Args[0].ID] == 1 {
		if first := layerOf(p); first.groups == 1 && l.out*first.in <= first.out*first.in+l.out*l.in {
			l, changed = first.into(l), true
		}
	}
	if !changed {
		return nil
	}
	return l.value(g)
}

// layer is a dense layer of real constants, copied.
type layer struct {
	x               *ir.Value
	w, b            []float64 // [out][in], [out]
	in, out, groups int
	attr            *ir.Dense
}

// layerOf reads a dense value whose weights are real constants.
func layerOf(v *ir.Value) layer {
	d := v.Attr.(*ir.Dense)
	ws := v.Args[1].Type.Shape
	l := layer{x: v.Args[0], out: ws[0], in: ws[1], groups: max(1, d.Groups), attr: d}
	l.w = append(l.w, v.Args[1].Const().Reals...)
	if len(v.Args) == 3 {
		l.b = append(l.b, v.Args[2].Const().Reals...)
	} else {
		l.b = make([]float64, l.out)
	}
	return l
}

// value appends the layer to g, without a bias where it is 0.
func (l layer) value(g *ir.Graph) *ir.Value {
	args := []*ir.Value{l.x, g.ConstReal([]int{l.out, l.in}, l.w)}
	if !all(l.b, 0) {
		args = append(args, g.ConstReal([]int{l.out}, l.b))
	}
	return g.New(ir.OpDense, ir.Real, l.attr, args...)
}

// into multiplies two layers: first l, then next.
func (l layer) into(next layer) layer {
	m := layer{x: l.x, in: l.in, out: next.out, groups: 1, attr: next.attr, w: make([]float64, next.out*l.in), b: next.b}
	for o := range next.out {
		for k := range next.in {
			c := next.w[o*next.in+k]
			for i := range l.in {
				m.w[o*l.in+i] += float64(c * l.w[k*l.in+i])
			}
			m.b[o] += float64(c * l.b[k])
		}
	}
	return m
}

// shiftInput makes of a layer one that reads its inputs less an offset, nil for none.
func (l *layer) shiftInput(offset []float64) {
	if offset == nil {
		return
	}
	for i, w := range l.w {
		l.b[i/l.in] += float64(w * offset[i%l.in])
	}
}
