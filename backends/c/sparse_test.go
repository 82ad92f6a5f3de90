package cc_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"mlpc/backends/backendtest"
	cc "mlpc/backends/c"
	"mlpc/ir"
	"mlpc/ir/num"
	"mlpc/testbench"
)

// zeroBlocks sets a share of the blocks of 4 rows and 16 columns of all weights to zero.
func zeroBlocks(g *ir.Graph, share float64) {
	rng := rand.New(rand.NewPCG(2, 9))
	for _, v := range g.Values {
		if v.Op != ir.OpDense {
			continue
		}
		w, k := v.Args[1].Const().Ints, v.Args[1].Type.Shape[1]
		for row := 0; row < len(w)/k; row += 4 {
			for column := 0; column < k; column += 16 {
				if rng.Float64() >= share {
					continue
				}
				for i := row; i < min(row+4, len(w)/k); i++ {
					clear(w[i*k+column : i*k+min(column+16, k)])
				}
			}
		}
	}
}

// TestBlocks compares layers without blocks of weights with whole ones, of the shape of the anomaly detector of MLPerf Tiny: in the
// instructions of one inference, and in the bytes of their constants. Every kind of core computes what ir.Run does.
func TestBlocks(t *testing.T) {
	cores := []*testbench.Runner{testbench.CortexM55, testbench.CortexM4, testbench.CortexM0, testbench.CortexM3}
	if testing.Short() {
		cores = cores[:1]
	}
	for _, round := range []num.Rounding{num.Float32, num.HalfUp} {
		for _, r := range cores {
			needTool(t, r)
			t.Run(fmt.Sprint(r.Name, " ", round), func(t *testing.T) { holdBlocks(t, r, peerNets[4].widths, round) })
		}
	}
}

// holdBlocks compares a net with none, half and nine tenths of its blocks zero on a core.
func holdBlocks(t *testing.T, r *testbench.Runner, widths []int, round num.Rounding) {
	var whole testbench.Result
	var bytes int
	for _, limit := range []struct{ share, most float64 }{{0, 1}, {0.5, 0.60}, {0.9, 0.20}} {
		g := denseNet(widths, round, false, 1)
		zeroBlocks(g, limit.share)
		if err := ir.Verify(g); err != nil {
			t.Fatal(err)
		}
		cost, err := cc.Estimate(&ir.Program{Graph: g, Target: "c"}, r.Name[len("qemu:"):])
		if err != nil {
			t.Fatal(err)
		}
		res := same(t, r, cc.Backend, g, 2)
		if limit.share == 0 {
			whole, bytes = res, cost.ConstantBytes
		}
		took, kept := float64(res.Instructions)/float64(whole.Instructions), float64(cost.ConstantBytes)/float64(bytes)
		t.Logf("%.0f %% of the blocks zero: %d instructions (%.3f), %d bytes (%.3f)", 100*limit.share, res.Instructions, took, cost.ConstantBytes, kept)
		if round == num.Float32 && limit.share < 0.9 { // else a layer is left to a kernel without a model
			backendtest.Within2(t, fmt.Sprintf("%.0f %% of the blocks zero", 100*limit.share), cost.Instructions, res.Instructions)
		}
		if kept > limit.most || took > limit.most {
			t.Errorf("more than %.2f", limit.most)
		}
		if res.Spread != 0 {
			t.Errorf("the number of instructions depends on the data: by %d", res.Spread)
		}
	}
}

// TestSparseCases runs sparse layers in the kernels' special cases on every kind of core: groups without blocks, odd and even numbers of blocks,
// columns that blocks do not divide, unsigned inputs and results, scales by row, rows that four does not divide.
func TestSparseCases(t *testing.T) {
	for _, r := range allCores() {
		needTool(t, r)
		for i, widths := range [][]int{{70, 23, 6}, {64, 40, 9}, {33, 18}} {
			for k, round := range []num.Rounding{num.Float32, num.HalfUp, num.Gemmlowp} {
				g := variantNet(widths, 8, 8, 8, (i+k)%2 == 0, round, []ir.Elem{ir.Int(8), ir.Uint(8)}[i%2], uint64(i))
				zeroBlocks(g, 0.7)
				if i == 2 {
					q := g.Outs[0].Attr.(*ir.Requant)
					q.Lo, q.Hi, q.Zero, g.Outs[0].Type.Elem = 0, 255, 100, ir.Uint(8)
				}
				if err := ir.Verify(g); err != nil {
					t.Fatal(err)
				}
				t.Run(fmt.Sprint(r.Name, widths, round), func(t *testing.T) { same(t, r, cc.Backend, g, 20) })
			}
		}
	}
}
