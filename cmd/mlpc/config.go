package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"mlpc/estimator"
	"mlpc/hls4ml"
)

// configFlags take what users of HLS tools bring along.
func configFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "config", Usage: "hls4ml's configuration, `FILE` (.yml or .json): precision, reuse factors, strategy, part, clock; other flags go before it"},
		&cli.StringSliceFlag{Name: "precision", Usage: "`TYPE` of weights, biases and activations: fixed<16,6>; or of a layer: fc1=ap_fixed<8,3>, fc1.weight=int8"},
	}
}

// readConfig reads --config and sets the flags that the user left out.
func (job *compilation) readConfig(ctx *cli.Context) error {
	path := ctx.String("config")
	if path == "" {
		return nil
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return fileError(path, err)
	}
	s, err := hls4ml.Read(filepath.Base(path), data, job.model.graph)
	if err != nil {
		return err
	}
	job.use, job.model.notes = s.Passes, slices.Concat(job.model.notes, s.Notes)
	flags := []flagValue{{"target", s.Target}, {"o", s.OutputDir}, {"name", s.Name}}
	if t := orElse(ctx.String("target"), s.Target); isCircuit(t) {
		flags = append(flags, flagValue{"arch", s.Arch}, flagValue{"ii", number(float64(s.II))}, flagValue{"clock", number(s.ClockMHz)}, flagValue{"device", deviceOf(s.Part)})
	}
	for _, f := range flags {
		if f.value == "" || ctx.IsSet(f.name) || !hasFlag(ctx, f.name) {
			continue
		}
		if err := ctx.Set(f.name, f.value); err != nil {
			return usage("", "--config: %v", err)
		}
	}
	job.options = map[string]string{"part": s.Part, "io": s.IOType, "uncertainty": s.Uncertainty}
	return nil
}

// flagValue is a flag with what it is set to.
type flagValue struct{ name, value string }

// isCircuit tells whether a target is hardware, which flags of cycles and logic speak of.
func isCircuit(target string) bool { return target == "verilog" || target == "hls" }

// circuitFlags are the flags that say nothing to a program.
var circuitFlags = []string{"ii", "latency", "max-luts", "max-dsp", "max-bram", "solver-time"}

// checkCircuit refuses flags of hardware for a target that is none.
func (job *compilation) checkCircuit(ctx *cli.Context) error {
	if job.target == nil || isCircuit(job.target.Name) {
		return nil
	}
	for _, name := range circuitFlags {
		if ctx.IsSet(name) {
			return usage("leave it out, or compile to verilog or hls", "--%s is for circuits, and target %s is a program", name, job.target.Name)
		}
	}
	return nil
}

// number writes a number that may be a flag's value; "" for 0.
func number(x float64) string {
	if x == 0 {
		return ""
	}
	return strconv.FormatFloat(x, 'g', -1, 64)
}

// hasFlag tells whether the command has a flag.
func hasFlag(ctx *cli.Context, name string) bool {
	return slices.ContainsFunc(ctx.Command.Flags, func(f cli.Flag) bool { return slices.Contains(f.Names(), name) })
}

// deviceOf gives the device whose name a vendor's part starts with, "" for none.
func deviceOf(part string) string {
	for n := len(part); n > 4; n-- {
		if d, err := estimator.FindDevice(part[:n]); err == nil {
			return d.Name
		}
	}
	return ""
}

// precisionOptions gives the options of quantize for --precision.
func precisionOptions(ctx *cli.Context) ([]string, error) {
	var list []string
	for _, p := range ctx.StringSlice("precision") {
		layer, typ := "", p
		if i := strings.LastIndexByte(p, '='); i >= 0 {
			layer, typ = p[:i], p[i+1:]
		}
		parts := []string{"weight", "bias", "result"}
		for _, part := range parts {
			if rest, ok := strings.CutSuffix(layer, "."+part); ok || layer == part {
				layer, parts = rest, []string{part}
				if !ok {
					layer = ""
				}
				break
			}
		}
		if strings.ContainsAny(layer, ",<>") || typ == "" {
			return nil, usage("write TYPE, LAYER=TYPE or LAYER.weight=TYPE", "--precision %q names no type", p)
		}
		for _, part := range parts {
			name := part
			if layer != "" {
				name = layer + "." + part
			}
			list = append(list, fmt.Sprintf("quantize:%s=%s", name, typ))
		}
	}
	return list, nil
}
