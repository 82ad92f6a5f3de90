package onnx

import (
	"slices"

	"mlpc/ir"
	"mlpc/ir/diag"
)

// taps gathers the windows of each channel: [N, C, out…, taps]. A tap in the padding gives 0, or, with repeat, an element of the
// same window, which no maximum sees.
func (n *node) taps(x *value, w *window, repeat bool) *value {
	size := ir.Size(w.in)
	shape := slices.Concat(x.shape[:2], w.out, []int{ir.Size(w.kernel)})
	index := n.newIndex(shape)[:0]
	for channel := range x.shape[0] * x.shape[1] {
		eachIndex(w.out, func(_ int, out []int) {
			start := len(index)
			eachIndex(w.kernel, func(_ int, tap []int) {
				at := w.at(out, tap)
				if at >= 0 {
					at += channel * size
				}
				index = append(index, int32(at))
			})
			if !repeat {
				return
			}
			some := slices.Max(index[start:])
			if some < 0 {
				n.refuse(diag.CodeShape, "a window lies in the padding only")
			}
			for i := start; i < len(index); i++ {
				if index[i] < 0 {
					index[i] = some
				}
			}
		})
	}
	return n.route(x.dtype, shape, x.batch, index, []float64{0}, x)
}

// counts gives how many taps of each window count: those inside the image, and with padding also those in the declared padding.
func (w *window) counts(padding bool) []float64 {
	var counts []float64
	eachIndex(w.out, func(_ int, out []int) {
		c := 0.0
		eachIndex(w.kernel, func(_ int, tap []int) {
			if w.at(out, tap) >= 0 || padding && w.declared(out, tap) {
				c++
			}
		})
		counts = append(counts, max(c, 1))
	})
	return counts
}

// declared tells whether tap k of the window at out lies inside the image with its padding; ceil_mode lets windows stick out of it.
func (w *window) declared(out, k []int) bool {
	for i := range w.in {
		if x := out[i]*w.stride[i] + k[i]*w.dilate[i] - w.padBegin[i]; x >= w.in[i]+w.padEnd[i] {
			return false
		}
	}
	return true
}

func lowerMaxPool(n *node) []*value {
	x := n.arg(0)
	_, spatial := n.image(x)
	cols := n.taps(x, n.window(spatial, n.ints("kernel_shape")), true)
	return one(n.reduce(ir.OpReduceMax, cols, []int{cols.rank() - 1}, false))
}

func lowerAveragePool(n *node) []*value {
	x := n.arg(0)
	_, spatial := n.image(x)
	w := n.window(spatial, n.ints("kernel_shape"))
	cols := n.taps(x, w, false)
	sum := n.sum(cols, []int{cols.rank() - 1}, false)
	scale := w.counts(n.flag("count_include_pad"))
	for i, c := range scale {
		scale[i] = 1 / c
	}
	if len(slices.Compact(slices.Clone(scale))) == 1 {
		return one(n.scale(sum, scale[0]))
	}
	return one(n.mul(sum, constant(x.dtype, w.out, scale)))
}

func lowerGlobalAveragePool(n *node) []*value {
	x := n.arg(0)
	n.image(x)
	return one(n.mean(x, from(2, x.rank()), true))
}

func lowerGlobalMaxPool(n *node) []*value {
	x := n.arg(0)
	n.image(x)
	return one(n.reduce(ir.OpReduceMax, x, from(2, x.rank()), true))
}

// lowerLpPool takes the p-norm of each window.
func lowerLpPool(n *node) []*value {
	x := n.arg(0)
	_, spatial := n.image(x)
	cols := n.taps(x, n.window(spatial, n.ints("kernel_shape")), false)
	return one(n.norm(cols, []int{cols.rank() - 1}, false))
}

func lowerGlobalLpPool(n *node) []*value {
	x := n.arg(0)
	n.image(x)
	return one(n.norm(x, from(2, x.rank()), true))
}

// norm is the p-norm along axes, for attribute p.
func (n *node) norm(x *value, axes []int, keep bool) *value {
	p := float64(n.int("p", 2))
	if p < 1 {
		n.refuse(diag.CodeAttribute, "attribute p is %v", p)
	}
	sum := n.sum(n.fn(n.fn(x, "abs"), "pow", p), axes, keep)
	if p == 2 {
		return n.fn(sum, "sqrt")
	}
	return n.fn(sum, "pow", 1/p)
}

var poolOps = map[opKey]opRow{
	{"", "MaxPool"}: {1, 1, lowerMaxPool}, {"", "AveragePool"}: {1, 1, lowerAveragePool},
	{"", "LpPool"}: {2, 1, lowerLpPool}, {"", "GlobalLpPool"}: {2, 1, lowerGlobalLpPool},
	{"", "GlobalAveragePool"}: {1, 1, lowerGlobalAveragePool}, {"", "GlobalMaxPool"}: {1, 1, lowerGlobalMaxPool},
}
