package passes

import (
	"math"
	"math/rand/v2"
	"testing"

	"mlpc/ir/diag"
	"mlpc/ir/onnx"
	"mlpc/ir/onnx/onnxtest"
)

// quantizedNet is x [6] → quantizer → dense layer with the weights "w" [5, 6] → the given node from h to y.
func quantizedNet(node onnxtest.Node, weights []onnxtest.Node, inits ...onnxtest.Tensor) []byte {
	q := func(op, in, out string, mode string) onnxtest.Node {
		return onnxtest.Node{Op: op, Domain: "qonnx.custom_op.general", In: []string{in, "scale", "zero", "four"}, Out: []string{out},
			Attrs: []onnxtest.Attr{{Name: "signed", Value: 1}, {Name: "narrow", Value: 0}, {Name: "rounding_mode", Value: mode}}}
	}
	m := onnxtest.Model{IR: 9, Opset: 21, Inputs: []onnxtest.Info{{Name: "x", Dims: []any{"n", 6}}}, Outputs: []onnxtest.Info{{Name: "y", Dims: []any{"n", 5}}},
		Inits: append(inits, onnxtest.Floats("scale", nil, 0.25), onnxtest.Floats("zero", nil, 0), onnxtest.Floats("four", nil, 4)),
		Nodes: append([]onnxtest.Node{q("Quant", "x", "xq", "ROUND")}, weights...)}
	m.Nodes = append(m.Nodes, onnxtest.Node{Op: "Gemm", In: []string{"xq", "w"}, Out: []string{"h"}, Attrs: []onnxtest.Attr{{Name: "transB", Value: 1}}}, node)
	return m.Bytes()
}

// quarters is a 5 × 6 matrix of multiples of 1/4.
func quarters() onnxtest.Tensor {
	rng := rand.New(rand.NewPCG(8, 9))
	w := make([]float32, 30)
	for i := range w {
		w[i] = float32(rng.IntN(15)-7) / 4
	}
	return onnxtest.Floats("w", []int64{5, 6}, w...)
}

func general(op string, in []string, attrs ...onnxtest.Attr) onnxtest.Node {
	return onnxtest.Node{Op: op, Domain: "qonnx.custom_op.general", In: in, Out: []string{"y"}, Attrs: attrs}
}

func mode(name string) onnxtest.Attr { return onnxtest.Attr{Name: "rounding_mode", Value: name} }

// TestExactImport compiles small quantized files to integers: on rows in steps of half a grid, ties among them, not one output may
// differ from the file's own arithmetic over the reals.
func TestExactImport(t *testing.T) {
	scalar := func(name string, x float32) onnxtest.Tensor { return onnxtest.Floats(name, nil, x) }
	truncs := []onnxtest.Tensor{scalar("s", 0.0625), scalar("z", 0), scalar("ib", 12), scalar("ob", 8), scalar("os", 0.5), scalar("nb", 5)}
	thresholds := onnxtest.Floats("t", []int64{5, 3}, -1.1, 0, 2.3, -0.06, 0.07, 0.3, -5, -4, -3, 0.0625, 0.0625, 1, 1e-3, 2, 7)
	int4 := []onnxtest.Node{{Op: "DequantizeLinear", In: []string{"wq", "ws"}, Out: []string{"w"}, Attrs: []onnxtest.Attr{{Name: "axis", Value: 0}}}}
	weights4 := onnxtest.Tensor{Name: "wq", Type: 22, Dims: []int64{5, 6}, Raw: []byte{0x21, 0x43, 0x65, 0x87, 0xa9, 0xcb, 0xed, 0x0f, 0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde}}
	cases := map[string][]byte{
		"MultiThreshold": quantizedNet(general("MultiThreshold", []string{"h", "t"}, onnxtest.Attr{Name: "out_scale", Value: float32(0.5)}, onnxtest.Attr{Name: "out_bias", Value: float32(-1)}), nil, quarters(), thresholds),
		"int4 weights": quantizedNet(general("Quant", []string{"h", "os", "z", "nb"}, onnxtest.Attr{Name: "signed", Value: 1}), int4,
			append(truncs, weights4, onnxtest.Floats("ws", []int64{5}, 0.1, 0.2, 0.3, 0.4, 0.5))...),
		"Trunc 1":                          quantizedNet(general("Trunc", []string{"h", "s", "z", "ib", "ob"}, mode("FLOOR")), nil, append(truncs, quarters())...),
		"quantizer with an odd zero point": quantizedNet(general("Quant", []string{"h", "os", "one", "nb"}, onnxtest.Attr{Name: "signed", Value: 1}), nil, append(truncs, quarters(), scalar("one", 1))...),
		"BipolarQuant":                     quantizedNet(general("BipolarQuant", []string{"h", "os"}), nil, append(truncs, quarters())...),
	}
	for _, m := range []string{"FLOOR", "CEIL", "ROUND", "UP", "DOWN", "HALF_UP", "HALF_DOWN"} {
		cases["Trunc 2 "+m] = quantizedNet(general("Trunc", []string{"h", "s", "z", "ib", "os", "nb"}, mode(m)), nil, append(truncs, quarters())...)
		cases["Quant "+m] = quantizedNet(general("Quant", []string{"h", "os", "z", "nb"}, mode(m), onnxtest.Attr{Name: "signed", Value: 1}), nil, append(truncs, quarters())...)
	}
	for name, file := range cases {
		t.Run(name, func(t *testing.T) {
			m, err := onnx.ImportBytes("t.onnx", file, "", onnx.Options{})
			if err != nil {
				t.Fatal(err)
			}
			rng, rows := rand.New(rand.NewPCG(1, 5)), synthetic(m.Graph, 2000, [2]float64{})
			for i := range rows.Ins[0].Reals {
				rows.Ins[0].Reals[i] = float64(rng.IntN(40)-20) / 8
			}
			p, _, err := Compile(m.Graph, Config{Target: "c", Calib: rows})
			if err != nil {
				t.Fatal(err)
			}
			want, err := runReal(m.Graph, rows.Ins)
			if err != nil {
				t.Fatal(err)
			}
			got, err := runReal(p.Graph, rows.Ins)
			if err != nil {
				t.Fatal(err)
			}
			n := 0
			for i, x := range want[0].Reals {
				if math.Abs(x-got[0].Reals[i]) > 1e-9 {
					n++
				}
			}
			if n > 0 {
				t.Errorf("%d of %d outputs differ\n%s", n, len(want[0].Reals), p.Graph.Print())
			}
		})
	}
}

// TestDynamicRefused refuses scales that are computed at run time, with what to do instead.
func TestDynamicRefused(t *testing.T) {
	node := onnxtest.Node{Op: "DynamicQuantizeLinear", In: []string{"h"}, Out: []string{"y", "s", "z"}}
	_, err := onnx.ImportBytes("t.onnx", quantizedNet(node, nil, quarters()), "", onnx.Options{})
	list, ok := err.(diag.List)
	if !ok || list[0].Code != diag.CodeDynamicQuant || list[0].Hint == "" {
		t.Errorf("got %v", err)
	}
}
