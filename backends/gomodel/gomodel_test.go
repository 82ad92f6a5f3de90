package gomodel

import (
	"bytes"
	"context"
	"fmt"
	"go/format"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"mlpc/backends"
	"mlpc/backends/backendtest"
	"mlpc/ir"
	"mlpc/testbench"
)

func program(g *ir.Graph) *ir.Program { return &ir.Program{Graph: g, Target: "go"} }

// TestNet builds a whole emitted module with the runner and runs the module's own test.
func TestNet(t *testing.T) {
	in := backendtest.Input(t, program(backendtest.MLP(1, true, 16, 24, 10, 5)), 200)
	in.Estimate = map[string]float64{"flash_bytes": 1234, "ram_bytes": 56}
	backendtest.Compare(t, Backend, testbench.Go, in)
	dir := backendtest.Emit(t, Backend, in)
	goTool(t, dir, "test", "./...")
}

// TestOps compares every op with ir.Run.
func TestOps(t *testing.T) { compareAll(t, backendtest.Ops()) }

// TestRandom compares random graphs with ir.Run.
func TestRandom(t *testing.T) {
	var cases []backendtest.Case
	for seed := range uint64(40) {
		cases = append(cases, backendtest.Case{Name: fmt.Sprintf("seed %d", seed), Graph: backendtest.Random(seed)})
	}
	compareAll(t, cases)
}

// compareAll compares graphs with ir.Run: one package a case, all in one module with one driver, so that one build serves.
func compareAll(t *testing.T, cases []backendtest.Case) {
	backendtest.Need(t, testbench.Go)
	dir := t.TempDir()
	var inputs []backends.Input
	var driver strings.Builder
	write(t, filepath.Join(dir, "go.mod"), []byte("module example.com/net\n\ngo 1.22\n"))
	driver.WriteString("package main\n\nimport (\n\t\"bufio\"\n\t\"fmt\"\n\t\"os\"\n")
	for i, c := range cases {
		in := backendtest.Input(t, program(c.Graph), 40)
		inputs = append(inputs, in)
		files, err := Emit(in)
		if err != nil {
			t.Fatalf("%s: %v", c.Name, err)
		}
		for name, text := range files {
			if strings.HasSuffix(name, ".go") && !strings.HasPrefix(name, "cmd/") {
				formatted(t, c.Name+": "+name, text)
				write(t, filepath.Join(dir, fmt.Sprintf("c%d", i), name), text)
			}
		}
		fmt.Fprintf(&driver, "\tc%d \"example.com/net/c%d\"\n", i, i)
	}
	driver.WriteString(")\n\nfunc main() {\n\tlines := bufio.NewScanner(os.Stdin)\n\trun := []func(string) (string, error){\n")
	for i := range cases {
		fmt.Fprintf(&driver, "\t\tc%d.InferLine,\n", i)
	}
	driver.WriteString("\t}\n\tfor i := 0; lines.Scan(); i++ {\n\t\ttext, err := run[i/40](lines.Text())\n" +
		"\t\tif err != nil {\n\t\t\tfmt.Println(err)\n\t\t}\n\t\tfmt.Println(text)\n\t}\n}\n")
	write(t, filepath.Join(dir, "main.go"), []byte(driver.String()))
	goTool(t, dir, "vet", ".", "./...")

	var lines []byte
	for _, in := range inputs {
		lines = append(lines, testbench.FormatVectors(in.Vectors.In)...)
	}
	got := strings.Split(strings.TrimSpace(string(goRun(t, dir, lines))), "\n")
	for i, c := range cases {
		want := strings.Split(strings.TrimSpace(string(testbench.FormatVectors(inputs[i].Vectors.Out))), "\n")
		if part := got[i*40 : (i+1)*40]; !slices.Equal(part, want) {
			t.Errorf("%s: got\n%s\nwant\n%s\n%s", c.Name, strings.Join(part[:4], "\n"), strings.Join(want[:4], "\n"), c.Graph.Print())
		}
	}
}

// TestSameBytes compiles twice.
func TestSameBytes(t *testing.T) {
	in := backendtest.Input(t, program(backendtest.MLP(2, false, 8, 6, 3)), 3)
	a, err := Emit(in)
	if err != nil {
		t.Fatal(err)
	}
	b, _ := Emit(in)
	for name, text := range a {
		if !bytes.Equal(text, b[name]) {
			t.Errorf("%s differs", name)
		}
	}
}

func formatted(t *testing.T, name string, text []byte) {
	t.Helper()
	want, err := format.Source(text)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if !bytes.Equal(want, text) {
		t.Errorf("%s is not formatted by gofmt", name)
	}
}

func write(t *testing.T, path string, text []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o644); err != nil {
		t.Fatal(err)
	}
}

func goRun(t *testing.T, dir string, stdin []byte) []byte {
	return goCommand(t, dir, stdin, "run", ".")
}

func goTool(t *testing.T, dir string, args ...string) { t.Helper(); goCommand(t, dir, nil, args...) }

func goCommand(t *testing.T, dir string, stdin []byte, args ...string) []byte {
	t.Helper()
	cmd := exec.CommandContext(context.Background(), "go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off", "GOPROXY=off")
	cmd.Stdin = bytes.NewReader(stdin)
	var problem bytes.Buffer
	cmd.Stderr = &problem
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go %s: %v\n%s%s", strings.Join(args, " "), err, out, problem.String())
	}
	return out
}
