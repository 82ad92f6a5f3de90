package main

import (
	"math"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"mlpc/ir/onnx/onnxtest"
)

// TestMain lets scripts call mlpc, in a process of its own.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"mlpc": main})
}

// TestScripts runs the command as users do; each script in testdata/script holds one situation. $EXAMPLES is the repository's examples.
func TestScripts(t *testing.T) {
	examples, err := filepath.Abs(filepath.Join("..", "..", "examples"))
	if err != nil {
		t.Fatal(err)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Skip("no cache directory: ", err)
	}
	cache = filepath.Join(cache, "go-build")
	testscript.Run(t, testscript.Params{
		Dir:           filepath.Join("testdata", "script"),
		UpdateScripts: *update,
		Setup: func(e *testscript.Env) error {
			e.Setenv("EXAMPLES", examples)
			e.Setenv("GOCACHE", cache) // verify builds Go code; an empty cache would cost half a minute
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"cut":  cutFile,
			"onnx": writeONNX,
		},
	})
}

// cutFile implements "cut from to n": the first n bytes of a file.
func cutFile(ts *testscript.TestScript, _ bool, args []string) {
	data := ts.ReadFile(args[0])
	n, err := strconv.Atoi(args[2])
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(data[:n]), 0o666))
}

// writeONNX implements "onnx kind file": a 2-3-2 network that is wrong in the way that kind says.
func writeONNX(ts *testscript.TestScript, _ bool, args []string) {
	m := &onnxtest.Model{IR: 8, Opset: 17, Producer: "test",
		Inputs:  []onnxtest.Info{{Name: "x", Dims: []any{"batch", 2}}},
		Outputs: []onnxtest.Info{{Name: "y", Dims: []any{"batch", 2}}},
		Inits: []onnxtest.Tensor{onnxtest.Floats("w1", []int64{3, 2}, 1, -2, 3, 0.5, -1, 1), onnxtest.Floats("b1", []int64{3}, 0.1, 0.2, 0.3),
			onnxtest.Floats("w2", []int64{2, 3}, 1, 2, 3, -1, -2, 0.5)},
		Nodes: []onnxtest.Node{
			{Name: "fc1", Op: "Gemm", In: []string{"x", "w1", "b1"}, Out: []string{"h"}, Attrs: []onnxtest.Attr{{Name: "transB", Value: 1}}},
			{Name: "act", Op: "Relu", In: []string{"h"}, Out: []string{"r"}},
			{Name: "fc2", Op: "Gemm", In: []string{"r", "w2"}, Out: []string{"y"}, Attrs: []onnxtest.Attr{{Name: "transB", Value: 1}}},
		}}
	switch args[0] {
	case "good":
	case "unsupported":
		m.Nodes[1].Op = "LSTM"
	case "dynamic-feature":
		m.Inputs[0].Dims = []any{"batch", "features"}
	case "no-external-data":
		m.Inits[0].External = [][2]string{{"location", "weights.bin"}, {"offset", "0"}, {"length", "24"}}
	case "nan":
		m.Inits[0] = onnxtest.Floats("w1", []int64{3, 2}, 1, float32(math.NaN()), 3, 0.5, -1, 1)
	case "shape":
		m.Inits[2].Dims = []int64{3, 2}
	default:
		ts.Fatalf("unknown kind %q", args[0])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), m.Bytes(), 0o666))
}
