package num

import "math"

// Dequantize32 is (q − zero)·scale with one rounding to float32: the difference has 24 bits at most.
func Dequantize32(q, zero int64, scale float32) float32 { return float32(q-zero) * scale }

// Quantize32 is x/scale in float32, rounded half to even, plus zero, limited to [lo, hi]; NaN gives zero. Limits and zero have 24 bits
// at most.
func Quantize32(x, scale float32, zero, lo, hi int64) int64 {
	t := x / scale
	switch {
	case t != t:
		return zero
	case t < float32(lo-zero):
		return lo
	case t > float32(hi-zero):
		return hi
	}
	return zero + int64(math.RoundToEven(float64(t)))
}

// FMA32 is a·b + c with one rounding to float32, half to even. The product is exact in float64; where the sum is not, its last bit is
// made odd, so that the second rounding sees on which side of a tie the exact sum lies (Boldo and Melquiond, 2008).
func FMA32(a, b, c float32) float32 {
	p, d := float64(a)*float64(b), float64(c)
	s := p + d
	t := s - p
	rest := (p - (s - t)) + (d - t)
	bits := math.Float64bits(s)
	if rest != 0 && bits&1 == 0 && !math.IsInf(s, 0) {
		if (rest > 0) == (s > 0) {
			bits++
		} else {
			bits--
		}
	}
	return float32(math.Float64frombits(bits))
}

// Dot32 adds n products to a sum in float32: one after the other in parts of depth, each part then to the sum. term gives the factors.
func Dot32(n, depth int, sum float32, term func(i int) (a, b float32)) float32 {
	for from := 0; from < n; from += depth {
		part := float32(0)
		for i := from; i < min(from+depth, n); i++ {
			a, b := term(i)
			part = FMA32(a, b, part)
		}
		sum += part
	}
	return sum
}
