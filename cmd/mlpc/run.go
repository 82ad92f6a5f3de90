package main

import (
	"fmt"
	"math"
	"path/filepath"
	"slices"

	"github.com/urfave/cli/v2"

	"mlpc/ir"
	"mlpc/ir/diag"
	"mlpc/ir/onnx"
	"mlpc/npz"
	"mlpc/passes"
)

func runCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:      "run",
		Usage:     "run a model on data: its integer meaning, or with --float the model as it came",
		ArgsUsage: "MODEL (an ONNX file, a .mlpc file or an output directory)",
		Flags: append(runFlags(),
			&cli.BoolFlag{Name: "float", Usage: "run the model as it came, in real arithmetic"},
			&cli.StringFlag{Name: "calib", Usage: "calibration rows, `FILE`; default: the rows of --data"},
			&cli.StringFlag{Name: "out", Usage: "write the outputs into `FILE.npz`"},
			&cli.BoolFlag{Name: "json", Usage: "print the result as JSON"},
			&cli.BoolFlag{Name: "q", Usage: "print no warnings"},
		),
		Action: func(ctx *cli.Context) error { return runModel(ctx, c) },
	}
}

// runFlags are the flags of compile, whose data are run here and calibrate only where --calib gives no others.
func runFlags() []cli.Flag {
	var flags []cli.Flag
	for _, f := range compileFlags() {
		if s, ok := f.(*cli.StringFlag); ok && s.Name == "data" {
			s.Usage = "rows to run, `FILE` (.npz or .csv); with label, target or outK also the right answers"
		}
		if f.Names()[0] != "eval" {
			flags = append(flags, f)
		}
	}
	return flags
}

// runResult is what run --json prints.
type runResult struct {
	Rows       int      `json:"rows"`
	Metric     string   `json:"metric,omitempty"`     // accuracy or rmse, where the data have answers
	Value      *float64 `json:"value,omitempty"`      // of the metric
	MaxError   *float64 `json:"max_error,omitempty"`  // largest |got − want| / max(1, |want|) over all expected outputs
	Arithmetic string   `json:"arithmetic,omitempty"` // float32 where max_error is that of float32 arithmetic
	RealError  *float64 `json:"real_error,omitempty"` // the same over the reals; absent where it is infinite
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
	if err := res.compare(job.model, g, outs, data); err != nil {
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

// floatNoise is the largest error that no one asks about: some roundings of float32.
const floatNoise = 1e-5

// compare sets the largest error, and counts differing integers, against the expected outputs of the data. Expected outputs of an ONNX
// file come from float32 arithmetic as a rule; where g, over the reals, differs from them by more than floatNoise, the file's own
// operators are run in float32 too, and the nearer result counts.
func (res *runResult) compare(m *model, g *ir.Graph, outs []*ir.Tensor, data *dataset) error {
	if len(data.want) == 0 {
		return nil
	}
	d, err := differences(g, outs, data, m.labels)
	if err != nil {
		return err
	}
	if m.onnx != nil && g == m.graph && d.worst > floatNoise {
		single, err := float32Differences(m, data)
		if err != nil {
			return err
		}
		if single.worst < d.worst {
			res.Arithmetic, res.RealError, d = "float32", finite(d.worst), single
		}
	}
	if res.MaxError = finite(d.worst); res.MaxError == nil {
		return diag.New(diag.CodeValue, diag.Pos{}, "one of an output and its expected value is no finite number")
	}
	if d.ints {
		res.Mismatches = &d.wrong
	}
	return nil
}

// comparison is how outputs differ from the expected ones.
type comparison struct {
	worst float64 // largest |got − want| / max(1, |want|)
	wrong int     // integers that differ
	ints  bool    // some expected outputs are integers
}

// float32Differences compares the outputs of an ONNX file in float32.
func float32Differences(m *model, data *dataset) (comparison, error) {
	literal, err := onnx.Import(m.path, onnx.Options{Literal: true})
	if err != nil {
		return comparison{}, err
	}
	outs, err := ir.RunFloat32(literal.Graph, data.rows.Ins)
	if err != nil {
		return comparison{}, err
	}
	return differences(literal.Graph, outs, data, m.labels)
}

// differences compares outputs with the expected ones. Where an output has several references the nearest one counts. Expected outputs
// may be those of leading rows only.
func differences(g *ir.Graph, outs []*ir.Tensor, data *dataset, labels []string) (comparison, error) {
	var d comparison
	for k, refs := range data.want[:min(len(data.want), len(outs))] {
		got := outs[k].Reals
		if n := refs[0].Len(); n > len(got) || n%max(1, outs[k].Size()) != 0 {
			return d, diag.New(diag.CodeData, diag.Pos{}, "out%d holds %d values, the model gives %d", k, n, len(got)).
				WithHint("give the outputs of the same rows in the model's order")
		}
		whole := refs[0].Ints != nil && isClass(g.Outs[k])
		d.ints = d.ints || whole
		least, count := math.Inf(1), 0
		for _, want := range refs {
			if e, n := difference(got, want, labels); e <= least {
				least, count = e, n
			}
		}
		d.worst = max(d.worst, least)
		if whole {
			d.wrong += count
		}
	}
	return d, nil
}

// difference gives the largest relative error of outputs against expected values, and how many values differ at all. Equal infinities
// and two NaNs do not differ; an infinity or NaN on one side only is an infinite error.
func difference(got []float64, want *npz.Array, labels []string) (worst float64, count int) {
	for i := range want.Len() {
		w := want.Float(i)
		if want.Texts != nil {
			w = float64(slices.Index(labels, want.Texts[i]))
		}
		if got[i] == w || math.IsNaN(got[i]) && math.IsNaN(w) {
			continue
		}
		count++
		e := math.Abs(got[i]-w) / max(1, math.Abs(w))
		if math.IsNaN(e) {
			e = math.Inf(1)
		}
		worst = max(worst, e)
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
				if n := len(v.Type.Offset); n > 0 {
					x -= v.Type.Offset[i%n]
				}
				ints[i] = int64(math.RoundToEven(x/v.Type.Scale[i%len(v.Type.Scale)])) + v.Type.Zero
			}
			arrays[fmt.Sprintf("out%d_int", k)] = &npz.Array{Shape: shape, Ints: ints}
		}
	}
	return npz.Write(path, arrays)
}

// arithmetic says what max_error is the error of where that is not the real result.
func (res *runResult) arithmetic() string {
	if res.Arithmetic == "" {
		return ""
	}
	if res.RealError == nil {
		return ", in float32 as ONNX Runtime computes; over the reals only one side is infinite"
	}
	return fmt.Sprintf(", in float32 as ONNX Runtime computes; %.3g over the reals", *res.RealError)
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
		fmt.Fprintf(c.out, "max error %.3g against the expected outputs%s\n", *res.MaxError, res.arithmetic())
	}
	if res.Mismatches != nil {
		fmt.Fprintf(c.out, "wrong     %d integers\n", *res.Mismatches)
	}
}
