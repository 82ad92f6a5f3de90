package testbench

import (
	"context"
	"os"
	"path/filepath"
	"strings"
)

// Verilator builds the emitted Verilog and its C++ harness and runs the vectors through the AXI4-Stream wrapper.
var Verilator = &Runner{
	Name:  "verilator",
	Tools: []Tool{{"verilator", "verilator"}, {"g++", "g++"}, {"make", "make"}},
	Run: func(ctx context.Context, job Job) (Result, error) {
		rtl, tb := filepath.Join(job.Dir, "rtl"), filepath.Join(job.Dir, "tb")
		top, source := simulated(job)
		effort := "-O1"
		if job.Program.Arch == "unrolled" {
			effort = "-O0" // thousands of adders: compiling them takes longer than running them
		}
		_, err := command(ctx, job.Work, nil, nil, "verilator", "--cc", "--exe", "--build", "--prefix", "V"+top, "--top-module", top,
			"-O3", "-j", "0", "-CFLAGS", effort, "-Wno-fatal", "-y", rtl, "-y", tb, "-Mdir", "obj", "-o", "sim",
			source, filepath.Join(tb, "verilator_main.cpp"))
		if err != nil {
			return Result{}, err
		}
		// The circuit reads its ROM files by name, from where it runs.
		if err := copyHex(job.Work, rtl, tb); err != nil {
			return Result{}, err
		}
		r, err := withStalls(job, func(seed string) ([]byte, error) {
			argv := []string{filepath.Join(job.Work, "obj", "sim")}
			if seed != "" {
				argv = append(argv, seed)
			}
			return command(ctx, job.Work, nil, FormatVectors(job.Vectors), argv...)
		})
		r.Tool = verilatorVersion(ctx)
		return r, err
	},
}

// simulated gives the module that is run and its file: the wrapper, or where the circuit reads a flash the wrapper with a model of it.
func simulated(job Job) (top, file string) {
	top = job.Name + "_sim"
	file = filepath.Join(job.Dir, "tb", top+".v")
	if _, err := os.Stat(file); err == nil {
		return top, file
	}
	top = job.Name + "_axis"
	return top, filepath.Join(job.Dir, "rtl", top+".v")
}

// verilatorVersion gives "Verilator 5.006".
func verilatorVersion(ctx context.Context) string {
	fields := strings.Fields(version(ctx, "verilator", "--version"))
	return strings.Join(fields[:min(2, len(fields))], " ")
}
