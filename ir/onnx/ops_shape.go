package onnx

import (
	"math"
	"slices"

	"mlpc/ir/diag"
)

// lowerConstant reads the forms of Constant: value, and since version 12 value_float(s), value_int(s) and value_string(s).
func lowerConstant(n *node) []*value {
	if a := n.attrs["value"]; a != nil {
		if a.t == nil {
			n.refuse(diag.CodeAttribute, "attribute value is not a tensor")
		}
		return one(n.tensor(a.t))
	}
	vector := func(d dtype, x []float64) []*value { return one(constant(d, []int{len(x)}, x)) }
	switch {
	case n.attrs["value_float"] != nil:
		return one(number(dtFloat, n.float("value_float", 0)))
	case n.attrs["value_floats"] != nil:
		return vector(dtFloat, n.floats("value_floats"))
	case n.attrs["value_int"] != nil:
		return one(number(dtInt64, float64(n.attr("value_int", attrInt).i)))
	case n.attrs["value_ints"] != nil:
		list, err := n.attr("value_ints", attrInts).intList.ints(maxElements)
		if err != nil {
			n.refuse(diag.CodeAttribute, "attribute value_ints: %v", err)
		}
		x := make([]float64, len(list))
		for i, v := range list {
			x[i] = float64(v)
		}
		return vector(dtInt64, x)
	case n.attrs["value_strings"] != nil:
		s := n.strings("value_strings")
		return one(&value{dtype: dtString, shape: []int{len(s)}, batch: -1, known: true, strs: s})
	}
	n.refuse(diag.CodeUnsupportedOp, "this form of Constant is not supported")
	return nil
}

// lowerShape gives the dimensions; start and end exist since version 15.
func lowerShape(n *node) []*value {
	x := n.arg(0)
	rank := x.rank()
	bound := func(name string, def int) int {
		a := n.int(name, def)
		if a < 0 {
			a += rank
		}
		return min(max(a, 0), rank)
	}
	from, to := bound("start", 0), bound("end", rank)
	to = max(from, to)
	v := constant(dtInt64, []int{to - from}, make([]float64, to-from))
	v.size = make([]float64, to-from)
	for i := from; i < to; i++ {
		if i == x.batch {
			v.size[i-from] = float64(x.shape[i])
		} else {
			v.data[i-from] = float64(x.shape[i])
		}
	}
	return one(v.plain())
}

func lowerSize(n *node) []*value {
	x := n.arg(0)
	v := number(dtInt64, float64(x.elements()))
	if x.batch >= 0 {
		v.size, v.data = v.data, []float64{0}
	}
	return one(v)
}

func lowerConstantOfShape(n *node) []*value {
	shape, batch := n.dims(n.arg(0))
	v := number(dtFloat, 0)
	if a := n.attr("value", attrTensor); a != nil && a.t != nil {
		v = n.tensor(a.t)
	}
	if len(v.data) != 1 {
		n.refuse(diag.CodeAttribute, "attribute value does not have one element")
	}
	if slices.Contains(shape, 0) {
		return one(constant(v.dtype, shape, []float64{}))
	}
	return one(n.expand(n.reshape(v, nil, -1), shape, batch))
}

// lowerRange counts from start to limit in steps of delta. A limit of c·N gives a tensor along the batch.
func lowerRange(n *node) []*value {
	start, limit, delta := n.known(0), n.known(1), n.known(2)
	s, okS := start.scalar()
	d, okD := delta.scalar()
	if !okS || !okD || d == 0 || len(limit.data) != 1 {
		n.refuse(diag.CodeUnsupportedOp, "the range is not given by constants")
	}
	l := limit.linear(0)
	if l[2] != 0 || l[1] != 0 && (l[0] != s || l[1]/d < 1 || math.Mod(l[1], d) != 0) {
		n.refuse(diag.CodeUnsupportedOp, "the range depends on the batch size in a way that is not supported")
	}
	if l[1] != 0 { // per sample: l[1]/d entries
		k := int(l[1] / d)
		n.checkSize([]int{k})
		v := constant(start.dtype, []int{k}, make([]float64, k))
		v.batch, v.row = 0, make([]float64, k)
		for i := range k {
			v.data[i], v.row[i] = s+float64(i)*d, l[1]
		}
		return one(v)
	}
	count := math.Max(0, math.Ceil((l[0]-s)/d))
	if count > maxElements {
		n.refuse(diag.CodeLimit, "the range has %v elements", count)
	}
	n.spend(int(count))
	x := make([]float64, int(count))
	for i := range x {
		x[i] = s + float64(i)*d
	}
	return one(constant(start.dtype, []int{len(x)}, x))
}

var shapeOps = map[opKey]opRow{
	{"", "Constant"}: {1, 0, lowerConstant}, {"", "Shape"}: {1, 1, lowerShape}, {"", "Size"}: {1, 1, lowerSize},
	{"", "ConstantOfShape"}: {9, 1, lowerConstantOfShape}, {"", "Range"}: {11, 3, lowerRange},
}
