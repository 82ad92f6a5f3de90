package num_test

import (
	"math"
	"math/rand"
	"testing"

	"mlpc/ir/num"
)

func TestFindStepsIsTheFunction(t *testing.T) {
	r := random(t)
	for range 400 {
		xlo := spread(r, 8)
		xhi := xlo + r.Int63n(300)
		lo := spread(r, 5)
		hi := lo + r.Int63n(40)
		// a random non-decreasing function: a sum of jumps
		jump := map[int64]int64{}
		for range r.Intn(60) {
			jump[xlo-5+r.Int63n(xhi-xlo+10)] += r.Int63n(4)
		}
		f := func(x int64) int64 {
			v := lo - 2
			for at, n := range jump {
				if at <= x {
					v += n
				}
			}
			return v
		}
		s := num.FindSteps(f, xlo, xhi, lo, hi)
		if int64(len(s.At)) != hi-lo {
			t.Fatalf("%d steps from %d to %d", len(s.At), lo, hi)
		}
		for x := xlo; x <= xhi; x++ {
			if got, want := s.Value(x), num.Clamp(f(x), lo, hi); got != want {
				t.Fatalf("[%d, %d] to [%d, %d]: %d at %d, want %d", xlo, xhi, lo, hi, got, x, want)
			}
		}
		if !s.Same(f) {
			t.Fatalf("%+v is not the same as its own function", s)
		}
		if len(s.At) > 0 && s.At[0] > xlo && s.At[0] <= xhi {
			moved := s.At[0] - 1
			if s.Same(func(x int64) int64 {
				if x == moved {
					return lo + 1
				}
				return f(x)
			}) {
				t.Fatalf("%+v does not see a step one earlier", s)
			}
		}
	}
}

// TestFindStepsCalls holds FindSteps to a few calls a step.
func TestFindStepsCalls(t *testing.T) {
	r := random(t)
	for range 50 {
		q := randomRow(r)
		n := 0
		num.FindSteps(func(x int64) int64 { n++; return q.at(x) }, -q.reach, q.reach, -128, 127)
		if n > 6*255+128 {
			t.Fatalf("%+v: %d calls for 255 steps", q, n)
		}
	}
}

// row is a requantizer as the rows of a quantized model have it: a float32 scale and accumulators of ±reach.
type row struct {
	mul   int64
	shift int
	reach int64
}

func (q row) at(x int64) int64 { return num.Requant(x, q.mul, 0, q.shift, num.Float32) }

// randomRow has int8 products over 8 to 1024 inputs and a scale of 2^−12 to 2^−5, as layers of int8 nets have.
func randomRow(r *rand.Rand) row {
	reach := int64(8+r.Intn(1017)) * 127 * 127
	mul, shift, _ := num.FromFloat32(float32(math.Exp2(-12 + 7*r.Float64())))
	return row{mul, shift, reach}
}

// TestFindStepsFar looks for steps in an interval whose length needs all 64 bits.
func TestFindStepsFar(t *testing.T) {
	const end = 1<<62 - 1
	for _, at := range []int64{-1 << 62, -end, -5, 0, 1 << 40, end - 1, end, end + 1} {
		s := num.FindSteps(func(x int64) int64 {
			if x >= at {
				return 1
			}
			return 0
		}, -1<<62, end, 0, 1)
		if len(s.At) != 1 || s.At[0] != at {
			t.Errorf("step at %d: found %v", at, s.At)
		}
	}
}
