package main

import (
	"fmt"
	"math"
	"path/filepath"
	"slices"

	"github.com/urfave/cli/v2"

	"mlpc/ir"
	"mlpc/ir/diag"
	"mlpc/npz"
	"mlpc/passes"
)

func runCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:      "run",
		Usage:     "run a model on data: its integer meaning, or with --float the model as it came",
		ArgsUsage: "MODEL (an ONNX file, a .mlpc file or an output directory)",
		Flags: append(compileFlags(),
			&cli.BoolFlag{Name: "float", Usage: "run the model as it came, in real arithmetic"},
			&cli.StringFlag{Name: "calib", Usage: "calibration rows, `FILE`; default: the rows of --data"},
			&cli.StringFlag{Name: "out", Usage: "write the outputs into `FILE.npz`"},
			&cli.BoolFlag{Name: "json", Usage: "print the result as JSON"},
			&cli.BoolFlag{Name: "q", Usage: "print no warnings"},
		),
		Action: func(ctx *cli.Context) error { return runModel(ctx, c) },
	}
}

// runResult is what run --json prints.
type runResult struct {
	Rows       int      `json:"rows"`
	Metric     string   `json:"metric,omitempty"`     // accuracy or rmse, where the data have answers
	Value      *float64 `json:"value,omitempty"`      // of the metric
	MaxError   *float64 `json:"max_error,omitempty"`  // largest |got − want| / max(1, |want|) over all expected outputs
	Mismatches *int     `json:"mismatches,omitempty"` // differing integers, where both sides are integers
}

func runModel(ctx *cli.Context, c *console) error {
	c.quiet = ctx.Bool("q")
	path, err := oneArgument(ctx, "a MODEL")
	if err != nil {
		return err
	}
	if ctx.String("data") == "" {
		return usage("name an .npz or .csv file", "run needs --data")
	}
	job, err := prepare(ctx, c, path)
	if err != nil {
		return err
	}
	data := job.calib
	g := job.model.graph
	if !ctx.Bool("float") && !g.IsInteger() {
		if p := ctx.String("calib"); p != "" {
			if job.calib, err = readData(p, g, job.model.labels); err != nil {
				return err
			}
		}
		if err := job.build(ctx, c); err != nil {
			return err
		}
		g = job.program.Graph
	}
	outs, metric, value, err := passes.Measure(g, data.rows)
	if err != nil {
		return withFile(err, filepath.Base(path))
	}
	res := &runResult{Rows: data.rows.Len(), Metric: metric}
	if metric != "" {
		res.Value = finite(value)
	}
	if err := res.compare(g, outs, data, job.model.labels); err != nil {
		return err
	}
	if file := ctx.String("out"); file != "" {
		if err := writeOutputs(file, g, outs); err != nil {
			return fileError(file, err)
		}
	}
	if ctx.Bool("json") {
		return printJSON(c.out, res)
	}
	res.print(c, g)
	return nil
}

// compare sets the largest error, and counts differing integers, against the expected outputs of the data. Where an output has several
// references the nearest one counts. Expected outputs may be those of leading rows only; numbers that are not finite are not compared.
func (res *runResult) compare(g *ir.Graph, outs []*ir.Tensor, data *dataset, labels []string) error {
	worst, wrong, ints := 0.0, 0, false
	for k, refs := range data.want[:min(len(data.want), len(outs))] {
		got := outs[k].Reals
		if n := refs[0].Len(); n > len(got) || n%max(1, outs[k].Size()) != 0 {
			return diag.New(diag.CodeData, diag.Pos{}, "out%d holds %d values, the model gives %d", k, n, len(got)).
				WithHint("give the outputs of the same rows in the model's order")
		}
		whole := refs[0].Ints != nil && isClass(g.Outs[k])
		ints = ints || whole
		least, count := math.Inf(1), 0
		for _, want := range refs {
			if e, n := difference(got, want, labels); e < least {
				least, count = e, n
			}
		}
		worst = max(worst, least)
		if whole {
			wrong += count
		}
	}
	if len(data.want) == 0 {
		return nil
	}
	if res.MaxError = finite(worst); res.MaxError == nil {
		return diag.New(diag.CodeValue, diag.Pos{}, "an output is not a finite number where the expected one is")
	}
	if ints {
		res.Mismatches = &wrong
	}
	return nil
}

// difference gives the largest relative error of outputs against finite expected values, and how many values differ at all.
func difference(got []float64, want *npz.Array, labels []string) (worst float64, count int) {
	for i := range want.Len() {
		w := want.Float(i)
		if want.Texts != nil {
			w = float64(slices.Index(labels, want.Texts[i]))
		}
		if math.IsNaN(w) || math.IsInf(w, 0) {
			continue
		}
		e := math.Abs(got[i]-w) / max(1, math.Abs(w))
		if math.IsNaN(e) {
			e = math.Inf(1)
		}
		if worst = max(worst, e); got[i] != w {
			count++
		}
	}
	return worst, count
}

// isClass tells whether an output's numbers are integers by nature.
func isClass(v *ir.Value) bool {
	for v.Op == ir.OpRoute && len(v.Args) == 1 {
		v = v.Args[0]
	}
	return !v.Type.Elem.IsReal() || v.Op == ir.OpArgMax || v.Op == ir.OpTopK || v.Op == ir.OpCmp
}

// writeOutputs writes out0, out1, …: integers where the graph has integers, real values besides as out0_real.
func writeOutputs(path string, g *ir.Graph, outs []*ir.Tensor) error {
	arrays := map[string]*npz.Array{}
	for k, t := range outs {
		shape := append([]int{t.Rows}, t.Shape...)
		arrays[fmt.Sprintf("out%d", k)] = &npz.Array{Shape: shape, Reals: t.Reals}
		if v := g.Outs[k]; len(v.Type.Scale) > 0 && !v.Type.Elem.IsReal() {
			ints := make([]int64, len(t.Reals))
			for i, x := range t.Reals {
				ints[i] = int64(math.RoundToEven(x/v.Type.Scale[i%len(v.Type.Scale)])) + v.Type.Zero
			}
			arrays[fmt.Sprintf("out%d_int", k)] = &npz.Array{Shape: shape, Ints: ints}
		}
	}
	return npz.Write(path, arrays)
}

func (res *runResult) print(c *console, g *ir.Graph) {
	fmt.Fprintf(c.out, "rows      %s\n", thousands(int64(res.Rows)))
	for _, o := range g.Outs {
		fmt.Fprintf(c.out, "output    %q %v %s\n", o.Name, o.Type.Shape, o.Type.Elem)
	}
	if res.Value != nil {
		fmt.Fprintf(c.out, "%-9s %.6g\n", res.Metric, *res.Value)
	}
	if res.MaxError != nil {
		fmt.Fprintf(c.out, "max error %.3g against the expected outputs\n", *res.MaxError)
	}
	if res.Mismatches != nil {
		fmt.Fprintf(c.out, "wrong     %d integers\n", *res.Mismatches)
	}
}
