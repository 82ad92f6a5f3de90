package main

import (
	"fmt"
	"slices"
	"strconv"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"mlpc/estimator"
)

func estimateCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:      "estimate",
		Usage:     "estimate cycles and resources of a model on a target, or print the estimate of an output directory",
		ArgsUsage: "MODEL",
		Flags: append(compileFlags(),
			&cli.StringFlag{Name: "from-report", Usage: "compare with the C synthesis report in the HLS project `DIR`"},
			&cli.BoolFlag{Name: "json", Usage: "print the report as JSON"},
			&cli.BoolFlag{Name: "q", Usage: "print no warnings"},
		),
		Action: func(ctx *cli.Context) error { return estimate(ctx, c) },
	}
}

func estimate(ctx *cli.Context, c *console) error {
	c.quiet = ctx.Bool("q")
	path, err := oneArgument(ctx, "a MODEL")
	if err != nil {
		return err
	}
	job, err := prepare(ctx, c, path)
	if err != nil {
		return err
	}
	var rep *reportFile
	switch {
	case job.model.dir != nil:
		if rep, err = readReport(path); err != nil {
			return err
		}
	case job.target == nil:
		return usage("give the target, as for compile", "estimate needs --target")
	default:
		if err := job.build(ctx, c); err != nil {
			return err
		}
		rep = job.report()
	}
	if ctx.Bool("json") {
		return printJSON(c.out, rep)
	}
	rep.print(c.out)
	c.printRoofline(job)
	if err := printLayers(c, rep.Layers); err != nil {
		return err
	}
	if dir := ctx.String("from-report"); dir != "" {
		return c.compareVendor(rep, dir)
	}
	return nil
}

// printLayers writes what each layer of a circuit takes; programs have no such figures.
func printLayers(c *console, layers []estimator.Layer) error {
	if !slices.ContainsFunc(layers, func(l estimator.Layer) bool { return l.Cycles > 0 || l.LUT != nil }) {
		return nil
	}
	w := tabwriter.NewWriter(c.out, 0, 8, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "layer\top\tPE\tSIMD\tcycles\tLUT\tFF\tDSP\tBRAM\t")
	for _, l := range layers {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t\n", l.Name, l.Op, dash(l.PE), dash(l.SIMD), dash(l.Cycles),
			optional(l.LUT), optional(l.FF), optional(l.DSP), optional(l.BRAM))
	}
	return w.Flush()
}

func optional(p *int) string {
	if p == nil {
		return "-"
	}
	return strconv.Itoa(*p)
}
