package main

import (
	"fmt"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"mlpc/estimator"
)

func devicesCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:  "devices",
		Usage: "list the devices that --device knows",
		Action: func(ctx *cli.Context) error {
			if err := noArguments(ctx); err != nil {
				return err
			}
			w := tabwriter.NewWriter(c.out, 0, 8, 2, ' ', 0)
			fmt.Fprintln(w, "device\tkind\tfamily or core\tLUT\tFF\tDSP\tBRAM\tflash\tRAM")
			for _, d := range estimator.Devices() {
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", d.Name, d.Kind, d.Family+d.Core,
					dash(d.LUTs), dash(d.FFs), dash(d.DSPs), dash(d.BRAMs), dash(d.FlashBytes), dash(d.RAMBytes))
			}
			return w.Flush()
		},
	}
}

// dash gives "-" for a size that does not apply.
func dash(n int) string {
	if n == 0 {
		return "-"
	}
	return fmt.Sprint(n)
}
