package verilog

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"mlpc/backends/backendtest"
	"mlpc/ir"
	"mlpc/ir/diag"
	"mlpc/ir/stream"
	"mlpc/passes"
	"mlpc/testbench"
)

func TestZSweep(t *testing.T) {
	if os.Getenv("SWEEP") == "" {
		t.Skip()
	}
	log, _ := os.OpenFile("/tmp/sw.log", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o644)
	files, _ := filepath.Glob(os.Getenv("SWEEP"))
	for _, f := range files {
		name := strings.TrimSuffix(filepath.Base(f), ".onnx")
		dir := "/tmp/swd/" + name
		os.RemoveAll(dir)
		argv := []string{"compile", f, "--target", "go", "-o", dir}
		if c := strings.TrimSuffix(f, ".onnx") + ".calib.npz"; fileExists(c) {
			argv = append(argv, "--data", c)
		}
		out, err := exec.Command("/tmp/mlpc", argv...).CombinedOutput()
		if err != nil {
			lines := strings.Split(strings.TrimSpace(string(out)), "\n")
			fmt.Fprintf(log, "%s COMPILE %.200s\n", name, lines[len(lines)-1])
			continue
		}
		text, _ := os.ReadFile(dir + "/model.mlpc")
		g, err := ir.Parse("model.mlpc", string(text))
		if err != nil {
			fmt.Fprintf(log, "%s PARSE %v\n", name, err)
			continue
		}
		os.RemoveAll(dir)
		var l diag.List
		if stream.Check(g, &l); len(l) > 0 {
			fmt.Fprintf(log, "%s REFUSED %v\n", name, l[0])
			continue
		}
		start := time.Now()
		p := &ir.Program{Graph: g, Target: "verilog"}
		if err := passes.Stream(p, passes.StreamOptions{}); err != nil {
			fmt.Fprintf(log, "%s SCHEDULE %v\n", name, err)
			continue
		}
		sched := time.Since(start)
		in := backendtest.Input(t, p, 4)
		dir2 := backendtest.Emit(t, Backend, in)
		ctx, cancel := context.WithTimeout(context.Background(), 200*time.Second)
		res, err := testbench.Iverilog.Run(ctx, testbench.Job{Dir: dir2, Work: t.TempDir(), Program: p, Name: in.Name, Target: "verilog", Vectors: in.Vectors.In})
		cancel()
		os.RemoveAll(dir2)
		same := slices.EqualFunc(res.Out, in.Vectors.Out, slices.Equal[[]int64])
		fmt.Fprintf(log, "%s RUN same=%v cycles=%v (%d %d) %d %d sched %v run %v %v\n", name, same, res.Latency == p.Latency && res.II == p.II, p.Latency, p.II, res.Latency, res.II, sched, time.Since(start), err)
	}
}

func fileExists(f string) bool { _, err := os.Stat(f); return err == nil }
