package cc_test

import (
	"path/filepath"
	"slices"
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

// Loops of the kernels.
var (
	fours      = cost.Loops{Rows: 4, Columns: []int{4, 1}}
	fourInputs = cost.Loops{Rows: 4, Columns: []int{4, 1}, Inputs: true}
	eights     = cost.Loops{Rows: 4, Columns: []int{8, 1}}
	vectors    = cost.Loops{Rows: 4, Columns: []int{16, 1}}
)

// packed gives the loops of a kernel of packed weights, or of 16-bit inputs.
func packed(inputs bool, columns ...int) cost.Loops {
	return cost.Loops{Rows: 4, Columns: columns, Inputs: inputs, Once: true}
}

// fits lists what TestFit measures: the float kernel on the cores with a floating-point unit, and the kernels of quantized layers.
var fits = []struct {
	kernel string
	runner *testbench.Runner
	loops  cost.Loops
	nets   nets
}{
	{"float", testbench.CortexM4, eights, nets{floatNet}},
	{"float", testbench.CortexM55, eights, nets{floatNet}},
	{"MVE_FOUR", testbench.CortexM55, vectors, nets{scaledNet(num.Float32), largeNet(true), largeNet(false)}},
	{"MVE_LINE", testbench.CortexM55, vectors, nets{lastWide(8, 8, false), lastWide(8, 8, true)}},
	{"MVE_DOUBLE", testbench.CortexM55, vectors, nets{scaledNet(num.Gemmlowp), gemmlowpNet}},
	{"SPARSE_MVE_FOUR", testbench.CortexM55, vectors, nets{sparseNet(0.5), sparseNet(0.8)}},
	{"DSP_FLOAT", testbench.CortexM4, cost.Loops{Rows: 4, Columns: []int{8, 4, 1}, Inputs: true}, nets{scaledNet(num.Float32)}},
	{"DSP", testbench.CortexM4, fourInputs, nets{scaledNet(num.HalfUp), scaledNet(num.Gemmlowp), gemmlowpNet, lastWide(8, 8, false), lastWide(8, 8, true)}},
	{"SPARSE_DSP_FLOAT", testbench.CortexM4, fourInputs, nets{sparseNet(0.5), sparseNet(0.8)}},
	{"WORD_THUMB2", testbench.CortexM3, fours, nets{scaledNet(num.Float32), halfUpNet(false)}},
	{"WORD_THUMB1", testbench.CortexM0, fourInputs, nets{scaledNet(num.Float32), halfUpNet(true)}},
	{"SPARSE_WORD_THUMB2", testbench.CortexM3, fours, nets{sparseNet(0.5), sparseNet(0.8)}},
	{"SPARSE_WORD_THUMB1", testbench.CortexM0, fourInputs, nets{sparseNet(0.5), sparseNet(0.8)}},
	{"THUMB2", testbench.CortexM3, fours, nets{gemmlowpNet, lastWide(8, 8, false), lastWide(8, 8, true)}},
	{"THUMB1", testbench.CortexM0, fourInputs, nets{halfUpNet(false), gemmlowpNet, lastWide(8, 8, false), lastWide(8, 8, true)}},
	{"PACKED4_MVE", testbench.CortexM55, packed(true, 16, 1), append(smallNets(4), widened(4))},
	{"PACKED2_MVE", testbench.CortexM55, packed(true, 16, 1), smallNets(2)},
	{"PACKED16_MVE", testbench.CortexM55, packed(false, 8, 1), wideNets},
	{"PACKED4_DSP_FLOAT", testbench.CortexM4, packed(true, 4, 1), smallNets(4)},
	{"PACKED2_DSP_FLOAT", testbench.CortexM4, packed(true, 4, 1), smallNets(2)},
	{"PACKED16_DSP_FLOAT", testbench.CortexM4, packed(false, 4, 1), wideNets},
	{"PACKED4_THUMB2", testbench.CortexM3, packed(true, 16, 2, 1), smallNets(4)},
	{"PACKED2_THUMB2", testbench.CortexM3, packed(true, 64, 4, 1), smallNets(2)},
	{"PACKED16_THUMB2", testbench.CortexM3, packed(false, 1), wideNets},
	{"PACKED4_THUMB1", testbench.CortexM0, packed(true, 16, 2, 1), smallNets(4)},
	{"PACKED2_THUMB1", testbench.CortexM0, packed(true, 64, 4), smallNets(2)},
	{"PACKED16_THUMB1", testbench.CortexM0, packed(true, 1), wideNets},
}

// largeNet gives a function that makes half-up nets whose sums are so large that no floats have their steps.
func largeNet(perRow bool) func([]int) *ir.Graph {
	return func(widths []int) *ir.Graph {
		g := denseNet(widths, num.HalfUp, perRow, 2)
		for _, v := range g.Values {
			if q, ok := v.Attr.(*ir.Requant); ok {
				for i := range q.Shift {
					q.Shift[i] = 40
				}
			}
		}
		return g
	}
}

// sparseNet gives a function that makes int8 nets of larger layers with a share of their blocks zero, scaled by layer or by row.
func sparseNet(share float64) func([]int) *ir.Graph {
	return func(widths []int) *ir.Graph {
		large := slices.Clone(widths)
		for i := range large {
			large[i] = 40 + 2*large[i]
		}
		g := scaledNet(num.Float32)(large)
		zeroBlocks(g, share)
		return g
	}
}

// lastWide gives a function that makes one layer of weights of some bits whose results have 16 bits.
func lastWide(weights, act int, perRow bool) func([]int) *ir.Graph {
	return func(widths []int) *ir.Graph {
		return variantNet(widths[:2], weights, act, 16, perRow, num.HalfUp, ir.Int(act), 1)
	}
}

// widened gives a function that makes nets of weights of some bits whose last results have 16 bits.
func widened(weights int) func(widths []int) *ir.Graph {
	return func(widths []int) *ir.Graph {
		return variantNet(widths, weights, 8, 16, false, num.HalfUp, ir.Int(8), 1)
	}
}

// smallNets are nets of weights of 4 or 2 bits, scaled by layer and by row, and layers with results of 16 bits.
func smallNets(weights int) nets {
	list := nets{lastWide(weights, 8, false), lastWide(weights, 8, true)}
	for _, perRow := range []bool{false, true} {
		list = append(list, func(widths []int) *ir.Graph {
			return variantNet(widths, weights, 8, 8, perRow, num.HalfUp, ir.Int(8), 1)
		})
	}
	return list
}

// wideNets are nets of 16-bit activations.
var wideNets = nets{
	func(widths []int) *ir.Graph { return variantNet(widths, 8, 16, 16, false, num.HalfUp, ir.Int(16), 1) },
	func(widths []int) *ir.Graph { return variantNet(widths, 8, 16, 16, true, num.HalfUp, ir.Int(16), 1) },
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
