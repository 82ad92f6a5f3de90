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

// TestAlone: without sharing a matrix of ±1 takes an adder for each entry but the first of an output.
func TestAlone(t *testing.T) {
	w, in := make([][]int64, 12), nominal(12)
	for i := range w {
		w[i] = make([]int64, 9)
		for j := range w[i] {
			w[i][j] = int64(1 - 2*(i*j/3%2))
		}
	}
	p := &Problem{W: w, Outs: 9, In: in, Alone: true}
	alone, err := Solve(p, 0)
	if err != nil {
		t.Fatal(err)
	}
	p.Alone = false
	shared, err := Solve(p, 0)
	if err != nil {
		t.Fatal(err)
	}
	if len(alone.Steps) != 9*11 || len(shared.Steps) >= len(alone.Steps) {
		t.Errorf("%d adders alone, %d with sharing", len(alone.Steps), len(shared.Steps))
	}
}
