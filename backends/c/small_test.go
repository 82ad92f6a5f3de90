package cc_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mlpc/backends"
	"mlpc/backends/backendtest"
	cc "mlpc/backends/c"
	"mlpc/ir"
	"mlpc/ir/num"
	"mlpc/testbench"
)

// variants of a net: bits of weights, and of what flows between layers and out of the last one.
var variants = []struct {
	name              string
	weights, act, out int
	perRow            bool
}{
	{"int8 per row", 8, 8, 8, true},
	{"int8, results of 16 bits", 8, 8, 16, false},
	{"int16", 8, 16, 16, false},
	{"int16 per row", 8, 16, 16, true},
	{"int4", 4, 8, 8, false},
	{"int4 per row", 4, 8, 8, true},
	{"int4, results of 16 bits", 4, 8, 16, false},
	{"ternary", 2, 8, 8, false},
	{"ternary per row", 2, 8, 8, true},
	{"ternary, results of 16 bits", 2, 8, 16, true},
}

// variantNet makes a net with random weights of so many bits; input is the element of the input.
func variantNet(widths []int, weights, act, out int, perRow bool, round num.Rounding, input ir.Elem, seed uint64) *ir.Graph {
	rng := rand.New(rand.NewPCG(seed, 4))
	g := &ir.Graph{Name: "variant"}
	x := g.Add(ir.OpInput, ir.Type{Shape: widths[:1], Elem: input}, &ir.Input{})
	for l, rows := range widths[1:] {
		k := widths[l]
		w, b := make([]int64, rows*k), make([]int64, rows)
		for i := range w {
			w[i] = rng.Int64N(1<<weights-1) - 1<<(weights-1) + 1
		}
		for i := range b {
			b[i] = rng.Int64N(20001) - 10000
		}
		acc := g.New(ir.OpDense, ir.Elem{}, &ir.Dense{}, x, g.Const([]int{rows, k}, w), g.Const([]int{rows}, b))
		bits := act
		if l == len(widths)-2 {
			bits = out
		}
		q := &ir.Requant{Round: round, Lo: -1 << (bits - 1), Hi: 1<<(bits-1) - 1, Zero: 3}
		n := 1
		if perRow {
			n = rows
		}
		shift := int64(31 + weights - 1 + x.Type.Elem.Bits - bits)
		for j := 1; j < k; j *= 4 {
			shift++
		}
		for range n {
			mul, s := 1<<30+rng.Int64N(1<<30), shift
			if round == num.Float32 {
				mul, s = mul>>7, shift-7
			}
			q.Mul, q.Shift = append(q.Mul, mul), append(q.Shift, s)
		}
		x = g.New(ir.OpRequant, ir.Int(bits), q, acc)
	}
	g.Outs = []*ir.Value{x}
	return g
}

// allCores lists the cores that QEMU emulates; in short runs one.
func allCores() []*testbench.Runner {
	if testing.Short() {
		return []*testbench.Runner{testbench.CortexM4}
	}
	return []*testbench.Runner{testbench.CortexM0, testbench.CortexM3, testbench.CortexM4, testbench.CortexM7, testbench.CortexM33, testbench.CortexM55}
}

// TestVariants runs digits with weights of 4 and 2 bits and with activations of 16 on all cores: the bits are ir.Run's, the instructions
// do not depend on the data and are estimated within 2 %, constants and memory are those of the object file, and the table of figures is up to
// date.
func TestVariants(t *testing.T) {
	golden := filepath.Join("testdata", "variants.csv")
	want, err := os.ReadFile(golden)
	if err != nil && !*update {
		t.Fatal(err)
	}
	table := "variant,core,instructions,spread,estimated,constants,ram\n"
	for _, v := range variants {
		act := ir.Int(v.act)
		g := variantNet(peerNets[1].widths, v.weights, v.act, v.out, v.perRow, num.HalfUp, act, 1)
		if err := ir.Verify(g); err != nil {
			t.Fatal(err)
		}
		for _, r := range allCores() {
			needTool(t, r)
			core := strings.TrimPrefix(r.Name, "qemu:")
			c, err := cc.Estimate(&ir.Program{Graph: g, Target: "c"}, core)
			if err != nil {
				t.Fatal(err)
			}
			res := same(t, r, cc.Backend, g, 20)
			row := fmt.Sprintf("\"%s\",%s,%d,%d,%d,%d,%d\n", v.name, core, res.Instructions, res.Spread, c.Instructions, c.ConstantBytes, c.RAMBytes)
			table += row
			if !*update && !strings.Contains(string(want), row) {
				t.Errorf("not in %s: %s", golden, row)
			}
			if c.Instructions != 0 || !unfitted(v.name, core) {
				backendtest.Within2(t, v.name+" on "+core, c.Instructions, res.Instructions)
			}
			if res.Spread != 0 {
				t.Errorf("%s on %s: the number of instructions depends on the data", v.name, core)
			}
			object := compileFor(t, core, g, "-O2")
			if constants, memory := sectionBytes(t, object, ".rodata"), sectionBytes(t, object, ".bss"); constants != c.ConstantBytes || memory != c.RAMBytes {
				t.Errorf("%s on %s: %d bytes of constants and %d of memory, estimated %d and %d", v.name, core, constants, memory, c.ConstantBytes, c.RAMBytes)
			}
		}
	}
	if *update && !testing.Short() {
		if err := os.WriteFile(golden, []byte(table), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// unfitted names the variants that have no estimate of instructions: lines to 16 bits by layer were not fitted where the kernel has only one layer.
func unfitted(variant, core string) bool {
	return variant == "int8, results of 16 bits" && core != "cortex-m0" && core != "cortex-m55"
}

// TestPackedCases runs packed weights and 16-bit values in the kernels' special cases: rows and columns that no block divides, unsigned
// inputs, one row, several ways of scaling.
func TestPackedCases(t *testing.T) {
	for _, r := range allCores() {
		needTool(t, r)
		for i, widths := range [][]int{{1, 5}, {3, 6, 2}, {17, 9, 4}, {34, 7, 19, 1}, {50, 13}} {
			for k, round := range []num.Rounding{num.HalfUp, num.Float32, num.Gemmlowp} {
				for _, weights := range []int{2, 4} {
					input := []ir.Elem{ir.Int(8), ir.Uint(8)}[(i+k)%2]
					t.Run(fmt.Sprint(r.Name, widths, round, weights), func(t *testing.T) {
						same(t, r, cc.Backend, variantNet(widths, weights, 8, 8, k == 1, round, input, uint64(i)), 20)
					})
				}
			}
			t.Run(fmt.Sprint(r.Name, widths, "int16"), func(t *testing.T) {
				same(t, r, cc.Backend, variantNet(widths, 8, 16, 16, i%2 == 0, num.HalfUp, []ir.Elem{ir.Int(16), ir.Uint(16)}[i%2], uint64(i)), 20)
			})
		}
	}
}

// TestPackingIsOptional: without packing weights of 4 and 2 bits take a byte each, and fewer instructions where there are kernels for bytes.
func TestPackingIsOptional(t *testing.T) {
	g := variantNet(peerNets[1].widths, 4, 8, 8, false, num.HalfUp, ir.Int(8), 1)
	p := &ir.Program{Graph: g, Target: "c"}
	packed, err := cc.Estimate(p, "cortex-m4")
	if err != nil {
		t.Fatal(err)
	}
	p.Bytes = true
	bytes, err := cc.Estimate(p, "cortex-m4")
	if err != nil {
		t.Fatal(err)
	}
	if weights := 64*32 + 32*10; packed.ConstantBytes > bytes.ConstantBytes-weights/2+64 {
		t.Errorf("%d bytes packed, %d in bytes", packed.ConstantBytes, bytes.ConstantBytes)
	}
	in := backendtest.Input(t, p, 20)
	backendtest.Compare(t, cc.Backend, testbench.GCC, in)
	files, err := cc.Backend.Emit(backends.Input{Program: p, Name: "net"})
	if err != nil || strings.Contains(string(files["net.c"]), "MLPC_PACKED_KERNEL") {
		t.Errorf("packed nevertheless: %v", err)
	}
}
