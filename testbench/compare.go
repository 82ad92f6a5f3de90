package testbench

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"mlpc/ir"
	"mlpc/ir/diag"
)

// Comparison is what a run against ir.Run showed.
type Comparison struct {
	Result
	Vectors    int
	Mismatches int     // vectors with any wrong integer
	First      string  // the first wrong element of the outputs, where there is one
	Witness    []int64 // the vector that shows it
}

// Compare builds and runs the job in a temporary directory and compares every vector with ir.Run.
func Compare(ctx context.Context, r *Runner, job Job) (*Comparison, error) {
	if missing := r.Missing(); len(missing) > 0 {
		return nil, missingTools(r, missing)
	}
	want, err := Expected(job.Program.Graph, job.Vectors)
	if err != nil {
		return nil, err
	}
	work, err := os.MkdirTemp("", "mlpc-verify-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(work)
	job.Work = work
	if job.Dir, err = filepath.Abs(job.Dir); err != nil {
		return nil, err
	}
	res, err := r.Run(ctx, job)
	if err != nil {
		return nil, err
	}
	if len(res.Out) != len(want) {
		return nil, diag.New(diag.CodeMismatch, diag.Pos{}, "%s gave %d results for %d vectors", r.Name, len(res.Out), len(want))
	}
	c := &Comparison{Result: res, Vectors: len(want)}
	for i := range want {
		if slices.Equal(res.Out[i], want[i]) {
			continue
		}
		if c.Mismatches == 0 {
			c.First = describe(job.Program.Graph, i, res.Out[i], want[i])
			c.Witness = job.Vectors[i]
		}
		c.Mismatches++
	}
	return c, nil
}

// describe names the first element that differs.
func describe(g *ir.Graph, row int, got, want []int64) string {
	if len(got) != len(want) {
		return fmt.Sprintf("vector %d: %d integers, want %d", row+1, len(got), len(want))
	}
	for i := range want {
		if got[i] == want[i] {
			continue
		}
		at := i
		for _, o := range g.Outs {
			if at < o.Type.Size() {
				if o.Type.Elem.Single {
					x, y := math.Float32frombits(uint32(got[i])), math.Float32frombits(uint32(want[i]))
					return fmt.Sprintf("vector %d: output %q element %d: got %v (bits %08x), want %v (bits %08x)", row+1, o.Name, at, x, got[i], y, want[i])
				}
				return fmt.Sprintf("vector %d: output %q element %d: got %d, want %d", row+1, o.Name, at, got[i], want[i])
			}
			at -= o.Type.Size()
		}
	}
	return ""
}

func missingTools(r *Runner, missing []Tool) error {
	var names, packages []string
	for _, t := range missing {
		names = append(names, t.Exe)
		if !slices.Contains(packages, t.Package) {
			packages = append(packages, t.Package)
		}
	}
	return diag.New(diag.CodeTool, diag.Pos{}, "runner %s needs %v, which this machine lacks", r.Name, names).
		WithHint("run: apt-get install %s", strings.Join(packages, " "))
}
