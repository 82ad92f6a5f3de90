package onnx

import (
	"math"
	"slices"
	"testing"

	"mlpc/ir"
)

// trap is a model with an input and the output that it must have.
type trap struct {
	name string
	file file
	in   []float64 // rows of the first input
	want []float64 // rows of the first output
}

// net makes a model with input x of the dimensions given, output y, and a list of nodes and initializers.
func net(opset int64, dims []int64, inits []msg, nodes ...msg) file {
	return file{opset: opset, inputs: []port{{"x", dtFloat, dims}}, outputs: []port{{"y", dtFloat, []int64{}}}, inits: inits, nodes: nodes}
}

func to(kind string, in []string, fields ...msg) msg { return op(kind, in, []string{"y"}, fields...) }

func trapModels() []trap {
	return slices.Concat(linearTraps(), shapeTraps(), versionTraps(), quantTraps(), truncTraps(), thresholdTraps(), otherTraps(), controlTraps(), contribTraps(), numberTraps(), operatorTraps())
}

func linearTraps() []trap {
	w := tensor("w", []int64{2, 2}, 1, 2, 3, 4)
	row := tensor("b", []int64{1, 2}, 10, 20)
	vec := tensor("b", []int64{2}, 10, 20)
	x := []int64{-1, 2}
	mm := op("MatMul", []string{"x", "w"}, []string{"h"})
	return []trap{
		{"bias first", net(17, x, []msg{w, row}, mm, to("Add", []string{"b", "h"})), []float64{1, 1}, []float64{14, 26}},
		{"Gemm alpha beta", net(17, x, []msg{w, vec}, to("Gemm", []string{"x", "w", "b"}, number32("alpha", 2), number32("beta", 0.5))), []float64{1, 1}, []float64{13, 22}},
		{"Gemm transB", net(17, x, []msg{w}, to("Gemm", []string{"x", "w"}, intAttr("transB", 1))), []float64{1, 1}, []float64{3, 7}},
		{"Gemm without bias by an empty name", net(17, x, []msg{w}, to("Gemm", []string{"x", "w", ""})), []float64{1, 1}, []float64{4, 6}},
		{"Gemm scalar bias", net(17, x, []msg{w, tensor("b", nil, 5)}, to("Gemm", []string{"x", "w", "b"})), []float64{1, 1}, []float64{9, 11}},
		{"Gemm transA", net(17, x, []msg{w}, op("Transpose", []string{"x"}, []string{"t"}, intList("perm", 1, 0)), to("Gemm", []string{"t", "w"}, intAttr("transA", 1))), []float64{1, 1, 1, 0}, []float64{4, 6, 1, 2}},
		{"Gemm of version 6", net(6, x, []msg{w, vec}, to("Gemm", []string{"x", "w", "b"}, intAttr("broadcast", 1))), []float64{1, 1}, []float64{14, 26}},
		{"weight on the left", net(17, x, []msg{w, tensor("c", []int64{2, 1}, 1, 2)}, op("Transpose", []string{"x"}, []string{"t"}, intList("perm", 1, 0)), op("MatMul", []string{"w", "t"}, []string{"m"}), op("Add", []string{"m", "c"}, []string{"a"}), to("Transpose", []string{"a"})), []float64{1, 1, 1, 0}, []float64{4, 9, 2, 5}},
		{"MatMul with a vector", net(17, x, []msg{tensor("v", []int64{2}, 3, 4)}, to("MatMul", []string{"x", "v"})), []float64{1, 2, 0, 1}, []float64{11, 4}},
		{"two run-time factors", net(17, []int64{-1, 2, 2}, nil, op("Transpose", []string{"x"}, []string{"t"}, intList("perm", 0, 2, 1)), to("MatMul", []string{"x", "t"})), []float64{1, 2, 3, 4}, []float64{5, 11, 11, 25}},
		{"stack of matrices", net(17, []int64{-1, 1, 1, 2}, []msg{tensor("s", []int64{2, 2, 1}, 1, 2, 3, 4)}, to("MatMul", []string{"x", "s"})), []float64{1, 1, 1, 0}, []float64{3, 7, 1, 3}},
		{"Add of version 6", net(6, []int64{-1, 2, 2}, []msg{tensor("v", []int64{2}, 10, 20)}, to("Add", []string{"x", "v"}, intAttr("broadcast", 1), intAttr("axis", 1))), []float64{1, 2, 3, 4}, []float64{11, 12, 23, 24}},
		{"BatchNormalization through a transposition", net(13, []int64{-1, 2, 2}, []msg{tensor("g", []int64{2}, 1, 2), tensor("b", []int64{2}, 0, 1), tensor("m", []int64{2}, 1, 1), tensor("v", []int64{2}, 3, 3)},
			op("Transpose", []string{"x"}, []string{"t"}, intList("perm", 0, 2, 1)), op("BatchNormalization", []string{"t", "g", "b", "m", "v"}, []string{"n"}, number32("epsilon", 1)), to("Transpose", []string{"n"}, intList("perm", 0, 2, 1))), []float64{3, 3, 5, 5}, []float64{1, 3, 2, 5}},
		{"Einsum with an ellipsis", net(17, []int64{-1, 2, 2}, []msg{w}, to("Einsum", []string{"x", "w"}, text("equation", "...i,oi->...o"))), []float64{1, 1, 1, 0}, []float64{3, 7, 1, 3}},
		{"Einsum between samples' tensors", net(17, []int64{-1, 2, 2}, nil, to("Einsum", []string{"x", "x"}, text("equation", "bij,bkj->bik"))), []float64{1, 2, 3, 4}, []float64{5, 11, 11, 25}},
		{"Conv with groups", net(17, []int64{-1, 2, 3}, []msg{tensor("k", []int64{2, 1, 2}, 1, 1, 1, -1)}, to("Conv", []string{"x", "k"}, intAttr("group", 2), intList("pads", 1, 0))), []float64{1, 2, 3, 4, 5, 6}, []float64{1, 3, 5, -4, -1, -1}},
	}
}

func shapeTraps() []trap {
	x := []int64{-1, 2, 3}
	six := []float64{1, 2, 3, 4, 5, 6}
	chain := []msg{
		op("Shape", []string{"x"}, []string{"s"}), op("Constant", nil, []string{"i"}, tensorAttr("value", typed("", dtInt64, nil, 0))),
		op("Gather", []string{"s", "i"}, []string{"n"}), op("Unsqueeze", []string{"n"}, []string{"u"}, intList("axes", 0)),
		op("Concat", []string{"u", "m"}, []string{"t"}, intAttr("axis", 0)), to("Reshape", []string{"x", "t"}),
	}
	shapeOf := op("Shape", []string{"x"}, []string{"s"})
	zero, one := ints64("zero", 0), ints64("one", 1)
	batchSize := op("Slice", []string{"s", "zero", "one"}, []string{"n"})
	classToken := []msg{shapeOf, batchSize, op("Concat", []string{"n", "o"}, []string{"c"}, intAttr("axis", 0)), op("Equal", []string{"c", "m"}, []string{"e"}),
		op("Where", []string{"e", "ones", "c"}, []string{"t"}), op("Expand", []string{"k", "t"}, []string{"b"}), to("Concat", []string{"b", "x"}, intAttr("axis", 1))}
	return []trap{
		{"class token repeated for each sample", net(17, []int64{-1, 1, 2}, []msg{zero, one, ints64("o", -1, 2), ints64("m", -1), ints64("ones", 1, 1, 1), tensor("k", []int64{1, 1, 2}, 8, 9)}, classToken...), []float64{1, 2, 3, 4}, []float64{8, 9, 1, 2, 8, 9, 3, 4}},
		{"Tile for each sample", net(17, []int64{-1, 1}, []msg{zero, one, tensor("k", []int64{1, 1}, 8)}, shapeOf, batchSize, op("Concat", []string{"n", "one"}, []string{"c"}, intAttr("axis", 0)),
			op("Tile", []string{"k", "c"}, []string{"b"}), to("Concat", []string{"b", "x"}, intAttr("axis", 1))), []float64{1, 2}, []float64{8, 1, 8, 2}},
		{"features from the size over the batch size", net(13, x, []msg{zero, one}, op("Size", []string{"x"}, []string{"z"}), shapeOf, batchSize, op("Div", []string{"z", "n"}, []string{"f"}),
			op("Concat", []string{"n", "f"}, []string{"t"}, intAttr("axis", 0)), to("Reshape", []string{"x", "t"})), six, six},
		{"shape chain", net(11, x, []msg{ints64("m", -1)}, chain...), six, six},
		{"Reshape with 0 and −1", net(13, x, []msg{ints64("s", 0, 3, -1)}, to("Reshape", []string{"x", "s"})), six, six},
		{"Reshape that folds samples away", net(13, x, []msg{ints64("s", -1, 1)}, to("Reshape", []string{"x", "s"})), six, six},
		{"Reshape back from rows", net(13, x, []msg{ints64("s", -1, 3), ints64("t", -1, 2, 3), tensor("w", []int64{3, 3}, 1, 0, 0, 0, 1, 0, 0, 0, 2)}, op("Reshape", []string{"x", "s"}, []string{"r"}), op("Gemm", []string{"r", "w"}, []string{"g"}), to("Reshape", []string{"g", "t"})), six, []float64{1, 2, 6, 4, 5, 12}},
		{"fixed batch of two", net(13, []int64{2, 2, 3}, []msg{ints64("s", 2, 6)}, to("Reshape", []string{"x", "s"})), append(six, six...), append(six, six...)},
		{"batch squeezed away and back", net(11, []int64{1, 2, 3}, []msg{ints64("s", 1, 6)}, op("Squeeze", []string{"x"}, []string{"q"}, intList("axes", 0)), to("Reshape", []string{"q", "s"})), six, six},
		{"the only sample by its index", net(11, []int64{1, 3}, []msg{typed("i", dtInt64, nil, 0), ints64("s", 1, 3)}, op("Gather", []string{"x", "i"}, []string{"g"}), to("Reshape", []string{"g", "s"})), six[:3], six[:3]},
		{"the only number of the only sample", net(11, []int64{1}, []msg{typed("i", dtInt64, nil, 0)}, op("Gather", []string{"x", "i"}, []string{"g"}), to("Neg", []string{"g"})), six[:1], []float64{-1}},
		{"no batch at all", net(13, []int64{2, 3}, []msg{ints64("a", 0)}, to("ReduceSum", []string{"x", "a"}, intAttr("keepdims", 0))), six, []float64{5, 7, 9}},
		{"Transpose without perm", net(13, []int64{-1, 2}, nil, op("Transpose", []string{"x"}, []string{"t"}), to("Transpose", []string{"t"})), six, six},
		{"Slice backwards", net(13, x, []msg{ints64("s", -1), ints64("e", -100), ints64("a", 2), ints64("d", -2)}, to("Slice", []string{"x", "s", "e", "a", "d"})), six, []float64{3, 1, 6, 4}},
		{"Slice to the largest end", net(13, x, []msg{ints64("s", 1), ints64("e", math.MaxInt64), ints64("a", -1)}, to("Slice", []string{"x", "s", "e", "a"})), six, []float64{2, 3, 5, 6}},
		{"Pad by reflection", net(13, []int64{-1, 3}, []msg{ints64("p", 0, 2, 0, 1)}, to("Pad", []string{"x", "p"}, text("mode", "reflect"))), []float64{1, 2, 3}, []float64{3, 2, 1, 2, 3, 2}},
		{"Concat with a constant along the batch", net(13, []int64{-1, 2}, []msg{ints64("zero", 0), ints64("one", 1), tensor("c", []int64{1, 1}, 9)},
			op("Shape", []string{"x"}, []string{"n"}), op("Gather", []string{"n", "zero"}, []string{"g"}), op("Concat", []string{"g", "one"}, []string{"t"}, intAttr("axis", 0)),
			op("Expand", []string{"c", "t"}, []string{"e"}), to("Concat", []string{"x", "e"}, intAttr("axis", 1))), []float64{1, 2, 3, 4}, []float64{1, 2, 9, 3, 4, 9}},
		{"Range over the batch", net(13, []int64{-1, 2}, []msg{typed("z", dtInt64, nil, 0), typed("o", dtInt64, nil, 1), typed("k", dtInt64, nil, 2), ints64("r", -1), ints64("a", 1), typed("j", dtInt64, []int64{1, 2}, 1, 0)},
			op("Shape", []string{"x"}, []string{"s"}), op("Gather", []string{"s", "z"}, []string{"n"}), op("Range", []string{"z", "n", "o"}, []string{"i"}), op("Mul", []string{"i", "k"}, []string{"m"}),
			op("Unsqueeze", []string{"m", "a"}, []string{"u"}), op("Add", []string{"u", "j"}, []string{"at"}), op("Reshape", []string{"x", "r"}, []string{"f"}), to("Gather", []string{"f", "at"})), []float64{1, 2, 3, 4}, []float64{2, 1, 4, 3}},
	}
}

func versionTraps() []trap {
	x := []int64{-1, 2, 2}
	four := []float64{0, 0, 0, math.Log(3)}
	over := func(parts ...float64) []float64 { return parts }
	return []trap{
		{"Softmax 11 flattens", net(11, x, nil, to("Softmax", []string{"x"})), four, over(1.0/6, 1.0/6, 1.0/6, 0.5)},
		{"Softmax 13 takes the last axis", net(13, x, nil, to("Softmax", []string{"x"})), four, over(0.5, 0.5, 0.25, 0.75)},
		{"Hardmax 11 flattens", net(11, x, nil, to("Hardmax", []string{"x"})), four, over(0, 0, 0, 1)},
		{"Clip 6", net(6, []int64{-1, 3}, nil, to("Clip", []string{"x"}, number32("min", -1), number32("max", 1))), over(-3, 0.5, 3), over(-1, 0.5, 1)},
		{"Clip 11 without a lower bound", net(11, []int64{-1, 3}, []msg{tensor("m", nil, 1)}, to("Clip", []string{"x", "", "m"})), over(-3, 0.5, 3), over(-3, 0.5, 1)},
		{"Unsqueeze 11", net(11, []int64{-1, 2}, nil, op("Unsqueeze", []string{"x"}, []string{"u"}, intList("axes", -1)), to("Squeeze", []string{"u"}, intList("axes", 2))), over(1, 2), over(1, 2)},
		{"Unsqueeze 13", net(13, []int64{-1, 2}, []msg{ints64("a", 1), ints64("b", 1)}, op("Unsqueeze", []string{"x", "a"}, []string{"u"}), to("Squeeze", []string{"u", "b"})), over(1, 2), over(1, 2)},
		{"ReduceSum 11", net(11, x, nil, to("ReduceSum", []string{"x"}, intList("axes", 1), intAttr("keepdims", 0))), over(1, 2, 3, 4), over(4, 6)},
		{"ReduceSum 13", net(13, x, []msg{ints64("a", -2)}, to("ReduceSum", []string{"x", "a"}, intAttr("keepdims", 0))), over(1, 2, 3, 4), over(4, 6)},
		{"ReduceSum 13 without axes", net(13, x, nil, to("ReduceSum", []string{"x"}, intAttr("noop_with_empty_axes", 1))), over(1, 2, 3, 4), over(1, 2, 3, 4)},
		{"ReduceMean 13", net(13, x, nil, to("ReduceMean", []string{"x"}, intList("axes", 2, 1), intAttr("keepdims", 0))), over(1, 2, 3, 4), over(2.5)},
		{"ReduceMean 18", net(18, x, []msg{ints64("a", 1, 2)}, to("ReduceMean", []string{"x", "a"})), over(1, 2, 3, 4), over(2.5)},
		{"Split 11", net(11, []int64{-1, 3}, nil, op("Split", []string{"x"}, []string{"p", "y"}, intAttr("axis", 1), intList("split", 1, 2))), over(1, 2, 3), over(2, 3)},
		{"Split 13", net(13, []int64{-1, 3}, []msg{ints64("s", 2, 1)}, op("Split", []string{"x", "s"}, []string{"p", "y"}, intAttr("axis", 1))), over(1, 2, 3), over(3)},
		{"Split 18 into uneven parts", net(18, []int64{-1, 3}, nil, op("Split", []string{"x"}, []string{"y", "q"}, intAttr("axis", -1), intAttr("num_outputs", 2))), over(1, 2, 3), over(1, 2)},
		{"Slice 9", net(9, []int64{-1, 3}, nil, to("Slice", []string{"x"}, intList("starts", 1), intList("ends", 1000), intList("axes", 1))), over(1, 2, 3), over(2, 3)},
		{"Pad 10", net(10, []int64{-1, 1}, nil, to("Pad", []string{"x"}, intList("pads", 0, 1, 0, 0), number32("value", 7))), over(1), over(7, 1)},
		{"Pad 18 with axes", net(18, []int64{-1, 1}, []msg{ints64("p", 1, 0), tensor("v", nil, 7), ints64("a", 1)}, to("Pad", []string{"x", "p", "v", "a"})), over(1), over(7, 1)},
		{"TopK 9", net(9, []int64{-1, 3}, nil, op("TopK", []string{"x"}, []string{"y", "i"}, intAttr("k", 2))), over(1, 3, 2), over(3, 2)},
		{"TopK 11 of the least, ties to the lower index", net(11, []int64{-1, 4}, []msg{ints64("k", 2)}, op("TopK", []string{"x", "k"}, []string{"v", "y"}, intAttr("largest", 0))), over(5, 1, 1, 2), over(1, 2)},
		{"Dropout 7 with its mask", net(7, []int64{-1, 2}, nil, op("Dropout", []string{"x"}, []string{"d", "m"}, number32("ratio", 0.5)), op("Cast", []string{"m"}, []string{"c"}, intAttr("to", 1)), to("Add", []string{"d", "c"})), over(1, 2), over(2, 3)},
		{"ArgMax keeps the last index", net(13, []int64{-1, 3}, nil, to("ArgMax", []string{"x"}, intAttr("axis", 1), intAttr("select_last_index", 1))), over(3, 1, 3), over(2)},
		{"GridSample with mirrors", net(16, []int64{-1, 1, 1, 2}, []msg{tensor("p", []int64{1, 1, 3, 2}, -1.5, 0, 1.5, 0, 2.4, 0)}, to("GridSample", []string{"x", "p"}, text("padding_mode", "reflection"), text("mode", "nearest"))), over(1, 2), over(1, 2, 1)},
		{"LpPool", net(17, []int64{-1, 1, 3}, nil, to("LpPool", []string{"x"}, intList("kernel_shape", 2))), over(3, 4, 0), over(5, 4)},
		{"GlobalLpPool", net(17, []int64{-1, 1, 3}, nil, to("GlobalLpPool", []string{"x"}, intAttr("p", 1))), over(3, -4, 0), over(7)},
		{"features of an input without samples", net(17, []int64{2}, []msg{tensor("w", []int64{2, 2}, 1, 2, 3, 4)}, to("MatMul", []string{"x", "w"})), over(1, 1), over(4, 6)},
		{"Upsample 9", net(9, []int64{-1, 1, 1, 2}, []msg{tensor("s", []int64{4}, 1, 1, 1, 2)}, to("Upsample", []string{"x", "s"})), over(1, 2), over(1, 1, 2, 2)},
		{"Constant of numbers", net(13, []int64{-1, 2}, nil, op("Constant", nil, []string{"c"}, floatsAttr("value_floats", 1, 2)), op("Constant", nil, []string{"k"}, intAttr("value_int", 3)), op("Cast", []string{"k"}, []string{"f"}, intAttr("to", 1)), op("Mul", []string{"c", "f"}, []string{"m"}), to("Add", []string{"x", "m"})), over(0, 0), over(3, 6)},
	}
}

func quantTraps() []trap {
	x := []int64{-1, 6}
	zero8 := typed("z", dtInt8, nil, 0)
	qdq := []msg{op("QuantizeLinear", []string{"x", "s", "z"}, []string{"q"}), to("DequantizeLinear", []string{"q", "s", "z"})}
	ties := []float64{0.5, 1.5, -0.5, -2.5, 200, -300}
	qonnx := func(mode string, bits float32, signed, narrow int64) file {
		return net(17, x, []msg{tensor("s", nil, 1), tensor("z", nil, 0), tensor("b", nil, bits)},
			to("Quant", []string{"x", "s", "z", "b"}, domain(domainQonnx), text("rounding_mode", mode), intAttr("signed", signed), intAttr("narrow", narrow)))
	}
	quantZero := func(bits float32) file {
		return net(17, x, []msg{tensor("s", nil, 1), tensor("z", nil, 1), tensor("b", nil, bits)}, to("Quant", []string{"x", "s", "z", "b"}, domain(domainQonnx), intAttr("signed", 1)))
	}
	all := []float64{0.5, 1.5, -0.5, -2.5, 2.25, -2.75}
	return []trap{
		{"half to even, saturated", net(13, x, []msg{tensor("s", nil, 1), zero8}, qdq...), ties, []float64{0, 2, 0, -2, 127, -128}},
		{"zero point", net(13, x, []msg{tensor("s", nil, 0.5), typed("z", dtUint8, nil, 3)}, qdq...), []float64{0, -1, -2, 1, 126, 300}, []float64{0, -1, -1.5, 1, 126, 126}},
		{"scale for each channel", net(13, []int64{-1, 2, 3}, []msg{tensor("s", []int64{2}, 1, 2), typed("z", dtInt8, []int64{2}, 0, 0)},
			op("QuantizeLinear", []string{"x", "s", "z"}, []string{"q"}, intAttr("axis", 1)), to("DequantizeLinear", []string{"q", "s", "z"}, intAttr("axis", 1))), []float64{1, 2, 3, 1, 2, 3}, []float64{1, 2, 3, 0, 2, 4}},
		{"Clip on integers", net(13, x, []msg{tensor("s", nil, 1), zero8, typed("l", dtInt8, nil, -2), typed("h", dtInt8, nil, 1)},
			op("QuantizeLinear", []string{"x", "s", "z"}, []string{"q"}), op("Clip", []string{"q", "l", "h"}, []string{"c"}), to("DequantizeLinear", []string{"c", "s", "z"})), ties, []float64{0, 1, 0, -2, 1, -2}},
		{"integers as the output", net(13, x, []msg{tensor("s", nil, 0.5), typed("z", dtInt8, nil, 5)}, to("QuantizeLinear", []string{"x", "s", "z"})), []float64{0, 1, -1, 100, -100, 0.3}, []float64{5, 7, 3, 127, -128, 6}},
		{"another scale on the way back", net(13, x, []msg{tensor("s", nil, 1), zero8, tensor("t", nil, 10)}, op("QuantizeLinear", []string{"x", "s", "z"}, []string{"q"}), to("DequantizeLinear", []string{"q", "t", "z"})), ties, []float64{0, 20, 0, -20, 1270, -1280}},
		{"Quant ROUND", qonnx("ROUND", 8, 1, 0), all, []float64{0, 2, 0, -2, 2, -3}},
		{"Quant FLOOR", qonnx("FLOOR", 8, 1, 0), all, []float64{0, 1, -1, -3, 2, -3}},
		{"Quant CEIL", qonnx("ceil", 8, 1, 0), all, []float64{1, 2, 0, -2, 3, -2}},
		{"Quant UP", qonnx("UP", 8, 1, 0), all, []float64{1, 2, -1, -3, 3, -3}},
		{"Quant DOWN", qonnx("DOWN", 8, 1, 0), all, []float64{0, 1, 0, -2, 2, -2}},
		{"Quant HALF_UP", qonnx("HALF_UP", 8, 1, 0), all, []float64{1, 2, -1, -3, 2, -3}},
		{"Quant HALF_DOWN", qonnx("HALF_DOWN", 8, 1, 0), all, []float64{0, 1, 0, -2, 2, -3}},
		{"Quant clamps before it rounds", qonnx("CEIL", 2, 1, 1), []float64{0.1, 5, -5, -0.1, 1, -1}, []float64{1, 1, -1, 0, 1, -1}},
		{"Quant of one signed bit", qonnx("ROUND", 1, 1, 0), []float64{0, math.Copysign(0, -1), 1, -1, 0.2, -0.2}, []float64{1, 1, 1, -1, 1, -1}},
		{"BipolarQuant", net(17, x, []msg{tensor("s", nil, 2)}, to("BipolarQuant", []string{"x", "s"}, domain("onnx.brevitas"))), []float64{0, math.Copysign(0, -1), 1, -1, 9, -9}, []float64{2, 2, 2, -2, 2, -2}},
		{"Quant TO_ZERO", qonnx("TO_ZERO", 8, 1, 0), all, []float64{0, 1, 0, -2, 2, -2}},
		{"Quant without sign, narrow", qonnx("ROUND", 2, 0, 1), all, []float64{0, 2, 0, 0, 2, 0}},
		{"Quant adds its zero point before it rounds", quantZero(8), all, []float64{1, 1, -1, -3, 2, -3}},
		{"Quant of one signed bit with a zero point", quantZero(1), all, []float64{0, 0, 0, -2, 0, -2}},
		{"weights quantized by rows before a transposition", net(17, []int64{-1, 2}, []msg{tensor("w", []int64{2, 2}, 0.6, 1.4, 0.6, 1.4), tensor("s", []int64{2, 1}, 1, 0.5), tensor("z", nil, 0), tensor("b", nil, 4)},
			op("Quant", []string{"w", "s", "z", "b"}, []string{"q"}, domain(domainQonnx), intAttr("signed", 1)), op("Transpose", []string{"q"}, []string{"t"}, intList("perm", 1, 0)), to("MatMul", []string{"x", "t"})), []float64{1, 0, 0, 1}, []float64{1, 0.5, 1, 1.5}},
		{"width for each element", net(17, []int64{-1, 2}, []msg{tensor("s", []int64{1, 2}, 1, 0.5), tensor("z", nil, 0), tensor("b", []int64{1, 2}, 2, 3)}, to("Quant", []string{"x", "s", "z", "b"}, domain(domainQonnx), intAttr("signed", 1))), []float64{9, 9, -9, -9}, []float64{1, 1.5, -2, -2}},
	}
}

// truncTraps are QONNX's Trunc: results by the formulas of its documentation, by hand.
func truncTraps() []trap {
	in := []float64{1, 2, 3, -1, 10, 0} // in steps of 0.5: 2, 4, 6, −2, 20, 0
	first := func(mode string, zero float32) file {
		inits := []msg{tensor("s", nil, 0.5), tensor("z", nil, zero), tensor("i", nil, 8), tensor("o", nil, 6)}
		return net(17, []int64{-1, 6}, inits, to("Trunc", []string{"x", "s", "z", "i", "o"}, domain(domainQonnx), text("rounding_mode", mode)))
	}
	second := func(mode string, zero float32, bits, signed, narrow int64, scale msg) file {
		inits := []msg{tensor("s", nil, 0.5), tensor("z", nil, zero), tensor("i", nil, 8), scale, typed("o", dtInt64, nil, bits)}
		return net(17, []int64{-1, 6}, inits, to("Trunc", []string{"x", "s", "z", "i", "t", "o"}, domain(domainQonnx), text("rounding_mode", mode), intAttr("signed", signed), intAttr("narrow", narrow)))
	}
	one, two := tensor("t", nil, 1), tensor("t", nil, 2)
	return []trap{
		{"Trunc 1", first("FLOOR", 0), in, []float64{0, 0.5, 0.5, -0.5, 2.5, 0}},
		{"Trunc 1 ROUND", first("ROUND", 0), in, []float64{0, 0.5, 1, 0, 2.5, 0}},
		{"Trunc 1 CEIL", first("CEIL", 0), in, []float64{0.5, 0.5, 1, 0, 2.5, 0}},
		{"Trunc 1 with a zero point", first("FLOOR", 1), in, []float64{-0.5, 0, 0, -1, 2, -0.5}},
		{"Trunc 2", second("FLOOR", 0, 3, 1, 0, two), in, []float64{0, 2, 2, -2, 6, 0}},
		{"Trunc 2 ROUND", second("round", 0, 3, 1, 0, two), in, []float64{0, 2, 4, 0, 6, 0}},
		{"Trunc 2 CEIL", second("CEIL", 0, 3, 1, 0, two), in, []float64{2, 2, 4, 0, 6, 0}},
		{"Trunc 2 UP", second("UP", 0, 3, 1, 0, two), in, []float64{2, 2, 4, -2, 6, 0}},
		{"Trunc 2 DOWN", second("DOWN", 0, 3, 1, 0, two), in, []float64{0, 2, 2, 0, 6, 0}},
		{"Trunc 2 HALF_UP", second("HALF_UP", 0, 3, 1, 0, two), in, []float64{2, 2, 4, -2, 6, 0}},
		{"Trunc 2 HALF_DOWN", second("HALF_DOWN", 0, 3, 1, 0, two), in, []float64{0, 2, 2, 0, 6, 0}},
		{"Trunc 2 without sign, narrow, with a zero point", second("FLOOR", 2, 3, 0, 1, one), in, []float64{1, 2, 3, -1, 5, 0}},
		{"Trunc 2 with half a zero point", second("FLOOR", 1, 8, 1, 0, one), in, []float64{0.5, 1.5, 2.5, -1.5, 9.5, -0.5}},
		{"Trunc 2 with a scale for each element", second("FLOOR", 0, 4, 1, 0, tensor("t", []int64{1, 6}, 0.5, 1, 2, 1, 2, 4)), in, []float64{1, 2, 2, -1, 10, 0}},
		{"Trunc 2 to a scale beside a power of two", second("FLOOR", 0, 4, 1, 0, tensor("t", nil, 2.25)), in, []float64{0, 2.25, 2.25, -2.25, 11.25, 0}},
	}
}

// thresholdTraps are FINN's MultiThreshold.
func thresholdTraps() []trap {
	steps := func(layout string, fields ...msg) msg {
		return to("MultiThreshold", []string{"x", "t"}, append([]msg{domain("finn.custom_op.general"), text("data_layout", layout), text("out_dtype", "INT2")}, fields...)...)
	}
	each := tensor("t", []int64{2, 2}, 0, 1, 5, 6)
	return []trap{
		{"MultiThreshold", net(17, []int64{-1, 2}, []msg{each}, steps("NCHW", number32("out_scale", 2), number32("out_bias", -1))), []float64{1, 5.5, -1, 9}, []float64{3, 1, -1, 3}},
		{"MultiThreshold with one row", net(17, []int64{-1, 2}, []msg{tensor("t", []int64{1, 3}, 0, 1, 5)}, steps("NC")), []float64{1, 5.5, -1, 0}, []float64{2, 3, 0, 1}},
		{"MultiThreshold of channels first", net(17, []int64{-1, 2, 2}, []msg{each}, steps("NCHW")), []float64{1, 5.5, -1, 6}, []float64{2, 2, 0, 2}},
		{"MultiThreshold of channels last", net(17, []int64{-1, 2, 2}, []msg{each}, steps("NWC")), []float64{1, 5.5, -1, 6}, []float64{2, 1, 0, 2}},
	}
}

func otherTraps() []trap {
	x := []int64{-1, 2}
	body := msg{}.str(1, "Scale").str(10, "local").str(4, "a").str(5, "c").str(6, "alpha").
		sub(7, op("LeakyRelu", []string{"a"}, []string{"c"}, attribute(msg{}.str(1, "alpha").str(21, "alpha").int(20, attrFloat)))).sub(9, msg{}.int(2, 17))
	call := net(17, x, nil, to("Scale", []string{"x"}, domain("local"), number32("alpha", 0.5)))
	call.funcs = []msg{body}
	index := net(17, []int64{-1}, []msg{tensor("t", []int64{3, 2}, 1, 2, 3, 4, 5, 6)}, to("Gather", []string{"t", "x"}))
	index.inputs[0].dtype = dtInt64
	labels := net(17, []int64{-1, 3}, []msg{ints64("c", 7, -1, 4)}, op("ArgMax", []string{"x"}, []string{"a"}, intAttr("axis", 1)), to("ArrayFeatureExtractor", []string{"c", "a"}, domain(domainML)))
	whole := net(17, x, nil, op("Cast", []string{"x"}, []string{"i"}, intAttr("to", int64(dtInt64))), op("Constant", nil, []string{"k"}, intAttr("value_int", 3)), to("Div", []string{"i", "k"}))
	branch := func(name string, x float32) msg {
		g := msg{}.str(2, name).sub(1, op("Constant", nil, []string{name + "c"}, number32("value_float", x))).sub(1, op("Mul", []string{"h", name + "c"}, []string{name})).sub(12, msg{}.str(1, name))
		return attribute(msg{}.str(1, name+"_branch").sub(6, g).int(20, attrGraph))
	}
	return []trap{
		{"If on the shape", net(17, x, []msg{typed("one", dtInt64, nil, 1), ints64("two", 2)}, op("Shape", []string{"x"}, []string{"s"}), op("Gather", []string{"s", "one"}, []string{"d"}), op("Equal", []string{"d", "two"}, []string{"c"}),
			to("If", []string{"c"}, branch("then", 3), branch("else", 5)), op("Neg", []string{"x"}, []string{"h"})), []float64{1, 2}, []float64{-3, -6}},
		{"function with an attribute", call, []float64{2, -2}, []float64{2, -1}},
		{"index from the end", index, []float64{-1, 0}, []float64{5, 6, 1, 2}},
		{"labels that do not count", labels, []float64{0, 0, 1, 5, 0, 0}, []float64{4, 7}},
		{"a multiple divides without rest", net(17, x, []msg{typed("d", dtInt64, nil, 49)}, op("Cast", []string{"x"}, []string{"i"}, intAttr("to", 7)), to("Div", []string{"i", "d"})), []float64{49, -98}, []float64{1, -2}},
		{"integers divide towards zero", whole, []float64{7.9, -7.9}, []float64{2, -2}},
		{"scaler", net(17, x, nil, to("Scaler", []string{"x"}, domain(domainML), floatsAttr("offset", 1, 2), floatsAttr("scale", 2))), []float64{1, 1}, []float64{0, -2}},
		{"power with its own exponent for each channel", net(17, x, []msg{tensor("e", []int64{2}, 2, 3)}, to("Pow", []string{"x", "e"})), []float64{3, 2}, []float64{9, 8}},
		{"CumSum from behind", net(17, x, []msg{typed("a", dtInt64, nil, 1)}, to("CumSum", []string{"x", "a"}, intAttr("reverse", 1))), []float64{1, 2}, []float64{3, 2}},
		{"mask of −∞ before Softmax", net(17, []int64{-1, 1, 3}, []msg{tensor("m", []int64{1, 1, 3}, 0, float32(math.Inf(-1)), 0)}, op("Add", []string{"x", "m"}, []string{"a"}), to("Softmax", []string{"a"})), []float64{0, 5, math.Log(3)}, []float64{0.25, 0, 0.75}},
		{"choice of −∞ before Softmax", net(17, []int64{-1, 3}, []msg{typed("c", dtBool, []int64{3}, 1, 0, 1), tensor("m", nil, -3.4e38)}, op("Where", []string{"c", "x", "m"}, []string{"a"}), to("Softmax", []string{"a"})), []float64{0, 5, math.Log(3)}, []float64{0.25, 0, 0.75}},
		{"branch never taken may hold NaN", net(17, x, []msg{typed("c", dtBool, nil, 1), tensor("n", nil, nan32)}, to("Where", []string{"c", "x", "n"})), []float64{1, 2}, []float64{1, 2}},
	}
}

// TestTraps runs the small models.
func TestTraps(t *testing.T) {
	for _, c := range trapModels() {
		t.Run(c.name, func(t *testing.T) {
			m, err := ImportBytes("t.onnx", c.file.bytes(), "", Options{})
			if err != nil {
				t.Fatal(err)
			}
			if err := ir.Verify(m.Graph); err != nil {
				t.Fatal(err)
			}
			in := m.Graph.Inputs()[0].Type
			outs, err := ir.Run(m.Graph, []*ir.Tensor{{Rows: len(c.in) / in.Size(), Shape: in.Shape, Reals: c.in}})
			if err != nil {
				t.Fatal(err)
			}
			same := func(a, b float64) bool { return math.Abs(a-b) < 1e-6 }
			if got := outs[0].Reals; !slices.EqualFunc(got, c.want, same) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

// TestSharedWeights checks that equal weights are one constant.
func TestSharedWeights(t *testing.T) {
	w := tensor("w", []int64{2, 2}, 1, 2, 3, 4)
	f := net(17, []int64{-1, 2}, []msg{w}, op("Identity", []string{"w"}, []string{"v"}), op("MatMul", []string{"x", "w"}, []string{"h"}), to("MatMul", []string{"h", "v"}))
	m, err := ImportBytes("t.onnx", f.bytes(), "", Options{})
	if err != nil {
		t.Fatal(err)
	}
	if m.Parameters != 4 || m.MACs != 8 {
		t.Errorf("%d parameters and %d MACs instead of 4 and 8", m.Parameters, m.MACs)
	}
}

// TestTextLabels checks that class names leave the graph.
func TestTextLabels(t *testing.T) {
	names := header("c", dtString, []int64{2}).str(6, "no").str(6, "yes")
	f := net(17, []int64{-1, 2}, []msg{names}, op("ArgMax", []string{"x"}, []string{"a"}, intAttr("axis", 1)), to("ArrayFeatureExtractor", []string{"c", "a"}, domain(domainML)))
	m, err := ImportBytes("t.onnx", f.bytes(), "", Options{})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(m.Labels, []string{"no", "yes"}) || !m.Outputs[0].Labels {
		t.Errorf("labels %v, output %+v", m.Labels, m.Outputs[0])
	}
}
