package main

import (
	"fmt"
	"runtime"

	"github.com/urfave/cli/v2"
)

// release is the version of mlpc; CHANGELOG.md tells what it brought.
const release = "0.1.0"

func version() string { return release }

func versionCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:  "version",
		Usage: "print the version of mlpc and of the Go release it was built with",
		Action: func(ctx *cli.Context) error {
			if err := noArguments(ctx); err != nil {
				return err
			}
			fmt.Fprintf(c.out, "mlpc %s (%s)\n", version(), runtime.Version())
			return nil
		},
	}
}
