package onnx

import (
	"maps"
	"math"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"

	"mlpc/ir/diag"
)

// node is one operator of the model while it is lowered. Its methods read inputs and attributes; they refuse what is malformed.
type node struct {
	*importer
	scope *scope
	op    string
	opset int64 // version of the operator's domain that the model imports
	in    []*value
	attrs map[string]*attrProto
	outs  int // outputs that the model names, including empty names before the last
}

// arg gives input i, which the operator requires.
func (n *node) arg(i int) *value {
	if v := n.opt(i); v != nil {
		return v
	}
	n.refuse(diag.CodeAttribute, "input %d is missing", i)
	return nil
}

// opt gives input i, or nil where the model leaves it out.
func (n *node) opt(i int) *value {
	if i < len(n.in) {
		return n.in[i]
	}
	return nil
}

// attr gives an attribute of one of the types, or nil. A type of 0 (IR version before 2) is taken for what is asked.
func (n *node) attr(name string, typ int64) *attrProto {
	a := n.attrs[name]
	if a == nil {
		return nil
	}
	if a.typ != typ && a.typ != 0 {
		n.refuse(diag.CodeAttribute, "attribute %q has type %d instead of %d", name, a.typ, typ)
	}
	return a
}

// only refuses attributes that change the meaning of the operator in a way that is not read: all but these.
func (n *node) only(names ...string) {
	for _, name := range slices.Sorted(maps.Keys(n.attrs)) {
		if !slices.Contains(names, name) {
			n.refuse(diag.CodeUnsupportedOp, "attribute %s is not supported", quoted(name))
		}
	}
}

func (n *node) int(name string, def int) int {
	a := n.attr(name, attrInt)
	if a == nil {
		return def
	}
	return n.small(name, a.i)
}

// small checks that a number from the model can be counted with.
func (n *node) small(name string, x int64) int {
	if x < math.MinInt32 || x > math.MaxInt32 {
		n.refuse(diag.CodeAttribute, "%q = %d is out of range", name, x)
	}
	return int(x)
}

// flag reads an int attribute that is 0 or not.
func (n *node) flag(name string) bool { return n.int(name, 0) != 0 }

func (n *node) float(name string, def float64) float64 {
	a := n.attr(name, attrFloat)
	if a == nil {
		return def
	}
	if a.f != a.f {
		n.refuse(diag.CodeValue, "attribute %q is not a number", name)
	}
	return float64(a.f)
}

func (n *node) str(name, def string) string {
	a := n.attr(name, attrString)
	if a == nil {
		return def
	}
	return string(a.s)
}

// ints gives a list attribute, nil when it is absent.
func (n *node) ints(name string) []int {
	a := n.attr(name, attrInts)
	if a == nil {
		return nil
	}
	list, err := a.intList.ints(maxElements)
	if err != nil {
		n.refuse(diag.CodeAttribute, "attribute %q: %v", name, err)
	}
	out := make([]int, len(list))
	for i, x := range list {
		out[i] = n.small(name, x)
	}
	return out
}

// floats gives a list attribute, nil when it is absent.
func (n *node) floats(name string) []float64 {
	a := n.attr(name, attrFloats)
	if a == nil {
		return nil
	}
	out := []float64{}
	err := a.floats.each(protowire.Fixed32Type, func(v uint64) error {
		out = append(out, float64(math.Float32frombits(uint32(v))))
		return nil
	})
	if err != nil {
		n.refuse(diag.CodeAttribute, "attribute %q: %v", name, err)
	}
	return out
}

func (n *node) strings(name string) []string {
	a := n.attr(name, attrStrings)
	if a == nil {
		return nil
	}
	var out []string
	for _, s := range a.strings {
		out = append(out, string(s))
	}
	return out
}

// axis brings an axis of a tensor of some rank into [0, rank).
func (n *node) axis(a, rank int) int {
	if a < 0 {
		a += rank
	}
	if a < 0 || a >= rank {
		n.refuse(diag.CodeAttribute, "axis %d does not exist in a tensor of rank %d", a, rank)
	}
	return a
}

// axes brings a list of axes into [0, rank) and checks that none is named twice.
func (n *node) axes(list []int, rank int) []int {
	seen := make([]bool, rank)
	out := make([]int, len(list))
	for i, a := range list {
		a = n.axis(a, rank)
		if seen[a] {
			n.refuse(diag.CodeAttribute, "axis %d is named twice", a)
		}
		seen[a], out[i] = true, a
	}
	return out
}

// constInts gives the integers of input i, which must be known at import.
func (n *node) constInts(i int) []int {
	v := n.known(i)
	if v.symbolic() {
		n.refuseHint(diag.CodeDynamicShape, "export the model with fixed dimensions other than the batch", "input %d depends on the batch size", i)
	}
	out := make([]int, len(v.data))
	for k, x := range v.data {
		out[k] = int(max(math.MinInt32, min(math.MaxInt32, x)))
	}
	return out
}

// known gives input i, which must be a constant.
func (n *node) known(i int) *value {
	v := n.arg(i)
	if !v.known || v.dtype == dtString {
		n.refuseHint(diag.CodeUnsupportedOp, "make it a constant of the model", "input %d is computed at run time, which is not supported", i)
	}
	return v
}

// constInt gives the only integer of input i.
func (n *node) constInt(i int) int {
	list := n.constInts(i)
	if len(list) != 1 {
		n.refuse(diag.CodeShape, "input %d has %d elements instead of one", i, len(list))
	}
	return list[0]
}

// axesInput gives the axes that older versions name in an attribute and versions from since in input i; nil: not given.
func (n *node) axesInput(i int, since int64) []int {
	if n.opset < since {
		return n.ints("axes")
	}
	if n.opt(i) == nil {
		return nil
	}
	return n.constInts(i)
}
