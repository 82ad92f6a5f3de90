package cc_test

import (
	"path/filepath"
	"strings"
	"testing"

	"mlpc/backends/backendtest"
	cc "mlpc/backends/c"
	"mlpc/backends/cost"
	"mlpc/ir"
	"mlpc/ir/num"
	"mlpc/testbench"
)

type nets = []func(widths []int) *ir.Graph

// fits lists what TestFit measures: the float kernel on the cores with a floating-point unit, and the kernels of 8-bit layers.
var fits = []struct {
	kernel string
	runner *testbench.Runner
	loops  cost.Loops
	nets   nets
}{
	{"float", testbench.CortexM4, cost.Loops{Rows: 4, Columns: []int{8, 1}}, nets{floatNet}},
	{"float", testbench.CortexM55, cost.Loops{Rows: 4, Columns: []int{8, 1}}, nets{floatNet}},
	{"MVE_FLOAT", testbench.CortexM55, cost.Loops{Rows: 4, Columns: []int{16, 1}}, nets{scaledNet(num.Float32), scaledNet(num.HalfUp), halfUpNet(true), halfUpNet(false)}},
	{"MVE_LINE", testbench.CortexM55, cost.Loops{Rows: 4, Columns: []int{16, 1}}, nets{scaledNet(num.HalfUp), halfUpNet(true), halfUpNet(false)}},
	{"MVE_DOUBLE", testbench.CortexM55, cost.Loops{Rows: 4, Columns: []int{16, 1}}, nets{scaledNet(num.Gemmlowp), gemmlowpNet}},
	{"DSP_FLOAT", testbench.CortexM4, cost.Loops{Rows: 4, Columns: []int{8, 4, 1}}, nets{scaledNet(num.Float32)}},
	{"DSP", testbench.CortexM4, cost.Loops{Rows: 4, Columns: []int{4, 1}}, nets{scaledNet(num.HalfUp), scaledNet(num.Gemmlowp), gemmlowpNet}},
	{"THUMB2", testbench.CortexM3, cost.Loops{Rows: 4, Columns: []int{4, 1}}, nets{int8Net, gemmlowpNet}},
	{"THUMB1", testbench.CortexM0, cost.Loops{Rows: 4, Columns: []int{4, 1}}, nets{int8Net, gemmlowpNet}},
}

// int8Net makes an int8 net whose scaling depends on its shape, so that all ways come up.
var int8Net = scaledNet(num.Float32, num.HalfUp, num.Float32, num.Gemmlowp)

// scaledNet gives a function that makes an int8 net whose layers are scaled with one of some roundings, by layer or by row: which depends
// on the net's shape.
func scaledNet(rounds ...num.Rounding) func(widths []int) *ir.Graph {
	return func(widths []int) *ir.Graph {
		sum := len(widths)
		for _, w := range widths {
			sum += w
		}
		n := len(rounds)
		return denseNet(widths, rounds[sum%n], sum/n%2 == 0, 1)
	}
}

// halfUpNet gives a function that makes an int8 net that is scaled half up, by row or by layer.
func halfUpNet(perRow bool) func(widths []int) *ir.Graph {
	return func(widths []int) *ir.Graph { return denseNet(widths, num.HalfUp, perRow, 2) }
}

// gemmlowpNet makes an int8 net of gemmlowp's rounding with offsets other than the lower limit: all results occur then, which no line gives.
func gemmlowpNet(widths []int) *ir.Graph {
	g := scaledNet(num.Gemmlowp)(widths)
	for _, v := range g.Values {
		if q, ok := v.Attr.(*ir.Requant); ok {
			q.Zero = 3
		}
	}
	return g
}

// TestFit writes the table of cost models, with -update; it takes minutes.
func TestFit(t *testing.T) {
	if !*update {
		t.Skip("measures with -update only")
	}
	for _, f := range fits {
		t.Run(f.kernel+"/"+f.runner.Name, func(t *testing.T) {
			backendtest.Refit(t, "costs.csv", f.runner, cc.Backend, f.kernel, f.loops, f.nets, cc.Layers)
		})
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
