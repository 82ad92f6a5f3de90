package onnx

import (
	"errors"
	"math"
	"testing"

	"mlpc/ir/diag"
)

// graphOf makes a graph attribute from names of inputs and outputs and nodes.
func graphOf(name string, in, out []string, nodes ...msg) msg {
	g := msg{}.str(2, name)
	for _, n := range nodes {
		g = g.sub(1, n)
	}
	for _, s := range in {
		g = g.sub(11, msg{}.str(1, s))
	}
	for _, s := range out {
		g = g.sub(12, msg{}.str(1, s))
	}
	return attribute(msg{}.str(1, name).sub(6, g).int(20, attrGraph))
}

// controlTraps unroll Loop and Scan.
func controlTraps() []trap {
	x := []int64{-1, 2}
	double := graphOf("body", []string{"i", "c", "h"}, []string{"d", "k", "e"}, op("Identity", []string{"c"}, []string{"d"}), op("Add", []string{"h", "h"}, []string{"k"}), op("Neg", []string{"k"}, []string{"e"}))
	until := graphOf("body", []string{"i", "c", "h"}, []string{"d", "k"}, op("Less", []string{"i", "two"}, []string{"d"}), op("Cast", []string{"i"}, []string{"f"}, intAttr("to", 1)), op("Add", []string{"h", "f"}, []string{"k"}))
	prefix := graphOf("body", []string{"s", "e"}, []string{"t", "u"}, op("Add", []string{"s", "e"}, []string{"t"}), op("Identity", []string{"t"}, []string{"u"}))
	three := typed("m", dtInt64, nil, 3)
	yes := typed("yes", dtBool, nil, 1)
	rows := []int64{-1, 3, 1}
	first := []msg{tensor("o", []int64{1, 1}, 0)}
	return []trap{
		{"Loop of three rounds", net(17, x, []msg{three}, to("Loop", []string{"m", "", "x"}, double)), []float64{1, 2}, []float64{8, 16}},
		{"Loop that gathers", net(17, x, []msg{three}, op("Loop", []string{"m", "", "x"}, []string{"z", "g"}, double), to("Transpose", []string{"g"}, intList("perm", 1, 0, 2))), []float64{1, 2}, []float64{-2, -4, -4, -8, -8, -16}},
		{"Loop until a condition", net(17, x, []msg{yes, typed("two", dtInt64, nil, 2)}, to("Loop", []string{"", "yes", "x"}, until)), []float64{1, 2}, []float64{4, 5}},
		{"Loop without rounds", net(17, x, []msg{typed("m", dtInt64, nil, 0)}, to("Loop", []string{"m", "", "x"}, until)), []float64{1, 2}, []float64{1, 2}},
		{"Scan", net(17, rows, first, op("Scan", []string{"o", "x"}, []string{"z", "y"}, prefix, intAttr("num_scan_inputs", 1), intList("scan_input_axes", 1), intList("scan_output_axes", 1))), []float64{1, 2, 3}, []float64{1, 3, 6}},
		{"Scan from behind", net(17, rows, first, op("Scan", []string{"o", "x"}, []string{"z", "y"}, prefix, intAttr("num_scan_inputs", 1), intList("scan_input_axes", -2), intList("scan_output_axes", -2), intList("scan_input_directions", 1), intList("scan_output_directions", 1))), []float64{1, 2, 3}, []float64{6, 5, 3}},
	}
}

// contribTraps are operators of ONNX Runtime's optimizer.
func contribTraps() []trap {
	x := []int64{-1, 2}
	ms := domain(domainMS)
	w, b := tensor("w", []int64{2, 2}, 1, 2, 3, 4), tensor("b", []int64{2}, -10, 10)
	ones := tensor("g", []int64{2}, 1, 1)
	return []trap{
		{"FusedGemm", net(17, x, []msg{w, b}, to("FusedGemm", []string{"x", "w", "b"}, ms, text("activation", "LeakyRelu"), number32("activation_alpha", 0.5))), []float64{1, 1}, []float64{-3, 16}},
		{"FusedMatMul", net(17, x, []msg{w}, to("FusedMatMul", []string{"x", "w"}, ms, number32("alpha", 2), intAttr("transB", 1))), []float64{1, 1}, []float64{6, 14}},
		{"FastGelu with a bias", net(17, x, []msg{b}, to("FastGelu", []string{"x", "b"}, ms)), []float64{10, -10}, []float64{0, 0}},
		{"BiasGelu", net(17, x, []msg{b}, to("BiasGelu", []string{"x", "b"}, ms)), []float64{20, -20}, []float64{10, 0}},
		{"QuickGelu", net(17, x, nil, to("QuickGelu", []string{"x"}, ms, number32("alpha", 100))), []float64{1, -1}, []float64{1, 0}},
		{"SkipLayerNormalization", net(17, x, []msg{b, ones}, to("SkipLayerNormalization", []string{"x", "x", "g", "", "b"}, ms, number32("epsilon", 0))), []float64{6, -6}, []float64{1, -1}},
		{"SkipSimplifiedLayerNormalization", net(17, x, []msg{ones}, to("SkipSimplifiedLayerNormalization", []string{"x", "x", "g"}, ms, number32("epsilon", 0))), []float64{3, 3}, []float64{1, 1}},
		{"FusedConv", net(17, []int64{-1, 1, 2}, []msg{tensor("w", []int64{1, 1, 1}, -2)}, to("FusedConv", []string{"x", "w"}, ms, text("activation", "Relu"))), []float64{1, -1}, []float64{0, 2}},
	}
}

// numberTraps ask whether a number is one.
func numberTraps() []trap {
	x := []int64{-1, 3}
	zero := tensor("z", nil, 0)
	ends := []float64{1, math.Inf(1), math.Inf(-1)}
	asked := func(fields ...msg) file {
		return net(20, x, nil, op("IsInf", []string{"x"}, []string{"c"}, fields...), to("Cast", []string{"c"}, intAttr("to", 1)))
	}
	small := net(17, x, []msg{zero, tensor("c", nil, 0.002)}, op("Abs", []string{"x"}, []string{"a"}), op("Less", []string{"a", "c"}, []string{"l"}), to("Where", []string{"l", "z", "x"}))
	return []trap{
		{"a choice that only small numbers see", small, []float64{1, 0.001, -0.001}, []float64{1, 0, 0}},
		{"Where not NaN", net(17, x, []msg{zero}, op("IsNaN", []string{"x"}, []string{"c"}), to("Where", []string{"c", "z", "x"})), []float64{1, 2, 3}, []float64{1, 2, 3}},
		{"IsInf", asked(), ends, []float64{0, 1, 1}},
		{"IsInf above", asked(intAttr("detect_negative", 0)), ends, []float64{0, 1, 0}},
		{"IsInf below", asked(intAttr("detect_positive", 0)), ends, []float64{0, 0, 1}},
		{"IsInf nowhere", asked(intAttr("detect_positive", 0), intAttr("detect_negative", 0)), ends, []float64{0, 0, 0}},
	}
}

// TestWhereNaN checks that a choice that only NaN would make costs nothing.
func TestWhereNaN(t *testing.T) {
	m, err := ImportBytes("t.onnx", numberTraps()[1].file.bytes(), "", Options{})
	if err != nil {
		t.Fatal(err)
	}
	if n := len(m.Graph.Values); n != 1 || len(m.Notes) != 1 {
		t.Errorf("%d values and notes %q; want the input only, and a note", n, m.Notes)
	}
}

// TestRefused holds what ends the unrolling of loops with a refusal, and other operators without a meaning.
func TestRefused(t *testing.T) {
	x := []int64{-1, 2}
	yes := typed("yes", dtBool, nil, 1)
	forever := graphOf("body", []string{"i", "c", "h"}, []string{"c", "h"})
	byData := graphOf("body", []string{"i", "c", "h"}, []string{"d", "h"}, op("Greater", []string{"h", "zero"}, []string{"d"}))
	for _, c := range []struct {
		name string
		file file
		want diag.Code
	}{
		{"forever", net(17, x, []msg{yes}, to("Loop", []string{"", "yes", "x"}, forever)), diag.CodeLimit},
		{"until the data say so", net(17, x, []msg{yes, tensor("zero", nil, 0)}, to("Loop", []string{"", "yes", "x"}, byData)), diag.CodeUnsupportedOp},
		{"rounds from the data", net(17, []int64{-1}, nil, to("Loop", []string{"x", "", "x"}, forever)), diag.CodeUnsupportedOp},
		{"over the samples", net(17, x, []msg{tensor("o", []int64{2}, 0, 0)}, op("Scan", []string{"o", "x"}, []string{"z", "y"}, graphOf("body", []string{"s", "e"}, []string{"s", "e"}), intAttr("num_scan_inputs", 1))), diag.CodeShape},
		{"norm of a number", net(17, []int64{-1}, []msg{tensor("g", nil, 1)}, op("ReduceSum", []string{"g"}, []string{"h"}, intAttr("keepdims", 0)), to("SkipLayerNormalization", []string{"h", "h", "g"}, domain(domainMS))), diag.CodeAttribute},
		{"without a body", net(17, x, nil, to("Scan", []string{"x"}, intAttr("num_scan_inputs", 1))), diag.CodeAttribute},
	} {
		_, err := ImportBytes("t.onnx", c.file.bytes(), "", Options{})
		if code := codeOf(err); err == nil || code != c.want {
			t.Errorf("%s: %v, want code %q", c.name, err, c.want)
		}
		var de *diag.Error
		if errors.As(err, &de) && de.Pos.Node == "" {
			t.Errorf("%s: %v names no node", c.name, err)
		}
	}
}
