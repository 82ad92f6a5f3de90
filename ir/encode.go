package ir

import (
	"slices"
)

// InputRange gives the least and the largest integer that an integer input takes.
func (v *Value) InputRange() (lo, hi int64) {
	if in, ok := v.Attr.(*Input); ok && len(in.Lo) > 0 {
		return slices.Min(in.Lo), slices.Max(in.Hi)
	}
	return v.Type.Elem.Range()
}

// InputRangeAt is InputRange for element i of a sample.
func (v *Value) InputRangeAt(i int) (lo, hi int64) {
	if in, ok := v.Attr.(*Input); ok && len(in.Lo) > 0 {
		return pick(in.Lo, i%max(1, len(in.Lo))), pick(in.Hi, i%max(1, len(in.Hi)))
	}
	return v.Type.Elem.Range()
}

// InputStep is the distance between the integers that an integer input takes, counted from the least one: 2 for those of a bipolar
// quantizer, which are −1 and 1, else 1.
func (v *Value) InputStep() int64 {
	if lo, hi := v.InputRange(); v.inputRounding() == "bipolar" && v.Type.Zero == 0 && lo == -1 && hi == 1 {
		return 2
	}
	return 1
}

// Encode gives the integer that whoever feeds input v makes of the real x for element i of a sample:
// clamp(round((x − Offset)/Scale) + Zero), with x, Offset, Scale, difference and quotient in float32, as ONNX's QuantizeLinear and a
// float32 host compute; round is the input's mode, and the limits are the element's. The input must have a scale.
func (v *Value) Encode(x float64, i int) int64 {
	y := float32(x)
	if n := len(v.Type.Offset); n > 0 {
		y -= float32(v.Type.Offset[i%n])
	}
	y /= float32(v.Type.Scale[i%len(v.Type.Scale)])
	lo, hi := v.InputRangeAt(i)
	q := roundMode(v.inputRounding())(float64(y)) + float64(v.Type.Zero)
	return int64(max(float64(lo), min(float64(hi), q)))
}

// inputRounding is the mode of an input.
func (v *Value) inputRounding() string {
	if in, ok := v.Attr.(*Input); ok && in.Round != "" {
		return in.Round
	}
	return "half-even"
}
