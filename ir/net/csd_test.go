package net

import (
	"math/rand/v2"
	"testing"
)

// TestCSD checks value, spacing and number of the digits of small and of random numbers.
func TestCSD(t *testing.T) {
	check := func(x int64) {
		sum, last := int64(0), -2
		d := CSD(x)
		for _, p := range d {
			if int(p.Shift) < last+2 {
				t.Errorf("%d: digits at %d and %d", x, last, p.Shift)
			}
			last = int(p.Shift)
			if p.Neg {
				sum -= 1 << p.Shift
			} else {
				sum += 1 << p.Shift
			}
		}
		if sum != x || len(d) != weight(x) {
			t.Errorf("%d: digits %v make %d; weight says %d", x, d, sum, weight(x))
		}
	}
	for x := int64(-5000); x <= 5000; x++ {
		check(x)
	}
	r := rand.New(rand.NewPCG(1, 1))
	for range 1000 {
		check(r.Int64N(1<<60) - 1<<59)
	}
}

// TestTranspose checks that a reversed plan computes the transposed matrix with the expected number of adders.
func TestTranspose(t *testing.T) {
	for seed := range 100 {
		r := rand.New(rand.NewPCG(uint64(seed), 4))
		n, m := 1+r.IntN(8), 1+r.IntN(8)
		w := randomMatrix(r, n, m, 100, 0)
		for i := range w { // no row and no column of zeros
			for j := range w[i] {
				w[i][j] |= 1
			}
		}
		p := oneStage(w, nominal(n), m, 0, attempt{limit: -1})
		q := p.transpose(nominal(m), 0)
		if !q.Equals(turn(w, m)) {
			t.Fatalf("seed %d: the reversed plan computes another matrix", seed)
		}
		if got, want := len(q.Steps), len(p.Steps)+m-n; got != want {
			t.Errorf("seed %d: %d adders, want %d", seed, got, want)
		}
	}
}

// TestDecompose checks that the factors multiply to the matrix and that equal and opposite columns cost nothing.
func TestDecompose(t *testing.T) {
	for seed := range 100 {
		r := rand.New(rand.NewPCG(uint64(seed), 5))
		n, m := 1+r.IntN(6), 2+r.IntN(6)
		w := randomMatrix(r, n, m, 60, 0.2)
		for i := range w {
			w[i][m-1] = -w[i][0]
		}
		for _, centred := range []bool{false, true} {
			m1, m2 := decompose(w, m, 3, centred)
			if len(m2) > m {
				t.Errorf("seed %d: %d corrections for %d columns, two of them opposite", seed, len(m2), m)
			}
			for i := range w {
				for j := range m {
					x := int64(0)
					for k := range m2 {
						x += m1[i][k] * m2[k][j]
					}
					if x != w[i][j] {
						t.Fatalf("seed %d, centred %v: the factors give %d, want %d", seed, centred, x, w[i][j])
					}
				}
			}
		}
	}
}
