package verilog

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"mlpc/backends/backendtest"
	"mlpc/ir"
	"mlpc/passes"
	"mlpc/testbench"
)

// TestBoard lints the top of the boards and sends vectors through its serial line, in both architectures.
func TestBoard(t *testing.T) {
	backendtest.Need(t, testbench.Iverilog)
	g := backendtest.MLP(4, false, 5, 4, 3)
	folded := &ir.Program{Graph: g, Target: "verilog"}
	if err := passes.Stream(folded, passes.StreamOptions{II: 10}); err != nil {
		t.Fatal(err)
	}
	unrolled := unrolledProgram(t, g, passes.UnrolledOptions{Levels: 2})
	for _, p := range []*ir.Program{folded, unrolled} {
		t.Run(p.Arch, func(t *testing.T) {
			dir := backendtest.Emit(t, Backend, backendtest.Input(t, p, boardRows))
			rtl, top := filepath.Join(dir, "rtl"), filepath.Join(dir, "boards", "net_uart.v")
			complaint(t, "verilator", "--lint-only", "-Wall", "-y", rtl, top)
			complaint(t, "iverilog", "-Wall", "-g2001", "-y", rtl, "-s", "net_uart", "-o", os.DevNull, top)
			cmd := exec.Command("sh", "-c", "cp rtl/*.hex tb/*.hex . 2>/dev/null; iverilog -g2001 -y rtl -y boards -s net_uart_tb -o sim.vvp tb/net_uart_tb.v && vvp -n sim.vvp")
			cmd.Dir = dir
			out, err := cmd.CombinedOutput()
			if err != nil || !strings.Contains(string(out), "# PASS") {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

// TestShell lints the block for the Arty A7 and sends vectors through it with stalls on both sides, with one input and with several.
func TestShell(t *testing.T) {
	backendtest.Need(t, testbench.Iverilog)
	folded := &ir.Program{Graph: backendtest.MLP(4, false, 5, 4, 3), Target: "verilog"}
	if err := passes.Stream(folded, passes.StreamOptions{II: 10}); err != nil {
		t.Fatal(err)
	}
	for _, p := range []*ir.Program{folded, unrolledProgram(t, severalPorts(t), passes.UnrolledOptions{})} {
		t.Run(p.Arch, func(t *testing.T) {
			dir := backendtest.Emit(t, Backend, backendtest.Input(t, p, boardRows))
			makes(t, dir, "lint", "sim", "sim-arty")
			bench, err := os.ReadFile(filepath.Join(dir, "build", "arty_tb.v"))
			if err != nil || !strings.Contains(string(bench), "net_arty dut") {
				t.Errorf("the testbench does not hold the block: %v", err)
			}
		})
	}
}

// severalPorts is a graph with two inputs and two outputs.
func severalPorts(t *testing.T) *ir.Graph {
	g, err := ir.Parse("ports", "graph \"ports\"\n%0 = input : s8[3] name=\"a\"\n%1 = input : u4[3] name=\"b\"\n%2 = add %0 %1 : s9[3]\n%3 = sub %0 %1 : s9[3]\nreturn %2 %3\n")
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// TestMake runs the Makefile's lint and sim of an emitted directory.
func TestMake(t *testing.T) {
	backendtest.Need(t, testbench.Iverilog)
	p := &ir.Program{Graph: backendtest.MLP(4, true, 5, 4, 3), Target: "verilog"}
	if err := passes.Stream(p, passes.StreamOptions{II: 10}); err != nil {
		t.Fatal(err)
	}
	dir := backendtest.Emit(t, Backend, backendtest.Input(t, p, 4))
	makes(t, dir, "lint", "sim")
}

// makes runs the Makefile of an emitted directory.
func makes(t *testing.T, dir string, targets ...string) {
	t.Helper()
	for _, tool := range []string{"make", "verilator", "yosys"} {
		if _, err := exec.LookPath(tool); err != nil {
			if os.Getenv("MLPC_TOOLS") == "require" {
				t.Fatalf("%s is missing", tool)
			}
			t.Skipf("%s is missing", tool)
		}
	}
	if out, err := exec.Command("make", append([]string{"-C", dir}, targets...)...).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestPart(t *testing.T) {
	p := &ir.Program{Graph: backendtest.MLP(4, true, 5, 3), Target: "verilog"}
	if err := passes.Stream(p, passes.StreamOptions{}); err != nil {
		t.Fatal(err)
	}
	in := backendtest.Input(t, p, 1)
	in.Options = map[string]string{"part": "x}; exec reboot"}
	if _, err := Backend.Emit(in); err == nil || !strings.Contains(err.Error(), "not a device name") {
		t.Errorf("a part that is Tcl: %v", err)
	}
}
