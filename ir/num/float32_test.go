package num

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// TestFMA32 compares with sums of more digits, among them sums that round to a tie in float64 and then to the wrong side.
func TestFMA32(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	cases := [][3]float32{{1 + 0x1p-23, 1 + 0x1p-23, 0x1p-60}, {1 + 0x1p-12, 1 + 0x1p-12, -0x1p-70}, {3, 0x1p-25, 1 << 20}, {0x1.000002p0, 0x1p-24, 1}}
	for range 100000 {
		a, b := float32(r.NormFloat64()), float32(r.NormFloat64())
		cases = append(cases, [3]float32{a, b, float32(r.NormFloat64()) * float32(math.Ldexp(1, r.IntN(60)-30))})
	}
	for _, c := range cases {
		sum := new(big.Float).SetPrec(400).Mul(big.NewFloat(float64(c[0])), big.NewFloat(float64(c[1])))
		sum = new(big.Float).SetPrec(400).Add(new(big.Float).SetPrec(400).Set(sum), big.NewFloat(float64(c[2])))
		if want, _ := sum.Float32(); FMA32(c[0], c[1], c[2]) != want {
			t.Fatalf("%v·%v + %v: %v, want %v", c[0], c[1], c[2], FMA32(c[0], c[1], c[2]), want)
		}
	}
}

// TestQuantize32 holds ties, limits and what is no number.
func TestQuantize32(t *testing.T) {
	for _, c := range []struct {
		x, scale float32
		want     int64
	}{{2.5, 1, 12}, {3.5, 1, 14}, {-2.5, 1, 8}, {-0.75, 0.5, 8}, {1e9, 1, 20}, {-1e9, 1, -20}, {float32(math.NaN()), 1, 10}, {float32(math.Inf(-1)), 1, -20}} {
		if got := Quantize32(c.x, c.scale, 10, -20, 20); got != c.want {
			t.Errorf("%v / %v: %d, want %d", c.x, c.scale, got, c.want)
		}
	}
}
