package main

import (
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"mlpc/ir"
	"mlpc/ir/diag"
	"mlpc/passes"
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
		&cli.DurationFlag{Name: "solver-time", Usage: "unrolled: search longer for shared adders, about `DURATION` (20s) on one core; steps are counted, so that every machine gives the same files"},
		&cli.BoolFlag{Name: "zero-skip", Usage: "c: no time for inputs of 0 behind a ReLU; the time then tells about the data"},
		&cli.StringFlag{Name: "dump", Usage: "write the graph after each pass into `DIR`"},
	}, append(configFlags(), goalFlags()...)...)
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
	if cfg.SolverTime = ctx.Duration("solver-time"); cfg.SolverTime < 0 || cfg.SolverTime > 24*time.Hour {
		return cfg, usage("give a time up to 24h", "--solver-time %v is out of range", cfg.SolverTime)
	}
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
	if cfg.InputRange, err = rangeOf(ctx); err != nil {
		return cfg, err
	}
	cfg.InputType = ctx.String("input-type")
	if cfg.Goal, err = goalOf(ctx); err != nil {
		return cfg, err
	}
	cfg.Dump, err = dumpInto(ctx.String("dump"))
	return cfg, err
}

// rangeOf reads --input-range; zeros where it is not given.
func rangeOf(ctx *cli.Context) (r [2]float64, err error) {
	s := ctx.String("input-range")
	if s == "" {
		return r, nil
	}
	lo, hi, ok := strings.Cut(s, ",")
	l, err1 := strconv.ParseFloat(lo, 64)
	h, err2 := strconv.ParseFloat(hi, 64)
	if !ok || err1 != nil || err2 != nil || !(l < h) {
		return r, usage("write two numbers, the lower first: --input-range=-1,1", "--input-range %q is no range", s)
	}
	return [2]float64{l, h}, nil
}

// dumpInto makes a directory and gives what writes a graph after each pass there; nil without a directory.
func dumpInto(dir string) (func(i int, pass string, g *ir.Graph) error, error) {
	if dir == "" {
		return nil, nil
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, fileError(dir, err)
	}
	return func(i int, pass string, g *ir.Graph) error {
		return os.WriteFile(filepath.Join(dir, fmt.Sprintf("%02d-%s.mlpc", i, pass)), []byte(g.Print()), 0o666)
	}, nil
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
