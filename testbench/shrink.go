package testbench

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"mlpc/backends"
	"mlpc/ir"
)

// Emit prints a graph for the target under test: it schedules the graph, which may have other outputs than the model, and emits it.
type Emit func(g *ir.Graph) (*ir.Program, backends.Files, error)

// Shrink finds the first value that emitted code computes wrong for one vector. It emits programs that end at ever earlier values and
// halves the list each time, so that a net of n values takes about log2(n) builds. The answer names the value, its place in the model,
// the element, what came out and what ir.Run has; it is "" where no shorter program shows the fault.
func Shrink(ctx context.Context, r *Runner, job Job, emit Emit, vector []int64) (string, error) {
	g := job.Program.Graph
	job.Vectors = [][]int64{vector}
	var values []*ir.Value
	for _, v := range g.Values {
		if v.Op != ir.OpInput && v.Op != ir.OpConst {
			values = append(values, v)
		}
	}
	var fault error
	found := ""
	at, _ := slices.BinarySearchFunc(values, true, func(v *ir.Value, _ bool) int {
		wrong, err := tryValue(ctx, r, job, emit, g, v)
		if err != nil {
			fault = err
		}
		if wrong != "" {
			found = wrong
			return 0
		}
		return -1
	})
	if fault != nil || at == len(values) {
		return "", fault
	}
	return found, nil
}

// tryValue builds the program that ends at v, runs the vector and describes the first wrong element of v, or gives "".
func tryValue(ctx context.Context, r *Runner, job Job, emit Emit, g *ir.Graph, v *ir.Value) (string, error) {
	cut := *g
	cut.Outs = []*ir.Value{v}
	short := cut.Prune()
	program, files, err := emit(short)
	if err != nil {
		return "", err
	}
	want, err := Expected(short, job.Vectors)
	if err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp("", "mlpc-shrink-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	if err := writeFiles(filepath.Join(dir, "files"), files); err != nil {
		return "", err
	}
	job.Dir, job.Work, job.Program = filepath.Join(dir, "files"), filepath.Join(dir, "work"), program
	if err := os.MkdirAll(job.Work, 0o777); err != nil {
		return "", err
	}
	res, err := r.Run(ctx, job)
	if err != nil {
		return "", err
	}
	if len(res.Out) != 1 || len(res.Out[0]) != len(want[0]) {
		return fmt.Sprintf("%%%d %s: no result of its size", v.ID, v.Op), nil
	}
	for i, y := range res.Out[0] {
		if y != want[0][i] {
			return fmt.Sprintf("%%%d %s %s: element %d: got %d, want %d", v.ID, v.Op, v.Pos, i, y, want[0][i]), nil
		}
	}
	return "", nil
}

// writeFiles writes emitted files into a directory.
func writeFiles(dir string, files backends.Files) error {
	for path, data := range files {
		full := filepath.Join(dir, filepath.FromSlash(path))
		if err := os.MkdirAll(filepath.Dir(full), 0o777); err != nil {
			return err
		}
		if err := os.WriteFile(full, data, 0o666); err != nil {
			return err
		}
	}
	return nil
}
