package main

import (
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"mlpc/estimator"
	"mlpc/ir"
	"mlpc/passes"
)

// point is one design that explore looked at.
type point struct {
	Arch    string            `json:"arch"`
	Figures estimator.Figures `json:"estimate"`
	Exceeds []string          `json:"exceeds,omitempty"` // what of the device it exceeds
	Flags   string            `json:"flags"`             // of mlpc compile, to get it
}

func exploreCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:      "explore",
		Usage:     "list the designs of a model on an FPGA that no other beats in pace and resources",
		ArgsUsage: "MODEL",
		Flags: append(compileFlags(),
			&cli.IntFlag{Name: "points", Value: 16, Usage: "`N` streaming designs to look at"},
			&cli.BoolFlag{Name: "json", Usage: "print the designs as JSON"},
			&cli.BoolFlag{Name: "q", Usage: "print no warnings"},
		),
		Action: func(ctx *cli.Context) error { return explore(ctx, c) },
	}
}

func explore(ctx *cli.Context, c *console) error {
	c.quiet = ctx.Bool("q")
	path, err := oneArgument(ctx, "a MODEL")
	if err != nil {
		return err
	}
	if t := ctx.String("target"); t != "verilog" && t != "hls" {
		return usage("give --target verilog or --target hls", "explore needs a hardware target")
	}
	if n := ctx.Int("points"); n < 1 || n > 1000 {
		return usage("give 1 to 1000", "--points is %d", n)
	}
	job, err := prepare(ctx, c, path)
	if err != nil {
		return err
	}
	if err := job.build(ctx, c); err != nil {
		return err
	}
	points, err := job.designs(ctx.Int("points"))
	if err != nil {
		return withFile(err, filepath.Base(path))
	}
	if ctx.Bool("json") {
		return printJSON(c.out, points)
	}
	return c.printPoints(points)
}

// maxUnrolled is the number of MACs up to which explore also unrolls the model.
const maxUnrolled = 20000

// foldings prices streaming designs at n paces from that of the slowest layer with one multiplier to the fastest.
func (job *compilation) foldings(n, slowest int, dev estimator.Device) ([]point, error) {
	luts, _, _ := estimator.LayerCosts(dev)
	var times passes.Times
	if job.target.Name == "hls" {
		times = estimator.HLSTimes
	}
	var all []point
	last := 0
	for i := range n {
		ii := int(math.Round(math.Pow(float64(slowest), float64(n-i)/float64(n))))
		if ii == last {
			continue
		}
		last = ii
		p := &ir.Program{Graph: job.program.Graph, Target: job.target.Name, ClockMHz: job.program.ClockMHz}
		if err := passes.Stream(p, passes.StreamOptions{II: ii, Cost: luts, Limits: spareBlocks(dev), Untimed: p.Target == "hls", Times: times}); err != nil {
			if len(all) == 0 && i < n-1 {
				continue // slower than the largest dense layer is some other layer
			}
			break // no folding is as fast
		}
		pt, err := priced(p, dev, fmt.Sprintf("--arch stream --ii %d", ii))
		if err != nil {
			return nil, err
		}
		all = append(all, pt)
	}
	return all, nil
}

// designs gives the front of streaming designs over the paces from one multiplier a layer to all, and the unrolled design.
func (job *compilation) designs(n int) ([]point, error) {
	dev := job.pricedOn()
	slowest := 1
	macs := 0
	for _, v := range job.program.Graph.Values {
		if v.Op == ir.OpDense {
			work := v.Type.Size() * v.Args[1].Type.Shape[1]
			slowest, macs = max(slowest, work), macs+work
		}
	}
	all, err := job.foldings(n, slowest, dev)
	if err != nil {
		return nil, err
	}
	if job.target.Name == "verilog" && macs <= maxUnrolled {
		p := &ir.Program{Graph: job.program.Graph, Target: job.target.Name, Arch: "unrolled", ClockMHz: job.program.ClockMHz}
		if passes.Unrolled(p, passes.UnrolledOptions{}) == nil {
			pt, err := priced(p, dev, "--arch unrolled")
			if err != nil {
				return nil, err
			}
			all = append(all, pt)
		}
	}
	figures := make([]estimator.Figures, len(all))
	for i := range all {
		figures[i] = all[i].Figures
	}
	var front []point
	for _, i := range estimator.Front(figures) {
		front = append(front, all[i])
	}
	return front, nil
}

func priced(p *ir.Program, dev estimator.Device, flags string) (point, error) {
	cost, err := estimator.Estimate(p, dev)
	if err != nil {
		return point{}, err
	}
	return point{Arch: p.Arch, Figures: cost.Total, Exceeds: cost.Total.Fits(dev), Flags: flags}, nil
}

func (c *console) printPoints(points []point) error {
	w := tabwriter.NewWriter(c.out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "II\tlatency\tLUT or LC\tFF\tDSP\tBRAM\tflags\tfits")
	for _, p := range points {
		f := p.Figures
		logic := f.LUT
		if logic == nil {
			logic = f.LC
		}
		fits := "yes"
		if len(p.Exceeds) > 0 {
			fits = strings.Join(p.Exceeds, "; ")
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", optional(f.IICycles), optional(f.LatencyCycles), optional(logic),
			optional(f.FF), optional(f.DSP), optional(f.BRAM), p.Flags, fits)
	}
	return w.Flush()
}
