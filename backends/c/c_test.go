package cc_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
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

// same runs a graph's emitted code on n vectors and compares every output with ir.Run.
func same(t *testing.T, r *testbench.Runner, b *backends.Backend, g *ir.Graph, n int) testbench.Result {
	t.Helper()
	dir, program := emit(t, b, g)
	vectors, err := testbench.Vectors(g, nil, n)
	if err != nil {
		t.Fatal(err)
	}
	c, err := testbench.Compare(context.Background(), r, testbench.Job{Dir: dir, Program: program, Name: "net", Target: b.Name, Vectors: vectors.In})
	if err != nil {
		t.Fatal(err)
	}
	if c.Mismatches > 0 {
		t.Fatalf("%d of %d vectors differ: %s", c.Mismatches, c.Vectors, c.First)
	}
	return c.Result
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

// TestUnsignedBias has a bias whose narrowest C type is unsigned and as wide as the accumulator, which must not warn.
func TestUnsignedBias(t *testing.T) {
	needTool(t, testbench.GCC)
	same(t, testbench.GCC, cc.Backend, parse(t, `graph "bias"
%0 = input : s8[2] name="x"
%1 = const ints=[3 -4] : s8[1,2]
%2 = const ints=[70000] : u17[1]
%3 = dense %0 %1 %2 : s18[1]
return %3
`), 20)
}
