package net

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"mlpc/ir"
	"mlpc/ir/diag"
)

// TestLowerRandom holds the circuit against ir.Run on random graphs.
func TestLowerRandom(t *testing.T) {
	n := 400
	if testing.Short() {
		n = 60
	}
	for seed := range n {
		r := rand.New(rand.NewPCG(uint64(seed), 7))
		g := randomGraph(r)
		if err := ir.Verify(g); err != nil {
			t.Fatalf("seed %d: the test's graph: %v\n%s", seed, err, g.Print())
		}
		checkLower(t, r, g, 64)
		if t.Failed() {
			t.Fatalf("seed %d\n%s", seed, g.Print())
		}
	}
}

// checkLower lowers g and compares the circuit with ir.Run on rows.
func checkLower(t *testing.T, r *rand.Rand, g *ir.Graph, rows int) *Circuit {
	t.Helper()
	c, err := Lower(g)
	if err != nil {
		t.Errorf("Lower: %v", err)
		return nil
	}
	if err := c.Verify(); err != nil {
		t.Errorf("Verify: %v\n%s", err, c.Print())
		return c
	}
	back, err := Parse(c.Print())
	if err != nil || back.Print() != c.Print() {
		t.Errorf("Parse of Print: %v", err)
	}
	in := randomRows(r, g, rows)
	want, err := ir.Run(g, in)
	if err != nil {
		t.Errorf("ir.Run: %v", err)
		return c
	}
	got, err := c.Run(flatten(in, rows))
	if err != nil {
		t.Errorf("Run: %v", err)
		return c
	}
	if w := flatten(want, rows); !slices.Equal(got, w) {
		for i := range w {
			if got[i] != w[i] {
				t.Errorf("output %d: got %d, want %d\n%s", i, got[i], w[i], c.Print())
				return c
			}
		}
	}
	checkIntervals(t, c, flatten(in, rows))
	return c
}

// checkIntervals holds every node against its interval.
func checkIntervals(t *testing.T, c *Circuit, in []int64) {
	t.Helper()
	all := *c
	all.Outs = nil
	for i := range c.Nodes {
		all.Outs = append(all.Outs, int32(i))
	}
	vals, err := all.Run(in)
	if err != nil {
		t.Fatal(err)
	}
	for k, x := range vals {
		if n := &c.Nodes[k%len(c.Nodes)]; x < n.Lo || x > n.Hi {
			t.Errorf("n%d is %d, outside [%d, %d]\n%s", k%len(c.Nodes), x, n.Lo, n.Hi, c.Print())
			return
		}
	}
}

// TestLowerRefuses checks that what no device holds is refused at once, with its place.
func TestLowerRefuses(t *testing.T) {
	g := &ir.Graph{Name: "large"}
	x := g.Add(ir.OpInput, ir.Type{Shape: []int{64, 512}, Elem: ir.Int(8)}, &ir.Input{})
	w := randomInts(rand.New(rand.NewPCG(1, 1)), 512*512, 127)
	y := g.New(ir.OpDense, ir.Elem{}, &ir.Dense{}, x, g.Const([]int{512, 512}, w)).Named("fc", diag.Pos{Node: "/fc/MatMul", Op: "MatMul"})
	g.Outs = []*ir.Value{y}
	_, err := Lower(g)
	var list diag.List
	if !errors.As(err, &list) || list[0].Code != diag.CodeTarget || list[0].Pos.Node != "/fc/MatMul" {
		t.Errorf("got %v", err)
	}
}

// TestLowerBipolar: an input that is −1 or 1 is one bit, so that sums of two need no adder of two bits.
func TestLowerBipolar(t *testing.T) {
	g, err := ir.Parse("bipolar", `graph "bipolar"
%0 = input lo=[-1] hi=[1] round="bipolar" : s2[4]
%1 = const ints=[1 1 -1 1 -1 1 1 1] : s2[2,4]
%2 = dense %0 %1 : s4[2]
return %2
`)
	if err != nil {
		t.Fatal(err)
	}
	c := checkLower(t, rand.New(rand.NewPCG(1, 1)), g, 64)
	if got := total(c); got > 6 {
		t.Errorf("%v look-up tables\n%s", got, c.Print())
	}
}
