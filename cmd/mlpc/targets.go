package main

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"mlpc/backends"
	cc "mlpc/backends/c"
	"mlpc/backends/cmsisnn"
	"mlpc/backends/gomodel"
	"mlpc/backends/hls"
	"mlpc/backends/verilog"
	"mlpc/ir/diag"
)

// target is a backend, the runner that verifies it by default, and the match its arithmetic defaults to.
type target struct {
	*backends.Backend
	runner string
}

// targetList holds every target in the order that help shows.
var targetList = []target{
	{verilog.Backend, "verilator"},
	{hls.Backend, "g++"},
	{cmsisnn.Backend, "gcc"},
	{cc.Backend, "gcc"},
	{gomodel.Backend, "go"},
}

func targetNames() []string {
	var names []string
	for _, t := range targetList {
		names = append(names, t.Name)
	}
	return names
}

func findTarget(name string) (*target, error) {
	for i := range targetList {
		if targetList[i].Name == name {
			return &targetList[i], nil
		}
	}
	return nil, usage(orElse(diag.DidYouMean(name, targetNames()), "targets: "+strings.Join(targetNames(), ", ")), "no target %q", name)
}

func targetsCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:  "targets",
		Usage: "list the targets, their architectures and options",
		Action: func(ctx *cli.Context) error {
			if err := noArguments(ctx); err != nil {
				return err
			}
			w := tabwriter.NewWriter(c.out, 0, 8, 2, ' ', 0)
			for _, t := range targetList {
				archs := strings.Join(t.Archs, ", ")
				if archs != "" {
					archs = "--arch " + archs
				}
				fmt.Fprintf(w, "%s\t%s\t%s\n", t.Name, t.Doc, archs)
				for _, o := range t.Options {
					fmt.Fprintf(w, "\t  --option %s=%s: %s\t\n", o.Name, o.Default, o.Doc)
				}
			}
			return w.Flush()
		},
	}
}
