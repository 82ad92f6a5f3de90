// Package num defines the integer arithmetic that every target repeats bit for bit.
//
// A value is narrowed only by Requant, Clamp and Wrap. Nothing else may overflow: package ir proves by intervals that it does not.
package num

import "math/bits"

// Rounding says how Requant rounds the scaled value to an integer.
type Rounding uint8

const (
	HalfUp   Rounding = iota // floor((x·mul + add + 2^(shift−1)) / 2^shift): ties go up
	HalfEven                 // nearest integer to (x·mul + add) / 2^shift, ties to even
	Gemmlowp                 // doubling high multiply, then rounding shift: CMSIS-NN and TFLite (gemmlowp fixedpoint.h)
	Float32                  // float32(x) · float32 scale, then rint: what ONNX Runtime and an FPU compute
)

// String gives the name used in the text form and in options.
func (r Rounding) String() string {
	switch r {
	case HalfUp:
		return "half-up"
	case HalfEven:
		return "half-even"
	case Gemmlowp:
		return "gemmlowp"
	case Float32:
		return "float32"
	}
	return "?"
}

// Requant scales x by mul/2^shift and rounds. The result is neither offset nor clamped.
//
// HalfUp and HalfEven: x·mul + add must fit in 62 bits; 0 ≤ shift ≤ 62.
// Gemmlowp: 2^30 ≤ mul < 2^31, 0 ≤ shift ≤ 62, x·2^max(31−shift,0) fits in int32; add is not used.
// Float32: 0 < mul < 2^24 is the significand and mul/2^shift the scale (−60 ≤ shift ≤ 120 as shift is signed), |x| < 2^53; add is not used.
func Requant(x, mul, add int64, shift int, r Rounding) int64 {
	switch r {
	case HalfUp:
		t := x*mul + add
		if shift == 0 {
			return t
		}
		return (t + 1<<(shift-1)) >> shift
	case HalfEven:
		return shiftHalfEven(x*mul+add, shift)
	case Gemmlowp:
		if shift < 31 {
			x <<= 31 - shift
		}
		x = (x*mul + 1<<30) >> 31
		if e := shift - 31; e > 0 {
			low := x & (1<<e - 1)
			half := int64(1)<<e>>1 - 1
			if x < 0 {
				half++
			}
			x >>= e
			if low > half {
				x++
			}
		}
		return x
	}
	return requantFloat32(x, mul, shift)
}

// requantFloat32 does with integers what rint(float32(x) * scale) does in float32 with scale = mul/2^shift, round half to even.
// Products below 2^−126 would be denormal in float32; they round to 0 here and there.
func requantFloat32(x, mul int64, shift int) int64 {
	neg := x < 0
	if neg {
		x = -x
	}
	x, e := round24(x)
	p, f := round24(x * mul)
	e += f - shift
	var y int64
	switch {
	case e >= 0 && bits.Len64(uint64(p))+e <= 62:
		y = p << e
	case e >= 0:
		y = 1 << 62 // beyond every result type
	case e > -63:
		y = shiftHalfEven(p, -e)
	}
	if neg {
		return -y
	}
	return y
}

// round24 gives x ≥ 0 as m·2^e with m ≤ 2^24, rounded half to even.
func round24(x int64) (m int64, e int) {
	e = bits.Len64(uint64(x)) - 24
	if e <= 0 {
		return x, 0
	}
	m = shiftHalfEven(x, e)
	return m, e
}

// shiftHalfEven gives x/2^shift rounded to the nearest integer, ties to even.
func shiftHalfEven(x int64, shift int) int64 {
	if shift == 0 {
		return x
	}
	q := x >> shift
	rest := x - q<<shift
	half := int64(1) << (shift - 1)
	if rest > half || rest == half && q&1 == 1 {
		q++
	}
	return q
}

// Clamp limits x to [lo, hi].
func Clamp(x, lo, hi int64) int64 {
	return min(max(x, lo), hi)
}

// Wrap keeps the low bits of x, 1 ≤ bits ≤ 63, and reads them as two's complement when signed.
func Wrap(x int64, bits int, signed bool) int64 {
	x &= 1<<bits - 1
	if signed && x>>(bits-1) == 1 {
		x -= 1 << bits
	}
	return x
}
