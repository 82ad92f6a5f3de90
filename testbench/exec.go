package testbench

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"mlpc/ir/diag"
)

// Missing lists the tools of a runner that this machine lacks.
func (r *Runner) Missing() []Tool {
	var list []Tool
	for _, t := range r.Tools {
		if _, err := exec.LookPath(t.Exe); err != nil {
			list = append(list, t)
		}
	}
	return list
}

// command runs a program in dir with extra environment and gives its standard output. What it printed on standard error is in the error.
func command(ctx context.Context, dir string, env []string, stdin []byte, argv ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdin = bytes.NewReader(stdin)
	var out, problem bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &problem
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, diag.New(diag.CodeTool, diag.Pos{}, "%s failed: %v: %s", argv[0], err, firstLines(problem.String()))
	}
	return out.Bytes(), nil
}

// firstLines cuts a tool's complaint to what a message can hold.
func firstLines(text string) string {
	lines := strings.SplitN(strings.TrimSpace(text), "\n", 9)
	if len(lines) == 9 {
		lines[8] = "…"
	}
	return strings.Join(lines, "\n")
}

// version gives the first line that a tool prints about itself.
func version(ctx context.Context, argv ...string) string {
	out, err := command(ctx, "", nil, nil, argv...)
	if err != nil {
		return argv[0]
	}
	line, _, _ := strings.Cut(string(out), "\n")
	return strings.TrimSpace(line)
}

// vectorRun runs a built program on the job's vectors and reads its results.
func vectorRun(ctx context.Context, job Job, argv ...string) (Result, error) {
	out, err := command(ctx, job.Work, nil, FormatVectors(job.Vectors), argv...)
	if err != nil {
		return Result{}, err
	}
	r, err := ParseOutput(out)
	if err != nil {
		return r, fmt.Errorf("output of %s: %w", argv[0], err)
	}
	return r, nil
}
