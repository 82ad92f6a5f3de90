package num_test

import (
	"math"
	"testing"

	"mlpc/ir/num"
)

// machineFloat32 is what the Float32 rounding stands for, computed by this machine's floating-point unit.
func machineFloat32(x, mul int64, shift int) float64 {
	scale := float32(math.Ldexp(float64(mul), -shift))
	product := float32(x) * scale
	return math.RoundToEven(float64(product))
}

// TestFloat32IsTheMachines compares with float32 arithmetic: the whole contract, integers as accumulators have them, and products
// that land on a tie or next to one.
func TestFloat32IsTheMachines(t *testing.T) {
	r := random(t)
	cases := float32Cases(r, 200000, 53, -60, 120)
	cases = append(cases, float32Cases(r, 200000, 32, 20, 50)...)
	for _, c := range cases {
		want := machineFloat32(c.x, c.mul, c.shift)
		got := num.Requant(c.x, c.mul, 0, c.shift, num.Float32)
		if math.Abs(want) >= 1<<62 {
			if math.Abs(float64(got)) < 1<<62 || (got < 0) != (want < 0) {
				t.Fatalf("%d · %d / 2^%d: %d, machine %g", c.x, c.mul, c.shift, got, want)
			}
			continue
		}
		if float64(got) != want {
			t.Fatalf("%d · %d / 2^%d: %d, machine %g", c.x, c.mul, c.shift, got, want)
		}
	}
}

// TestFloat32Small is exhaustive: every x of 12 bits by every scale of 8 significant bits over all shifts that matter.
func TestFloat32Small(t *testing.T) {
	for mul := int64(1); mul < 256; mul++ {
		for shift := -2; shift <= 20; shift++ {
			for x := int64(-2048); x < 2048; x++ {
				if got, want := num.Requant(x, mul, 0, shift, num.Float32), machineFloat32(x, mul, shift); float64(got) != want {
					t.Fatalf("%d · %d / 2^%d: %d, machine %g", x, mul, shift, got, want)
				}
			}
		}
	}
}
