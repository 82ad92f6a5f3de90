package testbench

import (
	"context"
	"os"
	"path/filepath"
	"slices"
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
	sources, includes, err := cSources(job.Dir, true)
	if err != nil {
		return Result{}, err
	}
	exe := filepath.Join(job.Work, "model.exe")
	argv := slices.Concat([]string{compiler}, warnings, flags, includes, sources, []string{"-o", exe, "-lm"})
	if _, err := command(ctx, job.Work, nil, nil, argv...); err != nil {
		return Result{}, err
	}
	r, err := vectorRun(ctx, job, exe)
	r.Tool = version(ctx, compiler, "--version")
	return r, err
}

// cSources lists the C files of an emitted directory and the include flags; main.c only for hosts.
func cSources(dir string, host bool) (sources, includes []string, err error) {
	sources, err = filepath.Glob(filepath.Join(dir, "*.c"))
	if err != nil {
		return nil, nil, err
	}
	if !host {
		sources = slices.DeleteFunc(sources, func(f string) bool { return filepath.Base(f) == "main.c" })
	}
	includes = []string{"-I", dir}
	own := filepath.Join(dir, "cmsis_nn")
	if _, err := os.Stat(own); err != nil {
		return sources, includes, nil
	}
	if lib := os.Getenv("CMSIS_NN_DIR"); lib != "" {
		// The vendor's sources are compiled as system code: the warnings are meant for what mlpc emits.
		more, err := filepath.Glob(filepath.Join(lib, "Source", "*", "*.c"))
		if err != nil {
			return nil, nil, err
		}
		return append(sources, more...), append(includes, "-isystem", filepath.Join(lib, "Include"), "-Wno-error"), nil
	}
	more, err := filepath.Glob(filepath.Join(own, "*.c"))
	return append(sources, more...), append(includes, "-I", own), err
}

// Sanitized builds the host program with clang, and with checks for every undefined behaviour and every access outside an array.
var Sanitized = &Runner{
	Name:  "clang",
	Tools: []Tool{{"clang", "clang"}},
	Run: func(ctx context.Context, job Job) (Result, error) {
		return hostRun(ctx, job, "clang", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")
	},
}
