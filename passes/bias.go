package passes

import (
	"math"

	"mlpc/ir"
)

// dropConstant sets the weights of inputs that are constant on the calibration rows to 0: what they add is part of the mean that the
// bias takes in. Models that divide each input by its deviation have huge weights there, beside which all others would vanish. With keep,
// weights no larger than the others of their row stay: other rows may move such an input, and they cost the others no steps.
func dropConstant(w []float64, n int, x []float64, groups int, keep bool) {
	if groups > 1 || len(x) < 2*n {
		return
	}
	constant := constantColumns(x, n)
	for o := 0; o < len(w); o += n {
		row, peak := w[o:o+n], 0.0
		for c, y := range row {
			if keep && !constant[c] {
				peak = max(peak, math.Abs(y))
			}
		}
		for c, y := range row {
			if constant[c] && math.Abs(y) > peak {
				row[c] = 0
			}
		}
	}
}

// constantColumns tells which of n columns have one value in all rows.
func constantColumns(x []float64, n int) []bool {
	constant := make([]bool, n)
	for c := range n {
		constant[c] = true
		for i := c + n; i < len(x) && constant[c]; i += n {
			constant[c] = x[i] == x[c]
		}
	}
	return constant
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
