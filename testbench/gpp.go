package testbench

import (
	"context"
	"path/filepath"
)

// GPP builds an HLS project's testbench with g++ and runs it, which is the C simulation of the vendor's tool without that tool.
var GPP = &Runner{
	Name:  "g++",
	Tools: []Tool{{"g++", "g++"}},
	Run:   func(ctx context.Context, job Job) (Result, error) { return HLSRun(ctx, job, "-O2") },
}

// HLSRun builds and runs the testbench of an HLS project with extra flags.
func HLSRun(ctx context.Context, job Job, flags ...string) (Result, error) {
	exe := filepath.Join(job.Work, "csim.exe")
	argv := append([]string{"g++", "-std=c++14", "-Wall", "-Werror"}, flags...)
	argv = append(argv, filepath.Join("firmware", job.Name+".cpp"), job.Name+"_test.cpp", "-o", exe)
	if _, err := command(ctx, job.Dir, nil, nil, argv...); err != nil {
		return Result{}, err
	}
	r, err := vectorRun(ctx, job, exe, "--stdin")
	r.Tool = version(ctx, "g++", "--version")
	return r, err
}
