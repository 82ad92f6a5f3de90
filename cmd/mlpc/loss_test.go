package main

import (
	"context"
	"math"
	"path/filepath"
	"testing"

	"mlpc/ir"
	"mlpc/passes"
	"mlpc/testbench"
)

// TestPrintedLoss builds the emitted C, feeds it every evaluation row, and computes the metric from the integers that come out: exactly the
// final one in report.json.
func TestPrintedLoss(t *testing.T) {
	needRunner(t, "gcc")
	examples := filepath.Join("..", "..", "examples")
	cases := [][]string{
		{filepath.Join(examples, "digits", "model.onnx"), filepath.Join(examples, "digits", "calib.npz"), filepath.Join(examples, "digits", "test.npz"), "w4a8"},
		{filepath.Join(examples, "policy", "model.onnx"), filepath.Join(examples, "policy", "calib.npz"), filepath.Join(examples, "policy", "test.npz"), "8"},
	}
	for _, c := range cases {
		for _, target := range []string{"c", "cmsisnn"} {
			t.Run(filepath.Base(filepath.Dir(c[0]))+"/"+target, func(t *testing.T) {
				out := filepath.Join(t.TempDir(), "out")
				command(t, "compile", c[0], "--target", target, "-o", out, "--data", c[1], "--eval", c[2], "--bits", c[3])
				checkLoss(t, out, c[2])
			})
		}
	}
}

// TestPrintedLossOfModels does the same for shared models, with labels and with targets.
func TestPrintedLossOfModels(t *testing.T) {
	needRunner(t, "gcc")
	dir := sharedModels(t, "own")
	for _, name := range spine {
		t.Run(name, func(t *testing.T) {
			model, out := filepath.Join(dir, name), filepath.Join(t.TempDir(), "out")
			command(t, "compile", model+".onnx", "--target", "c", "-o", out, "--data", model+".calib.npz", "--eval", model+".npz")
			checkLoss(t, out, model+".npz")
		})
	}
}

// checkLoss runs an output directory of C on evaluation rows and compares with its report.
func checkLoss(t *testing.T, dir, eval string) {
	t.Helper()
	m, err := loadModel(dir)
	if err != nil {
		t.Fatal(err)
	}
	d, err := readData(eval, m.graph, m.labels)
	if err != nil {
		t.Fatal(err)
	}
	ins, err := passes.Encode(m.graph, d.rows.Ins)
	if err != nil {
		t.Fatal(err)
	}
	job := testbench.Job{Dir: dir, Work: t.TempDir(), Program: &ir.Program{Graph: m.graph, Target: m.dir.Target}, Name: m.dir.Name, Target: m.dir.Target, Vectors: testbench.Pack(ins)}
	got, err := testbench.FindRunner("gcc").Run(context.Background(), job)
	if err != nil {
		t.Fatal(err)
	}
	rep, err := readReport(dir)
	if err != nil {
		t.Fatal(err)
	}
	a := rep.Accuracy
	if len(got.Out) != d.rows.Len() || a.Rows != d.rows.Len() || a.Final == nil {
		t.Fatalf("%d rows out of the C code, %d in the report, %d in the data", len(got.Out), a.Rows, d.rows.Len())
	}
	if metric, x := metricOf(t, m.graph, got.Out, d.rows); metric != a.Metric || x != *a.Final {
		t.Errorf("the C code gives %s %v, report.json says %s %v", metric, x, a.Metric, *a.Final)
	}
}

// metricOf computes accuracy from labels or RMSE from targets of the integers of the first output.
func metricOf(t *testing.T, g *ir.Graph, out [][]int64, rows *passes.Rows) (string, float64) {
	v := g.Outs[0]
	n := v.Type.Size()
	if rows.Labels != nil {
		right, all := 0, 0
		for r, row := range out {
			best := 0
			for k := range n {
				if row[k] > row[best] {
					best = k
				}
			}
			if n == 1 {
				t.Fatal("one output decides by a threshold: not in this test")
			}
			if rows.Labels[r] >= 0 {
				all++
				if int64(best) == rows.Labels[r] {
					right++
				}
			}
		}
		return "accuracy", float64(right) / float64(all)
	}
	sum, count := 0.0, 0
	for r := range rows.Targets.Rows {
		for k := range n {
			x := v.Type.Scale[k%len(v.Type.Scale)] * float64(out[r][k]-v.Type.Zero)
			e := x - rows.Targets.Reals[r*n+k]
			sum += float64(e * e)
			count++
		}
	}
	return "rmse", math.Sqrt(sum / float64(count))
}
