package passes

import (
	"math"

	"mlpc/ir"
)

// dense quantizes the weights and the bias of a dense layer whose argument is args[0] in the new graph.
func (q *quantizer) dense(v *ir.Value, args []*ir.Value) *ir.Value {
	l := layerOf(&ir.Value{Op: v.Op, Attr: v.Attr, Args: args, Type: v.Type})
	bits := q.weightBits(v.Name)
	top := float64(int64(1)<<(bits-1) - 1)
	x, known := scaleOf(args[0])
	scale := q.weightScales(l, bits, top, x)
	ints := make([]float64, len(l.w))
	for i, w := range l.w {
		ints[i] = min(top, max(-top, math.RoundToEven(w/at(scale, i/l.in))))
	}
	shape := []int{l.out, l.in}
	g := q.ng
	wk := g.ConstReal(shape, ints).Named(args[1].Name, args[1].Pos)
	scaleShape := []int{l.out, 1}
	if len(scale) == 1 {
		scaleShape = nil
	}
	w := g.New(ir.OpMul, ir.Real, nil, wk, g.ConstReal(scaleShape, scale))
	if len(args) == 2 {
		return g.New(ir.OpDense, ir.Real, l.attr, args[0], w)
	}
	b := args[2]
	if known {
		b = q.bias(l.b, scale, x).Named(args[2].Name, args[2].Pos)
	}
	return g.New(ir.OpDense, ir.Real, l.attr, args[0], w, b)
}

// bias puts a bias on the grid of the accumulator, whose scale is that of the argument times that of the weights.
func (q *quantizer) bias(b, scale []float64, x float64) *ir.Value {
	ints, acc := make([]float64, len(b)), make([]float64, len(b))
	for i := range b {
		acc[i] = x * at(scale, i)
		ints[i] = math.RoundToEven(b[i] / acc[i])
	}
	g := q.ng
	return g.New(ir.OpMul, ir.Real, nil, g.ConstReal([]int{len(b)}, ints), g.ConstReal([]int{len(b)}, acc))
}

// weightScales chooses the scale of the weights, one or one a row. x is the scale of the layer's argument, 0 where it has none.
func (q *quantizer) weightScales(l layer, bits int, top, x float64) []float64 {
	rows := make([]float64, l.out)
	if q.o["per"] == "tensor" {
		rows = rows[:1]
	}
	n := len(l.w) / len(rows)
	for r := range rows {
		w := l.w[r*n : (r+1)*n]
		rows[r] = weightScale(w, bits, top, q.pow2)
		bias := l.b[r : r+1]
		if len(rows) == 1 {
			bias = l.b
		}
		rows[r] = max(rows[r], leastScale(bias, x, q.pow2))
	}
	return rows
}

// leastScale keeps the integers of a bias within 31 bits.
func leastScale(b []float64, x float64, pow2 bool) float64 {
	lo, hi := bounds(b)
	if x == 0 {
		return 0
	}
	s := max(-lo, hi) / (1 << 30) / x
	if pow2 && s > 0 {
		return pow2Above(s)
	}
	return s
}

// clipSteps is how many factors below 1 are tried on the largest weight: 0.3 and up.
const clipSteps = 35

// weightScale gives the scale with the least squared error for weights w on the integers −top..top. At 8 bits and more the largest
// weight is reached; below, clipping it is tried, as the facts of low widths want it.
func weightScale(w []float64, bits int, top float64, pow2 bool) float64 {
	lo, hi := bounds(w)
	largest := max(-lo, hi) / top
	if largest == 0 {
		return 1
	}
	if pow2 {
		s := pow2Above(largest)
		if weightLoss(w, s/2, top) < weightLoss(w, s, top) {
			return s / 2
		}
		return s
	}
	if bits >= 8 {
		return largest
	}
	best, least := largest, weightLoss(w, largest, top)
	for k := range clipSteps {
		s := largest * (0.3 + 0.7*float64(k)/clipSteps)
		if l := weightLoss(w, s, top); l < least {
			best, least = s, l
		}
	}
	return best
}

// weightLoss is the sum of squared errors of w on the grid.
func weightLoss(w []float64, scale, top float64) float64 {
	sum, inverse := 0.0, 1/scale
	for _, x := range w {
		d := min(top, max(-top, math.RoundToEven(x*inverse)))*scale - x
		sum += float64(d * d)
	}
	return sum
}

// scaleOf gives the scale of the one grid that v lies on.
func scaleOf(v *ir.Value) (float64, bool) {
	for {
		switch v.Op {
		case ir.OpQuant:
			s := v.Attr.(*ir.Quant).Scale
			return s[0], len(s) == 1
		case ir.OpClamp, ir.OpReduceMax:
			v = v.Args[0]
		case ir.OpRoute:
			if len(v.Args) != 1 {
				return 0, false
			}
			v = v.Args[0]
		default:
			return 0, false
		}
	}
}
