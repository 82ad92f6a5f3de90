package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestReadmeCommand runs the line that the README of an output directory of C gives: it prints nothing.
func TestReadmeCommand(t *testing.T) {
	needRunner(t, "gcc")
	model := filepath.Join("..", "..", "examples", "sine")
	for _, args := range [][]string{{"c"}, {"cmsisnn"}, {"c", "--bits", "float"}} {
		t.Run(strings.Join(args, ""), func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "out")
			command(t, append([]string{"compile", filepath.Join(model, "model.onnx"), "--data", filepath.Join(model, "calib.npz"), "-o", dir, "--target"}, args...)...)
			text, err := os.ReadFile(filepath.Join(dir, "README.md"))
			if err != nil {
				t.Fatal(err)
			}
			_, rest, _ := strings.Cut(string(text), "\n    cc ")
			line, _, found := strings.Cut(rest, "\n")
			if !found {
				t.Fatalf("no command in the README:\n%s", text)
			}
			cmd := exec.Command("sh", "-c", "gcc "+line)
			cmd.Dir = dir
			if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
				t.Errorf("gcc %s: %v\n%s", line, err, out)
			}
		})
	}
}
