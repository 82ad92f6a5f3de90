package passes

import (
	"fmt"
	"math"
	"slices"

	"mlpc/ir"
)

// dense quantizes the weights and the bias of a dense layer whose argument is args[0] in the new graph.
//
// Weights are chosen as they act on the argument's integers: column i of W times the scale of input i. Row o of that has one scale,
// which is the accumulator's.
func (q *quantizer) dense(v *ir.Value, args []*ir.Value) (*ir.Value, error) {
	l := layerOf(&ir.Value{Op: v.Op, Attr: v.Attr, Args: args, Type: v.Type})
	x, known := scaleOf(args[0])
	if !known {
		x = []float64{1}
	}
	w := make([]float64, len(l.w))
	for i := range w {
		w[i] = l.w[i] * at(x, q.column(&l, i))
	}
	if q.correct() {
		dropConstant(w, l.in, q.exact[v.Args[0].ID].Reals, l.groups)
	}
	encoding, bits := q.o.Layer(v.Name, "encoding"), q.weightBits(v.Name)
	q.weights[v.ID] = fmt.Sprintf("%s %g", encoding, bits)
	lv := q.rowLevels(v, &l, w, encoding, bits)
	ints, acc := q.round(v, &l, w, lv, x)
	b := l.b
	if q.correct() {
		b = q.correctBias(v, args[0], &l, ints, acc, x)
	}
	g := q.ng
	wk := g.ConstReal([]int{l.out, l.in}, ints).Named(args[1].Name, args[1].Pos)
	wv := g.New(ir.OpMul, ir.Real, nil, wk, g.ConstReal([]int{l.out, 1}, scaled(acc, l.out, x)))
	if len(x) > 1 {
		inverse := make([]float64, len(x))
		for i := range x {
			inverse[i] = 1 / x[i]
		}
		wv = g.New(ir.OpMul, ir.Real, nil, wv, g.ConstReal([]int{l.in}, inverse))
	}
	dense := []*ir.Value{args[0], wv}
	if !all(b, 0) {
		bv := g.ConstReal([]int{l.out}, b)
		if known {
			bv = q.bias(b, acc)
		}
		if len(args) == 3 {
			bv.Named(args[2].Name, args[2].Pos)
		}
		dense = append(dense, bv)
	}
	return g.New(ir.OpDense, ir.Real, l.attr, dense...), nil
}

// dropConstant sets the weights of inputs that are constant on the calibration rows to 0: what they add is part of the mean that the
// bias takes in. Models that divide each input by its deviation have huge weights there, beside which all others would vanish.
func dropConstant(w []float64, n int, x []float64, groups int) {
	if groups > 1 || len(x) < 2*n {
		return
	}
	for c := range n {
		constant := true
		for i := c + n; i < len(x) && constant; i += n {
			constant = x[i] == x[c]
		}
		if constant {
			for i := c; i < len(w); i += n {
				w[i] = 0
			}
		}
	}
}

// column gives the input index that weight i of a layer multiplies; per-feature scales only meet layers of one group.
func (q *quantizer) column(l *layer, i int) int { return i % l.in }

// scaled gives the weight scale of each row: the accumulator's over the argument's, or the accumulator's where each input has its own.
func scaled(acc []float64, out int, x []float64) []float64 {
	s := make([]float64, out)
	for o := range s {
		s[o] = at(acc, o)
		if len(x) == 1 {
			s[o] /= x[0]
		}
	}
	return s
}

// bias puts a bias on the grid of the accumulator.
func (q *quantizer) bias(b, acc []float64) *ir.Value {
	ints, scale := make([]float64, len(b)), make([]float64, len(b))
	for i := range b {
		scale[i] = at(acc, i)
		ints[i] = math.RoundToEven(b[i] / scale[i])
	}
	g := q.ng
	return g.New(ir.OpMul, ir.Real, nil, g.ConstReal([]int{len(b)}, ints), g.ConstReal([]int{len(b)}, scale))
}

// round chooses levels and accumulator scales for the weights w of a layer; lv has the levels of all rows, or of each.
func (q *quantizer) round(v *ir.Value, l *layer, w []float64, lv []*levels, x []float64) (ints, acc []float64) {
	method := q.method(v.Name, lv)
	xq := perStep(q.val[q.to[v.Args[0].ID]].Reals, x)
	if method != "nearest" && l.groups == 1 {
		g, refit := q.solver(v, l, w, xq, x)
		if g != nil {
			acc = q.accScales(l, refit, lv, floored(g.h.diagonal()))
			return q.compensated(g, refit, acc, lv, method == "descent")
		}
	}
	acc = q.accScales(l, w, lv, floored(squares(xq, l.in, l.groups)))
	ints = make([]float64, len(w))
	for i := range w {
		ints[i] = at(lv, i/l.in).nearest(w[i] / at(acc, i/l.in))
	}
	return ints, acc
}

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

// perStep gives inputs in steps of their grids.
func perStep(x, scale []float64) []float64 {
	y := make([]float64, len(x))
	for i := range x {
		y[i] = x[i] / scale[i%len(scale)]
	}
	return y
}

// squares gives the mean square of each of the n inputs of a layer; layers of several groups get equal ones.
func squares(x []float64, n, groups int) []float64 {
	if groups > 1 {
		return []float64{1}
	}
	s := make([]float64, n)
	for i, y := range x {
		s[i%n] += y * y / float64(len(x)/n)
	}
	return s
}

// floored adds a thousandth of their mean to all entries, so that no weight counts for nothing.
func floored(s []float64) []float64 {
	mean := math.SmallestNonzeroFloat64
	for _, x := range s {
		mean += x / float64(len(s)) / 1000
	}
	for i := range s {
		s[i] += mean
	}
	return s
}

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
	case m != "auto":
		return m
	case q.c.Synthetic || most.list == nil && most.top > 31:
		return "nearest"
	case most.top <= 3:
		return "descent"
	}
	return "gptq"
}

// accScales chooses the scale of each row, or one for all, so that the biases stay within 31 bits.
func (q *quantizer) accScales(l *layer, w []float64, lv []*levels, weight []float64) []float64 {
	rows := make([]float64, l.out)
	if q.o["per"] == "tensor" {
		rows = rows[:1]
	}
	n := len(w) / len(rows)
	parallel(len(rows), func(r int) {
		rows[r] = at(lv, r).scale(w[r*n:(r+1)*n], weight, q.pow2)
		bias := l.b
		if len(rows) > 1 {
			bias = l.b[r : r+1]
		}
		lo, hi := bounds(bias)
		if least := max(-lo, hi) / (1 << 30); rows[r] < least {
			rows[r] = least
			if q.pow2 {
				rows[r] = pow2Above(least)
			}
		}
	})
	return rows
}

// correct tells whether biases take in the mean error of their layer.
func (q *quantizer) correct() bool {
	return q.o["correct"] == "yes" || q.o["correct"] == "auto" && !q.c.Synthetic
}

// correctBias gives the bias that brings the mean of each output on the calibration rows back to the float model's: the mean of
// Xf·Wᵀ − Xq·Qᵀ is added (Nagel et al., "Data-free quantization", 2019, with empirical means).
func (q *quantizer) correctBias(v, arg *ir.Value, l *layer, ints, acc, x []float64) []float64 {
	if l.groups > 1 {
		return l.b
	}
	before, after := means(q.exact[v.Args[0].ID].Reals, l.in), means(q.val[arg].Reals, l.in)
	b := make([]float64, l.out)
	for o := range b {
		b[o] = l.b[o]
		for i := range l.in {
			step := at(acc, o) * ints[o*l.in+i] / at(x, i)
			b[o] += float64(l.w[o*l.in+i]*before[i]) - float64(step*after[i])
		}
	}
	return b
}

// means gives the mean of each of n columns.
func means(x []float64, n int) []float64 {
	m := make([]float64, n)
	for i, y := range x {
		m[i%n] += y
	}
	for i := range m {
		m[i] /= float64(max(1, len(x)/n))
	}
	return m
}

// scaleOf gives the scale of the grid that v lies on, one or one for each index of the last axis.
func scaleOf(v *ir.Value) ([]float64, bool) {
	for {
		switch v.Op {
		case ir.OpQuant:
			return v.Attr.(*ir.Quant).Scale, true
		case ir.OpClamp:
			v = v.Args[0]
		case ir.OpAdd, ir.OpSub, ir.OpMul:
			a, ok := asAffine(v)
			if !ok || !onGrid(a) || !all(a.mul, a.mul[0]) {
				return nil, false
			}
			s, _ := scaleOf(a.x)
			return []float64{s[0] * a.mul[0]}, true
		case ir.OpReduceMax:
			s, ok := scaleOf(v.Args[0])
			return s, ok && len(s) == 1
		case ir.OpRoute:
			if len(v.Args) != 1 {
				return nil, false
			}
			s, ok := scaleOf(v.Args[0])
			return s, ok && len(s) == 1
		default:
			return nil, false
		}
	}
}
