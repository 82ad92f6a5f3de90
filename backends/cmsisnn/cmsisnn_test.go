package cmsisnn_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"mlpc/backends"
	"mlpc/backends/cmsisnn"
	"mlpc/ir"
	"mlpc/ir/diag"
	"mlpc/testbench"
)

// need skips a test when a tool is missing, or fails it when MLPC_TOOLS is "require".
func need(t *testing.T, tools ...testbench.Tool) {
	t.Helper()
	for _, tool := range tools {
		if _, err := exec.LookPath(tool.Exe); err != nil {
			if os.Getenv("MLPC_TOOLS") == "require" {
				t.Fatalf("%s is not installed (package %s)", tool.Exe, tool.Package)
			}
			t.Skipf("%s is not installed (package %s)", tool.Exe, tool.Package)
		}
	}
}

// program parses and verifies a graph and makes it a program.
func program(t *testing.T, text string) *ir.Program {
	t.Helper()
	g, err := ir.Parse("test.mlpc", text)
	if err != nil {
		t.Fatal(err)
	}
	if err := ir.Verify(g); err != nil {
		t.Fatal(err)
	}
	return &ir.Program{Graph: g, Target: "cmsisnn"}
}

// emit prints the files of a program that the backend accepts.
func emit(t *testing.T, p *ir.Program) backends.Files {
	t.Helper()
	var problems diag.List
	cmsisnn.Backend.Check(p, &problems)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	files, err := cmsisnn.Backend.Emit(backends.Input{Program: p, Name: "net", Version: "test", Digest: "0123456789abcdef"})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// same builds a program's files and compares their results with ir.Run.
func same(t *testing.T, r *testbench.Runner, p *ir.Program) {
	t.Helper()
	need(t, r.Tools...)
	dir := t.TempDir()
	for name, text := range emit(t, p) {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	vectors, err := testbench.Vectors(p.Graph, nil, 100)
	if err != nil {
		t.Fatal(err)
	}
	c, err := testbench.Compare(context.Background(), r, testbench.Job{Dir: dir, Program: p, Name: "net", Target: "cmsisnn", Vectors: vectors.In})
	if err != nil {
		t.Fatal(err)
	}
	if c.Mismatches > 0 {
		t.Fatalf("%d of %d vectors differ: %s", c.Mismatches, c.Vectors, c.First)
	}
}

// layerText is a model of one dense layer with a hole for the requant's attributes.
func layerText(requant string) string {
	return `graph "layer"
%0 = input : s8[2,4] name="x"
%1 = const ints=[1 -2 3 4 5 -6 7 -8 120 -121 122 -123] : s8[3,4]
%2 = const ints=[100 -2000 30000] : s16[3]
%3 = dense %0 %1 %2 : s18[2,3] node="fc/1"
%4 = requant %3 ` + requant + ` lo=-100 hi=127 : s8[2,3] node="q/1"
return %4
`
}

const (
	nibbleText = `graph "nibbles"
%0 = input : s8[4]
%1 = const ints=[1 -2 3 4 5 -6 7 -8 -1 0 2 -3] : s4[3,4]
%2 = dense %0 %1 : s13[3]
%3 = requant %2 mul=[1518500250] shift=[35] round=gemmlowp zero=3 lo=-128 hi=127 : s8[3]
return %3
`
	wideText = `graph "wide"
%0 = input : s16[4]
%1 = const ints=[1 -2 3 4 5 -6 7 -8 120 -121 122 -123] : s8[3,4]
%2 = const ints=[100 -2000 30000] : s16[3]
%3 = dense %0 %1 %2 : s25[3]
%4 = requant %3 mul=[20001] shift=[22] round=half-up lo=-32768 hi=32767 : s16[3]
return %4
`
)

// cases are models with the library function that each must call.
var cases = []struct{ name, text, function string }{
	{"gemmlowp", layerText("mul=[1518500250] shift=[40] round=gemmlowp zero=-5"), "arm_fully_connected_s8"},
	{"gemmlowp per channel", layerText("mul=[1518500250 1073741824 2147483647] shift=[36 40 41] round=gemmlowp zero=7"), "arm_fully_connected_per_channel_s8"},
	{"left shift", layerText("mul=[1518500250] shift=[30] round=gemmlowp"), "arm_fully_connected_s8"},
	{"half up", layerText("mul=[77777] shift=[26] round=half-up zero=-5"), "arm_fully_connected_s8"},
	{"half up per channel", layerText("mul=[77777 1073741824 5] shift=[26 40 12] round=half-up"), "arm_fully_connected_per_channel_s8"},
	{"int4", nibbleText, "arm_fully_connected_s4"},
	{"int16", wideText, "arm_fully_connected_s16"},
}

func TestCallsOnHost(t *testing.T) {
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			p := program(t, c.text)
			if text := string(emit(t, p)["net.c"]); !strings.Contains(text, "return "+c.function+"(") {
				t.Errorf("no call of %s", c.function)
			}
			same(t, testbench.GCC, p)
			same(t, testbench.Sanitized, p)
		})
	}
}

func TestCallsOnCores(t *testing.T) {
	cores := []*testbench.Runner{testbench.CortexM4, testbench.CortexM0, testbench.CortexM3, testbench.CortexM7, testbench.CortexM33, testbench.CortexM55}
	if testing.Short() {
		cores = cores[:1]
	}
	for i, r := range cores {
		for k, c := range cases {
			if i > 0 && k != 1+i%2*5 { // all on one core, on the others one of 8 bits or the one of 16
				continue
			}
			t.Run(r.Name+" "+c.name, func(t *testing.T) { same(t, r, program(t, c.text)) })
		}
	}
}

// TestFallback runs layers that the library scales with other bits in kernels of our own, beside ones that it computes, and says which
// they are; with fallback=none they are refused.
func TestFallback(t *testing.T) {
	for _, c := range []struct{ name, requant, want string }{
		{"float32", "mul=[8388609] shift=[32] round=float32", "it is scaled float32, the library's build gemmlowp"},
		{"half even", "mul=[3] shift=[10] round=half-even", "it is scaled half-even, the library's build gemmlowp"},
		{"added constant", "mul=[3] add=[1] shift=[10] round=half-up", "a constant is added before it is scaled"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := program(t, strings.Replace(layerText(c.requant), "return %4", `%5 = const ints=[1 -2 3 4 5 -6] : s8[2,3]
%6 = dense %4 %5 : s18[2,2]
%7 = requant %6 mul=[1518500250] shift=[33] round=gemmlowp lo=-128 hi=127 : s8[2,2]
return %7`, 1))
			notes := cmsisnn.Backend.Notes(p)
			if want := `node "q/1" (dense) runs in the kernels of target c: ` + c.want; len(notes) != 1 || notes[0] != want {
				t.Errorf("notes %q, want %q", notes, want)
			}
			if text := string(emit(t, p)["net.c"]); strings.Count(text, "return arm_fully_connected_s8(") != 1 {
				t.Error("the layer behind it does not call the library")
			}
			for _, r := range []*testbench.Runner{testbench.GCC, testbench.Sanitized, testbench.CortexM4, testbench.CortexM0, testbench.CortexM55} {
				if !testing.Short() || r == testbench.GCC {
					same(t, r, p)
				}
			}
			_, err := cmsisnn.Backend.Emit(backends.Input{Program: p, Name: "net", Options: map[string]string{"fallback": "none"}})
			if err == nil || !strings.Contains(err.Error(), `node "q/1": value %4 (dense) is not computed by CMSIS-NN: `+c.want) || !strings.Contains(err.Error(), "--match tflite") {
				t.Errorf("fallback=none: %v", err)
			}
		})
	}
	if _, err := cmsisnn.Backend.Emit(backends.Input{Program: program(t, nibbleText), Name: "net", Options: map[string]string{"fallback": "x"}}); err == nil {
		t.Error("fallback=x is taken")
	}
}

// TestRequantizeOracle compares the requantization of the emitted library files with gemmlowp's own, which TFLite uses.
func TestRequantizeOracle(t *testing.T) {
	need(t, testbench.Tool{Exe: "g++", Package: "g++"})
	if _, err := os.Stat("/usr/include/gemmlowp/fixedpoint/fixedpoint.h"); err != nil {
		if os.Getenv("MLPC_TOOLS") == "require" {
			t.Fatal("libgemmlowp-dev is not installed")
		}
		t.Skip("libgemmlowp-dev is not installed")
	}
	dir := t.TempDir()
	exe := filepath.Join(dir, "oracle.exe")
	build := exec.Command("g++", "-O1", "-I", filepath.Join("..", "..", "templates", "cmsisnn"), "-o", exe, filepath.Join("testdata", "oracle.cc"))
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if out, err := exec.Command(exe).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}
