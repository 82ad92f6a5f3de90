package num_test

import (
	mathbits "math/bits"
	"math/rand"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"mlpc/ir/num"
)

// requantCase is one call of Requant, with the offset and the limits that hardware applies in the same module.
type requantCase struct {
	x, mul, add  int64
	shift        int
	zero, lo, hi int64
}

// result is what the case gives under a rounding, offset and limited.
func (c requantCase) result(r num.Rounding) int64 {
	return num.Clamp(num.Requant(c.x, c.mul, c.add, c.shift, r)+c.zero, c.lo, c.hi)
}

// limits of an int8 output, for cases that do not care.
var int8Limits = requantCase{zero: 3, lo: -128, hi: 127}

// tool finds an executable; without it the test is skipped, or fails where MLPC_TOOLS demands all tools.
func tool(t *testing.T, exe string) string {
	t.Helper()
	path, err := exec.LookPath(exe)
	if err != nil {
		if os.Getenv("MLPC_TOOLS") == "require" {
			t.Fatalf("%s is not installed", exe)
		}
		t.Skipf("%s is not installed", exe)
	}
	return path
}

// random gives a generator; the log names its seed, which MLPC_SEED sets again.
func random(t *testing.T) *rand.Rand {
	t.Helper()
	seed, err := strconv.ParseInt(os.Getenv("MLPC_SEED"), 10, 64)
	if err != nil {
		seed = time.Now().UnixNano()
	}
	t.Logf("seed %d", seed)
	return rand.New(rand.NewSource(seed))
}

// spread gives a random integer of a random bit length up to bits, so that small, large and round numbers all occur.
func spread(r *rand.Rand, bits int) int64 {
	v := r.Int63() >> (63 - r.Intn(bits+1))
	switch r.Intn(8) {
	case 0:
		v = 1 << r.Intn(bits)
	case 1:
		v = 1<<r.Intn(bits) - 1
	}
	if r.Intn(2) == 0 {
		return -v
	}
	return v
}

// smallCases are all cases of a small multiplier: every tie, sign and shift occurs.
func smallCases() []requantCase {
	var cases []requantCase
	for mul := int64(-4); mul <= 4; mul++ {
		for shift := 0; shift <= 5; shift++ {
			for _, add := range []int64{-3, 0, 1, 8} {
				for x := int64(-32); x < 32; x++ {
					c := int8Limits
					c.x, c.mul, c.add, c.shift = x, mul, add, shift
					cases = append(cases, c)
				}
			}
		}
	}
	return cases
}

// plainCases are cases for half-up and half-even where x·mul + add stays below 2^bits in size; a third of them are ties.
func plainCases(r *rand.Rand, n, bits, xBits, mulBits int) []requantCase {
	var cases []requantCase
	for len(cases) < n {
		c := int8Limits
		c.x = spread(r, xBits)
		c.mul = spread(r, max(1, min(mulBits, bits-1-xBits+r.Intn(xBits))))
		if high, low := mathbits.Mul64(uint64(max(c.x, -c.x)), uint64(max(c.mul, -c.mul))); high != 0 || low >= 1<<62 {
			continue
		}
		c.shift = r.Intn(bits + 1)
		c.add = spread(r, bits-1)
		if r.Intn(3) == 0 && c.shift > 0 {
			target := spread(r, max(1, bits-c.shift))<<c.shift + 1<<(c.shift-1) + int64(r.Intn(3)-1)
			c.add = target - c.x*c.mul
		}
		if t := c.x*c.mul + c.add; t > -(1<<bits) && t < 1<<bits && c.add > -(1<<bits) && c.add < 1<<bits {
			cases = append(cases, c)
		}
	}
	return cases
}

// gemmlowpCases fill the whole contract of the gemmlowp rounding, with its corners.
func gemmlowpCases(r *rand.Rand, n int) []requantCase {
	var cases []requantCase
	add := func(x, mul int64, shift int) {
		c := int8Limits
		c.x, c.mul, c.shift = x, mul, shift
		cases = append(cases, c)
	}
	for shift := 0; shift <= 62; shift++ {
		room := 1 << 31 >> max(31-shift, 0)
		for _, mul := range []int64{1 << 30, 1<<30 + 1, 3 << 29, 1<<31 - 1} {
			for _, x := range []int64{-int64(room), -int64(room) + 1, int64(room) - 1, -1, 0, 1} {
				if x >= -int64(room) && x < int64(room) {
					add(x, mul, shift)
				}
			}
		}
	}
	for len(cases) < n {
		shift := r.Intn(63)
		mul := 1<<30 + r.Int63n(1<<30)
		if r.Intn(4) == 0 {
			mul = 1 << 30
		}
		room := 31 - max(31-shift, 0)
		x := spread(r, max(room, 1))
		if x >= -(1<<room) && x < 1<<room {
			add(x, mul, shift)
		}
	}
	return cases
}

// float32Cases fill the contract of the float32 rounding for |x| < 2^xBits; many products lie at or beside a tie.
func float32Cases(r *rand.Rand, n, xBits, minShift, maxShift int) []requantCase {
	var cases []requantCase
	for len(cases) < n {
		c := int8Limits
		c.x = spread(r, xBits)
		c.mul = 1<<23 + r.Int63n(1<<23)
		if r.Intn(3) == 0 {
			c.mul = 1 + r.Int63n(1<<24-1)
		}
		c.shift = minShift + r.Intn(maxShift-minShift+1)
		if r.Intn(2) == 0 {
			// scale near (k + 1/2)/|x|: the product rounds onto the tie, or beside it
			if c.x == 0 {
				continue
			}
			k := 2*r.Int63n(200) + 1
			scale := float32(float64(k) / 2 / float64(max(c.x, -c.x)))
			c.mul, c.shift, _ = num.FromFloat32(scale)
		}
		if c.mul > 0 && c.shift >= minShift && c.shift <= maxShift {
			cases = append(cases, c)
		}
	}
	return cases
}
