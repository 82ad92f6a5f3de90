package passes

import (
	"math/rand/v2"
	"testing"

	"mlpc/ir"
	"mlpc/ir/num"
)

// TestSenses checks that an error counts where it reaches a decision: not for a result that nothing reads, less for a sample whose ReLU is
// shut than where it is open.
func TestSenses(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	g := &ir.Graph{Name: "net"}
	x := g.Add(ir.OpInput, ir.Type{Shape: []int{3}, Elem: ir.Int(6), Scale: []float64{0.125}}, &ir.Input{})
	h := g.New(ir.OpDense, ir.Elem{}, &ir.Dense{}, x, g.Const([]int{3, 3}, []int64{9, 0, 0, 0, 9, 0, 0, 0, 9}))
	relu := g.New(ir.OpRequant, ir.Uint(6), &ir.Requant{Mul: []int64{1}, Shift: []int64{2}, Round: num.HalfUp, Hi: 63}, h)
	g.Outs = []*ir.Value{g.New(ir.OpDense, ir.Elem{}, &ir.Dense{}, relu, g.Const([]int{2, 3}, []int64{5, -5, 0, -5, 5, 0}))}
	rows := tuneRowsOf(r, g, 400)
	tn, err := (tuneStart{nil, g, g}).tuner(rows, rows)
	if err != nil {
		t.Fatal(err)
	}
	q, in := tn.layers[h].sense, tn.learn[0].Ints
	var open, shut, unread float64
	for i := range q[0] {
		unread += q[2][i]
		if in[3*i] > 6 {
			open += q[0][i]
		}
		if in[3*i] < -6 {
			shut += q[0][i]
		}
	}
	if shut > 0.3*open || unread > 0.1*(open+shut) {
		t.Errorf("an error counts %g behind an open ReLU, %g behind a shut one, %g where nothing reads it", open, shut, unread)
	}
}

// TestCapped checks that results are limited to what the rows show, that few samples change, and that adders get narrower.
func TestCapped(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	g := tuneNet(r)
	rows := tuneRowsOf(r, g, 600)
	c, err := capped(g, rows)
	if err != nil {
		t.Fatal(err)
	}
	if err := ir.Verify(c); err != nil {
		t.Fatal(err)
	}
	if before, after := adderBits(g), adderBits(c); after >= before {
		t.Errorf("%d one-bit adders, %d before", after, before)
	}
	m, err := newMeter(g, rows)
	if err != nil {
		t.Fatal(err)
	}
	outs, err := runReal(c, rows.Ins)
	if err != nil {
		t.Fatal(err)
	}
	moved := 0
	for i, y := range outs[0].Reals {
		moved += int(boolClass(y != m.ref[0].Reals[i]))
	}
	if limit := int(16 * capShare * float64(len(outs[0].Reals))); moved > limit {
		t.Errorf("%d outputs changed, at most %d should", moved, limit)
	}
}

// TestDoubts checks that mixed rows that are in doubt too often count less, and that real rows count one.
func TestDoubts(t *testing.T) {
	gap := []float64{1, 2, 3, 4, 0, 0, 0, 0}
	count := make([]float64, len(gap))
	doubts(count, gap, 4)
	weight := 0.0
	for i, c := range count {
		if gap[i] < 2 {
			weight += c / float64(len(gap))
		}
	}
	if weight != 0.25 || count[1] != 2 || count[4] != 0.4 {
		t.Errorf("the rows count %v", count)
	}
	doubts(count[:4], gap[:4], 4)
	for _, c := range count[:4] {
		if c != 1 {
			t.Errorf("real rows count %v", count[:4])
		}
	}
}
