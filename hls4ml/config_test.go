package hls4ml

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"mlpc/ir"
	"mlpc/ir/diag"
)

// network is x, two dense layers with a ReLU between them, and a softmax-like table at the end.
func network() *ir.Graph {
	g := &ir.Graph{}
	pos := func(node, op string) diag.Pos { return diag.Pos{File: "m.onnx", Node: node, Op: op} }
	x := g.Add(ir.OpInput, ir.Type{Shape: []int{2}}, &ir.Input{}).Named("x", pos("", ""))
	for i := range 2 {
		w := g.ConstReal([]int{2, 2}, []float64{1, 2, 3, 4})
		x = g.New(ir.OpDense, ir.Real, &ir.Dense{}, x, w).Named(fmt.Sprintf("h%d", i), pos(fmt.Sprintf("/fc%d/Gemm", i), "Gemm"))
		if i == 0 {
			x = g.New(ir.OpClamp, ir.Real, &ir.Clamp{RLo: 0, RHi: 6}, x).Named("r", pos("/act", "Relu"))
		}
	}
	g.Outs = []*ir.Value{x}
	return g
}

// TestRead compares what files say with what flags would.
func TestRead(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       Settings
	}{
		{"model", "HLSConfig:\n  Model:\n    Precision: fixed<16,6,AP_RND,AP_SAT>\n    ReuseFactor: 2\n",
			Settings{Passes: []string{"quantize:weight=fixed<16,6>,bias=fixed<16,6>,result=fixed<16,6>", "schedule:reuse=2"}}},
		{"JSON", `{"Model": {"Precision": {"default": "int8", "bias": "ap_fixed<9,3,AP_RND_CONV,AP_SAT>"}, "BramFactor": 1000000000, "TraceOutput": false}}`,
			Settings{Passes: []string{"quantize:weight=int8,bias=ap_fixed<9,3>,result=int8"}}},
		{"project", "OutputDir: out\nProjectName: net\nBackend: Vitis\nPart: XC7Z020clg400-1\nClockPeriod: 4\nClockUncertainty: 12.5%\nIOType: io_stream\n",
			Settings{OutputDir: "out", Name: "net", Target: "hls", Part: "xc7z020clg400-1", ClockMHz: 250, Uncertainty: "12.5", IOType: "io_stream"}},
		{"null", "KerasModel: null\nHLSConfig: {LayerName: {fc0_Gemm: {TargetCycles: null}}}\n", Settings{}},
		{"board", "Board: pynq-z2\n", Settings{Part: "xc7z020clg400-1"}},
		// The name counts more than the class, the class more than the model; "auto" is the model's type for weights, mlpc's choice for results.
		{"precedence", `
Model: {Precision: 'int8', ReuseFactor: 4}
LayerType:
  Dense: {Precision: {weight: int6, result: int7}, ReuseFactor: 8}
  ReLU: {Precision: uint5}
LayerName:
  fc1_Gemm: {Precision: {weight: auto, result: auto}, TargetCycles: 3}
`, Settings{Passes: []string{"quantize:weight=int8,gemm_0.weight=int6,bias=int8,result=int8,gemm_0.result=int7,relu_0.result=uint5,gemm_1.result=", "schedule:reuse=4,gemm_0.reuse=8,gemm_1.reuse=3"}}},
		{"distributed arithmetic", "Model: {Strategy: distributed_arithmetic, ReuseFactor: 1, PipelineInterval: 1}", Settings{Arch: "unrolled", II: 1, Passes: []string{"schedule:reuse=1"}}},
		{"anchors", "LayerName:\n  fc0_Gemm: &a {ReuseFactor: 2}\n  fc1_Gemm: *a\n", Settings{Passes: []string{"schedule:gemm_0.reuse=2,gemm_1.reuse=2"}}},
		{"truncation", "Model: {Precision: 'fixed<16,6>'}", Settings{Passes: []string{"quantize:weight=fixed<16,6>,bias=fixed<16,6>,result=fixed<16,6>"},
			Notes: []string{"c.yml: types round to nearest and saturate, where hls4ml's truncate and wrap around unless they say AP_RND and AP_SAT"}}},
	} {
		s, err := Read("c.yml", []byte(c.text), network())
		if err != nil || !reflect.DeepEqual(*s, c.want) {
			t.Errorf("%s: %+v, %v\nwant %+v", c.name, s, err, c.want)
		}
	}
}

// TestProblems names every key that is wrong, with its line and what to do.
func TestProblems(t *testing.T) {
	for text, want := range map[string]string{
		"HLSConfig:\n  Model:\n    Precison: int8": `c.yml:3: HLSConfig.Model.Precison: there is no such key [config]; did you mean "Precision"?`,
		"KerasH5: a.h5":                        `c.yml:1: KerasH5: mlpc takes no such key [config]; export the network to ONNX and give it as MODEL`,
		"InputData: a.npy":                     `InputData: mlpc takes no such key [config]; give rows with --data`,
		"Backend: oneAPI":                      "oneAPI is no backend of mlpc",
		"Board: zcu-102":                       `did you mean "zcu102"?`,
		"Model: {Strategy: Resorce}":           `Model.Strategy: no strategy "Resorce" [config]; did you mean "resource"?`,
		"Model: {ReuseFactor: 1.5}":            `"1.5" is no whole number`,
		"Model: {Compression: True}":           "Model.Compression: True is not possible",
		"Model: {BramFactor: 100}":             "Model.BramFactor: 100 is not possible",
		"Model: {Precision: {weight: half}}":   "Model.Precision.weight: precision \"half\" is none of",
		"Model: {Precision: {wieght: int8}}":   `did you mean "weight"?`,
		"LayerName: {fc7: {ReuseFactor: 2}}":   "LayerName.fc7: no layer of the model has this name",
		"LayerType: {Danse: {ReuseFactor: 2}}": `LayerType.Danse: no layers are of this class [config]; did you mean "dense"?`,
		"LayerName: {fc0_Gemm: {Strategy: da}, fc1_Gemm: {Strategy: Latency}}": `"h1" would be stream and an earlier layer is unrolled`,
		"Model: {Strategy: da, ReuseFactor: 2}":                                "the unrolled circuit takes a sample a clock",
		"Model: [1]":                                                           "Model: this is no mapping",
		"IOType: io_serial":                                                    "write io_parallel or io_stream",
		"ClockPeriod: 0":                                                       "write 5 for 200 MHz",
		"ClockUncertainty: 12":                                                 "write 12.5%",
		"Model: {ReuseFactor: 1, ReuseFactor: 2}":                              "Model.ReuseFactor: the key stands there twice",
		"a: [1\nb": "this is no YAML",
		"":         "the file is empty",
	} {
		if _, err := Read("c.yml", []byte(text), network()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v\nwant %s", text, err, want)
		}
	}
}

// FuzzRead never panics, whatever the file.
func FuzzRead(f *testing.F) {
	f.Add("Model: {Precision: {weight: 'fixed<16,6>'}}")
	f.Add("LayerName: &a {fc0_Gemm: *a}")
	f.Fuzz(func(t *testing.T, text string) { Read("c.yml", []byte(text), network()) })
}
