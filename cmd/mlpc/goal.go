package main

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"mlpc/passes"
)

// goalFlags choose the widths of weights by what they may cost.
func goalFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "max-loss", Usage: "search weight widths that lose at most `LOSS`, 0.5% or 0.005"},
		&cli.Float64Flag{Name: "min-accuracy", Usage: "search weight widths that keep an accuracy of `FRACTION`"},
		&cli.StringFlag{Name: "minimize", Usage: "`COST` that the search makes small: bits, bytes or luts"},
		&cli.StringFlag{Name: "input-type", Usage: "`TYPE` of the inputs: ap_fixed<8,4>, int8@0.05, …"},
	}
}

// goalOf reads the flags of the search; nil where none is given.
func goalOf(ctx *cli.Context) (*passes.Goal, error) {
	goal := &passes.Goal{MinAccuracy: ctx.Float64("min-accuracy"), Minimize: ctx.String("minimize")}
	loss := ctx.String("max-loss")
	switch {
	case goal.Minimize != "" && !slices.Contains([]string{"bits", "bytes", "luts"}, goal.Minimize):
		return nil, usage("give bits, bytes or luts", "--minimize %q is nothing that a search makes small", goal.Minimize)
	case loss != "" && ctx.IsSet("min-accuracy"):
		return nil, usage("give one of them", "--max-loss and --min-accuracy are both given")
	case ctx.IsSet("min-accuracy"):
		if !(goal.MinAccuracy > 0 && goal.MinAccuracy <= 1) {
			return nil, usage("write a fraction, 0.975", "--min-accuracy %g is not above 0 and at most 1", goal.MinAccuracy)
		}
		return goal, nil
	case loss != "":
		number, percent := strings.CutSuffix(loss, "%")
		x, err := strconv.ParseFloat(number, 64)
		if percent {
			x /= 100
		}
		if err != nil || !(x >= 0 && x < 1) {
			return nil, usage("write --max-loss 0.5%", "--max-loss %q is no loss from 0 to 100 %%", loss)
		}
		goal.MaxLoss = x
		return goal, nil
	case goal.Minimize != "":
		return nil, usage("give --max-loss or --min-accuracy too", "--minimize has no limit to keep to")
	}
	return nil, nil
}

// printFront writes what a search for widths found, the dearest first.
func printFront(w io.Writer, front []passes.Point) {
	for i, p := range front {
		label := ""
		if i == 0 {
			label = "front"
		}
		fmt.Fprintf(w, "%-10s%s %s of weights, loss %.4f: %s bits\n", label, thousands(int64(p.Cost)), p.Unit, p.Loss, p.Widths)
	}
}
