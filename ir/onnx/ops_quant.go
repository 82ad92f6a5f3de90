package onnx

import (
	"math"
	"slices"
	"strings"

	"mlpc/ir"
	"mlpc/ir/diag"
)

// quantAxis reads the axis of QuantizeLinear and DequantizeLinear; per-axis scales exist since version 13.
func (n *node) quantAxis(x, s *value) int {
	if s.elements() == 1 || x.rank() == 0 {
		return 0
	}
	return n.axis(n.int("axis", 1), x.rank())
}

// blocked expands scales and zero points that serve blocks of an axis (since version 21) to one for each element.
func (n *node) blocked(x, s *value) *value {
	if s == nil || s.rank() != x.rank() || s.elements() == 1 {
		return s
	}
	axis, size := n.axis(n.int("axis", 1), x.rank()), n.int("block_size", 0)
	if size < 1 || !s.known || s.shape[axis] != (x.shape[axis]+size-1)/size {
		n.refuse(diag.CodeQuantization, "scales of shape %v in blocks of %d do not fit shape %v", s.shape, size, x.shape)
	}
	idx := make([]int, x.shape[axis])
	for i := range idx {
		idx[i] = i / size
	}
	y := n.pick(s, axis, idx, []int{len(idx)})
	if !slices.Equal(y.shape, x.shape) {
		n.refuse(diag.CodeQuantization, "scales of shape %v in blocks of %d do not fit shape %v", s.shape, size, x.shape)
	}
	return y
}

func lowerQuantizeLinear(n *node) []*value {
	x, s, z := n.arg(0), n.arg(1), n.opt(2)
	d := dtUint8
	if z != nil {
		d = z.dtype
	} else if a := n.int("output_dtype", 0); a != 0 {
		d = dtype(a)
	}
	if z != nil && z.dtype.isFloat() {
		n.refuse(diag.CodeQuantization, "quantization to %s is not supported", z.dtype)
	}
	if s.known && s.rank() > 1 && s.elements() > 1 {
		n.refuse(diag.CodeQuantization, "quantization in blocks is only supported for weights that are already integers")
	}
	return one(n.toStored(x, s, z, d, n.quantAxis(x, s)))
}

func lowerDequantizeLinear(n *node) []*value {
	x, s, z := n.arg(0), n.arg(1), n.opt(2)
	if x.dtype.isFloat() {
		n.refuse(diag.CodeQuantization, "integers of type %s are not supported", x.dtype)
	}
	if s.rank() > 1 && s.elements() > 1 && x.known {
		s, z := n.blocked(x, s), n.blocked(x, z)
		x = x.as(dtFloat)
		if z != nil {
			x = n.sub(x, z.as(dtFloat))
		}
		return one(n.mul(x, s))
	}
	return one(n.fromStored(x, s, z, n.quantAxis(x, s)))
}

// qonnxModes are the rounding modes of QONNX in the words of ir.Quant.
var qonnxModes = map[string]string{
	"ROUND": "half-even", "HALF_EVEN": "half-even", "CEIL": "ceil", "FLOOR": "floor", "UP": "up", "DOWN": "down", "ROUND_TO_ZERO": "down",
	"HALF_UP": "half-away", "HALF_DOWN": "half-down",
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
			n.refuse(diag.CodeQuantization, "a parameter of the quantizer is computed at run time")
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

// lowerQuant is QONNX's Quant, also called IntQuant: divide, add the zero point, clamp, round.
func lowerQuant(n *node) []*value {
	x := n.arg(0)
	axes, l := n.params(x, n.arg(1), n.arg(2), n.arg(3))
	signed, narrow := n.int("signed", 1) != 0, n.int("narrow", 0) != 0
	q := &quantizer{grid: grid{scale: l[0], zero: l[1]}, mode: n.rounding("ROUND"), clampFirst: true}
	n.checkScales(l[0])
	for _, b := range l[2] {
		if b != math.Trunc(b) || b < 1 || b > 48 {
			n.refuse(diag.CodeQuantization, "bit width %v is not a whole number from 1 to 48", b)
		}
		if b == 1 && signed {
			if slices.Max(l[2]) != 1 {
				n.refuse(diag.CodeQuantization, "signed one-bit and wider channels in one quantizer are not supported")
			}
			return one(n.bipolar(x, axes, l[0]))
		}
		lo, hi := int64(0), int64(1)<<int(b)-1
		if signed {
			lo, hi = -1<<int(b-1), 1<<int(b-1)-1
		}
		switch {
		case narrow && signed:
			lo++
		case narrow:
			hi--
		}
		q.lo, q.hi = append(q.lo, lo), append(q.hi, hi)
	}
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
	return one(n.bipolar(x, axes, l[0]))
}

// bipolar gives scale where x ≥ 0, which −0 is, else −scale.
func (n *node) bipolar(x *value, axes []int, scale []float64) *value {
	q := &quantizer{grid: grid{scale: scale, zero: []float64{0}, lo: []int64{-1}, hi: []int64{1}, bipolar: true}, mode: "bipolar"}
	return n.overAxes(x, axes, q)
}

// lowerTrunc is QONNX's Trunc, version 1: the integer loses its low bits, the scale stays.
func lowerTrunc(n *node) []*value {
	x := n.arg(0)
	if len(n.in) != 5 || n.opset > 1 {
		n.refuse(diag.CodeUnsupportedOp, "this version of Trunc is not supported")
	}
	axes, l := n.params(x, n.arg(1), n.arg(2), n.arg(3), n.arg(4))
	n.checkScales(l[0])
	drop := l[2][0] - l[3][0]
	if len(l[2]) != 1 || len(l[3]) != 1 || drop < 0 || drop > 48 || drop != math.Trunc(drop) || slices.Max(l[1]) != 0 || slices.Min(l[1]) != 0 {
		n.refuse(diag.CodeQuantization, "Trunc with zero point %v from %v to %v bits is not supported", l[1], l[2], l[3])
	}
	wide := []int64{-1 << 50}
	top := []int64{1<<50 - 1}
	whole := &quantizer{grid: grid{scale: l[0], zero: []float64{0}, lo: wide, hi: top}, mode: "half-even"}
	cut := &quantizer{grid: grid{zero: []float64{0}, lo: wide, hi: top}, mode: n.rounding("FLOOR")}
	for _, s := range l[0] {
		cut.scale = append(cut.scale, math.Ldexp(s, int(drop)))
	}
	y := n.overAxes(n.overAxes(x, axes, whole), axes, cut)
	return one(n.scale(y, math.Ldexp(1, -int(drop))))
}

// lowerMultiThreshold is FINN's step function: out_scale · (number of thresholds ≤ x) + out_bias, thresholds per channel.
func lowerMultiThreshold(n *node) []*value {
	x, t := n.arg(0), n.known(1)
	axis := 1
	if layout := n.str("data_layout", "NCHW"); layout == "NHWC" || layout == "NC" || x.rank() == 2 {
		axis = x.rank() - 1
	}
	if x.rank() < 2 || t.rank() != 2 || t.shape[0] != 1 && t.shape[0] != x.shape[axis] || t.shape[1] == 0 || axis == x.batch {
		n.refuse(diag.CodeShape, "thresholds of shape %v do not fit shape %v", t.shape, x.shape)
	}
	shape := slices.Repeat([]int{1}, x.rank()+1)
	shape[axis], shape[x.rank()] = t.shape[0], t.shape[1]
	reached := n.compare("le", n.reshape(t, shape, -1), n.insertAxis(x, x.rank()))
	y := n.sum(reached.as(dtFloat), []int{x.rank()}, false)
	return one(n.add(n.scale(y, n.float("out_scale", 1)), number(dtFloat, n.float("out_bias", 0))))
}

var quantOps = map[opKey]opRow{
	{"", "QuantizeLinear"}: {10, 3, lowerQuantizeLinear}, {"", "DequantizeLinear"}: {10, 3, lowerDequantizeLinear},
	{domainMS, "QuantizeLinear"}: {1, 3, lowerQuantizeLinear}, {domainMS, "DequantizeLinear"}: {1, 3, lowerDequantizeLinear},
	{"", "QLinearMatMul"}: {10, 8, lowerQLinearMatMul}, {domainMS, "QGemm"}: {1, 9, lowerQGemm}, {"", "QLinearConv"}: {10, 9, lowerQLinearConv},
	{domainMS, "QLinearAdd"}: {1, 8, qlinearPair((*importer).add)}, {domainMS, "QLinearMul"}: {1, 8, qlinearPair((*importer).mul)},
	{domainMS, "QLinearSigmoid"}:   {1, 5, qlinearUnary(func(n *node, x *value) *value { return n.fn(x, "sigmoid") })},
	{domainMS, "QLinearLeakyRelu"}: {1, 5, qlinearUnary(func(n *node, x *value) *value { return n.fn(x, "leaky", n.float("alpha", 0.01)) })},
	{domainMS, "QLinearSoftmax"}:   {1, 5, lowerQLinearSoftmax}, {domainMS, "QLinearConcat"}: {1, -1, lowerQLinearConcat},
	{domainQonnx, "Quant"}: {1, 4, lowerQuant}, {domainQonnx, "IntQuant"}: {1, 4, lowerQuant}, {domainQonnx, "BipolarQuant"}: {1, 2, lowerBipolarQuant},
	{domainQonnx, "Trunc"}: {1, 6, lowerTrunc}, {domainQonnx, "MultiThreshold"}: {1, 2, lowerMultiThreshold},
}
