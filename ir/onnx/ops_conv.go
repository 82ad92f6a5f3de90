package onnx

import (
	"slices"

	"mlpc/ir"
	"mlpc/ir/diag"
)

// window describes how a kernel slides over the spatial axes of an image.
type window struct {
	in, kernel, out []int
	stride, dilate  []int
	padBegin        []int
	padEnd          []int
}

// list reads an attribute with an entry for each of count axes; def fills it where it is absent.
func (n *node) list(name string, def, count int) []int {
	l := n.ints(name)
	if l == nil {
		l = slices.Repeat([]int{def}, count)
	}
	if len(l) != count || count > 0 && slices.Min(l) < 0 {
		n.refuse(diag.CodeAttribute, "attribute %q is %v for %d axes", name, l, count)
	}
	return l
}

// window reads strides, dilations, pads and auto_pad for an image with spatial sizes in.
func (n *node) window(in, kernel []int) *window {
	rank := len(in)
	if len(kernel) != rank {
		n.refuse(diag.CodeAttribute, "the kernel has %d dimensions instead of %d", len(kernel), rank)
	}
	w := &window{in: in, kernel: kernel, stride: n.list("strides", 1, rank), dilate: n.list("dilations", 1, rank)}
	pads := n.list("pads", 0, 2*rank)
	for i := range rank {
		if w.stride[i] < 1 || w.dilate[i] < 1 || kernel[i] < 1 || pads[i]+pads[i+rank] > maxElements {
			n.refuse(diag.CodeAttribute, "kernel %v, strides %v, dilations %v and pads %v do not fit together", kernel, w.stride, w.dilate, pads)
		}
		span := (kernel[i]-1)*w.dilate[i] + 1
		begin, end := n.padding(pads[i], pads[i+rank], in[i], w.stride[i], span)
		room := in[i] + begin + end - span
		if room < 0 {
			n.refuse(diag.CodeShape, "the kernel %v is larger than the image %v with its padding", kernel, in)
		}
		out := room/w.stride[i] + 1
		if n.flag("ceil_mode") && room%w.stride[i] != 0 && out*w.stride[i] < in[i]+begin {
			out++ // only windows that begin inside the image or its leading padding
		}
		w.padBegin, w.padEnd, w.out = append(w.padBegin, begin), append(w.padEnd, end), append(w.out, out)
	}
	return w
}

// padding gives the padding of one axis: what the model says, or what auto_pad makes of a window of some span.
func (n *node) padding(begin, end, in, stride, span int) (int, int) {
	auto := n.str("auto_pad", "NOTSET")
	out := (in + stride - 1) / stride
	total := max(0, (out-1)*stride+span-in)
	switch auto {
	case "NOTSET", "":
		return begin, end
	case "VALID":
		return 0, 0
	case "SAME_UPPER":
		return total / 2, total - total/2
	case "SAME_LOWER":
		return total - total/2, total / 2
	}
	n.refuse(diag.CodeAttribute, "attribute auto_pad is %s", quoted(auto))
	return 0, 0
}

// at gives the flat position in the image of tap k of the window at out, or −1 in the padding.
func (w *window) at(out, k []int) int {
	pos := 0
	for i := range w.in {
		x := out[i]*w.stride[i] + k[i]*w.dilate[i] - w.padBegin[i]
		if x < 0 || x >= w.in[i] {
			return -1
		}
		pos = pos*w.in[i] + x
	}
	return pos
}

// image checks that x is [N, C, spatial…] with the batch first and gives the channels and the spatial sizes.
func (n *node) image(x *value) (channels int, spatial []int) {
	if x.rank() < 3 {
		n.refuse(diag.CodeShape, "the image has shape %v", x.shape)
	}
	if x.batch > 0 {
		n.mixes()
	}
	return x.shape[1], x.shape[2:]
}

// columns gathers what a kernel sees: [N, out…, channels·taps], channels outer, zero in the padding. tap gives the flat position in
// the image that tap k sees at out, or −1.
func (n *node) columns(x *value, out, kernel []int, tap func(out, k []int) int) *value {
	size := ir.Size(x.shape[2:])
	rows, rank, c := x.shape[0], len(out), x.shape[1]
	full := slices.Concat([]int{rows}, out, []int{c}, kernel)
	index := n.newIndex(full)
	eachIndex(full, func(i int, idx []int) {
		at := tap(idx[1:1+rank], idx[2+rank:])
		if at < 0 {
			index[i] = -1
			return
		}
		index[i] = int32((idx[0]*c+idx[1+rank])*size + at)
	})
	return n.route(x.dtype, slices.Concat([]int{rows}, out, []int{c * ir.Size(kernel)}), x.batch, index, []float64{0}, x)
}

// channelsSecond moves the last axis to place 1.
func (n *node) channelsSecond(y *value) *value {
	perm := []int{0, y.rank() - 1}
	for i := 1; i < y.rank()-1; i++ {
		perm = append(perm, i)
	}
	return n.permute(y, perm)
}

// lowerConv gathers the windows and multiplies them by the kernels as a dense layer.
func lowerConv(n *node) []*value {
	x, w, b := n.arg(0), n.known(1), n.opt(2)
	c, spatial := n.image(x)
	groups := n.int("group", 1)
	if w.rank() != x.rank() || groups < 1 || c%groups != 0 || w.shape[1]*groups != c || w.shape[0]%groups != 0 || w.shape[0] == 0 {
		n.refuse(diag.CodeShape, "weights of shape %v do not fit an image of shape %v in %d groups", w.shape, x.shape, groups)
	}
	win := n.window(spatial, w.shape[2:])
	cols := n.columns(x, win.out, win.kernel, win.at)
	flat := n.reshape(w, []int{w.shape[0], ir.Size(w.shape[1:])}, -1)
	return one(n.channelsSecond(n.groupedDense(cols, flat, n.biasOf(b, w.shape[0]), groups)))
}

// biasOf checks an optional constant bias.
func (n *node) biasOf(b *value, out int) *value {
	if b != nil && (!b.known || !slices.Equal(b.shape, []int{out})) {
		n.refuse(diag.CodeShape, "the bias is not a constant of %d elements", out)
	}
	return b
}

// lowerConvTranspose gathers, for each result element, the inputs that contribute to it.
func lowerConvTranspose(n *node) []*value {
	x, w, b := n.arg(0), n.known(1), n.opt(2)
	c, in := n.image(x)
	groups, rank := n.int("group", 1), len(in)
	if w.rank() != x.rank() || groups < 1 || w.shape[0] != c || c%groups != 0 || w.shape[1] == 0 {
		n.refuse(diag.CodeShape, "weights of shape %v do not fit an image of shape %v in %d groups", w.shape, x.shape, groups)
	}
	kernel := w.shape[2:]
	stride, dilate, begin, out := n.transposedSize(in, kernel)
	tap := func(o, k []int) int {
		pos := 0
		for i := range rank {
			at := o[i] + begin[i] - k[i]*dilate[i]
			if at < 0 || at%stride[i] != 0 || at/stride[i] >= in[i] {
				return -1
			}
			pos = pos*in[i] + at/stride[i]
		}
		return pos
	}
	cols := n.columns(x, out, kernel, tap)
	// Weights are [C, M/groups, taps…]; the dense layer wants [M, C/groups·taps].
	perGroup, taps := w.shape[1], ir.Size(kernel)
	k := n.reshape(w, []int{groups, c / groups, perGroup, taps}, -1)
	k = n.reshape(n.permute(k, []int{0, 2, 1, 3}), []int{groups * perGroup, c / groups * taps}, -1)
	return one(n.channelsSecond(n.groupedDense(cols, k, n.biasOf(b, groups*perGroup), groups)))
}

// transposedSize reads the attributes of ConvTranspose.
func (n *node) transposedSize(in, kernel []int) (stride, dilate, begin, out []int) {
	rank := len(in)
	stride, dilate = n.list("strides", 1, rank), n.list("dilations", 1, rank)
	pads, extra := n.list("pads", 0, 2*rank), n.list("output_padding", 0, rank)
	shape := n.ints("output_shape")
	if shape != nil && len(shape) != rank {
		n.refuse(diag.CodeAttribute, "attribute output_shape is %v", shape)
	}
	auto := n.str("auto_pad", "NOTSET")
	for i := range rank {
		if stride[i] < 1 || dilate[i] < 1 || kernel[i] < 1 {
			n.refuse(diag.CodeAttribute, "kernel %v, strides %v and dilations %v do not fit together", kernel, stride, dilate)
		}
		full := stride[i]*(in[i]-1) + extra[i] + (kernel[i]-1)*dilate[i] + 1
		size := full - pads[i] - pads[i+rank]
		same := auto == "SAME_UPPER" || auto == "SAME_LOWER"
		if same {
			size = in[i] * stride[i]
		}
		if shape != nil {
			size = shape[i]
		}
		if same || shape != nil {
			total := max(0, full-size)
			pads[i] = total / 2
			if auto != "SAME_UPPER" {
				pads[i] = total - total/2
			}
		}
		if size < 1 || size > maxElements {
			n.refuse(diag.CodeShape, "the result would have size %d", size)
		}
		begin, out = append(begin, pads[i]), append(out, size)
	}
	return stride, dilate, begin, out
}

var convOps = map[opKey]opRow{
	{"", "Conv"}: {1, 3, lowerConv}, {"", "ConvTranspose"}: {1, 3, lowerConvTranspose}, {"", "DeformConv"}: {19, 5, lowerDeformConv},
}
