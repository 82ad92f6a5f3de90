// Package testbench builds emitted files with the real tool, runs vectors through them and compares with ir.Run.
//
// All runners speak one text protocol. In: a line a vector, the integers of all inputs in decimal, separated by single spaces,
// each input flattened in row-major order, one input after the other. Out: a line a vector, all outputs likewise. Lines that start
// with "#" carry figures: "# latency 12", "# ii 4", "# instructions 1234", "# spread 0", "# stack 96".
package testbench

import (
	"context"

	"mlpc/ir"
)

// Tool is an executable that a runner needs, and the Debian package that brings it.
type Tool struct{ Exe, Package string }

// Runner builds an output directory and runs vectors through it.
type Runner struct {
	Name  string // go, gcc, g++, verilator, iverilog, qemu:cortex-m4
	Tools []Tool
	// Run builds dir (never writing into it: build files go to work) and runs the vectors. Vectors are as in backends.Vectors.
	Run func(ctx context.Context, job Job) (Result, error)
}

// Job is one build and run.
type Job struct {
	Dir     string // the emitted directory; not to be written to
	Work    string // an empty directory for build products
	Program *ir.Program
	Name    string // base name that the files were emitted under
	Target  string
	Vectors [][]int64
	Stalls  bool // hardware: run a second time, with random stalls on both streams, and measure in the first run
}

// Result is what came out.
type Result struct {
	Out          [][]int64
	Tool         string // name and version of the tool, "Verilator 5.006"
	Latency      int    // cycles of an isolated sample; 0: not measured
	II           int    // cycles from sample to sample, back to back; 0: not measured
	Instructions int    // of one inference, mean; 0: not measured
	Spread       int    // instructions of the longest run less those of the shortest
	StackBytes   int    // high-water mark; 0: not measured
}
