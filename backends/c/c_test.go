package cc_test

import (
	"context"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"mlpc/backends"
	cc "mlpc/backends/c"
	"mlpc/ir"
	"mlpc/testbench"
)

// needTool skips a test when a tool is missing, or fails it when MLPC_TOOLS is "require".
func needTool(t *testing.T, r *testbench.Runner) {
	t.Helper()
	for _, tool := range r.Tools {
		if _, err := exec.LookPath(tool.Exe); err != nil {
			if os.Getenv("MLPC_TOOLS") == "require" {
				t.Fatalf("%s is not installed (package %s)", tool.Exe, tool.Package)
			}
			t.Skipf("%s is not installed (package %s)", tool.Exe, tool.Package)
		}
	}
}

// parse reads a graph in the text form and verifies it.
func parse(t *testing.T, text string) *ir.Graph {
	t.Helper()
	g, err := ir.Parse("test.mlpc", text)
	if err != nil {
		t.Fatal(err)
	}
	if err := ir.Verify(g); err != nil {
		t.Fatal(err)
	}
	return g
}

// vectors makes rows of random inputs, the first two at the extremes, and their expected outputs.
func vectors(t *testing.T, g *ir.Graph, rows int) (in, out [][]int64) {
	t.Helper()
	rng := rand.New(rand.NewPCG(1, 2))
	var tensors []*ir.Tensor
	in = make([][]int64, rows)
	for _, v := range g.Inputs() {
		x := ir.NewInts(rows, v.Type.Shape)
		lo, hi := v.Type.Elem.Range()
		if a, ok := v.Attr.(*ir.Input); ok && (a.Lo != 0 || a.Hi != 0) {
			lo, hi = a.Lo, a.Hi
		}
		for i := range x.Ints {
			switch i / max(1, x.Size()) {
			case 0:
				x.Ints[i] = lo
			case 1:
				x.Ints[i] = hi
			default:
				x.Ints[i] = lo + rng.Int64N(hi-lo+1)
			}
		}
		tensors = append(tensors, x)
		for r := range rows {
			in[r] = append(in[r], x.Ints[r*x.Size():(r+1)*x.Size()]...)
		}
	}
	outs, err := ir.Run(g, tensors)
	if err != nil {
		t.Fatal(err)
	}
	out = make([][]int64, rows)
	for _, y := range outs {
		for r := range rows {
			out[r] = append(out[r], y.Ints[r*y.Size():(r+1)*y.Size()]...)
		}
	}
	return in, out
}

// emit writes the files of a graph to a new directory.
func emit(t *testing.T, b *backends.Backend, g *ir.Graph) (dir string, program *ir.Program) {
	t.Helper()
	program = &ir.Program{Graph: g, Target: b.Name}
	files, err := b.Emit(backends.Input{Program: program, Name: "net", Version: "test", Digest: "0123456789abcdef"})
	if err != nil {
		t.Fatal(err)
	}
	dir = t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir, program
}

// same runs a graph's emitted code and compares every output with ir.Run.
func same(t *testing.T, r *testbench.Runner, b *backends.Backend, g *ir.Graph, rows int) testbench.Result {
	t.Helper()
	dir, program := emit(t, b, g)
	in, want := vectors(t, g, rows)
	res, err := r.Run(context.Background(), testbench.Job{Dir: dir, Work: t.TempDir(), Program: program, Name: "net", Target: b.Name, Vectors: in})
	if err != nil {
		t.Fatal(err)
	}
	if len(res.Out) != len(want) {
		t.Fatalf("%d result rows, want %d", len(res.Out), len(want))
	}
	for i := range want {
		if !slices.Equal(res.Out[i], want[i]) {
			t.Fatalf("row %d: got %v, want %v for %v", i, res.Out[i], want[i], in[i])
		}
	}
	return res
}

const mlp = `graph "mlp"
%0 = input : s8[3] scale=[0.5] zero=-3 name="x"
%1 = const ints=[1 -2 3 4 5 -6] : s8[2,3]
%2 = const ints=[10 -20] : s6[2]
%3 = dense %0 %1 %2 : s13[2] node="fc/1"
%4 = requant %3 mul=[3 5] shift=[4 5] round=half-even zero=-1 lo=-8 hi=7 : s4[2]
%5 = argmax %4 : u1[]
return %4 %5
`

func TestMLP(t *testing.T) {
	needTool(t, testbench.GCC)
	same(t, testbench.GCC, cc.Backend, parse(t, mlp), 50)
}
