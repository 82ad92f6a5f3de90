package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"mlpc/backends"
	"mlpc/ir"
	"mlpc/ir/diag"
	"mlpc/passes"
	"mlpc/testbench"
)

func verifyCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:      "verify",
		Usage:     "build an output directory with the real tool and compare it with the definition, bit for bit",
		ArgsUsage: "DIR",
		Flags: []cli.Flag{
			&cli.IntFlag{Name: "vectors", Value: 1024, Usage: "`N` random vectors besides the stored ones"},
			&cli.Uint64Flag{Name: "seed", Value: testbench.Seed, Usage: "`SEED` of the random vectors"},
			&cli.StringFlag{Name: "runner", Usage: "`TOOL` to run with: " + strings.Join(testbench.RunnerNames(), ", ")},
			&cli.BoolFlag{Name: "stalls", Usage: "hardware: run again with random stalls on both streams"},
			&cli.BoolFlag{Name: "json", Usage: "print the result as JSON"},
		},
		Action: func(ctx *cli.Context) error { return verify(ctx, c) },
	}
}

func verify(ctx *cli.Context, c *console) error {
	dir, err := oneArgument(ctx, "a DIR that mlpc compile wrote")
	if err != nil {
		return err
	}
	m, err := loadModel(dir)
	if err != nil {
		return err
	}
	if m.dir == nil {
		return usage("compile it first", "verify takes a directory that mlpc compile wrote, not %q", dir)
	}
	t, err := findTarget(m.dir.Target)
	if err != nil {
		return err
	}
	r, err := chooseRunner(ctx.String("runner"), t)
	if err != nil {
		return err
	}
	rep, err := readReport(dir)
	if err != nil {
		return err
	}
	job := testbench.Job{Dir: dir, Program: &ir.Program{Graph: m.graph, Target: m.dir.Target, Arch: m.dir.Arch}, Name: m.dir.Name,
		Target: m.dir.Target, Stalls: ctx.Bool("stalls")}
	stored, err := storedVectors(dir, m.graph)
	if err != nil {
		return err
	}
	job.Vectors = append(stored, testbench.Random(m.graph, max(0, ctx.Int("vectors")), ctx.Uint64("seed"))...)
	res, err := testbench.Compare(context.Background(), r, job)
	if err != nil {
		return err
	}
	rep.Verify = verifyOf(r, res)
	if res.Mismatches > 0 {
		if value, err := testbench.Shrink(context.Background(), r, job, reemit(m, t), res.Witness); err == nil && value != "" {
			rep.Verify.FirstMismatch = value
		}
	}
	if ctx.Bool("json") {
		if err := printJSON(c.out, rep); err != nil {
			return err
		}
	} else {
		printVerify(c, rep, job.Stalls, ctx.Uint64("seed"))
	}
	if res.Mismatches > 0 || len(cycleErrors(rep)) > 0 {
		return errDiffer
	}
	return nil
}

// reemit prints a part of the compiled graph for the same target and architecture.
func reemit(m *model, t *target) testbench.Emit {
	return func(g *ir.Graph) (*ir.Program, backends.Files, error) {
		p, _, err := passes.Compile(g, passes.Config{Target: t.Name, Arch: m.dir.Arch})
		if err != nil {
			return nil, nil, err
		}
		options := map[string]string{}
		for _, o := range t.Options {
			options[o.Name] = o.Default
		}
		files, err := t.Emit(backends.Input{Program: p, Name: m.dir.Name, Version: version(), Digest: m.info.Digest, Options: options})
		return p, files, err
	}
}

// chooseRunner gives the runner of a name, or the default of a target, which must be able to run it.
func chooseRunner(name string, t *target) (*testbench.Runner, error) {
	switch {
	case name == "":
		name = t.runner
	case name == "gcc" && t.Name == "hls": // the compiler collection's own name
		name = "g++"
	}
	r := testbench.FindRunner(name)
	if r == nil {
		return nil, usage(orElse(diag.DidYouMean(name, testbench.RunnerNames()), "runners: "+strings.Join(testbench.RunnerNames(), ", ")), "no runner %q", name)
	}
	for _, n := range testbench.RunnersFor(t.Name) {
		if n == name {
			return r, nil
		}
	}
	return nil, usage("runners for it: "+strings.Join(testbench.RunnersFor(t.Name), ", "), "runner %s does not run target %s", name, t.Name)
}

func readReport(dir string) (*reportFile, error) {
	data, err := os.ReadFile(filepath.Join(dir, "report.json"))
	if err != nil {
		return nil, fileError("report.json", err)
	}
	var r reportFile
	if err := json.Unmarshal(data, &r); err != nil {
		return nil, diag.New(diag.CodeFormat, diag.Pos{File: "report.json"}, "%v", err)
	}
	return &r, nil
}

// storedVectors reads vectors/in.txt, and checks that vectors/out.txt is what model.mlpc defines.
func storedVectors(dir string, g *ir.Graph) ([][]int64, error) {
	data, err := os.ReadFile(filepath.Join(dir, "vectors", "in.txt"))
	if err != nil {
		return nil, fileError("in.txt", err)
	}
	in, err := testbench.ParseOutput(data)
	if err != nil {
		return nil, diag.New(diag.CodeFormat, diag.Pos{File: "in.txt"}, "%v", err)
	}
	want, err := testbench.Expected(g, in.Out)
	if err != nil {
		return nil, diag.New(diag.CodeData, diag.Pos{File: "in.txt"}, "%v", err)
	}
	out, err := os.ReadFile(filepath.Join(dir, "vectors", "out.txt"))
	if err != nil {
		return nil, fileError("out.txt", err)
	}
	if !bytes.Equal(out, testbench.FormatVectors(want)) {
		return nil, diag.New(diag.CodeMismatch, diag.Pos{File: "out.txt"}, "the stored results are not what model.mlpc defines").
			WithHint("compile the model again")
	}
	return in.Out, nil
}

// cycleErrors lists measured cycles that differ from the estimate.
func cycleErrors(r *reportFile) []string {
	var bad []string
	if r.Estimate == nil {
		return nil
	}
	for _, x := range []struct {
		name     string
		want     *int
		measured int
	}{{"latency", r.Estimate.LatencyCycles, r.Verify.LatencyCycles}, {"II", r.Estimate.IICycles, r.Verify.IICycles}} {
		if x.want != nil && x.measured != 0 && *x.want != x.measured {
			bad = append(bad, fmt.Sprintf("%s: estimated %d cycles, measured %d", x.name, *x.want, x.measured))
		}
	}
	return bad
}

// printVerify tells a person what was compared and with what result.
func printVerify(c *console, r *reportFile, stalls bool, seed uint64) {
	v := r.Verify
	fmt.Fprintf(c.out, "runner    %s (%s)\n", v.Runner, v.Tool)
	runs := ""
	if stalls {
		runs = ", without and with stalls"
	}
	fmt.Fprintf(c.out, "vectors   %s, %d wrong%s (random ones from seed %d)\n", thousands(int64(v.Vectors)), v.Mismatches, runs, seed)
	if v.FirstMismatch != "" {
		fmt.Fprintf(c.out, "first     %s\n", v.FirstMismatch)
	}
	if e := r.Estimate; e != nil {
		side(c, "latency", "cycles", e.LatencyCycles, v.LatencyCycles)
		side(c, "II", "cycles", e.IICycles, v.IICycles)
		side(c, "work", "instructions an inference", e.Instructions, v.Instructions)
	}
	if v.Spread != nil {
		fmt.Fprintf(c.out, "spread    %s instructions between the vectors\n", thousands(int64(*v.Spread)))
	}
	if v.StackBytes > 0 {
		fmt.Fprintf(c.out, "stack     %s bytes measured\n", thousands(int64(v.StackBytes)))
	}
	verdict := "equal"
	if v.Mismatches > 0 || len(cycleErrors(r)) > 0 {
		verdict = "DIFFERENT"
	}
	fmt.Fprintf(c.out, "result    %s\n", verdict)
}

// side prints an estimate, where there is one, beside its measurement.
func side(c *console, what, unit string, estimated *int, measured int) {
	if measured == 0 {
		return
	}
	if estimated == nil {
		fmt.Fprintf(c.out, "%-9s measured %s %s\n", what, thousands(int64(measured)), unit)
		return
	}
	fmt.Fprintf(c.out, "%-9s estimated %s, measured %s %s\n", what, thousands(int64(*estimated)), thousands(int64(measured)), unit)
}
