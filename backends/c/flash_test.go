package cc_test

import (
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	cc "mlpc/backends/c"
	"mlpc/ir"
	"mlpc/ir/num"
	"mlpc/testbench"
)

// TestFlash holds the nets of the microcontroller comparison on a Cortex-M4 to 700 bytes of flash beyond weights of one byte and biases
// of four, with scales by row to four more a row, and their memory to the two largest activations and one widened input. What Estimate
// says of constants and memory is what arm-none-eabi-size says.
func TestFlash(t *testing.T) {
	needTool(t, testbench.CortexM4)
	for _, n := range peerNets {
		for _, perRow := range []bool{false, true} {
			g := denseNet(n.widths, num.Float32, perRow, 1)
			if err := ir.Verify(g); err != nil {
				t.Fatal(err)
			}
			limit, ram := 700, 2*((slices.Max(n.widths)+3)&^3)
			hidden := slices.Sorted(slices.Values(n.widths[1 : len(n.widths)-1]))
			for _, w := range hidden[max(0, len(hidden)-2):] {
				ram += w
			}
			for l, out := range n.widths[1:] {
				limit += out * (n.widths[l] + 4)
				if perRow {
					limit += 4 * out
				}
			}
			cost, err := cc.Estimate(&ir.Program{Graph: g, Target: "c"}, "cortex-m4")
			if err != nil {
				t.Fatal(err)
			}
			for _, optimization := range []string{"-O2", "-Os"} {
				object := compileFor(t, "cortex-m4", g, optimization)
				text := sectionBytes(t, object, ".text") - sectionBytes(t, object, ".text.net_run_float")
				constants, memory := sectionBytes(t, object, ".rodata"), sectionBytes(t, object, ".bss")
				t.Logf("%s %s, by row %v: %d bytes of code, %d of constants (%d allowed), %d of memory", n.name, optimization, perRow, text, constants, limit, memory)
				if text+constants > limit || memory > ram {
					t.Errorf("more than %d of flash, or than %d of memory", limit, ram)
				}
				if cost.ConstantBytes != constants || cost.RAMBytes != memory {
					t.Errorf("estimated %d of constants and %d of memory", cost.ConstantBytes, cost.RAMBytes)
				}
			}
		}
	}
}

// coreFlags are the compiler's flags for each core, as the runners have them.
var coreFlags = map[string][]string{
	"cortex-m0":  {"-mcpu=cortex-m0"},
	"cortex-m3":  {"-mcpu=cortex-m3"},
	"cortex-m4":  {"-mcpu=cortex-m4", "-mfpu=fpv4-sp-d16", "-mfloat-abi=hard"},
	"cortex-m7":  {"-mcpu=cortex-m7", "-mfpu=fpv5-d16", "-mfloat-abi=hard"},
	"cortex-m33": {"-mcpu=cortex-m33", "-mfpu=fpv5-sp-d16", "-mfloat-abi=hard"},
	"cortex-m55": {"-mcpu=cortex-m55", "-mfloat-abi=hard"},
}

// compileFor compiles a graph's code for a core, each function in a section of its own.
func compileFor(t *testing.T, core string, g *ir.Graph, optimization string) string {
	t.Helper()
	dir, _ := emit(t, cc.Backend, g)
	object := filepath.Join(t.TempDir(), "net.o")
	build := exec.Command("arm-none-eabi-gcc", append(slices.Clone(coreFlags[core]), "-mthumb", "-ffunction-sections", optimization, "-c", "-o", object, filepath.Join(dir, "net.c"))...)
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return object
}
