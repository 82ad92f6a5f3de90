package onnx

import (
	"math"
	"slices"
)

// stringList writes a list of texts.
func stringList(name string, x ...string) msg {
	m := msg{}.str(1, name)
	for _, s := range x {
		m = m.str(9, s)
	}
	return attribute(m.int(20, attrStrings))
}

// operatorTraps hold a smallest model for operators that the backend suite lacks.
func operatorTraps() []trap {
	return slices.Concat(newerTraps(), classicTraps(), qlinearTraps())
}

func newerTraps() []trap {
	x := []int64{-1, 2}
	ones, zeros := tensor("g", []int64{2}, 1, 1), tensor("b", []int64{2}, 0, 0)
	unary := func(opset int64, kind string, fields ...msg) file {
		return net(opset, x, nil, to(kind, []string{"x"}, fields...))
	}
	return []trap{
		{"Gelu", unary(20, "Gelu"), []float64{0, 10}, []float64{0, 10}},
		{"Mish", unary(18, "Mish"), []float64{0, 20}, []float64{0, 20}},
		{"Swish", unary(24, "Swish", number32("alpha", 9)), []float64{0, 9}, []float64{0, 9}},
		{"Erfc", unary(17, "Erfc"), []float64{0, 9}, []float64{1, 0}},
		{"LpNormalization", unary(17, "LpNormalization"), []float64{3, 4}, []float64{0.6, 0.8}},
		{"RMSNormalization", net(23, x, []msg{ones}, to("RMSNormalization", []string{"x", "g"}, number32("epsilon", 0))), []float64{3, -3}, []float64{1, -1}},
		{"SimplifiedLayerNormalization", net(17, x, []msg{ones}, to("SimplifiedLayerNormalization", []string{"x", "g"}, number32("epsilon", 0))), []float64{3, -3}, []float64{1, -1}},
		{"GroupNormalization", net(21, []int64{-1, 2, 2}, []msg{ones, zeros}, to("GroupNormalization", []string{"x", "g", "b"}, intAttr("num_groups", 2), number32("epsilon", 0))), []float64{1, -1, 4, 0}, []float64{1, -1, 1, -1}},
		{"Attention of one token", net(23, []int64{-1, 1, 2}, nil, to("Attention", []string{"x", "x", "x"}, intAttr("q_num_heads", 1), intAttr("kv_num_heads", 1))), []float64{5, 6}, []float64{5, 6}},
		{"DeformConv one column on", net(19, []int64{-1, 1, 1, 2}, []msg{tensor("w", []int64{1, 1, 1, 1}, 2), tensor("o", []int64{1, 2, 1, 2}, 0, 0, 1, 1)}, to("DeformConv", []string{"x", "w", "o"})), []float64{3, 4}, []float64{8, 0}},
	}
}

func classicTraps() []trap {
	x := []int64{-1, 2}
	ml := domain(domainML)
	unary := func(kind string, fields ...msg) file {
		return net(17, x, nil, to(kind, []string{"x"}, append(fields, ml)...))
	}
	class := op("ArgMax", []string{"x"}, []string{"a"}, intAttr("axis", 1), intAttr("keepdims", 0))
	return []trap{
		{"Binarizer", unary("Binarizer", number32("threshold", 0.5)), []float64{0.5, 0.7}, []float64{0, 1}},
		{"FeatureVectorizer", unary("FeatureVectorizer", intList("inputdimensions", 2)), []float64{1, 2}, []float64{1, 2}},
		{"Imputer", unary("Imputer", floatsAttr("imputed_value_floats", 7), number32("replaced_value_float", 0)), []float64{0, 2}, []float64{7, 2}},
		{"LabelEncoder", net(17, x, nil, class, to("LabelEncoder", []string{"a"}, ml, attribute(msg{}.str(1, "keys_int64s").int(8, 0).int(8, 1).int(20, attrInts)), intList("values_int64s", 10, 20))), []float64{1, 5}, []float64{20}},
		{"LinearClassifier", unary("LinearClassifier", floatsAttr("coefficients", 1, 0, 0, 1), floatsAttr("intercepts", 0, 0), intList("classlabels_ints", 4, 7)), []float64{1, 5}, []float64{7}},
		{"LinearRegressor", unary("LinearRegressor", floatsAttr("coefficients", 1, 2), floatsAttr("intercepts", 3)), []float64{1, 1}, []float64{6}},
		{"Normalizer", unary("Normalizer", text("norm", "MAX")), []float64{2, 4}, []float64{0.5, 1}},
		{"Imputer of NaN", unary("Imputer", floatsAttr("imputed_value_floats", 7), number32("replaced_value_float", float32(math.NaN()))), []float64{0, 2}, []float64{0, 2}},
		{"OneHotEncoder", unary("OneHotEncoder", intList("cats_int64s", 3, 5, -1), intAttr("zeros", 1)), []float64{5, 4}, []float64{0, 1, 0, 0, 0, 0}},
		{"ZipMap", unary("ZipMap", intList("classlabels_int64s", 1, 2)), []float64{2, 4}, []float64{2, 4}},
		{"ZipMap of names", unary("ZipMap", stringList("classlabels_strings", "no", "yes")), []float64{2, 4}, []float64{2, 4}},
	}
}

// qlinearTraps put one operator on integers with scale 1 between a quantizer and its inverse; results have scale t.
func qlinearTraps() []trap {
	x := []int64{-1, 2}
	ms := domain(domainMS)
	between := func(scale float32, kind string, in []string, fields ...msg) file {
		w := typed("w", dtInt8, []int64{2, 2}, 1, 2, 3, 4)
		return net(17, x, []msg{tensor("s", nil, 1), typed("z", dtInt8, nil, 0), tensor("t", nil, scale), w},
			op("QuantizeLinear", []string{"x", "s", "z"}, []string{"q"}), op(kind, in, []string{"r"}, append(fields, ms)...), to("DequantizeLinear", []string{"r", "t", "z"}))
	}
	pair := []string{"q", "s", "z", "q", "s", "z", "t", "z"}
	one := []string{"q", "s", "z", "t", "z"}
	return []trap{
		{"QLinearAdd", between(1, "QLinearAdd", pair), []float64{1, 2}, []float64{2, 4}},
		{"QLinearMul", between(1, "QLinearMul", pair), []float64{3, -2}, []float64{9, 4}},
		{"QLinearSigmoid", between(1.0/128, "QLinearSigmoid", one), []float64{0, -100}, []float64{0.5, 0}},
		{"QLinearLeakyRelu", between(1, "QLinearLeakyRelu", one, number32("alpha", 0.5)), []float64{3, -4}, []float64{3, -2}},
		{"QLinearSoftmax", between(1.0/128, "QLinearSoftmax", one, intAttr("axis", 1), intAttr("opset", 13)), []float64{2, 2}, []float64{0.5, 0.5}},
		{"QLinearConcat", between(1, "QLinearConcat", []string{"t", "z", "q", "s", "z", "q", "s", "z"}, intAttr("axis", 1)), []float64{1, 2}, []float64{1, 2, 1, 2}},
		{"QGemm", between(1, "QGemm", []string{"q", "s", "z", "w", "s", "z", "", "t", "z"}), []float64{1, 1}, []float64{4, 6}},
		{"IntQuant", net(17, x, []msg{tensor("s", nil, 0.5), tensor("z", nil, 0), tensor("b", nil, 2)}, to("IntQuant", []string{"x", "s", "z", "b"}, domain(domainQonnx), intAttr("signed", 1))), []float64{0.3, -9}, []float64{0.5, -1}},
	}
}
