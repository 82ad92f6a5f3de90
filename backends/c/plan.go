package cc

import (
	"slices"

	"mlpc/ir"
	"mlpc/ir/num"
)

// Layer is one loop nest of the emitted program: a head op, and the elementwise ops that are applied to each of its results before
// it is stored.
type Layer struct {
	Head  *ir.Value
	Chain []*ir.Value // in order; each has its predecessor as one argument
}

// Out is the value that the layer stores.
func (l *Layer) Out() *ir.Value {
	if n := len(l.Chain); n > 0 {
		return l.Chain[n-1]
	}
	return l.Head
}

// Ops is the chain without the views in it, which change nothing.
func (l *Layer) Ops() []*ir.Value {
	return slices.DeleteFunc(slices.Clone(l.Chain), isView)
}

// args lists the values that the layer reads, without those inside it, each once.
func (l *Layer) args() []*ir.Value {
	var args []*ir.Value
	add := func(a *ir.Value) {
		inside := a == l.Head || slices.Contains(l.Chain, a)
		if !inside && !slices.Contains(args, a) {
			args = append(args, a)
		}
	}
	for _, a := range readArgs(l.Head) {
		add(a)
	}
	for _, v := range l.Chain {
		for _, a := range v.Args {
			add(a)
		}
	}
	return args
}

// readArgs lists the arguments of v of which at least one element is used.
func readArgs(v *ir.Value) []*ir.Value {
	r, ok := v.Attr.(*ir.Route)
	if !ok {
		return v.Args
	}
	used := make([]bool, len(v.Args))
	ends := argEnds(v)
	for _, x := range r.Index {
		if x >= 0 {
			arg, _ := argAt(ends, int(x))
			used[arg] = true
		}
	}
	var args []*ir.Value
	for i, a := range v.Args {
		if used[i] {
			args = append(args, a)
		}
	}
	return args
}

// layers groups the values of a graph into loop nests, in the order in which they run.
func layers(g *ir.Graph, uses []int) []*Layer {
	consumer := make([]*ir.Value, len(g.Values))
	for _, v := range g.Values {
		for _, a := range v.Args {
			consumer[a.ID] = v
		}
	}
	isOut := make([]bool, len(g.Values))
	for _, o := range g.Outs {
		isOut[o.ID] = true
	}
	inside := make([]bool, len(g.Values))
	var list []*Layer
	for _, v := range g.Values {
		if inside[v.ID] || v.Op == ir.OpInput || v.Op == ir.OpConst || isView(v) || uses[v.ID] == 0 {
			continue
		}
		l := &Layer{Head: v}
		for last := v; startsChain(v.Op) && uses[last.ID] == 1 && !isOut[last.ID]; {
			next := consumer[last.ID]
			if !continues(last, next, v) {
				break
			}
			l.Chain = append(l.Chain, next)
			inside[next.ID] = true
			last = next
		}
		for n := len(l.Chain); n > 0 && isView(l.Chain[n-1]); n-- { // what is stored is the value that they show
			l.Chain = l.Chain[:n-1]
		}
		list = append(list, l)
	}
	slices.SortStableFunc(list, func(a, b *Layer) int { return a.Out().ID - b.Out().ID })
	return list
}

// startsChain tells whether the loop nest of an op computes one result at a time in a local variable.
func startsChain(op ir.Op) bool {
	switch op {
	case ir.OpDense, ir.OpDenseFloat32, ir.OpMatMul, ir.OpSum, ir.OpReduceMax, ir.OpArgMax:
		return true
	}
	return isElementwise(op)
}

func isElementwise(op ir.Op) bool {
	switch op {
	case ir.OpAdd, ir.OpSub, ir.OpMul, ir.OpMax, ir.OpMin, ir.OpCmp, ir.OpSelect, ir.OpTable, ir.OpRequant, ir.OpThreshold, ir.OpClamp, ir.OpWrap:
		return true
	}
	return false
}

// continues tells whether next can be applied to last, element by element, in the loop nest of head.
func continues(last, next, head *ir.Value) bool {
	if next.Op == ir.OpRoute {
		return isView(next) && next.Type.Size() == last.Type.Size() && lastAxis(next.Type.Shape) == lastAxis(last.Type.Shape)
	}
	if !isElementwise(next.Op) || next.Type.Size() != last.Type.Size() || lastAxis(next.Type.Shape) != lastAxis(last.Type.Shape) {
		return false
	}
	for _, a := range next.Args {
		if a == last {
			continue
		}
		known := a.ID < head.ID || a.Op == ir.OpConst || a.Op == ir.OpInput
		if !known || kindOf(a, next) == otherKind {
			return false
		}
	}
	return true
}

// operandKind says how the index of an operand follows from the place in the result.
type operandKind uint8

const (
	scalarKind  operandKind = iota // one element for all
	channelKind                    // one for each index of the last axis
	flatKind                       // one for each element
	otherKind
)

// kindOf classifies an operand of an elementwise value.
func kindOf(a, result *ir.Value) operandKind {
	n := a.Type.Size()
	switch {
	case n == 1:
		return scalarKind
	case n == result.Type.Size():
		return flatKind
	case n == lastAxis(a.Type.Shape) && n == lastAxis(result.Type.Shape):
		return channelKind
	}
	return otherKind
}

func lastAxis(shape []int) int {
	if len(shape) == 0 {
		return 1
	}
	return shape[len(shape)-1]
}

// isView tells whether v is a run of consecutive elements of its argument in the same C type, so that no code is needed for it.
func isView(v *ir.Value) bool {
	_, ok := viewStart(v)
	return ok
}

// viewStart gives the element of the argument that a view begins with.
func viewStart(v *ir.Value) (int, bool) {
	if len(v.Args) != 1 || CType(v.Type.Elem) != CType(v.Args[0].Type.Elem) {
		return 0, false
	}
	switch a := v.Attr.(type) {
	case *ir.Requant:
		return 0, isIdentity(a, v.Args[0])
	case *ir.Route:
		for i, x := range a.Index {
			if x < 0 || x != a.Index[0]+int32(i) {
				return 0, false
			}
		}
		if len(a.Index) > 0 {
			return int(a.Index[0]), true
		}
	}
	return 0, false
}

// isIdentity tells whether a requant changes no value of its argument.
func isIdentity(q *ir.Requant, arg *ir.Value) bool {
	lo, hi := arg.Type.Elem.Range()
	mul, add, shift := q.At(0)
	return len(q.Mul) == 1 && len(q.Add) <= 1 && len(q.Shift) <= 1 && mul == 1 && add == 0 && shift == 0 && q.Zero == 0 &&
		(q.Round == num.HalfUp || q.Round == num.HalfEven) && q.Lo <= lo && hi <= q.Hi
}
