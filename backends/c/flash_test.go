package cc_test

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	cc "mlpc/backends/c"
	"mlpc/ir"
	"mlpc/ir/num"
	"mlpc/testbench"
)

// TestFlash holds the nets of the microcontroller comparison on each kind of core to 700 bytes of flash beyond weights of one byte and
// biases of four, with scales by row to four more a row, and their memory to the two largest activations and one widened input. What
// Estimate says of constants and memory is what arm-none-eabi-size says.
func TestFlash(t *testing.T) {
	cores := []string{"cortex-m4", "cortex-m0", "cortex-m3", "cortex-m55"}
	if testing.Short() {
		cores = cores[:1]
	}
	needTool(t, testbench.CortexM4)
	for _, n := range peerNets {
		for _, perRow := range []bool{false, true} {
			g := denseNet(n.widths, num.Float32, perRow, 1)
			if err := ir.Verify(g); err != nil {
				t.Fatal(err)
			}
			for _, core := range cores {
				cost, err := cc.Estimate(&ir.Program{Graph: g, Target: "c"}, core)
				if err != nil {
					t.Fatal(err)
				}
				for _, optimization := range []string{"-O2", "-Os"} {
					t.Run(fmt.Sprintf("%s/%s/%s/by row %v", n.name, core, optimization, perRow), func(t *testing.T) {
						holdFlash(t, compileFor(t, core, g, optimization), n.widths, perRow, cost)
					})
				}
			}
		}
	}
}

// holdFlash compares the sections of an object file with the limits and with an estimate.
func holdFlash(t *testing.T, object string, widths []int, perRow bool, cost cc.Cost) {
	t.Helper()
	limit, ram := 700, 2*((slices.Max(widths)+3)&^3)
	hidden := slices.Sorted(slices.Values(widths[1 : len(widths)-1]))
	for _, w := range hidden[max(0, len(hidden)-2):] {
		ram += w
	}
	for l, out := range widths[1:] {
		limit += out * (widths[l] + 4)
		if perRow {
			limit += 4 * out
		}
	}
	text := sectionBytes(t, object, ".text") - sectionBytes(t, object, ".text.net_run_float")
	constants, memory := sectionBytes(t, object, ".rodata"), sectionBytes(t, object, ".bss")
	t.Logf("%d bytes of code, %d of constants (%d to spare), %d of memory", text, constants, limit-text-constants, memory)
	if text+constants > limit || memory > ram {
		t.Errorf("more than %d of flash, or than %d of memory", limit, ram)
	}
	if cost.ConstantBytes != constants || cost.RAMBytes != memory {
		t.Errorf("estimated %d of constants and %d of memory", cost.ConstantBytes, cost.RAMBytes)
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
