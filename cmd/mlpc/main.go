// Command mlpc compiles a trained multi-layer perceptron to hardware or microcontroller code and proves the result.
package main

import (
	"io"
	"os"
)

func main() { os.Exit(run(os.Args, os.Stdout, os.Stderr)) }

// Exit codes.
const (
	exitDone  = 0
	exitInput = 1 // the input is wrong or results differ
	exitUsage = 2 // the command line is wrong
	exitBug   = 3 // a fault of mlpc
)

// console is where a command writes: stdout gets data, stderr gets talk.
type console struct {
	out, err io.Writer
	quiet    bool
}
