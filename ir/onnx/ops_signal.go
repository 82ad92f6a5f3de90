package onnx

import (
	"math"
	"slices"

	"mlpc/ir"
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

// lowerGridSample reads an image at run-time coordinates in [−1, 1]: by the four neighbours, or the nearest one.
func lowerGridSample(n *node) []*value {
	x, grid := n.arg(0), n.arg(1)
	mode := n.str("mode", "linear")
	padding := n.str("padding_mode", "zeros")
	if x.rank() != 4 || grid.rank() != 4 || grid.shape[3] != 2 || x.shape[0] != grid.shape[0] || x.batch != grid.batch || x.batch > 0 {
		n.refuse(diag.CodeShape, "GridSample of shape %v at %v", x.shape, grid.shape)
	}
	nearest := mode == "nearest"
	if !nearest && mode != "linear" && mode != "bilinear" || padding != "zeros" && padding != "border" {
		n.refuse(diag.CodeUnsupportedOp, "mode %s with padding %s is not supported", quoted(mode), quoted(padding))
	}
	coord := func(i, size int) *value {
		g := n.dropAxis(n.part(grid, 3, i, i+1), 3)
		a, b := float64(size)/2, float64(size-1)/2
		if n.flag("align_corners") {
			a = float64(size-1) / 2
		}
		p := n.add(n.scale(g, a), number(dtFloat, b))
		if padding == "border" {
			p = n.clamp(p, 0, float64(size-1))
		}
		if nearest {
			p = n.fn(p, "round")
		}
		return p
	}
	h, w := x.shape[2], x.shape[3]
	px, py := coord(0, w), coord(1, h)
	pixels := n.permute(x, []int{0, 2, 3, 1})
	pixels = n.reshape(pixels, []int{x.shape[0], h * w, x.shape[1]}, x.batch)
	if nearest {
		return one(n.sampled(n.pixel(pixels, px, py, h, w, padding)))
	}
	x0, y0 := n.fn(px, "floor"), n.fn(py, "floor")
	fx, fy := n.sub(px, x0), n.sub(py, y0)
	unit := number(dtFloat, 1)
	var sum *value
	for i := range 4 {
		cx, cy, wx, wy := x0, y0, n.sub(unit, fx), n.sub(unit, fy)
		if i&1 == 1 {
			cx, wx = n.add(x0, unit), fx
		}
		if i&2 == 2 {
			cy, wy = n.add(y0, unit), fy
		}
		weight := n.mul(wx, wy)
		part := n.mul(n.pixel(pixels, cx, cy, h, w, padding), n.insertAxis(weight, 3))
		if sum == nil {
			sum = part
		} else {
			sum = n.add(sum, part)
		}
	}
	return one(n.sampled(sum))
}

// sampled puts the channels of [N, H, W, C] second.
func (n *node) sampled(y *value) *value { return n.permute(y, []int{0, 3, 1, 2}) }

// pixel reads [N, H·W, C] at whole coordinates: [N, Ho, Wo, C]. Outside the image it gives 0, or the nearest border.
func (n *node) pixel(pixels, px, py *value, h, w int, padding string) *value {
	cx, cy := n.clamp(px, 0, float64(w-1)), n.clamp(py, 0, float64(h-1))
	at := n.add(n.scale(cy, float64(w)), cx)
	ps := core(pixels.shape, pixels.batch)
	lead := len(ps) - 2
	g := n.graphFor(pixels, at)
	shape := append(slices.Clone(at.shape), pixels.shape[2])
	y := g.New(ir.OpLookup, ir.Real, &ir.Axis{Axis: lead}, n.operand(g, pixels, ps), n.operand(g, at, core(at.shape, at.batch)))
	v := n.finish(g, y, dtFloat, shape, at.batch)
	if padding == "border" {
		return v
	}
	inside := n.min(n.compare("eq", cx, px), n.compare("eq", cy, py))
	return n.mul(v, n.insertAxis(inside.as(dtFloat), 3))
}

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
	st := strides(off.shape)
	full := slices.Concat([]int{x.shape[0]}, win.out, []int{c}, win.kernel)
	size := n.checkSize(full)
	var index [4][]int32
	var weight [4][]float64
	for j := range 4 {
		n.spend(2 * size)
		index[j], weight[j] = make([]int32, size), make([]float64, size)
	}
	eachIndex(full, func(i int, idx []int) {
		oy, ox, ch, k := idx[1], idx[2], idx[3], idx[4]*win.kernel[1]+idx[5]
		o := ((ch/(c/parts))*taps+k)*2*st[1] + oy*st[2] + ox*st[3]
		y := float64(oy*win.stride[0]+idx[4]*win.dilate[0]-win.padBegin[0]) + off.data[o]
		px := float64(ox*win.stride[1]+idx[5]*win.dilate[1]-win.padBegin[1]) + off.data[o+st[1]]
		fy, fx := y-math.Floor(y), px-math.Floor(px)
		for j := range 4 {
			cy, cx, wy, wx := math.Floor(y), math.Floor(px), 1-fy, 1-fx
			if j&1 == 1 {
				cx, wx = cx+1, fx
			}
			if j&2 == 2 {
				cy, wy = cy+1, fy
			}
			index[j][i], weight[j][i] = -1, wy*wx
			if cy >= 0 && cx >= 0 && cy < float64(in[0]) && cx < float64(in[1]) {
				index[j][i] = int32((idx[0]*c+ch)*in[0]*in[1] + int(cy)*in[1] + int(cx))
			}
		}
	})
	shape := slices.Concat([]int{x.shape[0]}, win.out, []int{c * taps})
	var cols *value
	for j := range 4 {
		if slices.Max(weight[j]) == 0 {
			continue
		}
		part := n.route(x.dtype, shape, x.batch, index[j], []float64{0}, x)
		if slices.Min(weight[j]) < 1 {
			part = n.mul(part, constant(dtFloat, shape, weight[j]))
		}
		if cols == nil {
			cols = part
		} else {
			cols = n.add(cols, part)
		}
	}
	flat := n.reshape(w, []int{w.shape[0], ir.Size(w.shape[1:])}, -1)
	return one(n.channelsSecond(n.groupedDense(cols, flat, n.biasOf(b, w.shape[0]), groups)))
}

var signalOps = map[opKey]opRow{
	{"", "DFT"}: {17, 3, lowerDFT}, {"", "GridSample"}: {16, 2, lowerGridSample}, {"", "DeformConv"}: {19, 5, lowerDeformConv},
	{"", "Resize"}: {10, 4, lowerResize}, {"", "Upsample"}: {7, 2, lowerUpsample}, {"", "Einsum"}: {12, -1, lowerEinsum},
}
