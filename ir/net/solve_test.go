package net

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// randomMatrix has n rows and m columns of entries up to size, a share of them zero.
func randomMatrix(r *rand.Rand, n, m int, size int64, zeros float64) [][]int64 {
	w := make([][]int64, n)
	for i := range w {
		w[i] = make([]int64, m)
		for j := range w[i] {
			if r.Float64() >= zeros {
				w[i][j] = r.Int64N(2*size+1) - size
			}
		}
	}
	return w
}

// TestSolve checks on random matrices that every attempt computes the matrix and keeps the depth bound.
func TestSolve(t *testing.T) {
	for seed := range 200 {
		r := rand.New(rand.NewPCG(uint64(seed), 3))
		n, m := 1+r.IntN(9), 1+r.IntN(9)
		p := &Problem{W: randomMatrix(r, n, m, 1<<r.IntN(10), r.Float64()), Outs: m, In: nominal(n)}
		for i := range p.In {
			p.In[i].Depth = int32(r.IntN(3))
		}
		least := MinDepth(p.W, p.In)
		for _, bound := range []int{0, least, least + 2} {
			p.Bound = bound
			core, rows, cols := factor(p.W, m)
			s := &solver{p: p, core: core, rows: rows, cols: cols, turned: turn(core, m)}
			for _, a := range slices.Concat(attempts(p, core, 0)...) {
				q := s.try(a)
				if q == nil {
					continue
				}
				if !q.Equals(p.W) {
					t.Fatalf("seed %d, %+v: the plan computes another matrix", seed, a)
				}
				if d := q.Depth(p.In); bound > 0 && d > bound {
					t.Fatalf("seed %d, %+v: depth %d, bound %d", seed, a, d, bound)
				}
			}
			if _, err := Solve(p, 0); err != nil {
				t.Fatalf("seed %d, bound %d: %v", seed, bound, err)
			}
		}
	}
}
