package net

import (
	"math/rand/v2"
	"testing"

	"mlpc/ir"
	"mlpc/ir/num"
)

// headNet is a dense layer whose scores, each row times a constant of its own, go to an argmax; some rows are alike, so that there are ties.
func headNet(r *rand.Rand) *ir.Graph {
	g := &ir.Graph{Name: "head"}
	k, n := 1+r.IntN(5), 2+r.IntN(9)
	x := g.Add(ir.OpInput, ir.Type{Shape: []int{k}, Elem: ir.Elem{Bits: 1 + r.IntN(4), Signed: r.IntN(2) > 0}}, &ir.Input{})
	w, bias := randomInts(r, n*k, 1+r.IntN(30)), randomInts(r, n, 1+r.IntN(60))
	for range r.IntN(3) { // rows that differ in the bias alone
		copy(w[r.IntN(n)*k:][:k], w[r.IntN(n)*k:][:k])
	}
	y := g.New(ir.OpDense, ir.Elem{}, &ir.Dense{}, x, g.Const([]int{n, k}, w), g.Const([]int{n}, bias))
	mul := make([]int64, n)
	for i := range mul {
		mul[i] = int64(1 + r.IntN(4))
	}
	switch r.IntN(4) {
	case 0:
		y = g.New(ir.OpMul, ir.Elem{}, nil, y, g.Const([]int{n}, mul))
	case 1: // saturates now and then
		y = g.New(ir.OpRequant, ir.Int(16), &ir.Requant{Mul: mul, Shift: []int64{0}, Round: num.HalfUp, Zero: 3, Lo: -100, Hi: 1 + r.Int64N(9000)}, y)
	case 2:
		y = g.New(ir.OpRequant, ir.Int(16), &ir.Requant{Mul: mul, Shift: []int64{int64(r.IntN(2))}, Round: num.HalfUp, Lo: -32768, Hi: 32767}, y)
	}
	g.Outs = []*ir.Value{g.New(ir.OpArgMax, ir.Elem{}, &ir.Axis{}, y)}
	return g
}

// TestArgMaxHeads holds circuits of random classifiers against ir.Run, ties included.
func TestArgMaxHeads(t *testing.T) {
	for seed := range 200 {
		r := rand.New(rand.NewPCG(uint64(seed), 3))
		g := headNet(r)
		if err := ir.Verify(g); err != nil {
			t.Fatal(err)
		}
		if checkLower(t, r, g, 200); t.Failed() {
			t.Fatalf("seed %d\n%s", seed, g.Print())
		}
	}
}

// TestArgMaxShared: what all rows of scores share is not computed. Here each is one large sum and an input of its own.
func TestArgMaxShared(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	g := &ir.Graph{Name: "shared"}
	const n, k = 4, 12
	x := g.Add(ir.OpInput, ir.Type{Shape: []int{k}, Elem: ir.Int(6)}, &ir.Input{})
	common := randomInts(r, k, 100)
	var w, bias []int64
	for i := range n {
		row := append([]int64(nil), common...)
		row[i] += 4
		w, bias = append(w, row...), append(bias, 1000)
	}
	y := g.New(ir.OpDense, ir.Elem{}, &ir.Dense{}, x, g.Const([]int{n, k}, w), g.Const([]int{n}, bias))
	g.Outs = []*ir.Value{g.New(ir.OpArgMax, ir.Elem{}, &ir.Axis{}, y)}
	c := checkLower(t, r, g, 200)
	if c.AdderBits() > 0 {
		t.Errorf("%d one-bit adders\n%s", c.AdderBits(), c.Print())
	}
	for i := range c.Nodes {
		if n := &c.Nodes[i]; n.Width() > 6 {
			t.Errorf("n%d has %d bits: the scores are inputs of 6\n%s", i, n.Width(), c.Print())
		}
	}
}

// TestArgMaxDominated: a row that loses to another one by their difference does not enter, though their intervals overlap.
func TestArgMaxDominated(t *testing.T) {
	g := &ir.Graph{Name: "dominated"}
	x := g.Add(ir.OpInput, ir.Type{Shape: []int{3}, Elem: ir.Int(6)}, &ir.Input{})
	w := []int64{9, 7, 5, 9, 7, 5, -3, 8, 2}
	y := g.New(ir.OpDense, ir.Elem{}, &ir.Dense{}, x, g.Const([]int{3, 3}, w), g.Const([]int{3}, []int64{0, 1, 0}))
	g.Outs = []*ir.Value{g.New(ir.OpArgMax, ir.Elem{}, &ir.Axis{}, y)}
	c := checkLower(t, rand.New(rand.NewPCG(1, 1)), g, 500)
	if n := c.Count()[OpLess]; n > 1 {
		t.Errorf("%d comparisons of two classes that can win\n%s", n, c.Print())
	}
}

// TestRounds: narrow players meet first, in no more rounds than a balanced tournament has.
func TestRounds(t *testing.T) {
	b := NewBuilder("rounds")
	var players []player
	for _, hi := range []int64{1000, 1, 1, 1000} {
		players = append(players, player{value: b.Input(0, hi)})
	}
	if r := b.rounds(players); r.split != 1 {
		t.Errorf("of four players the halves are of %d", r.split+1)
	}
	if r := b.rounds(players[:3]); r.split != 0 {
		t.Errorf("the two narrow ones of three do not meet first: the left half has %d", r.split+1)
	}
	var depth func(t *bracket) int
	depth = func(t *bracket) int {
		if t.split < 0 {
			return 0
		}
		return 1 + max(depth(t.left), depth(t.right))
	}
	for n := 1; n < 70; n++ {
		many := make([]player, n)
		for i := range many {
			many[i] = player{value: b.Input(0, int64(1)<<(i*7%11))}
		}
		if d := depth(b.rounds(many)); d != ceilLog2(n) {
			t.Errorf("%d players in %d rounds", n, d)
		}
	}
}
