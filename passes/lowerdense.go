package passes

import (
	"fmt"
	"math"

	"mlpc/ir"
)

// dense puts weights and bias on the grid of the accumulator and moves the argument's zero point into the bias.
func (l *lowering) dense(v *ir.Value) (form, error) {
	x, err := l.plain(l.forms[v.Args[0].ID])
	if err != nil {
		return form{}, err
	}
	w, ok := gridOf(v.Args[1])
	if !ok {
		return form{}, fmt.Errorf("the weights lie on no grid")
	}
	d := *v.Attr.(*ir.Dense)
	groups, out, in := max(1, d.Groups), w.shape[0], w.shape[1]
	weights, acc, err := accumulated(w, x.scale, out, in, groups)
	if err != nil {
		return form{}, err
	}
	ints, rest, err := l.denseBias(v, acc)
	if err != nil {
		return form{}, err
	}
	if x.zero != 0 {
		for o := range out {
			for _, q := range weights[o*in : (o+1)*in] {
				ints[o] -= x.zero * q
			}
		}
	}
	args := []*ir.Value{x.v, l.ng.Const(w.shape, weights).Named(v.Args[1].Name, v.Args[1].Pos)}
	for _, b := range ints {
		if b != 0 {
			args = append(args, l.ng.Const([]int{out}, ints))
			break
		}
	}
	f := form{v: l.ng.New(ir.OpDense, ir.Elem{}, &d, args...), scale: shorten(acc), acc: true}
	if rest != nil {
		f = f.then(stage{mul: []float64{1}, add: rest})
	}
	return f, nil
}

// accumulated gives the weights as integers on the accumulator's grid and its scale for each row: the finest step of a weight times
// its input's. Coarser ones become multiples.
func accumulated(w *staticGrid, x []float64, out, in, groups int) (ints []int64, acc []float64, err error) {
	ints, acc = make([]int64, out*in), make([]float64, out)
	for o := range out {
		first := o / (out / groups) * in
		step := func(i int) float64 { return w.scale[o*in+i] * at(x, first+i) }
		for i, q := range w.ints[o*in : (o+1)*in] {
			if s := step(i); q != 0 && (acc[o] == 0 || s < acc[o]) {
				acc[o] = s
			}
		}
		if acc[o] == 0 {
			acc[o] = step(0) // a row of zeros
		}
		for i, q := range w.ints[o*in : (o+1)*in] {
			if q == 0 {
				continue
			}
			ratio := step(i) / acc[o]
			whole := math.Round(ratio)
			if math.Abs(ratio-whole) > 1e-12*ratio || whole > 1<<30 {
				return nil, nil, fmt.Errorf("row %d of the weights mixes scales that have no common step", o)
			}
			ints[o*in+i] = q * int64(whole)
		}
	}
	return ints, acc, nil
}

// denseBias gives the bias as integers of the accumulator, and what of it lies between them where the arithmetic to match keeps it.
func (l *lowering) denseBias(v *ir.Value, acc []float64) (ints []int64, rest []float64, err error) {
	ints = make([]int64, len(acc))
	if len(v.Args) < 3 {
		return ints, nil, nil
	}
	b := staticReals(v.Args[2])
	if b == nil {
		return nil, nil, fmt.Errorf("the bias is not constant")
	}
	left := make([]float64, len(acc))
	for o := range acc {
		t := b[o] / acc[o]
		if math.Abs(t) >= 1<<53 {
			return nil, nil, fmt.Errorf("bias %g is %g times the accumulator's step", b[o], t)
		}
		q := math.RoundToEven(t)
		ints[o] = int64(q)
		if math.Abs(t-q) > 1e-6*max(1, math.Abs(q)) {
			left[o] = b[o] - float64(q*acc[o])
		}
	}
	if !l.exact || all(left, 0) {
		return ints, nil, nil
	}
	return ints, left, nil
}

// shorten gives one entry where all are equal.
func shorten(s []float64) []float64 {
	if len(s) > 1 && all(s, s[0]) {
		return s[:1]
	}
	return s
}
