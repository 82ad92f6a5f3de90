package onnx

import (
	"math"

	"mlpc/ir/diag"
)

// resampler holds the attributes of Resize.
type resampler struct {
	mode, coordinates, nearest string
	cubic                      float64
	excludeOutside             bool
}

// lowerUpsample is Resize of versions 7 to 9: coordinates are divided by the scale.
func lowerUpsample(n *node) []*value {
	x := n.arg(0)
	scales := n.floats("scales")
	if n.opset >= 9 {
		scales = n.known(1).data
	}
	r := &resampler{mode: n.str("mode", "nearest"), coordinates: "asymmetric", nearest: "floor"}
	return one(n.resample(x, r, from(0, x.rank()), scales, nil))
}

// lowerResize: scales are input 1 in version 10; later inputs are roi, scales and sizes.
func lowerResize(n *node) []*value {
	x := n.arg(0)
	r := &resampler{mode: n.str("mode", "nearest"), coordinates: n.str("coordinate_transformation_mode", "half_pixel"),
		nearest: n.str("nearest_mode", "round_prefer_floor"), cubic: n.float("cubic_coeff_a", -0.75), excludeOutside: n.flag("exclude_outside")}
	if n.flag("antialias") || n.str("keep_aspect_ratio_policy", "stretch") != "stretch" {
		n.refuse(diag.CodeUnsupportedOp, "resizing with antialiasing or a kept aspect ratio is not supported")
	}
	axes := from(0, x.rank())
	if a := n.ints("axes"); a != nil {
		axes = n.axes(a, x.rank())
	}
	if n.opset < 11 {
		r.coordinates, r.nearest = "asymmetric", "floor"
		return one(n.resample(x, r, axes, n.known(1).data, nil))
	}
	if s := n.opt(3); s != nil && s.elements() > 0 {
		sizes, _ := n.dims(s)
		return one(n.resample(x, r, axes, nil, sizes))
	}
	return one(n.resample(x, r, axes, n.known(2).data, nil))
}

// resample resizes axis by axis; scales or sizes say to what.
func (n *node) resample(x *value, r *resampler, axes []int, scales []float64, sizes []int) *value {
	if scales != nil && len(scales) != len(axes) || scales == nil && len(sizes) != len(axes) {
		n.refuse(diag.CodeShape, "scales %v or sizes %v do not fit shape %v", scales, sizes, x.shape)
	}
	for i, a := range axes {
		in := x.shape[a]
		var out int
		var scale float64
		if scales != nil {
			scale = scales[i]
			if !(scale > 0) || scale*float64(in) > maxElements {
				n.refuse(diag.CodeAttribute, "scale %v is out of range", scale)
			}
			out = int(math.Floor(float64(in) * scale))
		} else {
			out = sizes[i]
			if a == x.batch && n.fixed > 1 && out%n.fixed == 0 {
				out /= n.fixed
			}
			scale = float64(out) / float64(in)
		}
		if out == in && scale == 1 {
			continue
		}
		if a == x.batch {
			n.mixes()
		}
		if out < 1 {
			n.refuse(diag.CodeShape, "an axis of %d is resized to %d", in, out)
		}
		x = n.resampleAxis(x, r, a, out, scale)
	}
	return x
}

// resampleAxis resizes one axis: nearest picks entries, the others multiply by a constant matrix.
func (n *node) resampleAxis(x *value, r *resampler, axis, out int, scale float64) *value {
	in := x.shape[axis]
	n.checkSize([]int{out, in})
	if r.mode == "nearest" {
		at := make([]int, out)
		for o := range at {
			at[o] = min(max(n.nearestOf(r, n.coordinate(r, o, in, out, scale)), 0), in-1)
		}
		return n.pick(x, axis, at, []int{out})
	}
	n.spend(out * in)
	w := make([]float64, out*in)
	for o := range out {
		p := n.coordinate(r, o, in, out, scale)
		taps, base := n.kernelAt(r, p-math.Floor(p)), int(math.Floor(p))
		total := 0.0
		for k, t := range taps {
			i := base + k - len(taps)/2 + 1
			if r.excludeOutside && (i < 0 || i >= in) {
				continue
			}
			total += t
			w[o*in+min(max(i, 0), in-1)] += t
		}
		if r.excludeOutside && total != 0 {
			for i := range in {
				w[o*in+i] /= total
			}
		}
	}
	return n.alongAxis(x, axis, constant(dtFloat, []int{out, in}, w))
}

// kernelAt gives the weights of the neighbours of a point that lies f after the one in the middle (the first of the second half).
func (n *node) kernelAt(r *resampler, f float64) []float64 {
	switch r.mode {
	case "linear":
		return []float64{1 - f, f}
	case "cubic":
		a := r.cubic
		near := func(d float64) float64 { return ((a+2)*d-(a+3))*d*d + 1 }
		far := func(d float64) float64 { return ((a*d-5*a)*d+8*a)*d - 4*a }
		return []float64{far(1 + f), near(f), near(1 - f), far(2 - f)}
	}
	n.refuse(diag.CodeUnsupportedOp, "mode %s is not supported", quoted(r.mode))
	return nil
}

// coordinate gives where result o lies in the argument.
func (n *node) coordinate(r *resampler, o, in, out int, scale float64) float64 {
	x := float64(o)
	switch r.coordinates {
	case "half_pixel":
		return (x+0.5)/scale - 0.5
	case "half_pixel_symmetric":
		adjust := float64(out) / (scale * float64(in))
		return float64(in)/2*(1-adjust) + (x+0.5)/scale - 0.5
	case "pytorch_half_pixel":
		if out == 1 {
			return 0
		}
		return (x+0.5)/scale - 0.5
	case "align_corners":
		size := float64(in) * scale // not rounded down where the model gives scales
		if size == 1 {
			return 0
		}
		return x * float64(in-1) / (size - 1)
	case "asymmetric":
		return x / scale
	}
	n.refuse(diag.CodeUnsupportedOp, "coordinate_transformation_mode %s is not supported", quoted(r.coordinates))
	return 0
}

func (n *node) nearestOf(r *resampler, p float64) int {
	switch r.nearest {
	case "round_prefer_floor":
		return int(math.Ceil(p - 0.5))
	case "round_prefer_ceil":
		return int(math.Floor(p + 0.5))
	case "floor":
		return int(math.Floor(p))
	case "ceil":
		return int(math.Ceil(p))
	}
	n.refuse(diag.CodeAttribute, "nearest_mode is %s", quoted(r.nearest))
	return 0
}
