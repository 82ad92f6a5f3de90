package testbench

import (
	"context"
	"path/filepath"
	"strings"
)

// Verilator builds the emitted Verilog and its C++ harness and runs the vectors through the AXI4-Stream wrapper.
var Verilator = &Runner{
	Name:  "verilator",
	Tools: []Tool{{"verilator", "verilator"}, {"g++", "g++"}, {"make", "make"}},
	Run: func(ctx context.Context, job Job) (Result, error) {
		rtl := filepath.Join(job.Dir, "rtl")
		top := job.Name + "_axis"
		effort := "-O1"
		if job.Program.Arch == "unrolled" {
			effort = "-O0" // thousands of adders: compiling them takes longer than running them
		}
		_, err := command(ctx, job.Work, nil, nil, "verilator", "--cc", "--exe", "--build", "--prefix", "V"+top, "--top-module", top,
			"-O3", "-j", "0", "-CFLAGS", effort, "-Wno-fatal", "-y", rtl, "-Mdir", "obj", "-o", "sim",
			filepath.Join(rtl, top+".v"), filepath.Join(job.Dir, "tb", "verilator_main.cpp"))
		if err != nil {
			return Result{}, err
		}
		r, err := withStalls(job, func(seed string) ([]byte, error) {
			argv := []string{filepath.Join(job.Work, "obj", "sim")}
			if seed != "" {
				argv = append(argv, seed)
			}
			// The circuit reads its ROM files by name, from where it runs.
			return command(ctx, rtl, nil, FormatVectors(job.Vectors), argv...)
		})
		r.Tool = verilatorVersion(ctx)
		return r, err
	},
}

// verilatorVersion gives "Verilator 5.006".
func verilatorVersion(ctx context.Context) string {
	fields := strings.Fields(version(ctx, "verilator", "--version"))
	return strings.Join(fields[:min(2, len(fields))], " ")
}
