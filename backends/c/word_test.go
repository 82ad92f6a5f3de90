package cc

import (
	"math/rand/v2"
	"testing"

	"mlpc/ir/num"
)

// TestWordResult compares what the kernels of words compute with float32's rounding, for sums around the ties between results, where they
// differ from the rounded product. Without the product's last bits a core may miss one in many thousand: the compiler looks for those.
func TestWordResult(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 1))
	plain, missed, ties := 0, 0, 0
	for range 200000 {
		mul, shift := 1<<23+rng.Int64N(1<<23), 32+rng.IntN(3)
		up := 48 - shift - rng.IntN(5) // leaves a word of 24 to 28 bits
		word := mul << (48 - up - shift)
		y := rng.Int64N(510) - 255
		sum := (2*y + 1) << (shift - 1) / mul
		for x := sum - 1; x <= sum+1; x++ {
			want := num.Requant(x, mul, 0, shift, num.Float32)
			if want < -255 || want > 255 || max(x, -x)<<up >= 1<<30 {
				continue
			}
			ties++
			if got := wordResult(x, word, up, false); got != want {
				t.Fatalf("%d * %d / 2^%d: %d, float32 gives %d", x, mul, shift, got, want)
			}
			if wordResult(x, word, up, true) != want {
				missed++
			}
			if (x*mul+1<<(shift-1))>>shift != want {
				plain++
			}
		}
	}
	if plain < 100 || missed > plain/20 {
		t.Errorf("of %d sums, rounding half up misses %d and the kernel of halfwords %d", ties, plain, missed)
	}
}
