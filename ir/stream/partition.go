package stream

import (
	"mlpc/ir"
	"mlpc/ir/diag"
)

// Check adds to the list every value of an integer graph that the streaming architecture has no engine for.
func Check(g *ir.Graph, l *diag.List) {
	fixed := constants(g)
	for _, v := range g.Values {
		if problem := unsupported(v, fixed); problem != "" {
			d := l.Addf(diag.CodeTarget, v.Pos, "stream has no engine for %s %q: %s", v.Op, v.Name, problem)
			if v.Op == ir.OpDenseFloat32 {
				d.WithHint("leave out --match ort, so that the sums are exact integers")
			}
		}
	}
	for _, o := range g.Outs {
		if fixed[o.ID] {
			l.Addf(diag.CodeTarget, o.Pos, "output %q is constant and needs no circuit", o.Name)
		}
	}
}

// constants tells of each value whether it depends on no input.
func constants(g *ir.Graph) []bool {
	fixed := make([]bool, len(g.Values))
	for _, v := range g.Values {
		fixed[v.ID] = v.Op != ir.OpInput
		for _, a := range v.Args {
			fixed[v.ID] = fixed[v.ID] && fixed[a.ID]
		}
	}
	return fixed
}

// unsupported tells why a value has no engine; "" where it has one.
func unsupported(v *ir.Value, fixed []bool) string {
	if v.Type.Elem.IsReal() {
		return "it is not an integer"
	}
	if v.Type.Size() == 0 {
		return "it has no elements"
	}
	if v.Op == ir.OpConst || v.Op == ir.OpInput {
		return ""
	}
	if fixed[v.ID] {
		return "it is a constant expression, which the pass fold removes"
	}
	for _, a := range v.Args {
		if fixed[a.ID] && a.Op != ir.OpConst {
			return "an argument is a constant expression, which the pass fold removes"
		}
	}
	switch {
	case v.Op == ir.OpMatMul && (fixed[v.Args[0].ID] || fixed[v.Args[1].ID]):
		return "a factor is constant, which calls for a dense layer"
	case v.Op == ir.OpLookup && fixed[v.Args[1].ID]:
		return "its indexes are constant, which calls for a route"
	}
	switch v.Op {
	case ir.OpDense, ir.OpLookup, ir.OpMatMul, ir.OpTopK, ir.OpNorm, ir.OpRoute, ir.OpSum, ir.OpReduceMax, ir.OpArgMax,
		ir.OpAdd, ir.OpSub, ir.OpMul, ir.OpMax, ir.OpMin, ir.OpCmp, ir.OpSelect,
		ir.OpTable, ir.OpRequant, ir.OpThreshold, ir.OpClamp, ir.OpWrap:
		return ""
	}
	if v.Op == ir.OpDenseFloat32 {
		if beyondFloat32(v) {
			return "its sums may be larger than the largest float32"
		}
		return ""
	}
	return "no engine does it"
}

// Partition groups the values of a graph into steps with PE and SIMD 1: a head, which decides the engine, and the elementwise ops that
// follow it and alone use it.
func Partition(g *ir.Graph) []ir.Step {
	fixed := constants(g)
	uses := g.Uses()
	isOut := make([]bool, len(g.Values))
	for _, o := range g.Outs {
		isOut[o.ID] = true
	}
	of := make([]int, len(g.Values)) // step that a value leaves, from 1
	var steps []ir.Step
	for _, v := range g.Values {
		if fixed[v.ID] || v.Op == ir.OpInput {
			continue
		}
		if a := follows(v, fixed); a != nil && of[a.ID] > 0 && !isOut[a.ID] && uses[a.ID] == countArg(v, a) {
			s := &steps[of[a.ID]-1]
			if s.Out() == a && s.Engine != Wires && !isReordered(a) {
				s.Values = append(s.Values, v)
				of[v.ID] = of[a.ID]
				continue
			}
		}
		steps = append(steps, ir.Step{Values: []*ir.Value{v}, Engine: engineOf(v), PE: 1, SIMD: 1})
		of[v.ID] = len(steps)
	}
	return steps
}

// follows gives the one run-time argument of an elementwise value that has its shape, or nil.
func follows(v *ir.Value, fixed []bool) *ir.Value {
	if !isElementwise(v.Op) {
		return nil
	}
	var only *ir.Value
	for _, a := range v.Args {
		if fixed[a.ID] || a == only {
			continue
		}
		if only != nil {
			return nil
		}
		only = a
	}
	if only == nil || only.Type.Size() != v.Type.Size() || LastAxis(only) != LastAxis(v) {
		return nil
	}
	return only
}

func countArg(v, a *ir.Value) int {
	n := 0
	for _, x := range v.Args {
		if x == a {
			n++
		}
	}
	return n
}

func isElementwise(op ir.Op) bool {
	switch op {
	case ir.OpAdd, ir.OpSub, ir.OpMul, ir.OpMax, ir.OpMin, ir.OpCmp, ir.OpSelect,
		ir.OpTable, ir.OpRequant, ir.OpThreshold, ir.OpClamp, ir.OpWrap:
		return true
	}
	return false
}

// engineOf names the engine that a head needs.
func engineOf(v *ir.Value) string {
	switch v.Op {
	case ir.OpDense:
		return MVAU
	case ir.OpDenseFloat32:
		return Float32
	case ir.OpMatMul:
		return MatMul
	case ir.OpTopK:
		return TopK
	case ir.OpNorm:
		return Norm
	case ir.OpLookup:
		return Lookup
	case ir.OpSum, ir.OpReduceMax, ir.OpArgMax:
		return Reduce
	case ir.OpRoute:
		if isIdentity(v) {
			return Wires
		}
		return Route
	}
	return Eltwise
}

// isReordered tells whether an engine gives the elements of v in another order, so that they are sorted behind it.
func isReordered(v *ir.Value) bool {
	return v.Op == ir.OpTopK && v.Attr.(*ir.Axis).Axis != len(v.Type.Shape)-1
}

// isIdentity tells whether a route only gives a new shape.
func isIdentity(v *ir.Value) bool {
	r := v.Attr.(*ir.Route)
	if len(v.Args) != 1 || len(r.Index) != v.Args[0].Type.Size() || v.Args[0].Type.Elem != v.Type.Elem {
		return false
	}
	for i, x := range r.Index {
		if int(x) != i {
			return false
		}
	}
	return true
}
