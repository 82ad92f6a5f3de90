package num_test

import (
	"fmt"
	"math/rand"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"mlpc/approx"
	"mlpc/ir/num"
	"mlpc/templates"
)

// port is one input of a Verilog module: its name, width and what it carries.
type port struct {
	name  string
	width int
	value func(requantCase) int64
}

// verilogDesign is a module with its parameters, the inputs to drive and the wanted output of out bits.
type verilogDesign struct {
	name, module string
	params       string
	ports        []port
	out          int
	cases        []requantCase
	want         func(requantCase) int64
}

// bench is a Verilog test bench that reads one hexadecimal word a vector, the wanted result lowest, and counts mismatches.
func (d verilogDesign) bench(vectors string) string {
	var b strings.Builder
	total := d.out
	var connect []string
	for i := len(d.ports) - 1; i >= 0; i-- {
		p := d.ports[i]
		connect = append(connect, fmt.Sprintf(".%s(vector[%d:%d])", p.name, total+p.width-1, total))
		total += p.width
	}
	output := "y"
	if d.module == "mlpc_trunc_mul" {
		output = "p"
	}
	fmt.Fprintf(&b, `module bench;
    reg [%d:0] vectors [0:%d];
    reg [%d:0] vector;
    wire [%d:0] y;
    integer i, wrong;
    %s #(%s) dut (%s, .%s(y));
    initial begin
        $readmemh(%q, vectors);
        wrong = 0;
        for (i = 0; i < %d; i = i + 1) begin
            vector = vectors[i];
            #1;
            if (y !== vector[%d:0]) begin
                wrong = wrong + 1;
                if (wrong <= 3) $display("vector %%0d: got %%h want %%h", i, y, vector[%d:0]);
            end
        end
        $display("%%0d wrong of %%0d", wrong, i);
        $finish;
    end
endmodule
`, total-1, len(d.cases)-1, total-1, d.out-1, d.module, d.params, strings.Join(connect, ", "), output, vectors, len(d.cases), d.out-1, d.out-1)
	return b.String()
}

// hex packs the ports and the wanted result of each case, first port highest.
func (d verilogDesign) hex() string {
	var b strings.Builder
	for _, c := range d.cases {
		var bits strings.Builder
		field := func(v int64, width int) {
			fmt.Fprintf(&bits, "%0*b", width, uint64(v)&(1<<width-1))
		}
		for _, p := range d.ports {
			field(p.value(c), p.width)
		}
		field(d.want(c), d.out)
		s := bits.String()
		s = strings.Repeat("0", (4-len(s)%4)%4) + s
		for i := 0; i < len(s); i += 4 {
			n := 0
			for _, bit := range s[i : i+4] {
				n = 2*n + int(bit-'0')
			}
			fmt.Fprintf(&b, "%x", n)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// limited gives the cases random offsets and limits that fit lim signed bits, and results that fit out bits.
func limited(r *rand.Rand, cases []requantCase, lim, out int) []requantCase {
	for i := range cases {
		c := &cases[i]
		a := r.Int63n(1<<out) - 1<<(out-1)
		b := r.Int63n(1<<out) - 1<<(out-1)
		c.lo, c.hi = min(a, b), max(a, b)
		if r.Intn(2) == 0 {
			c.lo, c.hi = -1<<(out-1), 1<<(out-1)-1
		}
		c.zero = r.Int63n(1<<lim) - 1<<(lim-1)
	}
	return cases
}

func verilogDesigns(r *rand.Rand) []verilogDesign {
	x := func(w int) port { return port{"x", w, func(c requantCase) int64 { return c.x }} }
	mul := func(w int) port { return port{"mul", w, func(c requantCase) int64 { return c.mul }} }
	add := func(w int) port { return port{"add", w, func(c requantCase) int64 { return c.add }} }
	shift := func(w int) port { return port{"shift", w, func(c requantCase) int64 { return int64(c.shift) }} }
	limits := func(w int) []port {
		return []port{
			{"zero", w, func(c requantCase) int64 { return c.zero }},
			{"lo", w, func(c requantCase) int64 { return c.lo }},
			{"hi", w, func(c requantCase) int64 { return c.hi }},
		}
	}
	const n = 6000
	var designs []verilogDesign
	for _, round := range []num.Rounding{num.HalfUp, num.HalfEven} {
		module := "mlpc_requant_" + strings.ReplaceAll(round.String(), "-", "_")
		plain := func(name string, xw, mw, aw, sw, acc, lim, out int, cases []requantCase) {
			designs = append(designs, verilogDesign{
				name: module + " " + name, module: module,
				params: fmt.Sprintf(".X(%d), .MUL(%d), .ADD(%d), .SHIFT(%d), .ACC(%d), .LIM(%d), .OUT(%d)", xw, mw, aw, sw, acc, lim, out),
				ports:  append([]port{x(xw), mul(mw), add(aw), shift(sw)}, limits(lim)...),
				out:    out, cases: limited(r, cases, lim, out),
				want: func(c requantCase) int64 { return c.result(round) },
			})
		}
		plain("small", 6, 4, 5, 3, 12, 9, 8, smallCases())
		plain("wide", 41, 34, 63, 6, 64, 9, 8, plainCases(r, n, 62, 40, 33))
		plain("narrow output", 25, 17, 31, 5, 32, 12, 3, plainCases(r, n, 30, 24, 16))
		plain("wide output", 25, 17, 31, 5, 40, 33, 32, plainCases(r, n, 30, 24, 16))
	}
	gemmlowp := func(name string, xw, lim, out int, keep func(requantCase) bool) {
		var cases []requantCase
		for _, c := range gemmlowpCases(r, n) {
			if keep(c) {
				cases = append(cases, c)
			}
		}
		designs = append(designs, verilogDesign{
			name: "mlpc_requant_gemmlowp " + name, module: "mlpc_requant_gemmlowp",
			params: fmt.Sprintf(".X(%d), .LIM(%d), .OUT(%d)", xw, lim, out),
			ports:  append([]port{x(xw), mul(32), shift(6)}, limits(lim)...),
			out:    out, cases: limited(r, cases, lim, out),
			want: func(c requantCase) int64 { return c.result(num.Gemmlowp) },
		})
	}
	gemmlowp("wide", 32, 33, 32, func(requantCase) bool { return true })
	gemmlowp("narrow", 12, 9, 8, func(c requantCase) bool { return c.x >= -2048 && c.x < 2048 })
	for _, w := range []struct{ x, lim, out int }{{54, 9, 8}, {54, 40, 32}, {32, 9, 8}, {26, 17, 16}, {25, 26, 16}, {25, 27, 25}, {24, 9, 4}, {12, 9, 8}} {
		designs = append(designs, verilogDesign{
			name: fmt.Sprintf("mlpc_requant_float32 %d bits to %d", w.x, w.out), module: "mlpc_requant_float32",
			params: fmt.Sprintf(".X(%d), .LIM(%d), .OUT(%d)", w.x, w.lim, w.out),
			ports:  append([]port{x(w.x), mul(24), shift(8)}, limits(w.lim)...),
			out:    w.out, cases: limited(r, float32Cases(r, n, w.x-1, -60, 120), w.lim, w.out),
			want: func(c requantCase) int64 { return c.result(num.Float32) },
		})
	}
	for _, w := range []struct{ x, lim, out int }{{25, 22, 21}, {25, 9, 8}, {18, 9, 8}, {12, 17, 16}, {9, 5, 4}} {
		designs = append(designs, verilogDesign{
			name: fmt.Sprintf("mlpc_requant_float32_near %d bits to %d", w.x, w.out), module: "mlpc_requant_float32_near",
			params: fmt.Sprintf(".X(%d), .LIM(%d), .OUT(%d)", w.x, w.lim, w.out),
			ports:  append([]port{x(w.x), mul(24), shift(6)}, limits(w.lim)...),
			out:    w.out, cases: limited(r, float32Cases(r, n, w.x-1, 1, 62), w.lim, w.out),
			want: func(c requantCase) int64 { return c.result(num.Float32) },
		})
	}
	for _, w := range []struct{ w, x, p, drop int }{{4, 5, 12, 2}, {8, 9, 24, 3}, {8, 9, 24, 11}, {16, 16, 40, 7}} {
		var cases []requantCase
		for range n {
			cases = append(cases, requantCase{mul: r.Int63n(1<<w.w) - 1<<(w.w-1), x: r.Int63n(1<<w.x) - 1<<(w.x-1)})
		}
		unit := approx.Truncated(w.drop)
		designs = append(designs, verilogDesign{
			name: fmt.Sprintf("mlpc_trunc_mul %d by %d drop %d", w.w, w.x, w.drop), module: "mlpc_trunc_mul",
			params: fmt.Sprintf(".W(%d), .X(%d), .P(%d), .DROP(%d)", w.w, w.x, w.p, w.drop),
			ports:  []port{{"w", w.w, func(c requantCase) int64 { return c.mul }}, x(w.x)},
			out:    w.p, cases: cases,
			want: func(c requantCase) int64 { return unit.Mul(c.mul, c.x) },
		})
	}
	return designs
}

// verilogLibrary writes the embedded modules into a new directory.
func verilogLibrary(t *testing.T) (dir string, names []string) {
	t.Helper()
	dir = t.TempDir()
	for _, module := range []string{
		"mlpc_clamp", "mlpc_requant_float32", "mlpc_requant_float32_near", "mlpc_requant_gemmlowp", "mlpc_requant_half_even", "mlpc_requant_half_up", "mlpc_round24", "mlpc_trunc_mul",
	} {
		text, err := templates.FS.ReadFile("verilog/" + module + ".v")
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, filepath.Join(dir, module+".v"))
		if err := os.WriteFile(names[len(names)-1], text, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir, names
}

// TestConformVerilog simulates the arithmetic modules at several widths against num, and lints each at these widths.
func TestConformVerilog(t *testing.T) {
	iverilog, vvp := tool(t, "iverilog"), tool(t, "vvp")
	library, _ := verilogLibrary(t)
	for _, d := range verilogDesigns(random(t)) {
		t.Run(d.name, func(t *testing.T) {
			dir := t.TempDir()
			bench, vectors, binary := filepath.Join(dir, "bench.v"), filepath.Join(dir, "vectors.hex"), filepath.Join(dir, "bench.vvp")
			if err := os.WriteFile(bench, []byte(d.bench(vectors)), 0o666); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(vectors, []byte(d.hex()), 0o666); err != nil {
				t.Fatal(err)
			}
			out, err := exec.Command(iverilog, "-Wall", "-Wno-timescale", "-g2001", "-y", library, "-o", binary, bench).CombinedOutput()
			if err != nil || len(out) > 0 {
				t.Fatalf("iverilog: %v\n%s", err, out)
			}
			out, err = exec.Command(vvp, binary).CombinedOutput()
			if want := fmt.Sprintf("0 wrong of %d\n", len(d.cases)); err != nil || string(out) != want {
				t.Fatalf("vvp: %v\n%s", err, out)
			}
			if testing.Short() {
				return
			}
			lint := []string{"--lint-only", "-Wall", "-y", library}
			for _, p := range strings.Split(d.params, ", ") {
				name, value, _ := strings.Cut(strings.TrimSuffix(strings.TrimPrefix(p, "."), ")"), "(")
				lint = append(lint, "-G"+name+"="+value)
			}
			out, err = exec.Command(tool(t, "verilator"), append(lint, filepath.Join(library, d.module+".v"))...).CombinedOutput()
			if err != nil || len(out) > 0 {
				t.Fatalf("verilator: %v\n%s", err, out)
			}
		})
	}
}

// TestVerilogSynthesizes runs every module through yosys's own checks.
func TestVerilogSynthesizes(t *testing.T) {
	yosys := tool(t, "yosys")
	_, names := verilogLibrary(t)
	var script strings.Builder
	fmt.Fprintf(&script, "read_verilog %s; hierarchy -check; proc; check -assert", strings.Join(names, " "))
	if out, err := exec.Command(yosys, "-q", "-p", script.String()).CombinedOutput(); err != nil || len(out) > 0 {
		t.Fatalf("yosys: %v\n%s", err, out)
	}
}
