package cc_test

import (
	"math"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	cc "mlpc/backends/c"
	"mlpc/ir"
	"mlpc/ir/num"
	"mlpc/testbench"
)

// TestEstimate compares the estimate with what QEMU counts and what the object file holds.
func TestEstimate(t *testing.T) {
	needTool(t, testbench.CortexM4)
	g := denseNet([]int{64, 32, 10}, num.Float32, true, 1)
	cost, err := cc.Estimate(&ir.Program{Graph: g, Target: "c"}, "cortex-m4")
	if err != nil {
		t.Fatal(err)
	}
	res := same(t, testbench.CortexM4, cc.Backend, g, 4)
	if off := math.Abs(float64(cost.Instructions)/float64(res.Instructions) - 1); off > 0.02 {
		t.Errorf("estimated %d instructions, counted %d", cost.Instructions, res.Instructions)
	}
	dir, _ := emit(t, cc.Backend, g)
	object := compileObject(t, filepath.Join(dir, "net.c"))
	constants, ram := sectionBytes(t, object, ".rodata"), sectionBytes(t, object, ".bss")
	if cost.ConstantBytes != constants || cost.RAMBytes != ram {
		t.Errorf("estimated %d bytes of constants and %d of RAM, the object file has %d and %d", cost.ConstantBytes, cost.RAMBytes, constants, ram)
	}
}

// compileObject compiles a file for Cortex-M4.
func compileObject(t *testing.T, source string) string {
	t.Helper()
	object := filepath.Join(t.TempDir(), "net.o")
	build := exec.Command("arm-none-eabi-gcc", "-mcpu=cortex-m4", "-mfpu=fpv4-sp-d16", "-mfloat-abi=hard", "-mthumb", "-O2", "-c", "-o", object, source)
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return object
}

// sectionBytes adds the sizes of the sections of an object file whose names begin with a prefix.
func sectionBytes(t *testing.T, object, prefix string) int {
	t.Helper()
	out, err := exec.Command("arm-none-eabi-size", "-A", "-d", object).Output()
	if err != nil {
		t.Fatal(err)
	}
	total := 0
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		if len(fields) != 3 || !strings.HasPrefix(fields[0], prefix) {
			continue
		}
		n := 0
		for _, digit := range fields[1] {
			n = 10*n + int(digit-'0')
		}
		total += n
	}
	return total
}
