package onnx

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestHostileCommand gives every hostile file to the real command: it ends within the limits, says in one line what is wrong, and leaves
// nothing behind. Legal files are only inspected.
func TestHostileCommand(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the command")
	}
	dir := t.TempDir()
	mlpc := filepath.Join(dir, "mlpc")
	if out, err := exec.Command("go", "build", "-o", mlpc, "mlpc/cmd/mlpc").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, h := range hostileFiles() {
		t.Run(h.name, func(t *testing.T) {
			work := t.TempDir()
			if err := os.WriteFile(filepath.Join(work, "h.onnx"), h.data, 0o644); err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command(mlpc, "compile", "h.onnx", "--target", "go", "-o", "out", "-q")
			if h.want == "" {
				cmd = exec.Command(mlpc, "inspect", "h.onnx")
			}
			cmd.Dir = work
			var talk strings.Builder
			cmd.Stderr = &talk
			err := cmd.Run()
			checkUsage(t, cmd.ProcessState)
			if h.want == "" {
				if err != nil {
					t.Errorf("a legal file is refused: %s", talk.String())
				}
				return
			}
			line := strings.TrimSuffix(talk.String(), "\n")
			if code := cmd.ProcessState.ExitCode(); code != 1 || !strings.HasPrefix(line, "mlpc: h.onnx: ") || !strings.Contains(line, "["+string(h.want)+"]") || strings.Contains(line, "\n") || len(line) > 1000 {
				t.Errorf("exit %d, %d bytes: %.1000s", code, len(line), line)
			}
			left, err := os.ReadDir(work)
			if err != nil || len(left) != 1 {
				t.Errorf("%d files beside the model", len(left)-1)
			}
		})
	}
}

// checkUsage compares what a process took with the limits of any file, however hostile. Its own time counts, not that of others on the
// machine.
func checkUsage(t *testing.T, p *os.ProcessState) {
	t.Helper()
	if cpu := p.UserTime() + p.SystemTime(); cpu > time.Second {
		t.Errorf("took %v", cpu)
	}
	if u, ok := p.SysUsage().(*syscall.Rusage); ok && u.Maxrss>>10 > mostMemory>>20 {
		t.Errorf("took %d MB", u.Maxrss>>10)
	}
}
