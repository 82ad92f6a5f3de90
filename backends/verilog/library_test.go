package verilog

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"mlpc/templates"
)

// complaint runs a tool and fails where it prints anything. A missing tool skips the test, or fails it with MLPC_TOOLS=require.
func complaint(t *testing.T, argv ...string) {
	t.Helper()
	if _, err := exec.LookPath(argv[0]); err != nil {
		if os.Getenv("MLPC_TOOLS") == "require" {
			t.Fatalf("%s is missing", argv[0])
		}
		t.Skipf("%s is missing", argv[0])
	}
	out, err := exec.Command(argv[0], argv[1:]...).CombinedOutput()
	if err != nil || len(out) > 0 {
		t.Errorf("%s: %v\n%s", argv[0], err, out)
	}
}

// TestLibraryLint holds the library modules, as they lie and with their default parameters, to what Verilator, Icarus and Yosys
// complain about, and each file to the module that its name says.
func TestLibraryLint(t *testing.T) {
	dir := t.TempDir()
	files, err := fs.Glob(templates.FS, "verilog/*.v")
	if err != nil || len(files) == 0 {
		t.Fatal(err)
	}
	models, err := fs.Glob(templates.FS, "verilog/sim/*.v")
	if err != nil || len(models) == 0 {
		t.Fatal(err)
	}
	files = append(files, models...)
	for _, f := range files {
		text, err := templates.FS.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(f)), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	read := "read_verilog " + filepath.Join(dir, "*.v")
	for _, f := range files {
		module := strings.TrimSuffix(filepath.Base(f), ".v")
		t.Run(module, func(t *testing.T) {
			file := filepath.Join(dir, module+".v")
			complaint(t, "verilator", "--lint-only", "-Wall", "-y", dir, "--top-module", module, file)
			complaint(t, "iverilog", "-Wall", "-g2001", "-y", dir, "-s", module, "-o", os.DevNull, file)
			if strings.Contains(f, "/sim/") {
				return // nothing for synthesis
			}
			complaint(t, "yosys", "-q", "-p", read+"; hierarchy -check -top "+module+"; proc; check -assert")
		})
	}
}
