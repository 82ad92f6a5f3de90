package ir

import (
	"fmt"
	"slices"

	"mlpc/ir/diag"
	"mlpc/ir/num"
)

// most24 bounds the integers that float32 holds exactly.
const most24 = 1 << 24

// HintFloat32 is the next step where an architecture has no floating point.
const HintFloat32 = "use --arch stream, or leave out --match ort: the sums are then exact, and a few results in a thousand differ by one step from ONNX Runtime's"

func shapeDenseFloat32(v *Value) ([]int, error) {
	a := v.Attr.(*DenseFloat32)
	x, w, groups := v.Args[0].Type.Shape, v.Args[1].Type.Shape, max(1, a.Groups)
	if len(x) == 0 || len(w) != 2 || x[len(x)-1] != w[1]*groups || w[0]%groups != 0 {
		return nil, fmt.Errorf("dense-float32 with %d groups: x %v does not match W %v", groups, x, w)
	}
	if v.Args[1].Op != OpConst {
		return nil, fmt.Errorf("weights must be constant")
	}
	if len(a.Scales) != w[0] || len(a.Bias) != 0 && len(a.Bias) != w[0] {
		return nil, fmt.Errorf("%d scales and %d biases do not match %d rows", len(a.Scales), len(a.Bias), w[0])
	}
	return append(slices.Clone(x[:len(x)-1]), w[0]), nil
}

func kernelDenseFloat32(v *Value, static []*Tensor) kernel {
	d, w := v.Attr.(*DenseFloat32), static[1]
	rows, k := v.Args[1].Type.Shape[0], v.Args[1].Type.Shape[1]
	groups := max(1, d.Groups)
	weights := make([]float32, len(w.Ints))
	for i, q := range w.Ints {
		weights[i] = num.Dequantize32(q, 0, float32(d.Scales[i/k]))
	}
	return func(a []*Tensor, out *Tensor) {
		x := make([]float32, len(a[0].Ints))
		for i, q := range a[0].Ints {
			x[i] = num.Dequantize32(q, d.Zero, float32(d.Scale))
		}
		for i := range out.Ints {
			r, o := i/rows, i%rows
			xs, ws := x[(r*groups+o/(rows/groups))*k:], weights[o*k:]
			y := num.Dot32(k, d.Depth, float32(rowOf(d.Bias, o)), func(j int) (float32, float32) { return xs[j], ws[j] })
			out.Ints[i] = num.Quantize32(y, float32(d.OutScale), d.OutZero, d.Lo, d.Hi)
		}
	}
}

func rangeDenseFloat32(v *Value, _ []Interval) (Interval, error) {
	a := v.Attr.(*DenseFloat32)
	return uniform(a.Lo, a.Hi), nil
}

// elemDenseFloat32 checks that the constants are float32 and that integers stay exact on their way there.
func elemDenseFloat32(v *Value, l *diag.List) {
	a := v.Attr.(*DenseFloat32)
	for _, x := range slices.Concat([]float64{a.Scale, a.OutScale}, a.Scales, a.Bias) {
		if float64(float32(x)) != x {
			complain(l, v, diag.CodeValue, "%v is no float32", x)
			return
		}
	}
	if !(a.Scale > 0 && a.OutScale > 0) || a.Depth < 1 {
		complain(l, v, diag.CodeAttribute, "scale %v, outscale %v and depth %d must be positive", a.Scale, a.OutScale, a.Depth)
	}
	xlo, xhi := v.Args[0].Type.Elem.Range()
	wlo, whi := v.Args[1].Type.Elem.Range()
	for _, x := range []int64{a.Zero, xlo, xhi, wlo, whi, a.Lo, a.Hi, a.OutZero} {
		if x < -most24/4 || x > most24/4 {
			complain(l, v, diag.CodeOverflow, "%d has more than 22 bits", x)
			return
		}
	}
	if a.Lo > a.Hi || !v.Type.Elem.Holds(a.Lo, a.Hi) {
		complain(l, v, diag.CodeType, "range [%d, %d] is not inside %s", a.Lo, a.Hi, v.Type.Elem)
	}
}
