package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"mlpc/backends"
	cc "mlpc/backends/c"
	"mlpc/estimator"
	"mlpc/ir"
	"mlpc/ir/diag"
	"mlpc/passes"
	"mlpc/testbench"
)

func compileCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:      "compile",
		Usage:     "compile a model to the files of a target",
		ArgsUsage: "MODEL",
		Flags: append(compileFlags(),
			&cli.StringFlag{Name: "o", Usage: "output `DIR` (default: NAME_TARGET)"},
			&cli.StringFlag{Name: "name", Usage: "base `NAME` of the emitted files"},
			&cli.StringFlag{Name: "package", Usage: "project files for C, `KIND`: " + strings.Join(cc.PackageKinds(), ", ")},
			&cli.StringSliceFlag{Name: "option", Usage: "option of the target, `KEY=VALUE`; mlpc targets lists them"},
			&cli.IntFlag{Name: "vectors", Value: 1024, Usage: "`N` test vectors to store"},
			&cli.BoolFlag{Name: "force", Usage: "replace a directory that mlpc did not make"},
			&cli.BoolFlag{Name: "json", Usage: "print the report as JSON"},
			&cli.BoolFlag{Name: "q", Usage: "print no warnings"},
		),
		Action: func(ctx *cli.Context) error { return compile(ctx, c) },
	}
}

// compilation is one model on its way through the passes.
type compilation struct {
	model   *model
	target  *target
	device  *estimator.Device
	calib   *dataset
	eval    *dataset
	program *ir.Program
	passes  *passes.Report
	cost    *estimator.Report
	use     []string          // options of passes from --config
	options map[string]string // options of the target from --config, where it has them and the user does not say otherwise
}

func compile(ctx *cli.Context, c *console) error {
	c.quiet = ctx.Bool("q")
	path, err := oneArgument(ctx, "a MODEL file")
	if err != nil {
		return err
	}
	if ctx.String("target") == "" && ctx.String("config") == "" {
		return usage("targets: "+strings.Join(targetNames(), ", "), "compile needs --target")
	}
	job, err := prepare(ctx, c, path)
	if err != nil {
		return err
	}
	if job.target == nil {
		return usage("targets: "+strings.Join(targetNames(), ", "), "the configuration names no Backend, so compile needs --target")
	}
	dir := ctx.String("o")
	if dir == "" {
		dir = backends.LegalName(job.model.base) + "_" + job.target.Name
	}
	if err := checkDir(dir, ctx.Bool("force")); err != nil {
		return err
	}
	if _, err := job.targetOptions(ctx); err != nil {
		return err
	}
	if err := job.build(ctx, c); err != nil {
		return err
	}
	files, rep, err := job.files(ctx)
	if err != nil {
		return err
	}
	if err := writeDir(dir, files); err != nil {
		return err
	}
	if ctx.Bool("json") {
		rep.Passes = passesOf(job.passes, true)
		return printJSON(c.out, rep)
	}
	rep.print(c.out)
	fmt.Fprintf(c.out, "wrote     %s (%d files); next: mlpc verify %s\n", dir, len(files), dir)
	return nil
}

// prepare reads the model, the data and what the flags name.
func prepare(ctx *cli.Context, c *console, path string) (*compilation, error) {
	job := &compilation{}
	err := job.findTarget(ctx)
	if err != nil {
		return nil, err
	}
	if job.model, err = loadModel(path); err != nil {
		return nil, err
	}
	if err := job.readConfig(ctx); err != nil {
		return nil, err
	}
	if err := job.findTarget(ctx); err != nil {
		return nil, err
	}
	if d := ctx.String("device"); d != "" {
		dev, err := estimator.FindDevice(d)
		if err != nil {
			return nil, asUsage(err)
		}
		job.device = &dev
	}
	for _, f := range []struct {
		flag string
		to   **dataset
	}{{"data", &job.calib}, {"eval", &job.eval}} {
		if p := ctx.String(f.flag); p != "" {
			if *f.to, err = readData(p, job.model.graph, job.model.labels); err != nil {
				return nil, err
			}
		}
	}
	return job, nil
}

// findTarget sets the target that a flag names.
func (job *compilation) findTarget(ctx *cli.Context) (err error) {
	if t := ctx.String("target"); t != "" && job.target == nil {
		job.target, err = findTarget(t)
	}
	return err
}

// build runs the passes and prices the program.
func (job *compilation) build(ctx *cli.Context, c *console) error {
	cfg, err := job.config(ctx)
	if err != nil {
		return err
	}
	dev := job.pricedOn()
	if dev.Kind == estimator.FPGA {
		limitResources(ctx, &cfg, dev)
	}
	if job.program, job.passes, err = passes.Compile(job.model.graph, cfg); err != nil {
		return asUsage(withFile(err, filepath.Base(job.model.path)))
	}
	if job.passes.Synthetic && job.passes.Match == passes.MatchOwn && !job.model.graph.IsInteger() && ctx.String("bits") != "float" && !c.quiet {
		fmt.Fprintln(c.err, "mlpc: warning: no --data: calibrated on synthetic rows, so ranges may be wrong; give real rows with --data FILE, or --input-range LO,HI")
	}
	warn(c, withFile(job.passes.Warnings, filepath.Base(ctx.String("data"))))
	if job.target == nil {
		return nil
	}
	var problems diag.List
	job.target.Check(job.program, &problems)
	if err := problems.Err(); err != nil {
		return withFile(err, filepath.Base(job.model.path))
	}
	cost, err := estimator.Estimate(job.program, dev)
	if err != nil {
		return err
	}
	job.cost = &cost
	job.serialize(cfg, dev)
	return nil
}

// warn prints what makes a result doubtful, a line each, unless told to be quiet.
func warn(c *console, warnings error) {
	var list diag.List
	if c.quiet || !errors.As(warnings, &list) {
		return
	}
	for _, w := range list {
		fmt.Fprintf(c.err, "mlpc: warning: %v\n", w)
	}
}

// files makes everything that the output directory holds.
func (job *compilation) files(ctx *cli.Context) (backends.Files, *reportFile, error) {
	options, err := job.targetOptions(ctx)
	if err != nil {
		return nil, nil, err
	}
	name := ctx.String("name")
	if name == "" {
		name = job.model.base
	}
	name = backends.LegalName(name, backends.C, backends.CPP, backends.Verilog, backends.Go, backends.Tcl)
	vectors, err := job.vectors(ctx.Int("vectors"))
	if err != nil {
		return nil, nil, err
	}
	files, err := job.target.Emit(backends.Input{Program: job.program, Name: name, Version: version(), Digest: job.model.info.Digest,
		Vectors: vectors, Options: options, Estimate: job.cost.Total.Map()})
	if err != nil {
		return nil, nil, withFile(err, filepath.Base(job.model.path))
	}
	rep := job.report()
	densities, err := job.densities(vectors)
	if err != nil {
		return nil, nil, err
	}
	rep.Notes = append(rep.Notes, densities...)
	files["model.mlpc"] = []byte(job.program.Graph.Print())
	files["vectors/in.txt"] = testbench.FormatVectors(vectors.In)
	files["vectors/out.txt"] = testbench.FormatVectors(vectors.Out)
	if files["report.json"], err = indented(rep); err != nil {
		return nil, nil, err
	}
	g := job.program.Graph
	m := manifest{Name: name, Target: job.target.Name, Arch: job.program.Arch, Model: job.model.info, Options: givenFlags(ctx),
		Inputs: ports(g.Inputs()), Outputs: ports(g.Outs), Labels: job.model.labels, Notes: job.targetNotes()}
	if files["README.md"] == nil {
		files["README.md"] = readme(&m, rep)
	}
	return files, rep, addManifest(files, m)
}

// vectors draws the stored vectors: rows of the data first, then corners and random ones.
func (job *compilation) vectors(n int) (backends.Vectors, error) {
	g := job.program.Graph
	var given [][]int64
	for _, d := range []*dataset{job.eval, job.calib} {
		if d != nil {
			ins, err := passes.Encode(g, d.rows.Head(n).Ins)
			if err != nil {
				return backends.Vectors{}, err
			}
			given = testbench.Pack(ins)
			break
		}
	}
	return testbench.Vectors(g, given, n)
}

// densities says how many activations --zero-skip leaves on the test vectors.
func (job *compilation) densities(vectors backends.Vectors) ([]string, error) {
	rows, err := testbench.Unpack(vectors.In, job.program.Graph.Inputs())
	if err != nil {
		return nil, err
	}
	return cc.Densities(job.program, rows)
}

// targetNotes is what the target says about the files.
func (job *compilation) targetNotes() []string {
	if job.target.Notes == nil {
		return nil
	}
	return job.target.Notes(job.program)
}

func (job *compilation) report() *reportFile {
	var doubts []string
	for _, w := range job.passes.Warnings {
		doubts = append(doubts, w.Error())
	}
	r := &reportFile{Model: job.model.info, Target: job.target.Name, Arch: job.program.Arch, ClockMHz: job.program.ClockMHz,
		Match: string(job.passes.Match), Accuracy: accuracyOf(job.passes), Passes: passesOf(job.passes, false),
		Quantizers: job.passes.Layers, Tables: job.passes.Tables, Front: job.passes.Front,
		Estimate: &job.cost.Total, Layers: withQuantizers(job.cost.Layers, job.passes.Layers), Notes: slices.Concat(job.model.notes, job.passes.Notes, job.targetNotes(), job.tooLarge()), Warnings: doubts}
	if job.device != nil {
		r.Device = job.device.Name
	}
	return r
}
