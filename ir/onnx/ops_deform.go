package onnx

import (
	"math"
	"slices"

	"mlpc/ir"
	"mlpc/ir/diag"
)

// lowerDeformConv is a convolution whose taps are moved by constant offsets: whole ones are wiring, others weigh four neighbours.
func lowerDeformConv(n *node) []*value {
	x, w, off, b := n.arg(0), n.known(1), n.known(2), n.opt(3)
	c, in := n.image(x)
	groups, parts := n.int("group", 1), n.int("offset_group", 1)
	if len(in) != 2 || w.rank() != 4 || groups < 1 || parts < 1 || c%groups != 0 || c%parts != 0 || w.shape[1]*groups != c || w.shape[0]%groups != 0 || n.opt(4) != nil {
		n.refuse(diag.CodeUnsupportedOp, "this form of DeformConv is not supported")
	}
	win := n.window(in, w.shape[2:])
	taps := ir.Size(win.kernel)
	if off.rank() != 4 || !slices.Equal(off.shape[1:], []int{parts * taps * 2, win.out[0], win.out[1]}) || off.symbolic() {
		n.refuse(diag.CodeShape, "offsets of shape %v do not fit", off.shape)
	}
	cols := n.deformed(x, off, win, c/parts)
	flat := n.reshape(w, []int{w.shape[0], ir.Size(w.shape[1:])}, -1)
	return one(n.channelsSecond(n.groupedDense(cols, flat, n.biasOf(b, w.shape[0]), groups)))
}

// corner is the part that one of four neighbours has in the taps of a deformed kernel.
type corner struct {
	index  []int32
	weight []float64
}

// deformed gathers what the moved taps see: [N, out…, channels·taps]. perOffset is the number of channels that share offsets.
func (n *node) deformed(x, off *value, win *window, perOffset int) *value {
	c, taps := x.shape[1], ir.Size(win.kernel)
	full := slices.Concat([]int{x.shape[0]}, win.out, []int{c}, win.kernel)
	var corners [4]corner
	for j := range corners {
		corners[j].index = n.newIndex(full)
		n.spend(len(corners[j].index))
		corners[j].weight = make([]float64, len(corners[j].index))
	}
	st := strides(off.shape)
	eachIndex(full, func(i int, idx []int) {
		oy, ox, ch, k := idx[1], idx[2], idx[3], idx[4]*win.kernel[1]+idx[5]
		o := (ch/perOffset*taps+k)*2*st[1] + oy*st[2] + ox*st[3]
		y := float64(oy*win.stride[0]+idx[4]*win.dilate[0]-win.padBegin[0]) + off.data[o]
		x := float64(ox*win.stride[1]+idx[5]*win.dilate[1]-win.padBegin[1]) + off.data[o+st[1]]
		base := (idx[0]*c + ch) * win.in[0] * win.in[1]
		for j := range corners {
			corners[j].index[i], corners[j].weight[i] = win.neighbour(y, x, j, base)
		}
	})
	shape := slices.Concat([]int{x.shape[0]}, win.out, []int{c * taps})
	var cols *value
	for _, k := range corners {
		if slices.Max(k.weight) == 0 {
			continue
		}
		part := n.route(x.dtype, shape, x.batch, k.index, []float64{0}, x)
		if slices.Min(k.weight) < 1 {
			part = n.mul(part, constant(dtFloat, shape, k.weight))
		}
		if cols == nil {
			cols = part
		} else {
			cols = n.add(cols, part)
		}
	}
	return cols
}

// neighbour gives the flat index and the weight of neighbour j of a point of an image that begins at base: bit 0 of j says right, bit
// 1 says below. Outside the image the index is −1.
func (w *window) neighbour(y, x float64, j, base int) (int32, float64) {
	cy, cx := math.Floor(y), math.Floor(x)
	wy, wx := 1-(y-cy), 1-(x-cx)
	if j&1 == 1 {
		cx, wx = cx+1, 1-wx
	}
	if j&2 == 2 {
		cy, wy = cy+1, 1-wy
	}
	if cy < 0 || cx < 0 || cy >= float64(w.in[0]) || cx >= float64(w.in[1]) {
		return -1, wy * wx
	}
	return int32(base + int(cy)*w.in[1] + int(cx)), wy * wx
}
