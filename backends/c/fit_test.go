package cc_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mlpc/backends/backendtest"
	cc "mlpc/backends/c"
	"mlpc/backends/cost"
	"mlpc/ir"
	"mlpc/testbench"
)

// fits lists what TestFit measures: the float kernel on the cores with a floating-point unit.
var fits = []struct {
	runner *testbench.Runner
	loops  cost.Loops
	net    func([]int) *ir.Graph
}{
	{testbench.CortexM4, cost.Loops{Rows: 4, Columns: []int{8, 1}}, floatNet},
	{testbench.CortexM55, cost.Loops{Rows: 4, Columns: []int{8, 1}}, floatNet},
}

// TestFit writes the table of cost models, with -update; it takes minutes.
func TestFit(t *testing.T) {
	if !*update {
		t.Skip("measures with -update only")
	}
	const path = "costs.csv"
	old, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	all, err := cost.Read(string(old))
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range fits {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			all.Set(backendtest.Fit(t, f.runner, cc.Backend, f.loops, f.net, cc.Layers))
		})
	}
	if err := os.WriteFile(path, []byte(all.Write()), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestFloatEstimate compares estimates with counts on the shapes of the microcontroller comparison, most of which the model was not
// fitted to, and constants and static memory with the object file.
func TestFloatEstimate(t *testing.T) {
	for _, r := range []*testbench.Runner{testbench.CortexM4, testbench.CortexM7, testbench.CortexM33, testbench.CortexM55} {
		needTool(t, r)
		for _, n := range peerNets[:4] {
			g := floatNet(n.widths)
			c, err := cc.Estimate(&ir.Program{Graph: g, Target: "c"}, strings.TrimPrefix(r.Name, "qemu:"))
			if err != nil {
				t.Fatal(err)
			}
			backendtest.Within2(t, n.name+" on "+r.Name, c.Instructions, backendtest.Instructions(t, r, cc.Backend, g))
		}
	}
	g := floatNet([]int{13, 39, 22, 3})
	c, err := cc.Estimate(&ir.Program{Graph: g, Target: "c"}, "cortex-m4")
	if err != nil {
		t.Fatal(err)
	}
	dir, _ := emit(t, cc.Backend, g)
	object := compileObject(t, filepath.Join(dir, "net.c"))
	if constants, ram := sectionBytes(t, object, ".rodata"), sectionBytes(t, object, ".bss"); c.ConstantBytes != constants || c.RAMBytes != ram {
		t.Errorf("estimated %d bytes of constants and %d of RAM, the object file has %d and %d", c.ConstantBytes, c.RAMBytes, constants, ram)
	}
}
