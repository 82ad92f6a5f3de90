package net

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"time"

	"mlpc/ir"
)

// TestLonger: more work finds no worse plan, at last a better one, and the same one however many processors there are.
func TestLonger(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	better := 0
	for range 6 {
		w := make([][]int64, 8)
		for i := range w {
			w[i] = randomInts(r, 8, 100)
		}
		p := &Problem{W: w, Outs: 8, In: nominal(8), PerAdder: perAdder}
		p.Bound = MinDepth(p.W, p.In) + 2
		short, err := Solve(p, 0)
		if err != nil {
			t.Fatal(err)
		}
		p.Work = WorkOf(20 * time.Millisecond)
		long, err := Solve(p, 0)
		if err != nil {
			t.Fatal(err)
		}
		was := runtime.GOMAXPROCS(1)
		again, err := Solve(p, 0)
		runtime.GOMAXPROCS(was)
		if err != nil || !slices.Equal(long.Steps, again.Steps) || !slices.Equal(long.Outs, again.Outs) {
			t.Errorf("one processor finds another plan: %v", err)
		}
		if p.cost(long) > p.cost(short) || long.Depth(p.In) > p.Bound || !long.Equals(w) {
			t.Errorf("cost %d at depth %d after more work, %d before, bound %d", p.cost(long), long.Depth(p.In), p.cost(short), p.Bound)
		}
		better += int(bit(p.cost(long) < p.cost(short)))
	}
	if better == 0 {
		t.Error("more work found nothing better")
	}
}

// TestShare: the parts of all matrices are the whole budget.
func TestShare(t *testing.T) {
	g := benchNet(4, 3, 2)
	s := newShare(g, 1000)
	all := Work(0)
	for _, v := range g.Values {
		if v.Op == ir.OpDense {
			all += s.of([][]int64{v.Args[1].Const().Ints}, 1000)
		}
	}
	if all < 998 || all > 1000 {
		t.Errorf("the parts of 1000 are %d together", all)
	}
}

// BenchmarkWork counts what attempts compare in a second.
func BenchmarkWork(b *testing.B) {
	r := rand.New(rand.NewPCG(4, 4))
	for _, n := range []int{16, 32, 64} {
		w := make([][]int64, n)
		for i := range w {
			w[i] = randomInts(r, n, 60)
		}
		core, rows, cols := factor(w, n)
		p := &Problem{W: w, Outs: n, In: nominal(n), PerAdder: perAdder, Unsigned: true}
		p.Bound = MinDepth(p.W, p.In) + 2
		s := &solver{p: p, core: core, rows: rows, cols: cols, turned: turn(core, n)}
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			work, start := Work(0), processorTime()
			for b.Loop() {
				for _, t := range []attempt{{limit: -1}, {limit: -1, transposed: true}} {
					t.work = &work
					s.try(t)
				}
			}
			b.ReportMetric(float64(work)/(processorTime()-start).Seconds(), "work/s")
		})
	}
}
