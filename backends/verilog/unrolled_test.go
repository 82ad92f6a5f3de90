package verilog

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"mlpc/backends/backendtest"
	"mlpc/ir"
	"mlpc/ir/net"
	"mlpc/passes"
	"mlpc/testbench"
)

// smallMLP has half-even rounding, a bias, and an index beside the values.
const smallMLP = `graph "mlp"
%0 = input : s8[4]
%1 = const ints=[12 -7 100 3 -128 5 0 77 33 -90 64 -1 9 9 -9 127 -2 31 -50 8] : s8[5,4]
%2 = const ints=[100 -300 7 0 55] : s10[5]
%3 = dense %0 %1 %2 : s17[5]
%4 = requant %3 mul=[77 81 93 60 70] add=[0] shift=[13] round=half-up lo=0 hi=255 : u8[5]
%5 = const ints=[1 -2 3 -4 5 50 -60 70 -80 90 11 12 -13 14 -15] : s8[3,5]
%6 = dense %4 %5 : s18[3]
%7 = requant %6 mul=[21] add=[0] shift=[11] round=half-even lo=-128 hi=127 : s8[3]
%8 = argmax %7 : u2[]
return %7 %8
`

// unrolledCases are the ops that all backends share, and two nets.
func unrolledCases(t *testing.T) []backendtest.Case {
	t.Helper()
	g, err := ir.Parse("small", smallMLP)
	if err != nil {
		t.Fatal(err)
	}
	ops := slices.DeleteFunc(backendtest.Ops(), func(c backendtest.Case) bool { return throughFloat32(c.Graph) })
	return append(ops,
		backendtest.Case{Name: "small", Graph: g},
		backendtest.Case{Name: "mlp", Graph: backendtest.MLP(1, true, 16, 12, 5)})
}

// unrolledProgram schedules a graph.
func unrolledProgram(t *testing.T, g *ir.Graph, opt passes.UnrolledOptions) *ir.Program {
	t.Helper()
	p := &ir.Program{Graph: g, Target: "verilog", Arch: "unrolled"}
	if err := passes.Unrolled(p, opt); err != nil {
		t.Fatal(err)
	}
	return p
}

// checkUnrolled runs a program and compares results, latency and pace.
func checkUnrolled(t *testing.T, p *ir.Program, r *testbench.Runner, vectors int) {
	t.Helper()
	got := backendtest.Compare(t, Backend, r, backendtest.Input(t, p, vectors))
	if got.Latency != p.Latency || got.II != 1 {
		t.Errorf("latency %d, interval %d; scheduled are %d and 1", got.Latency, got.II, p.Latency)
	}
}

// TestUnrolledOps runs every op in Icarus Verilog.
func TestUnrolledOps(t *testing.T) {
	for _, c := range unrolledCases(t) {
		t.Run(c.Name, func(t *testing.T) {
			checkUnrolled(t, unrolledProgram(t, c.Graph, passes.UnrolledOptions{Levels: 2}), testbench.Iverilog, 40)
		})
	}
}

// TestUnrolledStages runs one net at several depths of pipelining.
func TestUnrolledStages(t *testing.T) {
	g, err := ir.Parse("small", smallMLP)
	if err != nil {
		t.Fatal(err)
	}
	for _, opt := range []passes.UnrolledOptions{{Levels: 1}, {Levels: 100}, {Stages: 7}, {Stages: 6, RegisterIO: true}} {
		p := unrolledProgram(t, g, opt)
		if opt.Stages > 0 && p.Stages > opt.Stages {
			t.Errorf("%+v: %d stages", opt, p.Stages)
		}
		checkUnrolled(t, p, testbench.Iverilog, 40)
	}
}

// TestUnrolledVerilator runs a net in Verilator, also with random stalls on both streams.
func TestUnrolledVerilator(t *testing.T) {
	if testing.Short() {
		t.Skip("short")
	}
	backendtest.Need(t, testbench.Verilator)
	p := unrolledProgram(t, backendtest.MLP(2, false, 16, 24, 5), passes.UnrolledOptions{Levels: 2})
	checkUnrolled(t, p, testbench.Verilator, 1000)
	checkStalls(t, p)
}

func checkStalls(t *testing.T, p *ir.Program) {
	t.Helper()
	in := backendtest.Input(t, p, 200)
	job := testbench.Job{Dir: backendtest.Emit(t, Backend, in), Work: t.TempDir(), Program: p, Name: in.Name, Target: "verilog", Vectors: in.Vectors.In, Stalls: true}
	got, err := testbench.Iverilog.Run(t.Context(), job)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range in.Vectors.Out {
		if !slices.Equal(got.Out[i], want) {
			t.Fatalf("vector %d with stalls: got %v, want %v", i, got.Out[i], want)
		}
	}
}

// TestUnrolledLint holds the emitted text of every op against the strict modes of three tools; in short mode only that of the nets.
func TestUnrolledLint(t *testing.T) {
	for _, c := range unrolledCases(t) {
		t.Run(c.Name, func(t *testing.T) {
			if testing.Short() && len(c.Graph.Values) < 8 {
				t.Skip("short")
			}
			p := unrolledProgram(t, c.Graph, passes.UnrolledOptions{Levels: 2})
			lint(t, filepath.Join(backendtest.Emit(t, Backend, backendtest.Input(t, p, 1)), "rtl"), "net_axis")
		})
	}
}

// lint runs the tools over the modules of a directory.
func lint(t *testing.T, dir, top string) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*.v"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no modules in %s: %v", dir, err)
	}
	for _, argv := range [][]string{
		{"verilator", "--lint-only", "-Wall", "-y", dir, "--top-module", top, filepath.Join(dir, top+".v")},
		{"iverilog", "-Wall", "-g2001", "-y", dir, "-s", top, "-o", os.DevNull, filepath.Join(dir, top+".v")},
		{"yosys", "-q", "-p", "read_verilog " + strings.Join(paths, " ") + "; hierarchy -check -top " + top + "; proc; check -assert"},
	} {
		if _, err := exec.LookPath(argv[0]); err != nil {
			if os.Getenv("MLPC_TOOLS") == "require" {
				t.Fatalf("%s is missing", argv[0])
			}
			t.Logf("%s is missing", argv[0])
			continue
		}
		if out, err := exec.Command(argv[0], argv[1:]...).CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("%s: %v\n%s", argv[0], err, out)
		}
	}
}

// TestUnrolledFlipFlops holds the circuit's count of flip-flops against what yosys leaves of them.
func TestUnrolledFlipFlops(t *testing.T) {
	if testing.Short() {
		t.Skip("short")
	}
	if _, err := exec.LookPath("yosys"); err != nil {
		if os.Getenv("MLPC_TOOLS") == "require" {
			t.Fatal("yosys is missing")
		}
		t.Skip("yosys is missing")
	}
	p := unrolledProgram(t, backendtest.MLP(3, true, 8, 6, 4), passes.UnrolledOptions{Levels: 2})
	dir := backendtest.Emit(t, Backend, backendtest.Input(t, p, 1))
	script := "read_verilog " + filepath.Join(dir, "rtl", "*.v") + "; synth_xilinx -family xc7 -flatten -noiopad -noclkbuf -nosrl -top net; stat"
	out, err := exec.Command("sh", "-c", "yosys -p '"+script+"'").CombinedOutput()
	if err != nil {
		t.Fatalf("yosys: %v\n%s", err, out)
	}
	last, got := string(out), 0
	last = last[strings.LastIndex(last, "Number of cells:")+1:]
	for _, m := range regexp.MustCompile(`(?m)^ +FD[RS]E +(\d+)$`).FindAllStringSubmatch(last, -1) { // cleared or set
		n, _ := strconv.Atoi(m[1])
		got += n
	}
	if got == 0 {
		t.Fatalf("yosys reports no flip-flops:\n%s", out)
	}
	c := p.Circuit.(*net.Circuit)
	if want := c.Registers() + c.Stages; got != want {
		t.Errorf("yosys leaves %d flip-flops, the circuit has %d", got, want)
	}
}
