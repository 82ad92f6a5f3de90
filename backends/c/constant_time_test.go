package cc_test

import (
	"fmt"
	"testing"

	cc "mlpc/backends/c"
	"mlpc/ir"
	"mlpc/ir/num"
	"mlpc/testbench"
)

// TestConstantTime runs nets of 16-bit inputs, which are plain loops, on each kind of core: limits of 64 bits that many results exceed, and
// scales of each rounding take the same number of instructions whatever the data.
func TestConstantTime(t *testing.T) {
	cores := []*testbench.Runner{testbench.CortexM0, testbench.CortexM3, testbench.CortexM4, testbench.CortexM7, testbench.CortexM55}
	if testing.Short() {
		cores = cores[2:3]
	}
	for _, round := range []num.Rounding{num.HalfUp, num.HalfEven, num.Gemmlowp, num.Float32} {
		g := wideInputNet(round)
		if err := ir.Verify(g); err != nil {
			t.Fatal(err)
		}
		for _, r := range cores {
			t.Run(fmt.Sprint(round, "/", r.Name), func(t *testing.T) {
				needTool(t, r)
				if res := same(t, r, cc.Backend, g, 40); res.Spread != 0 {
					t.Errorf("inferences differ by %d instructions", res.Spread)
				}
			})
		}
	}
}

// TestConstantTimeOps runs random graphs, which have every op in loops of 32 and 64 bits, on cores without and with conditional instructions.
func TestConstantTimeOps(t *testing.T) {
	cores := []*testbench.Runner{testbench.CortexM0, testbench.CortexM3, testbench.CortexM0, testbench.CortexM4}
	seeds := 60
	if testing.Short() {
		seeds = 3
	}
	for seed := range seeds {
		g := randomGraph(uint64(100+seed), 20)
		if ir.Verify(g) != nil {
			continue
		}
		r := cores[seed%len(cores)]
		t.Run(fmt.Sprint(seed, "/", r.Name), func(t *testing.T) {
			needTool(t, r)
			if res := same(t, r, cc.Backend, g, 20); res.Spread != 0 {
				t.Errorf("inferences differ by %d instructions", res.Spread)
			}
		})
	}
}

// wideInputNet makes a net of 16-bit inputs and sums beyond 32 bits after the scale: half its results are at a limit.
func wideInputNet(round num.Rounding) *ir.Graph {
	g := denseNet([]int{24, 12, 6}, round, true, 7)
	for _, v := range g.Values {
		switch a := v.Attr.(type) {
		case *ir.Input:
			v.Type.Elem = ir.Int(16)
		case *ir.Dense:
			v.Type.Elem = ir.Int(28)
		case *ir.Requant:
			a.Lo, a.Hi = -20, 40
		}
	}
	return g
}
