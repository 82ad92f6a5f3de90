package cc_test

import (
	"fmt"
	"testing"

	"mlpc/backends/backendtest"
	cc "mlpc/backends/c"
	"mlpc/ir"
	"mlpc/ir/num"
	"mlpc/testbench"
)

// TestZeroSkip compares nets whose layers behind a ReLU spend no time on inputs of 0 with ir.Run on all cores. Instructions then depend on
// the data, but for the vector unit, whose kernels do not skip.
func TestZeroSkip(t *testing.T) {
	for _, r := range allCores() {
		backendtest.Need(t, r)
		for i, widths := range [][]int{{64, 32, 10}, {5, 7, 3}} {
			for _, round := range []num.Rounding{num.Float32, num.Gemmlowp} {
				g := variantNet(widths, 8, 8, 8, i == 1, round, ir.Int(8), 3)
				for _, v := range g.Values {
					if q, ok := v.Attr.(*ir.Requant); ok && v != g.Outs[0] {
						q.Zero = q.Lo // a ReLU
					}
				}
				if i == 0 {
					bias := g.Values[2].Const().Ints
					for j := range bias {
						bias[j] -= 6000 // most neurons are off
					}
				}
				if err := ir.Verify(g); err != nil {
					t.Fatal(err)
				}
				t.Run(fmt.Sprint(r.Name, widths, round), func(t *testing.T) {
					dense := backendtest.Compare(t, cc.Backend, r, backendtest.Input(t, &ir.Program{Graph: g, Target: "c"}, 20))
					res := backendtest.Compare(t, cc.Backend, r, backendtest.Input(t, &ir.Program{Graph: g, Target: "c", ZeroSkip: true}, 20))
					t.Logf("%d instructions, %d with zero-skip, spread %d", dense.Instructions, res.Instructions, res.Spread)
					if i == 0 && (res.Spread == 0) != (r == testbench.CortexM55) {
						t.Errorf("spread %d", res.Spread)
					}
				})
			}
		}
	}
}
