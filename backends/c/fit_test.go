package cc_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mlpc/backends"
	cc "mlpc/backends/c"
	"mlpc/backends/cost"
	"mlpc/ir"
	"mlpc/testbench"
)

// fitNets are the shapes that cost models are fitted to: random ones, and small ones in which single loops show.
func fitNets() [][]int {
	nets := [][]int{{1, 16, 16, 1}, {16, 16}, {1, 4}, {4, 1}, {16, 64, 32, 32, 5}, {64, 8, 3}, {32, 2}, {128, 16, 1}}
	rng := rand.New(rand.NewPCG(4, 4))
	for range 22 {
		widths := []int{1 + rng.IntN(90)}
		for range 1 + rng.IntN(4) {
			widths = append(widths, 1+rng.IntN(48))
		}
		nets = append(nets, widths)
	}
	return nets
}

// measure gives the instructions of a graph on a core.
func measure(t *testing.T, r *testbench.Runner, b *backends.Backend, g *ir.Graph) int {
	t.Helper()
	dir, program := emit(t, b, g)
	vectors, err := testbench.Vectors(g, nil, 4)
	if err != nil {
		t.Fatal(err)
	}
	res, err := r.Run(context.Background(), testbench.Job{Dir: dir, Work: t.TempDir(), Program: program, Name: "net", Target: b.Name, Vectors: vectors.In})
	if err != nil {
		t.Fatal(err)
	}
	return res.Instructions
}

// fit measures the nets and fits a model to them.
func fit(t *testing.T, r *testbench.Runner, loops cost.Loops, net func(widths []int) *ir.Graph) *cost.Model {
	t.Helper()
	core := strings.TrimPrefix(r.Name, "qemu:")
	var samples []cost.Sample
	for _, widths := range fitNets() {
		g := net(widths)
		layers, err := cc.Layers(&ir.Program{Graph: g, Target: "c"}, core)
		if err != nil || len(layers) == 0 {
			t.Fatalf("%v: no kernels: %v", widths, err)
		}
		samples = append(samples, cost.Sample{Layers: layers, Instructions: measure(t, r, cc.Backend, g)})
	}
	m, worst, err := cost.Fit(core, loops, samples)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s on %s: worst error %.2f %%", samples[0].Layers[0].Kernel, core, 100*worst)
	if worst > 0.015 {
		t.Errorf("the model of %s on %s is off by %.2f %%", samples[0].Layers[0].Kernel, core, 100*worst)
	}
	return m
}

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
			needTool(t, f.runner)
			all.Set(fit(t, f.runner, f.loops, f.net))
		})
	}
	if err := os.WriteFile(path, []byte(all.Write()), 0o644); err != nil {
		t.Fatal(err)
	}
}

// within fails where an estimate and a count differ by more than 2 %.
func within(t *testing.T, what string, estimated, counted int) {
	t.Helper()
	off := float64(estimated)/float64(counted) - 1
	t.Logf("%s: estimated %d, counted %d (%+.2f %%)", what, estimated, counted, 100*off)
	if math.Abs(off) > 0.02 {
		t.Errorf("%s: estimated %d instructions, counted %d", what, estimated, counted)
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
			within(t, n.name+" on "+r.Name, c.Instructions, measure(t, r, cc.Backend, g))
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
