package net

import (
	"math/rand/v2"
	"testing"

	"mlpc/ir"
)

// TestFormNarrows: the difference of two sums that share inputs is as wide as what they do not share.
func TestFormNarrows(t *testing.T) {
	g := &ir.Graph{Name: "difference"}
	x := g.Add(ir.OpInput, ir.Type{Shape: []int{4}, Elem: ir.Int(8)}, &ir.Input{})
	p := g.New(ir.OpDense, ir.Elem{}, &ir.Dense{}, x, g.Const([]int{1, 4}, []int64{90, 70, -50, 3}))
	q := g.New(ir.OpDense, ir.Elem{}, &ir.Dense{}, x, g.Const([]int{1, 4}, []int64{90, 70, -50, 1}))
	d := g.New(ir.OpSub, ir.Elem{}, nil, p, q)
	g.Outs = []*ir.Value{d, g.New(ir.OpCmp, ir.Elem{}, &ir.Cmp{Rel: "le"}, d, g.Const([]int{1}, []int64{254}))}
	c := checkLower(t, rand.New(rand.NewPCG(1, 1)), g, 500)
	if n := c.Nodes[c.Outs[0]]; n.Lo != -256 || n.Hi != 254 {
		t.Errorf("2·x[3] is in [%d, %d]", n.Lo, n.Hi)
	}
	if n := c.Nodes[c.Outs[1]]; n.Op != OpConst || n.Imm != 1 {
		t.Errorf("2·x[3] ≤ 254 is node %v", n)
	}
}

// TestFormRandom: sums, differences, comparisons and choices of values that share inputs, against ir.Run.
func TestFormRandom(t *testing.T) {
	for seed := range 200 {
		r := rand.New(rand.NewPCG(uint64(seed), 5))
		g := &ir.Graph{Name: "shared"}
		x := g.Add(ir.OpInput, ir.Type{Shape: []int{3}, Elem: ir.Int(4)}, &ir.Input{})
		vs := []*ir.Value{x}
		for range 5 {
			a, b := vs[r.IntN(len(vs))], vs[r.IntN(len(vs))]
			switch r.IntN(8) {
			case 0:
				vs = append(vs, g.New(ir.OpDense, ir.Elem{}, &ir.Dense{}, a, g.Const([]int{3, 3}, randomInts(r, 9, 3))))
			case 1:
				vs = append(vs, g.New(ir.OpCmp, ir.Elem{}, &ir.Cmp{Rel: []string{"lt", "le", "eq"}[r.IntN(3)]}, a, b))
			case 2, 3:
				vs = append(vs, g.New(ir.OpAdd, ir.Elem{}, nil, a, b))
			case 4, 5:
				vs = append(vs, g.New(ir.OpSub, ir.Elem{}, nil, a, b))
			default:
				vs = append(vs, g.New([]ir.Op{ir.OpMax, ir.OpMin}[r.IntN(2)], ir.Elem{}, nil, a, b))
			}
		}
		g.Outs = []*ir.Value{vs[len(vs)-1], g.New(ir.OpArgMax, ir.Elem{}, &ir.Axis{}, vs[len(vs)-1])}
		if checkLower(t, r, g, 200); t.Failed() {
			t.Fatalf("seed %d\n%s", seed, g.Print())
		}
	}
}
