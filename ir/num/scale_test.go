package num_test

import (
	"math"
	"math/big"
	"testing"

	"mlpc/ir/num"
)

// checkNearest demands that mul/2^shift is normalized and that no other multiplier of the width is nearer to r.
func checkNearest(t *testing.T, r *big.Rat, width int, mul int64, shift int) {
	t.Helper()
	if mul < 1<<(width-1) || mul >= 1<<width {
		t.Fatalf("%v, width %d: mul %d is not normalized", r, width, mul)
	}
	power := func(n int) *big.Rat {
		if n < 0 {
			return new(big.Rat).SetFrac(big.NewInt(1), new(big.Int).Lsh(big.NewInt(1), uint(-n)))
		}
		return new(big.Rat).SetInt(new(big.Int).Lsh(big.NewInt(1), uint(n)))
	}
	scaled := new(big.Rat).Mul(r, power(shift))
	off := scaled.Sub(scaled, new(big.Rat).SetInt64(mul))
	half := big.NewRat(1, 2)
	if mul == 1<<(width-1) {
		// Below a power of two the multipliers stand twice as close.
		if off.Cmp(big.NewRat(-1, 4)) < 0 {
			t.Fatalf("%v, width %d: %d/2^%d is above by %v", r, width, mul, shift, off)
		}
	}
	if off.Cmp(half) >= 0 || off.Cmp(big.NewRat(-1, 2)) < 0 {
		t.Fatalf("%v, width %d: %d/2^%d is off by %v", r, width, mul, shift, off)
	}
}

func TestFromRatioSmall(t *testing.T) {
	for width := 1; width <= 6; width++ {
		for a := int64(1); a <= 70; a++ {
			for b := int64(1); b <= 70; b++ {
				r := big.NewRat(a, b)
				mul, shift := num.FromRatio(r, width)
				checkNearest(t, r, width, mul, shift)
			}
		}
	}
}

func TestFromRatioWide(t *testing.T) {
	r := random(t)
	for range 20000 {
		q := big.NewRat(1+r.Int63(), 1+r.Int63()>>r.Intn(63))
		if r.Intn(2) == 0 {
			q.Inv(q)
		}
		width := 1 + r.Intn(62)
		mul, shift := num.FromRatio(q, width)
		checkNearest(t, q, width, mul, shift)
	}
}

func TestFromFloatIsFromRatio(t *testing.T) {
	r := random(t)
	scales := []float64{1, 0.5, math.Nextafter(1, 0), math.Nextafter(1, 2), 0x1.fffffffep-1, 0x1.fffffffdp-1, 0x1p-1074, math.MaxFloat64}
	for range 20000 {
		scales = append(scales, math.Ldexp(1+r.Float64(), r.Intn(200)-150))
	}
	for _, s := range scales {
		for _, width := range []int{1, 8, 24, 31, 52, 53, 62} {
			q := new(big.Rat).SetFloat64(s)
			m1, s1 := num.FromRatio(q, width)
			m2, s2 := num.FromFloat(s, width)
			if m1 != m2 || s1 != s2 {
				t.Fatalf("%g, width %d: ratio gives %d/2^%d, float %d/2^%d", s, width, m1, s1, m2, s2)
			}
		}
	}
}

// TestFromFloatKnown has values computed by hand; TFLite's QuantizeMultiplier gives the same multiplier, and 31 − shift as its shift.
func TestFromFloatKnown(t *testing.T) {
	for _, c := range []struct {
		scale float64
		mul   int64
		shift int
	}{
		{0.25, 1 << 30, 32},
		{0.5 - 5e-9, 1<<31 - 21, 32},
		{0.5 - 1e-10, 1 << 30, 31},
		{0.5, 1 << 30, 31},
		{1.0, 1 << 30, 30},
		{0.75, 3 << 29, 31},
		{1.75, 7 << 28, 30},
	} {
		if mul, shift := num.FromFloat(c.scale, 31); mul != c.mul || shift != c.shift {
			t.Errorf("%g: %d/2^%d, want %d/2^%d", c.scale, mul, shift, c.mul, c.shift)
		}
	}
}

func TestFromFloat32(t *testing.T) {
	r := random(t)
	for range 20000 {
		f := math.Float32frombits(r.Uint32() &^ (1 << 31))
		mul, shift, ok := num.FromFloat32(f)
		if want := f >= 0x1p-97 && f < 0x1p84; ok != want {
			t.Fatalf("%g: ok is %v", f, ok)
		}
		if !ok {
			continue
		}
		if mul < 1<<23 || mul >= 1<<24 || shift < -60 || shift > 120 || math.Ldexp(float64(mul), -shift) != float64(f) {
			t.Fatalf("%g: %d/2^%d", f, mul, shift)
		}
	}
	for _, f := range []float32{0, -1, float32(math.NaN()), float32(math.Inf(1)), math.SmallestNonzeroFloat32} {
		if _, _, ok := num.FromFloat32(f); ok {
			t.Errorf("%g is taken", f)
		}
	}
}

func TestReduce(t *testing.T) {
	for _, c := range []struct {
		mul   int64
		shift int
		m     int64
		s     int
	}{{12, 5, 3, 3}, {12, 1, 6, 0}, {12, -2, 12, -2}, {7, 4, 7, 4}, {0, 9, 0, 0}, {-8, 3, -1, 0}} {
		if m, s := num.Reduce(c.mul, c.shift); m != c.m || s != c.s {
			t.Errorf("Reduce(%d, %d) = %d, %d, want %d, %d", c.mul, c.shift, m, s, c.m, c.s)
		}
	}
}
