package testbench

import (
	"context"
	"path/filepath"
	"strings"
)

// Go builds an emitted Go package and its command and runs it. It needs no network: the package has no dependencies.
var Go = &Runner{
	Name:  "go",
	Tools: []Tool{{"go", "golang-go"}},
	Run: func(ctx context.Context, job Job) (Result, error) {
		env := []string{"GOFLAGS=-mod=mod", "GOWORK=off", "GOPROXY=off", "GOTOOLCHAIN=local"}
		exe := filepath.Join(job.Work, "model.exe")
		if _, err := command(ctx, job.Dir, env, nil, "go", "build", "-o", exe, "./cmd/..."); err != nil {
			return Result{}, err
		}
		r, err := vectorRun(ctx, job, exe)
		r.Tool = strings.TrimPrefix(version(ctx, "go", "version"), "go version ")
		return r, err
	},
}
