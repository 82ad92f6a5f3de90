package testbench

import (
	"context"
	"os"
	"path/filepath"
	"slices"

	"mlpc/backends/cmsisnn"
)

// warnings are the compiler flags under which emitted C must be silent.
var warnings = []string{"-std=c99", "-pedantic", "-Wall", "-Wextra", "-Wconversion", "-Werror"}

// GCC builds the host program of the targets c and cmsisnn and runs it. CMSIS_NN_DIR, where set, names a CMSIS-NN source tree that
// is built in place of the implementation that mlpc emits.
var GCC = &Runner{
	Name:  "gcc",
	Tools: []Tool{{"gcc", "gcc"}},
	Run:   func(ctx context.Context, job Job) (Result, error) { return hostRun(ctx, job, "gcc", "-O2") },
}

// hostRun builds and runs the host program with a compiler and extra flags.
func hostRun(ctx context.Context, job Job, compiler string, flags ...string) (Result, error) {
	sources, includes, err := cSources(job, true)
	if err != nil {
		return Result{}, err
	}
	exe := filepath.Join(job.Work, "model.exe")
	argv := slices.Concat([]string{compiler}, warnings, flags, includes, sources, []string{"-o", exe, "-lm"})
	if _, err := command(ctx, job.Work, nil, nil, argv...); err != nil {
		return Result{}, err
	}
	run := []string{exe}
	if job.Program.Graph.Outs[0].Type.Elem.Single {
		run = append(run, "bits")
	}
	r, err := vectorRun(ctx, job, run...)
	r.Tool = version(ctx, compiler, "--version")
	return r, err
}

// cSources lists the C files of an emitted directory, and the flags that say where headers are and how the library rounds; main.c
// only for hosts.
func cSources(job Job, host bool) (sources, flags []string, err error) {
	sources, err = filepath.Glob(filepath.Join(job.Dir, "*.c"))
	if err != nil {
		return nil, nil, err
	}
	if !host {
		sources = slices.DeleteFunc(sources, func(f string) bool { return filepath.Base(f) == "main.c" })
	}
	flags = []string{"-I", job.Dir}
	if job.Target != cmsisnn.Backend.Name {
		return sources, flags, nil
	}
	if cmsisnn.SingleRounding(job.Program) {
		flags = append(flags, "-DCMSIS_NN_USE_SINGLE_ROUNDING")
	}
	dir := filepath.Join(job.Dir, "cmsis_nn")
	pattern := filepath.Join(dir, "*.c")
	if vendor := os.Getenv("CMSIS_NN_DIR"); vendor != "" {
		// The warnings are meant for what mlpc emits, not for the vendor's sources.
		dir, pattern = filepath.Join(vendor, "Include"), filepath.Join(vendor, "Source", "*", "*.c")
		flags = append(flags, "-w")
	}
	more, err := filepath.Glob(pattern)
	return append(sources, more...), append(flags, "-I", dir), err
}

// Sanitized builds the host program with clang, and with checks for every undefined behaviour and every access outside an array.
var Sanitized = &Runner{
	Name:  "clang",
	Tools: []Tool{{"clang", "clang"}},
	Run: func(ctx context.Context, job Job) (Result, error) {
		return hostRun(ctx, job, "clang", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")
	},
}
