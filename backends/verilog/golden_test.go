package verilog

import (
	stdflag "flag"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"mlpc/backends/backendtest"
	"mlpc/ir"
	"mlpc/passes"
)

var update = stdflag.Bool("update", false, "rewrite the golden files in testdata")

// golden compares text with a file in testdata, or writes it with -update.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("%s differs; go test -update rewrites it:\n%s", file, firstDifference(string(got), string(want)))
	}
}

// firstDifference gives the first line that differs.
func firstDifference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			return fmt.Sprintf("line %d: got  %s\nline %d: want %s", i+1, g[i], i+1, w[i])
		}
	}
	return fmt.Sprintf("%d lines, want %d", len(g), len(w))
}

// TestGoldenFiles holds all files of tiny nets, without the library and the vectors.
func TestGoldenFiles(t *testing.T) {
	for name, text := range map[string]string{
		"mlp": `graph "mlp"
%0 = input : s8[4]
%1 = const ints=[1 -2 3 4 -5 6 7 -8 9 10 -11 12] : s5[3,4]
%2 = const ints=[10 -20 30] : s6[3]
%3 = dense %0 %1 %2 : s14[3]
%4 = requant %3 mul=[517 622 999] add=[0 -7 3] shift=[14 14 15] lo=0 hi=127 : u7[3]
%5 = const ints=[1 2 -3 4 -5 6] : s4[2,3]
%6 = dense %4 %5 : s12[2]
%7 = argmax %6 : u1[]
return %7
`,
		"residual": `graph "residual"
%0 = input : s8[4]
%1 = const ints=[1 -2 3 4 -5 6 7 -8 9 10 -11 12 1 1 1 1] : s5[4,4]
%2 = dense %0 %1 : s14[4]
%3 = add %2 %0 : s14[4]
%4 = threshold %3 channels=1 base=-2 steps=[-100 0 100] : s2[4]
return %4 %0
`,
	} {
		t.Run(name, func(t *testing.T) {
			g, err := ir.Parse(name, text)
			if err != nil {
				t.Fatal(err)
			}
			if err := ir.Verify(g); err != nil {
				t.Fatal(err)
			}
			p := &ir.Program{Graph: g, Target: "verilog"}
			if err := passes.Stream(p, passes.StreamOptions{II: 6}); err != nil {
				t.Fatal(err)
			}
			files, err := Backend.Emit(backendtest.Input(t, p, 2))
			if err != nil {
				t.Fatal(err)
			}
			a := &txtar.Archive{Comment: []byte(fmt.Sprintf("latency %d, II %d\n", p.Latency, p.II))}
			for file, data := range files {
				if !strings.HasPrefix(path.Base(file), "mlpc_") {
					a.Files = append(a.Files, txtar.File{Name: file, Data: data})
				}
			}
			slices.SortFunc(a.Files, func(x, y txtar.File) int { return strings.Compare(x.Name, y.Name) })
			golden(t, name+".txtar", txtar.Format(a))
		})
	}
}

// design is a program that the tables of cycles name.
type design struct {
	name string
	p    *ir.Program
}

// designs lists the programs whose cycles the golden table holds; the tests that simulate run the same ones.
func designs(t *testing.T) []design {
	var list []design
	for i, c := range backendtest.Ops() {
		for seed := range uint64(2) {
			if p := folded(t, c.Graph, uint64(i)*2+seed); p != nil {
				list = append(list, design{fmt.Sprintf("%s %d", c.Name, seed), p})
			}
		}
	}
	for seed := range uint64(40) {
		list = append(list, design{fmt.Sprintf("random %d", seed), folded(t, backendtest.Random(seed), seed)})
	}
	for i, widths := range [][]int{{16, 12, 5}, {7, 13, 3}, {64, 32, 10}, {30, 1, 8}, {1, 9, 2}} {
		for seed := range uint64(4) {
			list = append(list, design{fmt.Sprintf("mlp %v %d", widths, seed), folded(t, backendtest.MLP(uint64(i), seed%2 == 0, widths...), seed)})
		}
	}
	return list
}

// TestGoldenCycles holds the scheduled cycles of all designs.
func TestGoldenCycles(t *testing.T) {
	var b strings.Builder
	b.WriteString("design,engines,pe,simd,latency,ii\n")
	for _, d := range designs(t) {
		var engines, pe, simd []string
		for _, s := range d.p.Steps {
			engines = append(engines, s.Engine)
			pe, simd = append(pe, fmt.Sprint(s.PE)), append(simd, fmt.Sprint(s.SIMD))
		}
		fmt.Fprintf(&b, "%q,%s,%s,%s,%d,%d\n", d.name, strings.Join(engines, " "), strings.Join(pe, " "), strings.Join(simd, " "), d.p.Latency, d.p.II)
	}
	golden(t, "cycles.csv", []byte(b.String()))
}
