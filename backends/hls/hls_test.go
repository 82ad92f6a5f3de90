package hls

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"mlpc/backends"
	"mlpc/backends/backendtest"
	"mlpc/ir"
	"mlpc/testbench"
)

// folded gives a program whose steps have the given folding; 0: none.
func folded(g *ir.Graph, pe, simd int) *ir.Program {
	p := &ir.Program{Graph: g, Target: "hls", Arch: "stream"}
	for _, v := range g.Values {
		if pe > 0 && v.Op != ir.OpInput && v.Op != ir.OpConst {
			p.Steps = append(p.Steps, ir.Step{Values: []*ir.Value{v}, PE: pe, SIMD: simd})
		}
	}
	return p
}

// variant is a kind of ports and a folding.
type variant struct {
	io       string
	pe, simd int
}

func (v variant) String() string { return fmt.Sprintf("%s %dx%d", v.io, v.pe, v.simd) }

// variants are the forms in which every op is tried.
var variants = []variant{
	{"io_parallel", 0, 0}, {"io_parallel", 3, 2}, {"io_stream", 2, 3},
}

// TestOps compares every op with ir.Run, in arrays and in streams and with several foldings.
func TestOps(t *testing.T) {
	for _, v := range variants {
		if testing.Short() && v.io != "io_stream" {
			continue
		}
		t.Run(v.String(), func(t *testing.T) { v.compareAll(t, backendtest.Ops()) })
	}
}

// TestRandom compares random graphs with ir.Run.
func TestRandom(t *testing.T) {
	var cases []backendtest.Case
	seeds := uint64(8)
	if testing.Short() {
		seeds = 3
	}
	for seed := range seeds {
		cases = append(cases, backendtest.Case{Name: fmt.Sprintf("seed %d", seed), Graph: backendtest.Random(seed)})
	}
	for _, v := range []variant{{"io_parallel", 2, 2}, {"io_stream", 2, 3}} {
		t.Run(v.String(), func(t *testing.T) { v.compareAll(t, cases) })
	}
}

// compareAll compares graphs with ir.Run. All designs are built as one program, each in a namespace of its own, with the sanitizers on.
func (v variant) compareAll(t *testing.T, cases []backendtest.Case) {
	backendtest.Need(t, testbench.GPP)
	const vectors = 20
	dir := t.TempDir()
	var driver, table strings.Builder
	driver.WriteString("#include <cstring>\n#include <fstream>\n#include <iostream>\n#include <sstream>\n#include <string>\n")
	var inputs []backends.Input
	for i, c := range cases {
		in := backendtest.Input(t, folded(c.Graph, v.pe, v.simd), vectors)
		in.Name = fmt.Sprintf("net%d", i)
		in.Options["io"] = v.io
		inputs = append(inputs, in)
		files, err := Emit(in)
		if err != nil {
			t.Fatalf("%s: %v", c.Name, err)
		}
		writeAll(t, dir, in.Name, files)
		if i == 0 {
			for _, h := range []string{"dense", "elementwise", "requant", "axis", "route", "float32"} {
				fmt.Fprintf(&driver, "#include \"net0/firmware/nnet_utils/nnet_%s.h\"\n", h)
			}
		}
		fmt.Fprintf(&driver, "namespace n%d {\n#include \"net%d/firmware/net%d.cpp\"\n#define main main%d\n#include \"net%d/net%d_test.cpp\"\n#undef main\n}\n", i, i, i, i, i, i)
		fmt.Fprintf(&table, "    if (number == %d) return n%d::run(line);\n", i, i)
	}
	fmt.Fprintf(&driver, "static std::string dispatch(int number, const std::string &line) {\n%s    return \"?\";\n}\n", table.String())
	fmt.Fprintf(&driver, "int main() {\n    std::string line;\n    for (int i = 0; std::getline(std::cin, line); i++) std::cout << dispatch(i / %d, line) << '\\n';\n}\n", vectors)
	write(t, filepath.Join(dir, "driver.cpp"), []byte(driver.String()))

	got := buildAndRun(t, dir, inputs)
	for i, c := range cases {
		want := lines(inputs[i].Vectors.Out)
		if part := got[i*vectors : (i+1)*vectors]; !slices.Equal(part, want) {
			t.Errorf("%s: got\n%s\nwant\n%s\n%s", c.Name, strings.Join(part[:4], "\n"), strings.Join(want[:4], "\n"), c.Graph.Print())
		}
	}
}

func buildAndRun(t *testing.T, dir string, inputs []backends.Input) []string {
	t.Helper()
	cmd := exec.Command("g++", "-std=c++14", "-Wall", "-Werror", "-Wno-unused-function", "-fsanitize=address,undefined", "-fno-sanitize-recover=all", "driver.cpp", "-o", "driver")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%.3000s", err, out)
	}
	var text []byte
	for _, in := range inputs {
		text = append(text, testbench.FormatVectors(in.Vectors.In)...)
	}
	run := exec.Command(filepath.Join(dir, "driver"))
	run.Stdin = strings.NewReader(string(text))
	var problem strings.Builder
	run.Stderr = &problem
	out, err := run.Output()
	if err != nil {
		t.Fatalf("%v\n%.3000s", err, problem.String())
	}
	return strings.Split(strings.TrimSpace(string(out)), "\n")
}

func lines(vectors [][]int64) []string {
	return strings.Split(strings.TrimSpace(string(testbench.FormatVectors(vectors))), "\n")
}

// TestNet builds whole projects with the runner.
func TestNet(t *testing.T) {
	for _, io := range []string{"io_parallel", "io_stream"} {
		t.Run(io, func(t *testing.T) {
			in := backendtest.Input(t, folded(backendtest.MLP(1, true, 16, 24, 10, 5), 4, 3), 200)
			in.Options["io"] = io
			backendtest.Compare(t, Backend, testbench.GPP, in)
		})
	}
}

// TestStyles runs a net whose multipliers and weights are told where to lie, and looks for the directives that say so.
func TestStyles(t *testing.T) {
	for _, c := range []struct{ style, rom, product, impl string }{
		{"dsp", "logic", "nnet::dsp_product", "impl=lutram"}, {"lut", "block", "nnet::fabric_product", "impl=bram"}, {"", "", "nnet::exact_product", "impl=lutram"},
	} {
		p := folded(backendtest.MLP(1, false, 8, 6), 2, 2)
		for i := range p.Steps {
			p.Steps[i].Style, p.Steps[i].ROM = c.style, c.rom
		}
		in := backendtest.Input(t, p, 20)
		files, err := Emit(in)
		if err != nil {
			t.Fatal(err)
		}
		if text := string(files["firmware/parameters.h"]); !strings.Contains(text, "typedef "+c.product+" product;") {
			t.Errorf("no %s in\n%s", c.product, text)
		}
		if text := string(files["firmware/"+in.Name+".cpp"]); !strings.Contains(text, c.impl+")") {
			t.Errorf("no %s in\n%s", c.impl, text)
		}
		backendtest.Compare(t, Backend, testbench.GPP, in)
	}
}

func write(t *testing.T, path string, text []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o644); err != nil {
		t.Fatal(err)
	}
}

func writeAll(t *testing.T, dir, name string, files backends.Files) {
	t.Helper()
	for file, text := range files {
		write(t, filepath.Join(dir, name, file), text)
	}
}
