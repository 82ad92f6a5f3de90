package backendtest

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"mlpc/backends"
	"mlpc/ir"
	"mlpc/ir/diag"
	"mlpc/testbench"
)

// Input gives what Emit takes, for a program and the given number of vectors.
func Input(t testing.TB, p *ir.Program, vectors int) backends.Input {
	t.Helper()
	roundTrip(t, p.Graph)
	vs, err := Vectors(p.Graph, vectors, 1)
	if err != nil {
		t.Fatal(err)
	}
	return backends.Input{Program: p, Name: "net", Version: "0.0.0", Digest: "00", Vectors: vs, Options: map[string]string{}}
}

// roundTrip fails where the text form of a graph does not read back to the same graph.
func roundTrip(t testing.TB, g *ir.Graph) {
	t.Helper()
	text := g.Print()
	again, err := ir.Parse("net.mlpc", text)
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	if again.Print() != text {
		t.Fatalf("the text form does not read back:\n%s", text)
	}
}

// Emit runs Check and Emit and writes the files into a new directory.
func Emit(t *testing.T, b *backends.Backend, in backends.Input) (dir string) {
	t.Helper()
	var problems diag.List
	b.Check(in.Program, &problems)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	files, err := b.Emit(in)
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
	return dir
}

// Need skips the test when a tool of the runner is missing, or fails it when MLPC_TOOLS=require.
func Need(t *testing.T, r *testbench.Runner) {
	t.Helper()
	for _, tool := range r.Missing() {
		if os.Getenv("MLPC_TOOLS") == "require" {
			t.Fatalf("%s is missing (package %s)", tool.Exe, tool.Package)
		}
		t.Skipf("%s is missing (package %s)", tool.Exe, tool.Package)
	}
}

// Compare emits the program, runs the vectors with the runner and fails at the first integer that ir.Run has otherwise. It gives the
// runner's result.
func Compare(t *testing.T, b *backends.Backend, r *testbench.Runner, in backends.Input) testbench.Result {
	t.Helper()
	return compare(t, b, r, in, false)
}

// CompareStalled does as Compare does for hardware, and runs the vectors again with random stalls on both streams.
func CompareStalled(t *testing.T, b *backends.Backend, r *testbench.Runner, in backends.Input) testbench.Result {
	t.Helper()
	return compare(t, b, r, in, true)
}

func compare(t *testing.T, b *backends.Backend, r *testbench.Runner, in backends.Input, stalls bool) testbench.Result {
	t.Helper()
	Need(t, r)
	dir := Emit(t, b, in)
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	res, err := r.Run(ctx, testbench.Job{Dir: dir, Work: t.TempDir(), Program: in.Program, Name: in.Name, Target: b.Name, Vectors: in.Vectors.In, Stalls: stalls})
	if err != nil {
		t.Fatal(err)
	}
	if len(res.Out) != len(in.Vectors.Out) {
		t.Fatalf("%d results for %d vectors", len(res.Out), len(in.Vectors.Out))
	}
	for i, want := range in.Vectors.Out {
		if !slices.Equal(res.Out[i], want) {
			t.Fatalf("vector %d %v: got %v, want %v", i, in.Vectors.In[i], res.Out[i], want)
		}
	}
	return res
}
