package verilog

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"mlpc/backends/backendtest"
	"mlpc/ir"
	"mlpc/ir/net"
	"mlpc/passes"
	"mlpc/templates"
)

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

// program schedules a graph in text form.
func program(t *testing.T, text string, opt passes.UnrolledOptions) *ir.Program {
	t.Helper()
	g, err := ir.Parse("test", text)
	if err != nil {
		t.Fatal(err)
	}
	if err := ir.Verify(g); err != nil {
		t.Fatal(err)
	}
	p := &ir.Program{Graph: g, Target: "verilog", Arch: "unrolled"}
	if err := passes.Unrolled(p, opt); err != nil {
		t.Fatal(err)
	}
	return p
}

// writeCore emits the core of a program and the library module that it needs.
func writeCore(t *testing.T, p *ir.Program, dir string) []string {
	t.Helper()
	var paths []string
	put := func(name string, data []byte) {
		path := filepath.Join(dir, filepath.Base(name))
		if err := os.WriteFile(path, data, 0o666); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	for name, data := range unrolled(p, p.Circuit.(*net.Circuit), "dut", "") {
		put(name, data)
	}
	pipe, err := templates.FS.ReadFile("verilog/mlpc_pipe.v")
	if err != nil {
		t.Fatal(err)
	}
	put("mlpc_pipe.v", pipe)
	return paths
}

func needIcarus(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("iverilog"); err != nil {
		if os.Getenv("MLPC_TOOLS") == "require" {
			t.Fatal("iverilog is missing")
		}
		t.Skip("iverilog is missing")
	}
}

func TestUnrolledIcarus(t *testing.T) {
	needIcarus(t)
	for _, levels := range []int{1, 3, 100} {
		simulate(t, program(t, smallMLP, passes.UnrolledOptions{Levels: levels}))
	}
	simulate(t, program(t, smallMLP, passes.UnrolledOptions{Stages: 6, RegisterIO: true}))
}

// TestUnrolledOps runs every op that the backends share.
func TestUnrolledOps(t *testing.T) {
	needIcarus(t)
	for _, c := range backendtest.Ops() {
		t.Run(c.Name, func(t *testing.T) {
			p := &ir.Program{Graph: c.Graph, Target: "verilog", Arch: "unrolled"}
			if err := passes.Unrolled(p, passes.UnrolledOptions{Levels: 2}); err != nil {
				t.Fatal(err)
			}
			simulate(t, p)
		})
	}
}

// simulate runs vectors through the core, one a clock, and compares results and latency.
func simulate(t *testing.T, p *ir.Program) {
	t.Helper()
	dir := t.TempDir()
	paths := writeCore(t, p, dir)
	const rows = 100
	vs, err := backendtest.Vectors(p.Graph, rows, 3)
	if err != nil {
		t.Fatal(err)
	}
	ins, outs := types(p.Graph.Inputs()), types(p.Graph.Outs)
	var mem strings.Builder
	for _, x := range vs.In {
		fmt.Fprintf(&mem, "%s\n", packed(x, ins))
	}
	hex, tb, exe := filepath.Join(dir, "in.hex"), filepath.Join(dir, "tb.v"), filepath.Join(dir, "tb.vvp")
	text := fmt.Sprintf(testbench, bitsOf(ins), bitsOf(outs), rows, hex)
	if err := errors.Join(os.WriteFile(hex, []byte(mem.String()), 0o666), os.WriteFile(tb, []byte(text), 0o666)); err != nil {
		t.Fatal(err)
	}
	build := exec.Command("iverilog", append([]string{"-Wall", "-g2001", "-o", exe, tb}, paths...)...)
	if out, err := build.CombinedOutput(); err != nil || len(out) > 0 {
		t.Fatalf("iverilog: %v\n%s", err, out)
	}
	out, err := exec.Command("vvp", exe).CombinedOutput()
	if err != nil {
		t.Fatalf("vvp: %v\n%s", err, out)
	}
	lines := strings.Fields(string(out))
	if len(lines) != 2*rows {
		t.Fatalf("%d words of output for %d rows:\n%s", len(lines), rows, out)
	}
	for row, y := range vs.Out {
		if got, want := lines[2*row], packed(y, outs); got != want {
			t.Fatalf("row %d: got %s, want %s", row, got, want)
		}
		if got, want := lines[2*row+1], fmt.Sprint(row+p.Latency); got != want {
			t.Fatalf("row %d leaves in cycle %s, want %s", row, got, want)
		}
	}
}

// packed gives the hexadecimal word of elements, the first in the low bits.
func packed(x []int64, t []ir.Elem) string {
	bits := ""
	for i, e := range t {
		bits = fmt.Sprintf("%0*b", e.Bits, uint64(x[i])&(1<<e.Bits-1)) + bits
	}
	for len(bits)%4 != 0 {
		bits = "0" + bits
	}
	var hex strings.Builder
	for i := 0; i < len(bits); i += 4 {
		var d int
		fmt.Sscanf(bits[i:i+4], "%b", &d)
		fmt.Fprintf(&hex, "%x", d)
	}
	return hex.String()
}

// testbench offers a row a clock to a sink that always takes, and prints each result with the cycle in which it leaves.
const testbench = `
module tb;
    localparam IN = %d, OUT = %d, ROWS = %d;
    reg clk, rst;
    reg [IN-1:0] mem [0:ROWS-1];
    reg [31:0] row, cycle;
    wire in_ready, out_valid;
    wire [OUT-1:0] out_data;
    dut dut (.clk(clk), .rst(rst), .in_data(mem[row]), .in_valid(row < ROWS && !rst), .in_ready(in_ready),
        .out_data(out_data), .out_valid(out_valid), .out_ready(1'b1));
    initial begin
        $readmemh("%s", mem);
        clk = 0; rst = 1; row = 0; cycle = 0;
        #4 rst = 0;
        #100000 $finish;
    end
    always #1 clk = !clk;
    always @(posedge clk) if (!rst) begin
        cycle <= cycle + 1;
        if (in_ready && row < ROWS) row <= row + 1;
        if (out_valid) $display("%%h %%0d", out_data, cycle);
    end
endmodule
`

// TestUnrolledLint holds the emitted text of every op against the strict modes of two tools.
func TestUnrolledLint(t *testing.T) {
	for _, c := range append(backendtest.Ops(), backendtest.Case{Name: "mlp", Graph: backendtest.MLP(1, true, 4, 6, 3)}) {
		t.Run(c.Name, func(t *testing.T) {
			p := &ir.Program{Graph: c.Graph, Target: "verilog", Arch: "unrolled"}
			if err := passes.Unrolled(p, passes.UnrolledOptions{Levels: 2}); err != nil {
				t.Fatal(err)
			}
			lint(t, writeCore(t, p, t.TempDir()))
		})
	}
}

func lint(t *testing.T, paths []string) {
	t.Helper()
	for _, argv := range [][]string{
		append([]string{"verilator", "--lint-only", "-Wall", "--top-module", "dut"}, paths...),
		{"yosys", "-q", "-p", "read_verilog " + strings.Join(paths, " ") + "; hierarchy -check -top dut; proc; check -assert"},
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
