package onnx

import (
	"math"
	"slices"

	"mlpc/ir"
	"mlpc/ir/diag"
)

// lowerScaler is (x − offset)·scale per feature.
func lowerScaler(n *node) []*value {
	x := n.arg(0).as(dtFloat)
	vector := func(name string, def float64) *value {
		v := n.floats(name)
		if len(v) == 0 {
			v = []float64{def}
		}
		if len(v) != 1 && len(v) != x.shape[x.rank()-1] {
			n.refuse(diag.CodeAttribute, "attribute %q has %d entries for a tensor of shape %v", name, len(v), x.shape)
		}
		return constant(dtFloat, []int{len(v)}, v)
	}
	if x.rank() == 0 {
		n.refuse(diag.CodeShape, "Scaler of a single number")
	}
	return one(n.mul(n.sub(x, vector("offset", 0)), vector("scale", 1)))
}

// lowerExtract is ArrayFeatureExtractor. Of constants by a run-time index it looks a class label up: the result stays an index where
// the labels are 0, 1, …, or text that the model's list of labels holds.
func lowerExtract(n *node) []*value {
	x, at := n.arg(0), n.arg(1)
	if !x.known {
		idx := n.constInts(1)
		last := x.rank() - 1
		if last < 0 || last == x.batch {
			n.mixes()
		}
		for i, k := range idx {
			idx[i] = n.axis(k, x.shape[last])
		}
		return one(n.pick(x, last, idx, []int{len(idx)}))
	}
	if x.elements() == 0 || x.rank() == 0 || x.elements() != x.shape[x.rank()-1] {
		n.refuse(diag.CodeShape, "labels of shape %v", x.shape)
	}
	if at.batch >= 0 && ir.Size(at.shape[:at.batch]) != 1 {
		n.mixes()
	}
	batch := -1
	if at.batch >= 0 {
		batch = 1
	}
	return one(n.reshape(n.label(x, at), []int{1, at.elements()}, batch))
}

// label replaces indexes by the labels that they stand for.
func (n *node) label(labels, at *value) *value {
	if labels.dtype == dtString {
		n.note("text labels were replaced by the index of the class")
		y := *at
		y.labels, y.dtype = labels.strs, dtString
		return &y
	}
	counting := true
	for i, x := range labels.data {
		counting = counting && x == float64(i)
	}
	if counting {
		return at.as(labels.dtype)
	}
	g := n.graphFor(at)
	t := n.operand(g, n.reshape(labels, []int{labels.elements()}, -1), []int{labels.elements()})
	y := g.New(ir.OpLookup, ir.Real, &ir.Axis{}, t, n.operand(g, at, core(at.shape, at.batch)))
	return n.finish(g, y, labels.dtype, at.shape, at.batch)
}

// lowerZipMap passes the matrix of values; the keys are the columns' labels.
func lowerZipMap(n *node) []*value {
	if s := n.strings("classlabels_strings"); s != nil {
		n.note("ZipMap was dropped: its output is the matrix of the values, with the columns %s", list(s))
	} else {
		n.note("ZipMap was dropped: its output is the matrix of the values")
	}
	return one(n.arg(0))
}

// list joins names for a note, ten at most.
func list(names []string) string {
	out := ""
	for i, s := range names {
		if i == 10 {
			return out + ", …"
		}
		if i > 0 {
			out += ", "
		}
		out += quoted(s)
	}
	return out
}

// lowerBinarizer gives 1 above the threshold.
func lowerBinarizer(n *node) []*value {
	x := n.arg(0)
	return one(n.compare("lt", number(x.dtype, n.float("threshold", 0)), x).as(x.dtype))
}

func lowerNormalizer(n *node) []*value {
	x := n.arg(0)
	axes := []int{x.rank() - 1}
	if x.rank() == 0 {
		n.refuse(diag.CodeShape, "Normalizer of a single number")
	}
	var d *value
	switch norm := n.str("norm", "MAX"); norm {
	case "MAX":
		d = n.fn(n.reduce(ir.OpReduceMax, x, axes, true), "recip")
	case "L1":
		d = n.fn(n.sum(n.fn(x, "abs"), axes, true), "recip")
	case "L2":
		d = n.fn(n.sum(n.mul(x, x), axes, true), "rsqrt")
	default:
		n.refuse(diag.CodeAttribute, "attribute norm is %s", quoted(norm))
	}
	return one(n.mul(x, d))
}

// scores multiplies by the coefficients [classes, features] of a linear model of ai.onnx.ml.
func (n *node) scores(x *value, classes int) *value {
	if x.rank() != 2 || x.batch == 1 {
		n.refuse(diag.CodeShape, "a linear model of a tensor of shape %v", x.shape)
	}
	c, b := n.floats("coefficients"), n.floats("intercepts")
	if classes < 1 || len(c) != classes*x.shape[1] || b != nil && len(b) != classes {
		n.refuse(diag.CodeAttribute, "%d coefficients and %d intercepts do not fit %d features and %d results", len(c), len(b), x.shape[1], classes)
	}
	var bias *value
	if b != nil {
		bias = constant(dtFloat, []int{classes}, b)
	}
	return n.dense(x.as(dtFloat), constant(dtFloat, []int{classes, x.shape[1]}, c), bias)
}

// transform applies a post_transform of ai.onnx.ml.
func (n *node) transform(x *value) *value {
	switch t := n.str("post_transform", "NONE"); t {
	case "NONE":
		return x
	case "LOGISTIC":
		return n.fn(x, "sigmoid")
	case "SOFTMAX":
		return n.softmax(x, []int{1})
	default:
		n.refuse(diag.CodeUnsupportedOp, "post_transform %s is not supported", quoted(t))
	}
	return nil
}

func lowerLinearRegressor(n *node) []*value {
	return one(n.transform(n.scores(n.arg(0), n.int("targets", 1))))
}

// lowerLinearClassifier gives the label and the transformed scores. One row of coefficients with two labels decides by its sign.
func lowerLinearClassifier(n *node) []*value {
	x := n.arg(0)
	labels := constant(dtInt64, nil, nil)
	if s := n.strings("classlabels_strings"); s != nil {
		labels = &value{dtype: dtString, shape: []int{len(s)}, batch: -1, known: true, strs: s}
	} else {
		for _, k := range n.ints("classlabels_ints") {
			labels.data = append(labels.data, float64(k))
		}
		labels.shape = []int{len(labels.data)}
	}
	count := labels.elements()
	rows := count
	if b := n.floats("intercepts"); len(b) == 1 && count == 2 {
		rows = 1
	}
	raw := n.scores(x, rows)
	if rows == 1 && count == 2 {
		raw = n.concat(1, n.scale(raw, -1), raw)
	}
	at := n.argmax(raw, 1, false)
	scores := raw
	if rows == 1 && count == 2 && n.str("post_transform", "NONE") == "SOFTMAX" {
		n.refuse(diag.CodeUnsupportedOp, "SOFTMAX of a single score is not supported")
	}
	scores = n.transform(scores)
	return []*value{n.label(labels, at), scores}
}

// lowerLabelEncoder maps whole numbers to whole numbers or text by a list.
func lowerLabelEncoder(n *node) []*value {
	x := n.arg(0)
	keys := n.ints("keys_int64s")
	for i, k := range keys {
		if k != i {
			n.refuse(diag.CodeUnsupportedOp, "only a LabelEncoder with the keys 0, 1, … is supported")
		}
	}
	var labels *value
	switch {
	case n.attrs["values_strings"] != nil:
		s := n.strings("values_strings")
		labels = &value{dtype: dtString, shape: []int{len(s)}, batch: -1, known: true, strs: s}
	case n.attrs["values_int64s"] != nil:
		var v []float64
		for _, k := range n.ints("values_int64s") {
			v = append(v, float64(k))
		}
		labels = constant(dtInt64, []int{len(v)}, v)
	case n.attrs["values_floats"] != nil:
		v := n.floats("values_floats")
		labels = constant(dtFloat, []int{len(v)}, v)
	}
	if len(keys) == 0 || labels == nil || labels.elements() != len(keys) || x.known {
		n.refuse(diag.CodeUnsupportedOp, "this form of LabelEncoder is not supported")
	}
	return one(n.label(labels, x))
}

// lowerImputer replaces one number, or NaN, by constants. Integers have neither NaN nor infinities, so one for these is dropped where
// the numbers come from outside.
func lowerImputer(n *node) []*value {
	x := n.arg(0)
	v := n.floats("imputed_value_floats")
	if len(v) == 0 || x.rank() == 0 || x.known {
		n.refuse(diag.CodeUnsupportedOp, "this form of Imputer is not supported")
	}
	if len(v) != 1 && len(v) != x.shape[x.rank()-1] {
		n.refuse(diag.CodeAttribute, "%d values for a tensor of shape %v", len(v), x.shape)
	}
	replaced := math.NaN()
	if a := n.attr("replaced_value_float", attrFloat); a != nil {
		replaced = float64(a.f)
	}
	if !math.IsNaN(replaced) && !math.IsInf(replaced, 0) {
		hit := n.compare("eq", x, number(x.dtype, replaced))
		return one(n.choose(hit, constant(x.dtype, []int{len(v)}, v), x))
	}
	if mayBeNaN(x.ir, map[*ir.Value]bool{}) {
		n.refuse(diag.CodeUnsupportedOp, "an Imputer of %v behind a logarithm or a power, which make it, is not supported", replaced)
	}
	n.note("an Imputer of %v was dropped: give numbers only", replaced)
	return one(x)
}

// mayBeNaN tells whether elementwise steps lead from a logarithm or a power, which are NaN for some numbers, to v. Other NaN come
// from NaN only.
func mayBeNaN(v *ir.Value, seen map[*ir.Value]bool) bool {
	if seen[v] {
		return false
	}
	seen[v] = true
	switch v.Op {
	case ir.OpTable:
		if fn := v.Attr.(*ir.Table).Fn; fn == "log" || fn == "pow" {
			return true
		}
	case ir.OpAdd, ir.OpSub, ir.OpMul, ir.OpClamp, ir.OpSelect, ir.OpRoute:
	default:
		return false
	}
	return slices.ContainsFunc(v.Args, func(a *ir.Value) bool { return mayBeNaN(a, seen) })
}

// lowerOneHotEncoder compares whole numbers with categories, along a new last axis. A number that is none of them gives zeros.
func lowerOneHotEncoder(n *node) []*value {
	x := n.arg(0)
	cats := n.ints("cats_int64s")
	if len(cats) == 0 || x.dtype == dtString || x.labels != nil {
		n.refuse(diag.CodeUnsupportedOp, "only a OneHotEncoder of numbers is supported")
	}
	n.checkSize(append(slices.Clone(x.shape), len(cats)))
	list := constant(dtInt64, []int{len(cats)}, nil)
	for _, c := range cats {
		list.data = append(list.data, float64(c))
	}
	whole := n.cast(n.insertAxis(x, x.rank()), dtInt64)
	return one(n.compare("eq", whole, list).as(dtFloat))
}

// lowerFeatureVectorizer joins columns.
func lowerFeatureVectorizer(n *node) []*value {
	var xs []*value
	for i := range n.in {
		x := n.arg(i)
		if x.rank() == 1 {
			x = n.insertAxis(x, 1)
		}
		xs = append(xs, x.as(dtFloat))
	}
	if len(xs) == 0 || slices.ContainsFunc(xs, func(x *value) bool { return x.rank() != 2 }) {
		n.refuse(diag.CodeShape, "the node joins something else than matrices")
	}
	return one(n.concat(1, xs...))
}

var mlOps = map[opKey]opRow{
	{domainML, "Scaler"}: {1, 1, lowerScaler}, {domainML, "ArrayFeatureExtractor"}: {1, 2, lowerExtract}, {domainML, "ZipMap"}: {1, 1, lowerZipMap},
	{domainML, "Binarizer"}: {1, 1, lowerBinarizer}, {domainML, "Normalizer"}: {1, 1, lowerNormalizer}, {domainML, "LinearRegressor"}: {1, 1, lowerLinearRegressor},
	{domainML, "LinearClassifier"}: {1, 1, lowerLinearClassifier}, {domainML, "LabelEncoder"}: {1, 1, lowerLabelEncoder}, {domainML, "Imputer"}: {1, 1, lowerImputer},
	{domainML, "OneHotEncoder"}:     {1, 1, lowerOneHotEncoder},
	{domainML, "FeatureVectorizer"}: {1, -1, lowerFeatureVectorizer},
}
