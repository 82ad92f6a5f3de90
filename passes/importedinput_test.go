package passes

import (
	"math"
	"testing"

	"mlpc/ir"
	"mlpc/ir/onnx"
	"mlpc/ir/onnx/onnxtest"
)

// bareInput is a quantizer behind a dense layer whose input has none.
func bareInput(t *testing.T) *ir.Graph {
	t.Helper()
	quant := onnxtest.Node{Op: "Quant", Domain: "qonnx.custom_op.general", In: []string{"h", "step", "zero", "bits"}, Out: []string{"y"},
		Attrs: []onnxtest.Attr{{Name: "signed", Value: 1}, {Name: "narrow", Value: 0}, {Name: "rounding_mode", Value: "ROUND"}}}
	m := onnxtest.Model{IR: 9, Opset: 21, Inputs: []onnxtest.Info{{Name: "x", Dims: []any{"n", 6}}}, Outputs: []onnxtest.Info{{Name: "y", Dims: []any{"n", 5}}},
		Inits: []onnxtest.Tensor{quarters(), onnxtest.Floats("step", nil, 0.0625), onnxtest.Floats("zero", nil, 0), onnxtest.Floats("bits", nil, 8)},
		Nodes: []onnxtest.Node{{Op: "Gemm", In: []string{"x", "w"}, Out: []string{"h"}, Attrs: []onnxtest.Attr{{Name: "transB", Value: 1}}}, quant}}
	f, err := onnx.ImportBytes("t.onnx", m.Bytes(), "", onnx.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return f.Graph
}

// TestImportedInput gives an input without a quantizer so many bits that the quantizer behind the first layer takes the steps of the real
// net on all rows, and 16 where these hold the rows as they are, or a circuit without loops would pay for each.
func TestImportedInput(t *testing.T) {
	g := bareInput(t)
	rows, whole := synthetic(g, 2000, [2]float64{}), synthetic(g, 2000, [2]float64{})
	for i, x := range whole.Ins[0].Reals {
		whole.Ins[0].Reals[i] = math.Round(8 * x)
	}
	cases := []struct {
		name string
		cfg  Config
		bits int
	}{
		{"c", Config{Target: "c", Calib: rows}, 24},
		{"synthetic rows", Config{Target: "c"}, 24},
		{"stream", Config{Target: "verilog", Calib: rows}, 24},
		{"unrolled", Config{Target: "verilog", Arch: "unrolled", Calib: rows}, 16},
		{"whole numbers", Config{Target: "c", Calib: whole}, 16},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			p, _, err := Compile(g, c.cfg)
			if err != nil {
				t.Fatal(err)
			}
			if got := p.Graph.Inputs()[0].Type.Elem.Bits; got != c.bits {
				t.Errorf("input of %d bits, want %d", got, c.bits)
			}
			if c.cfg.Calib == nil || c.cfg.Arch == "unrolled" {
				return
			}
			want, err := runReal(g, c.cfg.Calib.Ins)
			if err != nil {
				t.Fatal(err)
			}
			got, err := runReal(p.Graph, c.cfg.Calib.Ins)
			if err != nil {
				t.Fatal(err)
			}
			for i, x := range want[0].Reals {
				if got[0].Reals[i] != x {
					t.Fatalf("output %d is %v, want %v", i, got[0].Reals[i], x)
				}
			}
		})
	}
}
