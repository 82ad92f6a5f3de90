// Package ir is the intermediate representation: a graph of typed values, what every op means over reals and over integers,
// the proof that nothing overflows, and a text form.
//
// A graph is a list of values; arguments come before their uses, so every walk is a loop. After quantization a graph is integers
// only, and Run defines what it means: every emitted language is compared with it bit for bit. The table in ops.go declares the ops.
package ir

import (
	"fmt"

	"mlpc/ir/diag"
)

// Value is one result in a graph.
type Value struct {
	ID   int // index in Graph.Values
	Name string
	Op   Op
	Args []*Value
	Attr Attr // nil where the op has no attributes
	Type Type
	Pos  diag.Pos // where in the user's model it comes from

	interval *Interval // remembered by New; op, arguments and attributes do not change once a value is added
}

// Graph is a list of values in order of computation.
type Graph struct {
	Name   string
	Values []*Value
	Outs   []*Value // the outputs, in the model's order
}

// Inputs lists the run-time inputs in order.
func (g *Graph) Inputs() []*Value {
	var in []*Value
	for _, v := range g.Values {
		if v.Op == OpInput {
			in = append(in, v)
		}
	}
	return in
}

// IsInteger tells whether every value of g is an integer.
func (g *Graph) IsInteger() bool {
	for _, v := range g.Values {
		if v.Type.Elem.IsReal() {
			return false
		}
	}
	return true
}

// Add appends a value of a known type.
func (g *Graph) Add(op Op, t Type, attr Attr, args ...*Value) *Value {
	v := &Value{ID: len(g.Values), Op: op, Args: args, Attr: attr, Type: t}
	g.Values = append(g.Values, v)
	return v
}

// New appends a value whose shape follows from the op, its attributes and arguments. A real value gets the real type; an integer
// one gets elem, or, where elem is the zero Elem, the narrowest type that its interval proves sufficient (see Ranges).
// New panics where the op's check refuses the arguments: callers make only well-formed values, importers check before.
func (g *Graph) New(op Op, elem Elem, attr Attr, args ...*Value) *Value {
	v := g.Add(op, Type{Elem: elem}, attr, args...)
	row := &ops[op]
	shape, err := row.shape(v)
	if err != nil {
		panic(fmt.Sprintf("ir: %s: %v", row.name, err))
	}
	v.Type.Shape = shape
	if elem.IsReal() && !anyReal(v) && row.ranges != nil {
		v.Type.Elem = Fit(v.remembered().Bounds())
	}
	return v
}

// anyReal tells whether v has a real argument, or is of an op that makes a real from nothing.
func anyReal(v *Value) bool {
	for _, a := range v.Args {
		if a.Type.Elem.IsReal() {
			return true
		}
	}
	switch a := v.Attr.(type) {
	case *Data:
		return a.Ints == nil
	case *Input:
		return true
	}
	return false
}

// Named sets the name and the place of a value and returns it.
func (v *Value) Named(name string, pos diag.Pos) *Value {
	v.Name, v.Pos = name, pos
	return v
}

// Const appends an integer constant of the narrowest type.
func (g *Graph) Const(shape []int, ints []int64) *Value {
	lo, hi := int64(0), int64(0)
	if len(ints) > 0 {
		lo, hi = ints[0], ints[0]
	}
	for _, x := range ints {
		lo, hi = min(lo, x), max(hi, x)
	}
	return g.Add(OpConst, Type{Shape: shape, Elem: Fit(lo, hi)}, &Data{Ints: ints})
}

// ConstReal appends a real constant.
func (g *Graph) ConstReal(shape []int, reals []float64) *Value {
	return g.Add(OpConst, Type{Shape: shape}, &Data{Reals: reals})
}

// Const gives the data of a constant, or nil.
func (v *Value) Const() *Data {
	d, _ := v.Attr.(*Data)
	if v.Op != OpConst {
		return nil
	}
	return d
}

// Uses counts for each value how many arguments and outputs refer to it.
func (g *Graph) Uses() []int {
	n := make([]int, len(g.Values))
	for _, v := range g.Values {
		for _, a := range v.Args {
			n[a.ID]++
		}
	}
	for _, v := range g.Outs {
		n[v.ID]++
	}
	return n
}

// Rewrite makes a new graph from g, value by value. For each value f gets the new graph and the new arguments and gives the
// replacement: a value of the new graph, or nil to copy the value as it is. Names and places are kept on copies; a replacement
// without a name gets the old one. The outputs follow. g is not changed.
func (g *Graph) Rewrite(f func(ng *Graph, v *Value, args []*Value) *Value) *Graph {
	ng := &Graph{Name: g.Name}
	to := make([]*Value, len(g.Values))
	for _, v := range g.Values {
		args := make([]*Value, len(v.Args))
		for i, a := range v.Args {
			args[i] = to[a.ID]
		}
		nv := f(ng, v, args)
		if nv == nil {
			nv = ng.Add(v.Op, v.Type, v.Attr, args...)
		}
		if nv.Name == "" {
			nv.Name = v.Name
		}
		if nv.Pos == (diag.Pos{}) {
			nv.Pos = v.Pos
		}
		to[v.ID] = nv
	}
	for _, o := range g.Outs {
		ng.Outs = append(ng.Outs, to[o.ID])
	}
	return ng
}

// Prune gives g without the values that no output needs; inputs stay.
func (g *Graph) Prune() *Graph {
	need := make([]bool, len(g.Values))
	for _, o := range g.Outs {
		need[o.ID] = true
	}
	for i := len(g.Values) - 1; i >= 0; i-- {
		v := g.Values[i]
		if v.Op == OpInput {
			need[i] = true
		}
		if need[i] {
			for _, a := range v.Args {
				need[a.ID] = true
			}
		}
	}
	ng := &Graph{Name: g.Name}
	to := make([]*Value, len(g.Values))
	for i, v := range g.Values {
		if !need[i] {
			continue
		}
		args := make([]*Value, len(v.Args))
		for k, a := range v.Args {
			args[k] = to[a.ID]
		}
		to[i] = ng.Add(v.Op, v.Type, v.Attr, args...).Named(v.Name, v.Pos)
	}
	for _, o := range g.Outs {
		ng.Outs = append(ng.Outs, to[o.ID])
	}
	return ng
}
