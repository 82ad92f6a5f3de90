package passes

import (
	"errors"
	"fmt"
	"math"

	"mlpc/ir"
)

// keepConstant is how many bits weights need for those of constant inputs to stay in software. In hardware each weight has its price, and
// narrower ones are fitted to what the rows say.
const keepConstant = 6

// dense quantizes the weights and the bias of a dense layer whose argument is args[0] in the new graph.
//
// Weights are chosen as they act on the argument's integers: column i of W times the scale of input i. Row o of that has one scale,
// which is the accumulator's.
func (q *quantizer) dense(v *ir.Value, args []*ir.Value) (*ir.Value, error) {
	l := layerOf(&ir.Value{Op: v.Op, Attr: v.Attr, Args: args, Type: v.Type})
	l.shiftInput(q.offset[v.Args[0].ID])
	x, known := scaleOf(args[0])
	if !known {
		x = []float64{1}
	}
	w := make([]float64, len(l.w))
	for i := range w {
		w[i] = l.w[i] * at(x, i%l.in)
	}
	if q.correct() {
		keep := !q.c.Config.Hardware() && q.weightBits(v.Name) >= keepConstant
		dropConstant(w, l.in, q.exact[v.Args[0].ID].Reals, l.groups, keep)
	}
	r := q.rounded[v.ID]
	if r == nil {
		var err error
		if r, err = q.chooseWeights(v, &l, w, x); err != nil {
			return nil, err
		}
		if q.correct() {
			r.b = q.correctBias(v, args[0], &l, r.ints, r.acc, x)
		}
		if t := q.typeOf(v.Name, "bias"); t != nil {
			r.b = t.round(r.b)
		}
		q.rounded[v.ID] = r
	}
	ints, acc, b := r.ints, r.acc, r.b
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

// chooseWeights gives the integers of the weights w of a layer, and the accumulator's scales: by a type that the user gave, else by levels.
func (q *quantizer) chooseWeights(v *ir.Value, l *layer, w, x []float64) (r *rounded, err error) {
	r = &rounded{x: x, b: l.b}
	if t := q.typeOf(v.Name, "weight"); t != nil {
		q.weights[v.ID] = q.o.Layer(v.Name, "weight")
		r.ints, r.acc, err = q.typedWeights(v, l, t, x)
		return r, err
	}
	encoding, bits := q.o.Layer(v.Name, "encoding"), q.weightBits(v.Name)
	q.weights[v.ID] = fmt.Sprintf("%s %g", encoding, bits)
	r.lv = q.rowLevels(v, l, w, encoding, bits)
	r.ints, r.acc = q.round(v, l, w, r.lv, x)
	return r, nil
}

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

// round chooses levels and accumulator scales for the weights w of a layer; lv has the levels of all rows, or of each.
func (q *quantizer) round(v *ir.Value, l *layer, w []float64, lv []*levels, x []float64) (ints, acc []float64) {
	method := q.method(v.Name, l.in, lv)
	xq := perStep(q.val[q.to[v.Args[0].ID]].Reals, x)
	if method != "nearest" && l.groups == 1 {
		g, refit := q.solver(v, l, w, xq, x)
		if g != nil {
			acc = q.accScales(v, l, refit, lv, floored(g.h.diagonal()))
			return q.compensated(g, refit, acc, lv, method == "descent")
		}
	}
	acc = q.accScales(v, l, w, lv, floored(squares(xq, l.in, l.groups)))
	ints = make([]float64, len(w))
	for i := range w {
		ints[i] = at(lv, i/l.in).nearest(w[i] / at(acc, i/l.in))
	}
	return ints, acc
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
		s[i%n] += float64(y*y) / float64(len(x)/n)
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

// accScales chooses a scale for each row, or one for all; rows that share one, but not all do, have it each.
func (q *quantizer) accScales(v *ir.Value, l *layer, w []float64, lv []*levels, weight []float64) []float64 {
	share := q.share(l.out)
	if share == l.out {
		return []float64{q.accScale(v, l, w, lv[0], weight, 0, l.out)}
	}
	rows := make([]float64, l.out)
	parallel((l.out+share-1)/share, func(r int) {
		from, to := r*share, min(l.out, (r+1)*share)
		s := q.accScale(v, l, w, at(lv, from), weight, from, to)
		for o := from; o < to; o++ {
			rows[o] = s
		}
	})
	return rows
}

// accScale chooses the scale of the rows in [from, to), so that the biases stay within 31 bits.
func (q *quantizer) accScale(v *ir.Value, l *layer, w []float64, lv *levels, weight []float64, from, to int) float64 {
	n := len(w) / l.out
	w = w[from*n : to*n]
	if all(w, 0) {
		return q.constantScale(v, from, to, l.out)
	}
	s := lv.scale(w, weight, q.pow2)
	lo, hi := bounds(l.b[from:to])
	if least := max(-lo, hi) / (1 << 30); s < least {
		s = least
		if q.pow2 {
			s = pow2Above(least)
		}
	}
	return s
}

// constantScale gives the scale of the rows in [from, to) of so many, which have no weights: the biases, which are all that there is, get 15 bits.
func (q *quantizer) constantScale(v *ir.Value, from, to, rows int) float64 {
	peak, x := 0.0, q.exact[v.ID].Reals
	for i := range x {
		if o := i % rows; from <= o && o < to {
			peak = max(peak, math.Abs(x[i]))
		}
	}
	switch {
	case peak == 0:
		return 1
	case q.pow2:
		return pow2Above(peak / (1 << 15))
	}
	return peak / (1 << 15)
}

// share is how many of a layer's so many rows have one scale. The 16-bit kernels of CMSIS-NN know one for all only.
func (q *quantizer) share(rows int) int {
	switch per := q.o["per"]; {
	case per == "tensor" || q.c.Config.Target == "cmsisnn" && q.actBits("") > 8:
		return rows
	case per == "row":
		return 1
	}
	return min(rows, q.o.Int("per"))
}

func checkPer(s string) error {
	if s == "row" || s == "tensor" {
		return nil
	}
	if err := whole(1, 1<<20)(s); err != nil {
		return errors.New("is not row, tensor or a number of rows")
	}
	return nil
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
