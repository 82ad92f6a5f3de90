package main

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"mlpc/passes"
)

func passesCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:  "passes",
		Usage: "list the passes in the order they run, with their options",
		Action: func(ctx *cli.Context) error {
			if err := noArguments(ctx); err != nil {
				return err
			}
			w := tabwriter.NewWriter(c.out, 0, 8, 2, ' ', 0)
			for _, p := range passes.All {
				runs := "on request"
				if p.Default {
					runs = "by default"
				}
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", p.Name, p.Effect, runs, p.Doc)
				for _, o := range p.Options {
					fmt.Fprintf(w, "\t\t\t  -p %s:%s=%s: %s\n", p.Name, o.Name, orElse(o.Default, "…"), o.Doc)
				}
				if len(p.Layers) > 0 {
					fmt.Fprintf(w, "\t\t\t  for a layer: -p %s:LAYER.%s=…\n", p.Name, strings.Join(p.Layers, "=…, LAYER."))
				}
			}
			return w.Flush()
		},
	}
}
