package onnx

import (
	"math"
	"slices"
	"strings"

	"mlpc/ir"
	"mlpc/ir/diag"
)

// qonnxModes are the rounding modes of QONNX and Brevitas in the words of ir.Quant.
var qonnxModes = map[string]string{
	"ROUND": "half-even", "HALF_EVEN": "half-even", "CEIL": "ceil", "FLOOR": "floor", "UP": "up", "DOWN": "down", "ROUND_TO_ZERO": "down",
	"TO_ZERO": "down", "HALF_UP": "half-away", "HALF_DOWN": "half-down",
}

func (n *node) rounding(def string) string {
	name := n.str("rounding_mode", def)
	mode, ok := qonnxModes[strings.ToUpper(name)]
	if !ok {
		n.refuse(diag.CodeQuantization, "rounding mode %s is not known", quoted(name))
	}
	return mode
}

// params broadcasts the constant parameters of a QONNX quantizer to the axes of x in which they differ. Those axes are returned,
// and the parameters as lists with one entry for each combination of their indexes.
func (n *node) params(x *value, ps ...*value) (axes []int, lists [][]float64) {
	differs := make([]bool, x.rank())
	for _, p := range ps {
		if !p.known || p.symbolic() {
			n.refuseHint(diag.CodeDynamicQuant, staticRemedy, "a parameter of the quantizer is computed at run time; hardware needs fixed ones")
		}
		s, err := ir.Broadcast(x.shape, p.shape)
		if err != nil || !slices.Equal(s, x.shape) && p.elements() != 1 || p.elements() == 0 {
			n.refuse(diag.CodeQuantization, "a parameter of shape %v does not fit shape %v", p.shape, x.shape)
		}
		for i, d := range p.shape {
			if d > 1 {
				differs[x.rank()-p.rank()+i] = true
			}
		}
	}
	shape := make([]int, x.rank())
	for i := range shape {
		if shape[i] = 1; differs[i] {
			shape[i] = x.shape[i]
			axes = append(axes, i)
		}
	}
	for _, p := range ps {
		if p.elements() == 1 {
			lists = append(lists, p.data)
			continue
		}
		lists = append(lists, n.expand(p, shape, -1).data)
	}
	return axes, lists
}

// overAxes applies a quantizer whose lists run over several axes: those become one last axis, and come back afterwards.
func (n *node) overAxes(x *value, axes []int, q *quantizer) *value {
	if len(axes) <= 1 {
		if len(axes) == 1 {
			q.axis = axes[0]
		}
		return n.quantize(x, q)
	}
	var perm []int
	for i := range x.rank() {
		if !slices.Contains(axes, i) {
			perm = append(perm, i)
		}
	}
	lead := len(perm)
	perm = append(perm, axes...)
	t := n.permute(x, perm)
	if t.batch >= lead {
		n.mixes()
	}
	flat := n.reshape(t, append(slices.Clone(t.shape[:lead]), ir.Size(t.shape[lead:])), t.batch)
	q.axis = lead
	y := n.reshape(n.quantize(flat, q), t.shape, t.batch)
	back := make([]int, len(perm))
	for i, p := range perm {
		back[p] = i
	}
	return n.permute(y, back)
}

// widest is the largest bit width of a QONNX quantizer: float32 and float64 hold integers of that width.
const widest = 48

// widths gives the least and largest integers for bit widths.
func (n *node) widths(bits []float64, signed, narrow bool) (lo, hi []int64) {
	for _, b := range bits {
		if b != math.Trunc(b) || b < 1 || b > widest {
			n.refuse(diag.CodeQuantization, "bit width %v is not a whole number from 1 to %d", b, widest)
		}
		l, h := int64(0), int64(1)<<int(b)-1
		if signed {
			l, h = -1<<int(b-1), 1<<int(b-1)-1
		}
		switch {
		case narrow && signed:
			l++
		case narrow:
			h--
		}
		lo, hi = append(lo, l), append(hi, h)
	}
	return lo, hi
}

// lowerQuant is QONNX's Quant, also called IntQuant: divide, add the zero point, clamp, round. One signed bit is −1 or 1.
func lowerQuant(n *node) []*value {
	x := n.arg(0)
	axes, l := n.params(x, n.arg(1), n.arg(2), n.arg(3))
	scale, zero, bits := l[0], l[1], l[2]
	n.checkScales(scale)
	signed := n.int("signed", 1) != 0
	lo, hi := n.widths(bits, signed, n.int("narrow", 0) != 0)
	if signed && slices.Contains(bits, 1) {
		if slices.Max(bits) != 1 {
			n.refuse(diag.CodeQuantization, "signed one-bit and wider channels in one quantizer are not supported")
		}
		return one(n.bipolar(x, axes, scale, zero))
	}
	q := &quantizer{grid: grid{scale: scale, zero: zero, lo: lo, hi: hi}, mode: n.rounding("ROUND"), clampFirst: true}
	return one(n.overAxes(x, axes, q))
}

func (n *node) checkScales(scale []float64) {
	for _, s := range scale {
		if !(s > 0) || math.IsInf(s, 0) {
			n.refuse(diag.CodeQuantization, "scale %v is not a positive number", s)
		}
	}
}

func lowerBipolarQuant(n *node) []*value {
	x := n.arg(0)
	axes, l := n.params(x, n.arg(1))
	n.checkScales(l[0])
	return one(n.bipolar(x, axes, l[0], []float64{0}))
}

// bipolar gives (1 − zero)·scale where x/scale + zero ≥ 0, which −0 is, else (−1 − zero)·scale.
func (n *node) bipolar(x *value, axes []int, scale, zero []float64) *value {
	q := &quantizer{grid: grid{scale: scale, zero: zero, lo: []int64{-1}, hi: []int64{1}, bipolar: true}, mode: "bipolar", clampFirst: true}
	return n.overAxes(x, axes, q)
}

// lowerTrunc is QONNX's Trunc: x as an integer loses its low bits. Version 1 (5 inputs: x, scale, zero point, width before and after)
// drops as many bits as the widths differ by, and keeps the scale and the zero point. Version 2 (6 inputs: the scale of the result
// before its width) drops what the scales differ by, clamps, and moves both.
func lowerTrunc(n *node) []*value {
	x := n.arg(0)
	if len(n.in) == 6 {
		axes, l := n.params(x, n.arg(1), n.arg(2), n.arg(4), n.arg(5))
		lo, hi := n.widths(l[3], n.int("signed", 1) != 0, n.int("narrow", 0) != 0)
		n.checkScales(l[0])
		n.checkScales(l[2])
		var drop []float64
		for c := range max(len(l[0]), len(l[2])) {
			drop = append(drop, math.RoundToEven(math.Log2(at(l[2], c)/at(l[0], c))))
		}
		y, coarse := n.truncated(x, axes, l[0], l[1], drop, lo, hi)
		var ratio []float64
		for c := range coarse {
			ratio = append(ratio, at(l[2], c)/coarse[c])
		}
		return one(n.mul(y, n.spreadOver(y, axes, ratio)))
	}
	axes, l := n.params(x, n.arg(1), n.arg(2), n.arg(3), n.arg(4))
	n.checkScales(l[0])
	var drop, factor, shift []float64
	for c := range max(len(l[2]), len(l[3])) {
		drop = append(drop, at(l[2], c)-at(l[3], c))
	}
	y, coarse := n.truncated(x, axes, l[0], l[1], drop, []int64{-1 << 50}, []int64{1 << 50})
	for c := range max(len(coarse), len(l[1])) {
		down := math.Ldexp(1, -int(at(drop, c)))
		factor = append(factor, down)
		shift = append(shift, (down-1)*at(l[1], c)*at(l[0], c))
	}
	return one(n.add(n.mul(y, n.spreadOver(y, axes, factor)), n.spreadOver(y, axes, shift)))
}

// truncated rounds x to a whole number of steps and drops low bits, in the node's rounding, within limits of the result. The steps
// of the result are coarse.
func (n *node) truncated(x *value, axes []int, scale, zero, drop []float64, lo, hi []int64) (y *value, coarse []float64) {
	var rest []float64
	for c := range max(len(scale), len(zero), len(drop)) {
		d, z := at(drop, c), at(zero, c)
		if d != math.Trunc(d) || math.Abs(d) > widest || z != math.Trunc(z) || math.Abs(z) > 1<<31 {
			n.refuse(diag.CodeQuantization, "Trunc drops %v bits of integers with zero point %v", d, z)
		}
		coarse = append(coarse, math.Ldexp(at(scale, c), int(d)))
		rest = append(rest, math.Ldexp(z, -int(d)))
	}
	whole := &quantizer{grid: grid{scale: scale, zero: zero, lo: []int64{-1 << 50}, hi: []int64{1 << 50}}, mode: "half-even", clampFirst: true}
	cut := &quantizer{grid: grid{scale: coarse, zero: rest, lo: lo, hi: hi}, mode: n.rounding("FLOOR"), clampFirst: true}
	return n.overAxes(n.overAxes(x, axes, whole), axes, cut), coarse
}

// spreadOver makes a constant that broadcasts to x from a list over the given axes of it; see params.
func (n *node) spreadOver(x *value, axes []int, list []float64) *value {
	if len(list) == 1 || len(axes) == 0 {
		return number(dtFloat, list[0])
	}
	shape := slices.Repeat([]int{1}, x.rank())
	for _, a := range axes {
		shape[a] = x.shape[a]
	}
	return constant(dtFloat, shape, list)
}

// lowerMultiThreshold is FINN's step function: out_scale · (number of thresholds ≤ x) + out_bias, thresholds per channel. The type
// that out_dtype names follows from these.
func lowerMultiThreshold(n *node) []*value {
	x, t := n.arg(0), n.known(1)
	axis := 1
	if strings.HasSuffix(n.str("data_layout", "NCHW"), "C") || x.rank() == 2 {
		axis = x.rank() - 1
	}
	if x.rank() < 2 || t.rank() != 2 || t.shape[0] != 1 && t.shape[0] != x.shape[axis] || t.shape[1] == 0 || axis == x.batch {
		n.refuse(diag.CodeShape, "thresholds of shape %v do not fit shape %v", t.shape, x.shape)
	}
	if x.known || slices.ContainsFunc(t.data, math.IsNaN) {
		n.refuse(diag.CodeQuantization, "thresholds of a constant, or thresholds that are no numbers")
	}
	perm := from(0, x.rank())
	perm[axis], perm[x.rank()-1] = perm[x.rank()-1], perm[axis]
	moved := n.permute(x, perm)
	if moved.batch == x.rank()-1 { // the channel must be the last axis of the IR value
		n.mixes()
	}
	attr := &ir.Threshold{Channels: t.shape[0], Reals: slices.Clone(t.data)}
	for c := range attr.Channels {
		slices.Sort(attr.RealRow(c))
	}
	count := n.g.New(ir.OpThreshold, ir.Real, attr, n.operand(n.g, moved, core(moved.shape, moved.batch)))
	y := n.permute(n.finish(n.g, count, x.dtype, moved.shape, moved.batch), perm)
	return one(n.add(n.scale(y, n.float("out_scale", 1)), number(dtFloat, n.float("out_bias", 0))))
}

var qonnxOps = map[opKey]opRow{
	{domainQonnx, "Quant"}: {1, 4, lowerQuant}, {domainQonnx, "IntQuant"}: {1, 4, lowerQuant}, {domainQonnx, "BipolarQuant"}: {1, 2, lowerBipolarQuant},
	{domainQonnx, "Trunc"}: {1, 6, lowerTrunc}, {domainQonnx, "MultiThreshold"}: {1, 2, lowerMultiThreshold},
}
