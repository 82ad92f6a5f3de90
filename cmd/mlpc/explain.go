package main

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"mlpc/ir/diag"
)

func explainCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:      "explain",
		Usage:     "explain an error code, or list the codes",
		ArgsUsage: "[CODE]",
		Action: func(ctx *cli.Context) error {
			if ctx.NArg() == 0 {
				for _, d := range diag.Codes {
					fmt.Fprintf(c.out, "%-22s %s\n", d.Code, d.Means)
				}
				return nil
			}
			code, err := oneArgument(ctx, "a CODE")
			if err != nil {
				return err
			}
			if d, ok := diag.Explain(diag.Code(code)); ok {
				fmt.Fprint(c.out, d)
				return nil
			}
			var names []string
			for _, d := range diag.Codes {
				names = append(names, string(d.Code))
			}
			return usage(orElse(diag.DidYouMean(code, names), "mlpc explain lists the codes"), "no error code %q", code)
		},
	}
}
