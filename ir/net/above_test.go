package net

import (
	"math/rand/v2"
	"testing"
)

// TestSumsWithoutSigns checks that the sums of a constant matrix carry no sign bits, that their results are the matrix's, and that this
// is cheaper than sums with signs.
func TestSumsWithoutSigns(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	w := make([][]int64, 12)
	for o := range w {
		w[o] = make([]int64, 8)
		for i := range w[o] {
			w[o][i] = rng.Int64N(64) - 32
		}
	}
	b := NewBuilder("t")
	x := make([]Ref, 8)
	for i := range x {
		x[i] = Ref{ID: b.Input(-128, 127)}
	}
	outs := make([]int32, len(w))
	for o, r := range b.Linear(w, x, Options{}) {
		outs[o] = b.Force(r)
	}
	c := b.Circuit(outs)
	if err := c.Verify(); err != nil {
		t.Fatal(err)
	}
	for i := range c.Nodes {
		if n := &c.Nodes[i]; (n.Op == OpAdd || n.Op == OpSub && c.Nodes[n.A].Op != OpConst) && n.Signed() {
			t.Errorf("n%d %s is in [%d, %d]", i, n.Op, n.Lo, n.Hi)
		}
	}
	p := &Problem{W: turn(w, 8), Outs: len(w), In: nominal(8), PerAdder: perAdder}
	p.relax()
	q, err := Solve(p, 0)
	if err != nil {
		t.Fatal(err)
	}
	if got, signed := c.AdderBits(), q.Bits(p.In); got >= signed {
		t.Errorf("%d one-bit adders, with signs %d", got, signed)
	}
	checkMatrix(t, c, w, rng)
}

// checkMatrix runs a circuit on random rows and compares with the products.
func checkMatrix(t *testing.T, c *Circuit, w [][]int64, rng *rand.Rand) {
	t.Helper()
	in := make([]int64, 300*c.Inputs)
	for i := range in {
		in[i] = rng.Int64N(256) - 128
	}
	out, err := c.Run(in)
	if err != nil {
		t.Fatal(err)
	}
	for r := range 300 {
		for o, row := range w {
			want := int64(0)
			for i, k := range row {
				want += k * in[r*c.Inputs+i]
			}
			if got := out[r*len(w)+o]; got != want {
				t.Fatalf("row %d, output %d: %d, want %d", r, o, got, want)
			}
		}
	}
}
