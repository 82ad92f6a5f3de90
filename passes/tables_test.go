package passes

import (
	"math"
	"testing"

	"mlpc/ir"
)

// TestTables compares the worst errors that are reported with the function, entry by entry.
func TestTables(t *testing.T) {
	g := mlp(3, "tanh", 4, 6, 2)
	p, rep, err := Compile(g, Config{Target: "c", Use: []string{"quantize:table=9,a=7"}, Drop: []string{"fuse"}, Calib: synthetic(g, 200, [2]float64{})})
	if err != nil {
		t.Fatal(err)
	}
	if len(rep.Tables) != 1 {
		t.Fatalf("%d tables, want 1", len(rep.Tables))
	}
	got := rep.Tables[0]
	if got.Entries != 512 || got.Bits != 7 {
		t.Errorf("%d entries of %d bits, want 512 of 7", got.Entries, got.Bits)
	}
	for _, v := range p.Graph.Values {
		table, ok := v.Attr.(*ir.Table)
		if !ok {
			continue
		}
		in, worst, rounded := v.Args[0].Type, 0.0, 0.0
		for i, y := range table.Values {
			x, out := in.Scale[0]*float64(table.Lo+int64(i)-in.Zero), float64(y-v.Type.Zero)
			worst = max(worst, math.Abs(math.Tanh(x)/v.Type.Scale[0]-out))
			for _, d := range []float64{-0.5, 0.5} { // tanh rises: the ends of each step are the worst
				rounded = max(rounded, math.Abs(math.Tanh(x+d*in.Scale[0])/v.Type.Scale[0]-out))
			}
		}
		if math.Abs(worst-got.Worst) > 1e-9 || math.Abs(rounded-got.Rounded) > 1e-9 {
			t.Errorf("worst %.4f and %.4f last bits reported, %.4f and %.4f found", got.Worst, got.Rounded, worst, rounded)
		}
	}
}

// TestSoftmaxKept keeps the softmax at the output where head is left out: probabilities that sum to one.
func TestSoftmaxKept(t *testing.T) {
	g, err := ir.Parse("softmax", `graph "softmax"
%0 = input : real[3] name="x"
%1 = reduce-max %0 : real[]
%2 = route %1 index=[0] : real[1]
%3 = sub %0 %2 : real[3]
%4 = table %3 fn="exp" : real[3]
%5 = sum %4 : real[]
%6 = route %5 index=[0] : real[1]
%7 = table %6 fn="recip" : real[1]
%8 = mul %4 %7 : real[3] name="p"
return %8
`)
	if err != nil {
		t.Fatal(err)
	}
	rows := synthetic(g, 200, [2]float64{})
	p, rep, err := Compile(g, Config{Target: "c", Drop: []string{"head"}, Calib: rows})
	if err != nil {
		t.Fatal(err)
	}
	for i, table := range rep.Tables { // positive arguments of exp, which never come, and sums near 0
		if table.Saturated == 0 || table.Worst > 1.5 {
			t.Errorf("table %d: %d saturated entries, worst error of the others %g last bits", i, table.Saturated, table.Worst)
		}
	}
	outs, err := runReal(p.Graph, rows.Ins)
	if err != nil {
		t.Fatal(err)
	}
	want, err := runReal(g, rows.Ins)
	if err != nil {
		t.Fatal(err)
	}
	for r := range outs[0].Rows {
		sum := 0.0
		for k := r * 3; k < (r+1)*3; k++ {
			sum += outs[0].Reals[k]
			if d := math.Abs(outs[0].Reals[k] - want[0].Reals[k]); d > 0.02 {
				t.Fatalf("row %d: probability %g, float %g", r, outs[0].Reals[k], want[0].Reals[k])
			}
		}
		if math.Abs(sum-1) > 0.02 {
			t.Fatalf("row %d: probabilities sum to %g", r, sum)
		}
	}
}
