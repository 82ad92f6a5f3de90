package cmsisnn_test

import (
	"flag"
	"os"
	"strings"
	"testing"

	"mlpc/backends/backendtest"
	"mlpc/backends/cmsisnn"
	"mlpc/backends/cost"
	"mlpc/ir"
	"mlpc/ir/num"
	"mlpc/testbench"
)

var update = flag.Bool("update", false, "measure and write the cost models anew")

// needLibrary skips where CMSIS_NN_DIR names no source tree: the figures are the library's.
func needLibrary(t *testing.T) {
	t.Helper()
	if os.Getenv("CMSIS_NN_DIR") == "" {
		t.Skip("CMSIS_NN_DIR is not set")
	}
}

// fits lists the cores and how the library steps on them.
var fits = []struct {
	runner *testbench.Runner
	loops  cost.Loops
}{
	{testbench.CortexM4, cost.Loops{Rows: 2, Columns: []int{32, 4, 1}}}, // GCC unrolls the loop over four columns eight times
	{testbench.CortexM55, cost.Loops{Rows: 4, Columns: []int{16}}},
	{testbench.CortexM3, cost.Loops{Rows: 3, Columns: []int{1}}},
	{testbench.CortexM0, cost.Loops{Rows: 3, Columns: []int{1}}},
}

func net(perRow bool) func([]int) *ir.Graph {
	return func(widths []int) *ir.Graph { return backendtest.Int8Net(widths, num.Gemmlowp, perRow, 1) }
}

// oneLayer makes a net of one layer, the last width of a shape its columns and the first one its rows: so rows and columns vary without each other.
func oneLayer(perRow bool) func([]int) *ir.Graph {
	return func(widths []int) *ir.Graph { return net(perRow)([]int{widths[len(widths)-1], widths[0]}) }
}

// TestFit writes the table of cost models, with -update; it takes minutes.
func TestFit(t *testing.T) {
	if !*update {
		t.Skip("measures with -update only")
	}
	needLibrary(t)
	for _, f := range fits {
		for _, perRow := range []bool{false, true} {
			kernel := map[bool]string{false: "arm_fully_connected_s8", true: "arm_fully_connected_per_channel_s8"}[perRow]
			t.Run(kernel+"/"+f.runner.Name, func(t *testing.T) {
				backendtest.Refit(t, "costs.csv", f.runner, cmsisnn.Backend, kernel, f.loops, []func([]int) *ir.Graph{net(perRow), oneLayer(perRow)}, cmsisnn.Layers)
			})
		}
	}
}

// TestInstructions compares estimates with counts of the library on shapes of the microcontroller comparison.
func TestInstructions(t *testing.T) {
	g := net(false)([]int{64, 32, 10})
	if c, err := cmsisnn.Estimate(&ir.Program{Graph: g, Target: "cmsisnn"}, "cortex-m4"); err != nil || c.Instructions < 5000 || c.Instructions > 9000 {
		t.Errorf("digits on M4: %d, %v; CMSIS-NN is known to take 6,780 at -Ofast", c.Instructions, err)
	}
	needLibrary(t)
	for _, r := range []*testbench.Runner{testbench.CortexM0, testbench.CortexM3, testbench.CortexM4, testbench.CortexM7, testbench.CortexM33, testbench.CortexM55} {
		for _, perRow := range []bool{false, true} {
			for _, widths := range [][]int{{64, 32, 10}, {784, 64, 32, 10}, {1, 16, 16, 1}} {
				g := net(perRow)(widths)
				c, err := cmsisnn.Estimate(&ir.Program{Graph: g, Target: "cmsisnn"}, strings.TrimPrefix(r.Name, "qemu:"))
				if err != nil {
					t.Fatal(err)
				}
				backendtest.Within2(t, r.Name, c.Instructions, backendtest.Instructions(t, r, cmsisnn.Backend, g))
			}
		}
	}
}
