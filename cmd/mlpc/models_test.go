package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"mlpc/testbench"
)

// spine is the set of shared models that every target must take, with at most half a point of accuracy, or 1 % of RMSE, lost at 8 bits.
var spine = []string{"torch_digits_bn_default", "torch_digits_bn_ts17", "keras_tf_bn_softmax", "skl_diabetes", "uci_pendigits_16-5-10", "mnist_784-32-10"}

// simulated are those whose Verilog is simulated in every test run; the others take minutes together.
var simulated = []string{"torch_digits_bn_ts17", "skl_diabetes", "uci_pendigits_16-5-10"}

// long tells whether the tests that take minutes are wanted: make test-long.
func long() bool { return os.Getenv("MLPC_LONG") != "" }

// sharedFolder is where models and data that are too large for the repository lie, if they do.
func sharedFolder() string {
	if root := os.Getenv("MLPC_SHARED"); root != "" {
		return root
	}
	return filepath.Join("..", "..", "..", "shared")
}

// sharedModels gives the folder of shared models, or skips the test.
func sharedModels(t *testing.T, folder string) string {
	t.Helper()
	dir := filepath.Join(sharedFolder(), "models", folder)
	if _, err := os.Stat(dir); err != nil {
		t.Skip("no shared models; set MLPC_SHARED")
	}
	return dir
}

// needRunner skips the test where a tool of the runner is missing, or fails it when MLPC_TOOLS=require.
func needRunner(t *testing.T, name string) {
	t.Helper()
	for _, tool := range testbench.FindRunner(name).Missing() {
		if os.Getenv("MLPC_TOOLS") == "require" {
			t.Fatalf("%s is missing (package %s)", tool.Exe, tool.Package)
		}
		t.Skipf("%s is missing (package %s)", tool.Exe, tool.Package)
	}
}

// command runs mlpc in-process and decodes the report that it prints with --json.
func command(t *testing.T, args ...string) *reportFile {
	t.Helper()
	var out, talk bytes.Buffer
	code := run(append(append([]string{"mlpc"}, args...), "--json"), &out, &talk)
	var r reportFile
	if err := json.Unmarshal(out.Bytes(), &r); err != nil || code != 0 {
		t.Fatalf("mlpc %v: exit %d: %s%s", args, code, out.String(), talk.String())
	}
	return &r
}

// TestSpine compiles the models of spine to every target and runs them with its default runner: no wrong integer on 1,000 vectors or
// more, cycles as estimated, and the loss within bounds. make test-long also simulates the larger ones.
func TestSpine(t *testing.T) {
	dir := sharedModels(t, "own")
	for _, name := range spine {
		for _, d := range designs() {
			if d.model != "digits" { // one pass over targets and architectures
				continue
			}
			t.Run(name+"/"+d.target+d.arch, func(t *testing.T) {
				if d.target == "verilog" && !slices.Contains(simulated, name) && !long() {
					t.Skip("minutes: make test-long")
				}
				target, err := findTarget(d.target)
				if err != nil {
					t.Fatal(err)
				}
				needRunner(t, target.runner)
				checkDesign(t, filepath.Join(dir, name), d)
			})
		}
	}
}

func checkDesign(t *testing.T, model string, d design) {
	out := filepath.Join(t.TempDir(), "out")
	args := []string{"compile", model + ".onnx", "--target", d.target, "-o", out, "--data", model + ".calib.npz", "--eval", model + ".npz"}
	if d.arch != "" {
		args = append(args, "--arch", d.arch)
	}
	r := command(t, args...)
	a := r.Accuracy
	if a == nil || a.Float == nil || a.Final == nil {
		t.Fatal("no accuracy in the report")
	}
	if a.Metric == "accuracy" && *a.Float-*a.Final > 0.005 || a.Metric == "rmse" && *a.Final > 1.01**a.Float {
		t.Errorf("%s fell from %g to %g", a.Metric, *a.Float, *a.Final)
	}
	v := command(t, "verify", out)
	if v.Verify.Mismatches != 0 || v.Verify.Vectors < 1000 {
		t.Errorf("%d of %d vectors wrong: %s", v.Verify.Mismatches, v.Verify.Vectors, v.Verify.FirstMismatch)
	}
	if d.target == "verilog" && (v.Verify.LatencyCycles != *v.Estimate.LatencyCycles || v.Verify.IICycles != *v.Estimate.IICycles) {
		t.Errorf("latency %d and II %d measured, %d and %d estimated", v.Verify.LatencyCycles, v.Verify.IICycles, *v.Estimate.LatencyCycles, *v.Estimate.IICycles)
	}
}

// TestCores runs the examples on every emulated Cortex-M, from both C targets: no wrong integer.
func TestCores(t *testing.T) {
	for _, model := range []string{"digits", "sine"} {
		for _, target := range []string{"c", "cmsisnn"} {
			out := filepath.Join(t.TempDir(), "out")
			design{model, target, ""}.compile(t, out)
			for _, runner := range testbench.RunnersFor(target) {
				if runner == "gcc" {
					continue
				}
				t.Run(model+"/"+target+"/"+runner, func(t *testing.T) {
					needRunner(t, runner)
					if v := command(t, "verify", out, "--runner", runner, "--vectors", "0").Verify; v.Mismatches != 0 {
						t.Errorf("%d of %d vectors wrong: %s", v.Mismatches, v.Vectors, v.FirstMismatch)
					}
				})
			}
		}
	}
}

// TestLint runs the emitted Verilog through the linters that users run.
func TestLint(t *testing.T) {
	for _, tool := range []string{"verilator", "iverilog", "yosys"} {
		if _, err := exec.LookPath(tool); err != nil {
			if os.Getenv("MLPC_TOOLS") == "require" {
				t.Fatal(err)
			}
			t.Skip(tool + " is missing")
		}
	}
	for _, d := range designs() {
		if d.target != "verilog" || d.model != "digits" && d.model != "policy" {
			continue
		}
		t.Run(d.model+"/"+d.arch, func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "out")
			d.compile(t, out)
			rtl, err := filepath.Glob(filepath.Join(out, "rtl", "*.v"))
			if err != nil || len(rtl) == 0 {
				t.Fatal("no rtl/*.v")
			}
			m, err := readManifest(out)
			if err != nil {
				t.Fatal(err)
			}
			top := m.Name + "_axis"
			for _, argv := range [][]string{
				append([]string{"verilator", "--lint-only", "-Wall", "--top-module", top}, rtl...),
				append([]string{"iverilog", "-Wall", "-g2001", "-t", "null", "-s", top}, rtl...),
			} {
				cmd := exec.Command(argv[0], argv[1:]...)
				cmd.Dir = filepath.Join(out, "rtl")
				if text, err := cmd.CombinedOutput(); err != nil || len(text) > 0 {
					t.Errorf("%s: %v\n%s", argv[0], err, text)
				}
			}
			script := "read_verilog *.v; hierarchy -check -top " + top + "; proc; check -assert"
			cmd := exec.Command("yosys", "-q", "-p", script)
			cmd.Dir = filepath.Join(out, "rtl")
			if text, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("yosys: %v\n%s", err, text)
			}
		})
	}
}
