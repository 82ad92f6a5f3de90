package main

import (
	"bytes"
	"encoding/json"
	"math"
	"path/filepath"
	"testing"

	"mlpc/npz"
)

func TestDifference(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	for _, c := range []struct {
		got, want, worst float64
		count            int
	}{
		{1, 1, 0, 0}, {3, 2, 0.5, 1}, {0.5, 0.25, 0.25, 1}, {inf, inf, 0, 0}, {-inf, -inf, 0, 0}, {nan, nan, 0, 0},
		{1, inf, inf, 1}, {inf, 1, inf, 1}, {inf, -inf, inf, 1}, {nan, 1, inf, 1}, {1, nan, inf, 1},
	} {
		worst, count := difference([]float64{c.got}, &npz.Array{Shape: []int{1}, Reals: []float64{c.want}}, nil)
		if worst != c.worst || count != c.count {
			t.Errorf("got %v where %v is expected: error %v, %d different; want %v, %d", c.got, c.want, worst, count, c.worst, c.count)
		}
	}
}

// TestRunFloat32 runs a model whose reference shows the roundings of float32: a log of a sigmoid that ONNX Runtime rounds to 0.
func TestRunFloat32(t *testing.T) {
	base := filepath.Join(sharedModels(t, "own"), "torch_act_logsigmoid_dyn")
	var out, talk bytes.Buffer
	if code := run([]string{"mlpc", "run", base + ".onnx", "--float", "--data", base + ".npz", "--json"}, &out, &talk); code != 0 {
		t.Fatal(talk.String())
	}
	var r runResult
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		t.Fatal(err)
	}
	if r.MaxError == nil || *r.MaxError != 0 || r.Arithmetic != "float32" || r.RealError != nil {
		t.Errorf("%s: want error 0 in float32 and none over the reals", out.String())
	}
}
