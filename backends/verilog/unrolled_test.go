package verilog

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

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

func TestUnrolledIcarus(t *testing.T) {
	if _, err := exec.LookPath("iverilog"); err != nil {
		if os.Getenv("MLPC_TOOLS") == "require" {
			t.Fatal("iverilog is missing")
		}
		t.Skip("iverilog is missing")
	}
	for _, levels := range []int{1, 3, 100} {
		p := program(t, smallMLP, passes.UnrolledOptions{Levels: levels})
		simulate(t, p)
	}
}

// simulate runs random rows through the core, one a clock, and compares results and latency.
func simulate(t *testing.T, p *ir.Program) {
	t.Helper()
	dir := t.TempDir()
	paths := writeCore(t, p, dir)
	const rows = 200
	in := p.Graph.Inputs()[0]
	x := ir.NewInts(rows, in.Type.Shape)
	r := rand.New(rand.NewPCG(1, 2))
	lo, hi := in.Type.Elem.Range()
	for i := range x.Ints {
		x.Ints[i] = lo + r.Int64N(hi-lo+1)
	}
	want, err := ir.Run(p.Graph, []*ir.Tensor{x})
	if err != nil {
		t.Fatal(err)
	}
	ins, outs := types(p.Graph.Inputs()), types(p.Graph.Outs)
	var mem strings.Builder
	for row := range rows {
		fmt.Fprintf(&mem, "%s\n", packed(x.Slice(row, row+1).Ints, ins))
	}
	os.WriteFile(filepath.Join(dir, "in.hex"), []byte(mem.String()), 0o666)
	tb := filepath.Join(dir, "tb.v")
	os.WriteFile(tb, []byte(fmt.Sprintf(testbench, bitsOf(ins), bitsOf(outs), rows, filepath.Join(dir, "in.hex"))), 0o666)
	exe := filepath.Join(dir, "tb.vvp")
	build := exec.Command("iverilog", append([]string{"-Wall", "-g2001", "-o", exe, tb}, paths...)...)
	if out, err := build.CombinedOutput(); err != nil || strings.Contains(string(out), "warning") {
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
	for row := range rows {
		var y []int64
		for _, w := range want {
			n := w.Size()
			y = append(y, w.Ints[row*n:(row+1)*n]...)
		}
		if got, w := lines[2*row], packed(y, outs); got != w {
			t.Fatalf("row %d: got %s, want %s", row, got, w)
		}
		if got, w := lines[2*row+1], fmt.Sprint(row+p.Latency); got != w {
			t.Fatalf("row %d leaves in cycle %s, want %s", row, got, w)
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
