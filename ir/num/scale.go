package num

import (
	"math"
	"math/big"
	"math/bits"
)

// FromRatio gives the multiplier and shift nearest to the scale r > 0: mul/2^shift with 2^(width−1) ≤ mul < 2^width, 1 ≤ width ≤ 62.
// The relative error is at most 2^−width. Ties go up. The shift is negative for scales of 2^width and more.
func FromRatio(r *big.Rat, width int) (mul int64, shift int) {
	num, den := r.Num(), r.Denom()
	shift = width - num.BitLen() + den.BitLen()
	// With this shift r·2^shift lies in (2^(width−1), 2^(width+1)); one less brings the upper half down.
	a, b := shifted(num, shift), shifted(den, -shift)
	if a.Cmp(shifted(b, width)) >= 0 {
		shift--
		a, b = shifted(num, shift), shifted(den, -shift)
	}
	// floor((2a + b) / 2b) rounds a/b, ties up.
	a.Lsh(a, 1).Add(a, b)
	mul = a.Quo(a, b.Lsh(b, 1)).Int64()
	if mul == 1<<width {
		return mul >> 1, shift - 1
	}
	return mul, shift
}

// shifted gives x·2^max(n, 0) as a new number.
func shifted(x *big.Int, n int) *big.Int {
	return new(big.Int).Lsh(x, uint(max(n, 0)))
}

// FromFloat is FromRatio for a finite scale > 0, without big numbers. For width 31 it gives what TFLite's QuantizeMultiplier does:
// the multiplier of the Gemmlowp rounding.
func FromFloat(scale float64, width int) (mul int64, shift int) {
	frac, exp := math.Frexp(scale)
	mul, shift = int64(frac*(1<<53)), 53-exp // exact: frac has 53 bits
	if width >= 53 {
		return mul << (width - 53), shift + width - 53
	}
	drop := 53 - width
	mul, shift = (mul+1<<(drop-1))>>drop, shift-drop
	if mul == 1<<width {
		return mul >> 1, shift - 1
	}
	return mul, shift
}

// FromFloat32 gives a scale as the Float32 rounding takes it: mul/2^shift exactly, 2^23 ≤ mul < 2^24. It fails for scales that are
// not positive, or outside 2^−97 to 2^83, where Requant does not follow float32 arithmetic.
func FromFloat32(scale float32) (mul int64, shift int, ok bool) {
	if !(scale >= 0x1p-97 && scale < 0x1p84) {
		return 0, 0, false
	}
	mul, shift = FromFloat(float64(scale), 24)
	return mul, shift, true
}

// Reduce removes factors of two from mul while the shift is positive; the scale stays the same.
func Reduce(mul int64, shift int) (int64, int) {
	if mul == 0 {
		return 0, 0
	}
	n := min(bits.TrailingZeros64(uint64(mul)), max(shift, 0))
	return mul >> n, shift - n
}
