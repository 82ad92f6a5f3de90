package main

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
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

// compileFlags are the flags that decide what the integer program is; compile, run, estimate and inspect share them.
func compileFlags() []cli.Flag {
	return append([]cli.Flag{
		&cli.StringFlag{Name: "target", Aliases: []string{"t"}, Usage: "`TARGET` to make: " + strings.Join(targetNames(), ", ")},
		&cli.StringFlag{Name: "data", Usage: "calibration rows, `FILE` (.npz or .csv)"},
		&cli.StringFlag{Name: "eval", Usage: "rows that the loss is measured on, `FILE` (.npz or .csv)"},
		&cli.StringFlag{Name: "input-range", Usage: "range of the inputs where there are no data, `LO,HI`"},
		&cli.StringFlag{Name: "bits", Usage: "`WIDTH` of weights and activations: 4, or w4a8 for different ones, or float"},
		&cli.StringFlag{Name: "match", Usage: "whose `ARITHMETIC` a quantized model follows: ort, exact or tflite"},
		&cli.StringSliceFlag{Name: "p", Usage: "run a `PASS` with options: quantize:bits=4,fc1.w=3; mlpc passes lists them"},
		&cli.StringSliceFlag{Name: "x", Usage: "leave out a `PASS`"},
		&cli.StringFlag{Name: "arch", Usage: "`ARCHITECTURE` of the hardware: stream, unrolled, serial or auto"},
		&cli.StringFlag{Name: "device", Usage: "`DEVICE` to estimate for; mlpc devices lists them"},
		&cli.Float64Flag{Name: "clock", Usage: "clock in `MHz`"},
		&cli.GenericFlag{Name: "ii", Value: &cycleCount{}, Usage: "most clock `CYCLES` from sample to sample, or a time: 1us"},
		&cli.GenericFlag{Name: "latency", Value: &cycleCount{}, Usage: "most clock `CYCLES` of one sample, or a time: 100ns"},
		&cli.IntFlag{Name: "max-luts", Usage: "most LUTs, `N`"},
		&cli.IntFlag{Name: "max-dsp", Usage: "most DSP blocks, `N`"},
		&cli.IntFlag{Name: "max-bram", Usage: "most block RAMs, `N`"},
		&cli.BoolFlag{Name: "zero-skip", Usage: "c: no time for inputs of 0 behind a ReLU; the time then tells about the data"},
		&cli.StringFlag{Name: "dump", Usage: "write the graph after each pass into `DIR`"},
	}, append(configFlags(), goalFlags()...)...)
}

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

// asUsage turns a problem with an option into a fault of the command line.
func asUsage(err error) error {
	if de, ok := err.(*diag.Error); ok && de.Code == diag.CodeOption {
		return usage(de.Hint, "%s", de.Msg)
	}
	if l, ok := err.(diag.List); ok && len(l) > 0 && l[0].Code == diag.CodeOption {
		return usage(l[0].Hint, "%s", l[0].Msg)
	}
	return err
}

// checkNumbers refuses flags that count something and are given as less than one.
func checkNumbers(ctx *cli.Context) error {
	for _, name := range []string{"max-luts", "max-dsp", "max-bram", "vectors", "clock"} {
		least := 1.0
		if name == "max-dsp" || name == "max-bram" {
			least = 0
		}
		x := float64(ctx.Int(name))
		if name == "clock" {
			x, least = ctx.Float64(name), math.SmallestNonzeroFloat64
		}
		if ctx.IsSet(name) && !(x >= least && x <= math.MaxInt32) {
			return usage("give a positive number, or leave the flag out", "--%s %v is out of range", name, ctx.Value(name))
		}
	}
	return nil
}

// config reads the flags of the passes.
func (job *compilation) config(ctx *cli.Context) (passes.Config, error) {
	if err := checkNumbers(ctx); err != nil {
		return passes.Config{}, err
	}
	precision, err := precisionOptions(ctx)
	if err != nil {
		return passes.Config{}, err
	}
	cfg := passes.Config{Use: slices.Concat(job.use, precision, passFlags(ctx)), Drop: ctx.StringSlice("x"), Match: passes.Match(ctx.String("match")),
		Arch: ctx.String("arch"), ClockMHz: ctx.Float64("clock"), MaxLUTs: ctx.Int("max-luts")}
	if cfg.II, err = cyclesOf(ctx, "ii", cfg.ClockMHz); err != nil {
		return cfg, err
	}
	if cfg.Latency, err = cyclesOf(ctx, "latency", cfg.ClockMHz); err != nil {
		return cfg, err
	}
	if !slices.Contains([]passes.Match{passes.MatchAuto, passes.MatchORT, passes.MatchExact, passes.MatchTFLite}, cfg.Match) {
		return cfg, usage("give ort, exact or tflite", "no arithmetic %q to match", cfg.Match)
	}
	if job.target != nil {
		cfg.Target = job.target.Name
		if err := job.checkArch(cfg.Arch); err != nil {
			return cfg, err
		}
		if err := job.checkCircuit(ctx); err != nil {
			return cfg, err
		}
	}
	if job.calib != nil {
		cfg.Calib = job.calib.rows
	}
	if job.eval != nil {
		cfg.Eval = job.eval.rows
	}
	if s := ctx.String("input-range"); s != "" {
		lo, hi, ok := strings.Cut(s, ",")
		l, err1 := strconv.ParseFloat(lo, 64)
		h, err2 := strconv.ParseFloat(hi, 64)
		if !ok || err1 != nil || err2 != nil || !(l < h) {
			return cfg, usage("write two numbers, the lower first: --input-range=-1,1", "--input-range %q is no range", s)
		}
		cfg.InputRange = [2]float64{l, h}
	}
	cfg.InputType = ctx.String("input-type")
	goal, err := goalOf(ctx)
	if err != nil {
		return cfg, err
	}
	cfg.Goal = goal
	if d := ctx.String("dump"); d != "" {
		if err := os.MkdirAll(d, 0o777); err != nil {
			return cfg, fileError(d, err)
		}
		cfg.Dump = func(i int, pass string, g *ir.Graph) error {
			return os.WriteFile(filepath.Join(d, fmt.Sprintf("%02d-%s.mlpc", i, pass)), []byte(g.Print()), 0o666)
		}
	}
	return cfg, nil
}

// passFlags gives what -p and --bits say, in one item for each pass, so that nothing may be said twice.
func passFlags(ctx *cli.Context) []string {
	said := ctx.StringSlice("p")
	switch b := ctx.String("bits"); b {
	case "":
	case "float":
		said = append(said, "single")
	default:
		said = append(said, "quantize:bits="+b)
	}
	if ctx.Bool("zero-skip") {
		said = append(said, "schedule:zero-skip=yes")
	}
	var use []string
	at := map[string]int{}
	for _, s := range said {
		name, list, _ := strings.Cut(s, ":")
		i, ok := at[name]
		switch {
		case !ok:
			at[name] = len(use)
			use = append(use, s)
		case list != "" && strings.Contains(use[i], ":"):
			use[i] += "," + list
		case list != "":
			use[i] = s
		}
	}
	return use
}

func (job *compilation) checkArch(arch string) error {
	archs := job.target.Archs
	if arch == "" || arch == "auto" && len(archs) > 0 || slices.Contains(archs, arch) {
		return nil
	}
	if len(archs) == 0 {
		return usage("leave --arch out", "target %s has no architectures", job.target.Name)
	}
	return usage(orElse(diag.DidYouMean(arch, archs), "architectures: "+strings.Join(archs, ", ")+", auto"), "target %s has no architecture %q", job.target.Name, arch)
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

// serialize takes the architecture serial where nothing speaks against it and a streaming circuit does not fit the device that the user
// named, but a serial one does.
func (job *compilation) serialize(cfg passes.Config, dev estimator.Device) {
	free := cfg.Arch == "" || cfg.Arch == "auto"
	if !free || job.device == nil || job.target.Name != "verilog" || cfg.II > 0 || cfg.Latency > 0 || len(job.cost.Total.Fits(dev)) == 0 {
		return
	}
	cfg.Arch, cfg.Dump = "serial", nil
	memories := []string{"rom"}
	if dev.HasSPRAM() {
		memories = append(memories, "spram")
	}
	use := cfg.Use
	for _, weights := range memories {
		cfg.Use = withOption(use, "schedule", "weights="+weights)
		program, report, err := passes.Compile(job.model.graph, cfg)
		if err != nil {
			continue
		}
		cost, err := estimator.Estimate(program, dev)
		if err == nil && len(cost.Total.Fits(dev)) == 0 {
			report.Notes = append(report.Notes, "no streaming circuit fits "+dev.Name+": the architecture is serial, its weights in "+weights)
			job.program, job.passes, job.cost = program, report, &cost
			return
		}
	}
}

// withOption adds an option to what the user says of a pass.
func withOption(use []string, pass, option string) []string {
	use = slices.Clone(use)
	for i, u := range use {
		switch {
		case u == pass:
			use[i] = pass + ":" + option
			return use
		case strings.HasPrefix(u, pass+":"):
			use[i] = u + "," + option
			return use
		}
	}
	return append(use, pass+":"+option)
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

// limitResources lets the device's prices steer the folding, within the budgets that the user gave.
func limitResources(ctx *cli.Context, cfg *passes.Config, dev estimator.Device) {
	luts, _, _ := estimator.LayerCosts(dev)
	cfg.Cost, cfg.RoomLUTs = luts, dev.LUTs
	for _, l := range blockLimits(dev) {
		if name := strings.TrimPrefix(l.Flag, "--"); ctx.IsSet(name) {
			l.Most, l.Spare = ctx.Int(name), false
		}
		if l.Most > 0 || !l.Spare {
			cfg.Limits = append(cfg.Limits, l)
		}
	}
}

// blockLimits are the DSP blocks and block RAMs of a device, which a circuit may take where that saves LUTs.
func blockLimits(dev estimator.Device) []passes.Limit {
	_, dsps, brams := estimator.LayerCosts(dev)
	return []passes.Limit{{What: "DSP blocks", Flag: "--max-dsp", Cost: dsps, Most: dev.DSPs, Spare: true}, {What: "block RAMs", Flag: "--max-bram", Cost: brams, Most: dev.BRAMs, Spare: true}}
}

// spareBlocks are those that the device has any of.
func spareBlocks(dev estimator.Device) []passes.Limit {
	return slices.DeleteFunc(blockLimits(dev), func(l passes.Limit) bool { return l.Most == 0 })
}

// pricedOn is the device that the user named, else the target's default one.
func (job *compilation) pricedOn() estimator.Device {
	switch {
	case job.device != nil:
		return *job.device
	case job.target != nil:
		return estimator.DefaultDevice(job.target.Name)
	}
	return estimator.Device{}
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

// givenFlags lists the flags that shape the program, as given; file names without their folders.
func givenFlags(ctx *cli.Context) map[string]string {
	given := map[string]string{}
	for _, f := range append(compileFlags(), &cli.StringSliceFlag{Name: "option"}, &cli.StringFlag{Name: "package"}) {
		name := f.Names()[0]
		if !ctx.IsSet(name) || name == "dump" {
			continue
		}
		switch f.(type) {
		case *cli.StringSliceFlag:
			given[name] = strings.Join(ctx.StringSlice(name), " ")
		default:
			given[name] = fmt.Sprint(ctx.Value(name))
		}
		if name == "data" || name == "eval" || name == "config" {
			given[name] = filepath.Base(given[name])
		}
	}
	return given
}

func (job *compilation) targetOptions(ctx *cli.Context) (map[string]string, error) {
	options := map[string]string{}
	for _, o := range job.target.Options {
		options[o.Name] = o.Default
		if o.Name == "part" && job.device != nil && job.device.Part != "" {
			options[o.Name] = job.device.Part
		}
		if v := job.options[o.Name]; v != "" {
			options[o.Name] = v
		}
	}
	known := slices.Sorted(maps.Keys(options))
	pairs := ctx.StringSlice("option")
	if p := ctx.String("package"); p != "" {
		pairs = append(pairs, "package="+p)
	}
	for _, kv := range pairs {
		k, v, ok := strings.Cut(kv, "=")
		if !ok {
			return nil, usage("write KEY=VALUE", "--option %q has no value", kv)
		}
		if _, ok := options[k]; !ok {
			return nil, usage(orElse(diag.DidYouMean(k, known), "options: "+orElse(strings.Join(known, ", "), "none")), "target %s has no option %q", job.target.Name, k)
		}
		options[k] = v
	}
	return options, nil
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

// tooLarge says what the device lacks, and what to do about it.
func (job *compilation) tooLarge() []string {
	over := job.cost.Total.Fits(job.pricedOn())
	if len(over) == 0 {
		return nil
	}
	cost := "bytes"
	if isCircuit(job.target.Name) {
		cost = "luts"
	}
	return append(over, "to make it fit: narrower weights (--bits w4a8), a search for the narrowest (--max-loss 0.5% --minimize "+cost+"), or a larger --device")
}

func (job *compilation) report() *reportFile {
	var doubts []string
	for _, w := range job.passes.Warnings {
		doubts = append(doubts, w.Error())
	}
	r := &reportFile{Model: job.model.info, Target: job.target.Name, Arch: job.program.Arch, ClockMHz: job.program.ClockMHz,
		Match: string(job.passes.Match), Accuracy: accuracyOf(job.passes), Passes: passesOf(job.passes, false),
		Quantizers: job.passes.Layers, Tables: job.passes.Tables, Front: job.passes.Front,
		Estimate: &job.cost.Total, Layers: withQuantizers(job.cost.Layers, job.passes.Layers), Notes: slices.Concat(job.model.notes, job.passes.Notes, job.targetNotes(), job.tooLarge(), doubts)}
	if job.device != nil {
		r.Device = job.device.Name
	}
	return r
}
