package main

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// flagGroups says under which heading --help lists a flag; those that are not here come first.
var flagGroups = map[string][]string{
	"Data":     {"data", "eval", "calib", "input-range"},
	"Numbers":  {"bits", "precision", "input-type", "match", "max-loss", "min-accuracy", "minimize", "float"},
	"Hardware": {"arch", "device", "clock", "ii", "latency", "max-luts", "max-dsp", "max-bram", "solver-time"},
	"Passes":   {"p", "x", "zero-skip", "dump"},
	"Output":   {"o", "out", "name", "package", "option", "vectors", "force", "json", "q"},
}

func init() {
	usual := cli.FlagStringer
	// A flag that is not given changes nothing: 0 and false are no defaults to speak of.
	cli.FlagStringer = func(f cli.Flag) string {
		text := usual(f)
		for _, nothing := range []string{" (default: 0)", " (default: false)", " (default: 0s)"} {
			text = strings.TrimSuffix(text, nothing)
		}
		return text
	}
}

// group puts the flags of a command under headings, where there are many.
func group(cmd *cli.Command) {
	if len(cmd.Flags) < 10 {
		return
	}
	for _, f := range cmd.Flags {
		for heading, names := range flagGroups {
			if slices.Contains(names, f.Names()[0]) {
				setCategory(f, heading)
			}
		}
	}
}

// setCategory sets a field that all kinds of flags have and their interface has not.
func setCategory(f cli.Flag, heading string) {
	switch f := f.(type) {
	case *cli.StringFlag:
		f.Category = heading
	case *cli.StringSliceFlag:
		f.Category = heading
	case *cli.IntFlag:
		f.Category = heading
	case *cli.DurationFlag:
		f.Category = heading
	case *cli.Float64Flag:
		f.Category = heading
	case *cli.GenericFlag:
		f.Category = heading
	case *cli.BoolFlag:
		f.Category = heading
	}
}
