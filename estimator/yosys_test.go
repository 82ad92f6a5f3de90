package estimator

import (
	"encoding/csv"
	"flag"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"mlpc/backends/backendtest"
	"mlpc/backends/verilog"
	"mlpc/ir"
	"mlpc/ir/stream"
)

var update = flag.Bool("update", false, "write the table in docs/estimates.md")

// design gives the streaming program of one row of testdata/yosys.csv: a net of the given widths ("16 24 10", a last "argmax" adds
// the head), folded by PE and SIMD where a layer has so many rows and columns.
func design(widths string, pe, simd int) *ir.Program {
	var sizes []int
	head := false
	for _, w := range strings.Fields(widths) {
		if head = w == "argmax"; !head {
			sizes = append(sizes, number(w))
		}
	}
	g := backendtest.MLP(1, head, sizes...)
	p := &ir.Program{Graph: g, Target: "verilog", Arch: "stream", Steps: stream.Partition(g)}
	for _, l := range stream.Layers(p) {
		rows, columns := l.Most()
		if l.Step.Engine == stream.MVAU {
			l.Fold(min(pe, rows), min(simd, columns))
		} else {
			l.Fold(1, 1)
		}
	}
	return p
}

// figures gives LUTs, flip-flops, DSP blocks and block RAMs of an estimate.
func figures(t *testing.T, p *ir.Program, device string) [4]int {
	t.Helper()
	dev, err := FindDevice(device)
	if err != nil {
		t.Fatal(err)
	}
	r, err := Estimate(p, dev)
	if err != nil {
		t.Fatal(err)
	}
	luts := r.Total.LUT
	if luts == nil {
		luts = r.Total.LC
	}
	return [4]int{*luts, *r.Total.FF, *r.Total.DSP, *r.Total.BRAM}
}

// recorded reads testdata/yosys.csv: results of yosys 0.23 (synth_xilinx -flatten, synth_ice40 with -dsp for the up5k, synth_ecp5).
func recorded(t *testing.T) [][]string {
	t.Helper()
	text, err := os.ReadFile("testdata/yosys.csv")
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(string(text))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows[1:]
}

// TestYosysRecorded compares the estimates with recorded results: DSP blocks and block RAMs exactly, LUTs and flip-flops within a
// bound.
func TestYosysRecorded(t *testing.T) {
	lutBounds := map[string]float64{"xc7a35t": 0.07, "xczu3eg": 0.12, "ice40-hx8k": 0.09, "ice40-up5k": 0.08, "ecp5-25k": 0.16}
	const ffBound = 0.05
	for _, r := range recorded(t) {
		got := figures(t, design(r[1], number(r[2]), number(r[3])), r[0])
		want := [4]int{number(r[4]), number(r[5]), number(r[6]), number(r[7])}
		if math.Abs(relative(got[0], want[0])) > lutBounds[r[0]] || math.Abs(relative(got[1], want[1])) > ffBound || got[2] != want[2] || got[3] != want[3] {
			t.Errorf("%v: estimated %v", r, got)
		}
	}
}

// TestDocs checks the table in docs/estimates.md; -update writes it.
func TestDocs(t *testing.T) {
	const name, begin, end = "../docs/estimates.md", "<!-- table -->\n", "<!-- end of table -->"
	var table strings.Builder
	table.WriteString("| device | widths | PE×SIMD | LUT, yosys | estimate | FF, yosys | estimate | DSP | BRAM |\n|---|---|---|---|---|---|---|---|---|\n")
	for _, r := range recorded(t) {
		got := figures(t, design(r[1], number(r[2]), number(r[3])), r[0])
		fmt.Fprintf(&table, "| %s | %s | %s×%s | %s | %+.1f %% | %s | %+.1f %% | %s | %s |\n", r[0], r[1], r[2], r[3],
			r[4], 100*relative(got[0], number(r[4])), r[5], 100*relative(got[1], number(r[5])), r[6], r[7])
	}
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(text), begin)
	_, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		t.Fatalf("%s has no place for the table", name)
	}
	want := before + begin + table.String() + end + after
	switch {
	case want == string(text):
	case *update:
		if err := os.WriteFile(name, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("%s is stale; run go test ./estimator -run Docs -args -update", name)
	}
}

func relative(got, want int) float64 { return float64(got-want) / float64(max(want, 1)) }

// TestYosysNow synthesises one small design with the yosys of this machine.
func TestYosysNow(t *testing.T) {
	if testing.Short() {
		t.Skip("synthesises a design")
	}
	yosys, err := exec.LookPath("yosys")
	if err != nil {
		if os.Getenv("MLPC_TOOLS") == "require" {
			t.Fatal("yosys is missing (package yosys)")
		}
		t.Skip("yosys is missing (package yosys)")
	}
	p := design("16 12", 2, 4)
	dir := backendtest.Emit(t, verilog.Backend, backendtest.Input(t, p, 2))
	sources, err := filepath.Glob(filepath.Join(dir, "rtl", "*.v"))
	if err != nil {
		t.Fatal(err)
	}
	script := "read_verilog " + strings.Join(sources, " ") + "; synth_xilinx -top net -flatten -noiopad; tee -o stat.txt stat"
	cmd := exec.Command(yosys, "-q", "-p", script)
	cmd.Dir = filepath.Join(dir, "rtl")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	stat, err := os.ReadFile(filepath.Join(dir, "rtl", "stat.txt"))
	if err != nil {
		t.Fatal(err)
	}
	got, want := figures(t, p, "xc7a35t"), cells(string(stat))
	if math.Abs(relative(got[0], want[0])) > 0.10 || math.Abs(relative(got[1], want[1])) > 0.10 || got[2] != want[2] || got[3] != want[3] {
		t.Errorf("LUT, FF, DSP, BRAM: estimated %v, yosys %v", got, want)
	}
}

var cellCount = regexp.MustCompile(`(?m)^ +([A-Z][A-Z0-9_]+) +([0-9]+)$`)

// cells adds up the cells of a Xilinx netlist: LUTs with those used as memory, flip-flops, DSP blocks, halves of block RAMs.
func cells(stat string) (n [4]int) {
	for _, m := range cellCount.FindAllStringSubmatch(stat, -1) {
		count, _ := strconv.Atoi(m[2])
		switch name := m[1]; {
		case strings.HasPrefix(name, "LUT") || name == "INV":
			n[0] += count
		case strings.HasPrefix(name, "RAM32M") || strings.HasPrefix(name, "RAM64M"):
			n[0] += 4 * count
		case strings.HasPrefix(name, "FD"):
			n[1] += count
		case strings.HasPrefix(name, "DSP"):
			n[2] += count
		case name == "RAMB18E1":
			n[3] += count
		case name == "RAMB36E1":
			n[3] += 2 * count
		}
	}
	return n
}
