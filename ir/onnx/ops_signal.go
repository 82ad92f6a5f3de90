package onnx

import (
	"math"
	"slices"

	"mlpc/ir/diag"
)

// lowerDFT is a discrete Fourier transform of constant length as one constant matrix. The axis is an attribute before version 20, an
// input after.
func lowerDFT(n *node) []*value {
	x := n.arg(0)
	rank := x.rank()
	if rank < 2 || x.shape[rank-1] > 2 || x.shape[rank-1] < 1 {
		n.refuse(diag.CodeShape, "DFT of shape %v", x.shape)
	}
	axis := n.int("axis", 1)
	if n.opset >= 20 {
		axis = -2
		if a := n.opt(2); a != nil {
			axis = n.constInt(2)
		}
	}
	axis = n.axis(axis, rank)
	if axis == rank-1 || axis == x.batch {
		n.refuse(diag.CodeShape, "DFT along axis %d of shape %v", axis, x.shape)
	}
	inverse, half := n.flag("inverse"), n.flag("onesided")
	length := x.shape[axis]
	if inverse && half {
		length = 2 * (length - 1)
	}
	if n.opt(1) != nil {
		length = n.constInt(1)
	}
	if length < 1 || length > 1<<16 {
		n.refuse(diag.CodeShape, "DFT of length %d", length)
	}
	w, out, parts := n.dftMatrix(x.shape[axis], x.shape[rank-1], length, inverse, half)
	// The transformed axis and the real and imaginary parts become one last axis.
	perm := append(slices.DeleteFunc(from(0, rank-1), func(a int) bool { return a == axis }), axis, rank-1)
	t := n.permute(x, perm)
	t = n.reshape(t, append(slices.Clone(t.shape[:rank-2]), t.shape[rank-2]*t.shape[rank-1]), t.batch)
	y := n.dense(t, w, nil)
	y = n.reshape(y, append(slices.Clone(y.shape[:rank-2]), out, parts), y.batch)
	return one(n.permute(y, inverseOf(perm)))
}

// inverseOf gives the permutation that undoes perm.
func inverseOf(perm []int) []int {
	back := make([]int, len(perm))
	for i, p := range perm {
		back[p] = i
	}
	return back
}

// dftMatrix gives the matrix [out·parts, in·c] of a transform of the given length; in may differ from it (padding with zeros or
// cutting). half keeps the non-redundant bins; its inverse takes them and gives real numbers.
func (n *node) dftMatrix(in, c, length int, inverse, half bool) (w *value, out, parts int) {
	out, parts = length, 2
	switch {
	case half && inverse:
		parts = 1
	case half:
		out = length/2 + 1
	}
	n.spend(out * parts * in * c)
	m := make([]float64, out*parts*in*c)
	for k := range out {
		for i := range min(in, length) {
			sin, cos := math.Sincos(2 * math.Pi * float64(k*i%length) / float64(length))
			if inverse {
				sin, cos = -sin/float64(length), cos/float64(length)
				if half && i > 0 && 2*i != length { // its mirror bin adds the same real part
					sin, cos = 2*sin, 2*cos
				}
			}
			if half && inverse && 2*i > length {
				continue
			}
			re := (k*parts*in + i) * c
			m[re] = cos
			if c == 2 {
				m[re+1] = sin
			}
			if parts == 2 {
				im := ((k*parts+1)*in + i) * c
				m[im] = -sin
				if c == 2 {
					m[im+1] = cos
				}
			}
		}
	}
	return constant(dtFloat, []int{out * parts, in * c}, m), out, parts
}

var signalOps = map[opKey]opRow{
	{"", "DFT"}: {17, 3, lowerDFT}, {"", "GridSample"}: {16, 2, lowerGridSample},
	{"", "Resize"}: {10, 4, lowerResize}, {"", "Upsample"}: {7, 2, lowerUpsample}, {"", "Einsum"}: {12, -1, lowerEinsum},
}
