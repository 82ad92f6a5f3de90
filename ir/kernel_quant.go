package ir

import "math"

// roundMode gives the rounding function of a mode of Quant, or nil for an unknown mode. The modes are those of QONNX's IntQuant
// (ROUND is half-even, UP away from zero, DOWN towards zero, HALF_UP half away from zero, HALF_DOWN half towards zero), plus half-up.
func roundMode(mode string) func(float64) float64 {
	switch mode {
	case "half-even":
		return math.RoundToEven
	case "half-up":
		return func(x float64) float64 { return math.Floor(x + 0.5) }
	case "half-away":
		return math.Round
	case "half-down":
		return func(x float64) float64 { return math.Copysign(math.Ceil(math.Abs(x)-0.5), x) }
	case "floor":
		return math.Floor
	case "ceil":
		return math.Ceil
	case "up":
		return func(x float64) float64 { return math.Copysign(math.Ceil(math.Abs(x)), x) }
	case "down":
		return math.Trunc
	case "bipolar":
		return func(x float64) float64 {
			if x >= 0 {
				return 1
			}
			return -1
		}
	}
	return nil
}

// pick gives entry c of per-channel constants, or the only one.
func pick[T any](s []T, c int) T {
	if len(s) == 1 {
		return s[0]
	}
	return s[c]
}

// Integer gives the integer that the quantizer makes of x at index c of the last axis.
func (q *Quant) Integer(x float64, c int) int64 {
	t := x / pick(q.Scale, c)
	if q.Single {
		t = float64(float32(x) / float32(pick(q.Scale, c)))
	}
	lo, hi := float64(pick(q.Lo, c)), float64(pick(q.Hi, c))
	zero, round := pick(q.Zero, c), roundMode(q.Mode)
	if math.IsNaN(t) {
		t = 0
	}
	if q.ClampFirst {
		return int64(round(min(max(t+zero, lo), hi)))
	}
	return int64(min(max(round(t)+zero, lo), hi))
}

// Real gives the number that integer n at index c of the last axis stands for.
func (q *Quant) Real(n int64, c int) float64 {
	return (float64(n) - pick(q.Zero, c)) * pick(q.Scale, c)
}

func kernelQuant(v *Value, _ []*Tensor) kernel {
	q, last := v.Attr.(*Quant), lastAxis(v.Type.Shape)
	if q.Mode == "half-even" && !q.ClampFirst {
		return quantHalfEven(q, last)
	}
	return func(a []*Tensor, out *Tensor) {
		for i, x := range a[0].Reals {
			out.Reals[i] = q.Real(q.Integer(x, i%last), i%last)
		}
	}
}

// quantHalfEven is the kernel of the common quantizers, without a search for the mode at each element.
func quantHalfEven(q *Quant, last int) kernel {
	type channel struct{ scale, zero, lo, hi float64 }
	lanes := make([]channel, max(len(q.Scale), len(q.Zero), len(q.Lo), len(q.Hi)))
	for c := range lanes {
		lanes[c] = channel{pick(q.Scale, c), pick(q.Zero, c), float64(pick(q.Lo, c)), float64(pick(q.Hi, c))}
	}
	if len(lanes) == 1 {
		last = 1
	}
	return func(a []*Tensor, out *Tensor) {
		c := 0
		for i, x := range a[0].Reals {
			l := &lanes[c]
			t := x / l.scale
			if q.Single {
				t = float64(float32(x) / float32(l.scale))
			}
			if math.IsNaN(t) {
				t = 0
			}
			n := int64(min(max(math.RoundToEven(t)+l.zero, l.lo), l.hi))
			out.Reals[i] = (float64(n) - l.zero) * l.scale
			if c++; c == last {
				c = 0
			}
		}
	}
}
