package passes

import (
	"fmt"
	"slices"
	"testing"

	"mlpc/ir"
	"mlpc/ir/diag"
	"mlpc/ir/num"
)

// TestStepRequants compares requants of few levels with the thresholds that replace them, on every argument.
func TestStepRequants(t *testing.T) {
	for _, q := range []*ir.Requant{
		{Mul: []int64{37, 90, 1}, Add: []int64{5, -900, 0}, Shift: []int64{12, 13, 4}, Round: num.HalfUp, Zero: 1, Lo: 0, Hi: 3},
		{Mul: []int64{37, 90, 128}, Shift: []int64{11}, Round: num.HalfEven, Lo: -2, Hi: 1},
		{Mul: []int64{3 << 29}, Shift: []int64{38}, Round: num.Gemmlowp, Zero: -3, Lo: -128, Hi: 127},
		{Mul: []int64{1 << 23, 12345677, 16777215}, Shift: []int64{29, 30, 31}, Round: num.Float32, Lo: -7, Hi: 7},
	} {
		t.Run(fmt.Sprint(q.Round), func(t *testing.T) {
			g := &ir.Graph{}
			x := g.Add(ir.OpInput, ir.Type{Shape: []int{3}, Elem: ir.Int(9)}, &ir.Input{}).Named("x", diag.Pos{})
			g.Outs = []*ir.Value{g.New(ir.OpRequant, ir.Int(8), q, x)}
			ng, err := stepRequants(g)
			if err != nil {
				t.Fatal(err)
			}
			if err := ir.Verify(ng); err != nil {
				t.Fatal(err)
			}
			if ng.Outs[0].Op != ir.OpThreshold {
				t.Fatalf("%s stays", ng.Outs[0])
			}
			in := ir.NewInts(512, []int{3})
			for i := range in.Ints {
				in.Ints[i] = int64(i/3 - 256)
			}
			want, err := ir.Run(g, []*ir.Tensor{in})
			if err != nil {
				t.Fatal(err)
			}
			got, err := ir.Run(ng, []*ir.Tensor{in})
			if err != nil || !slices.Equal(got[0].Ints, want[0].Ints) {
				t.Errorf("results differ: %v", err)
			}
		})
	}
}
