package net

import (
	"mlpc/ir"
	"mlpc/ir/diag"
)

// Options sets what Lower may spend.
type Options struct {
	Effort Effort // of the solver for constant matrices
	Alone  bool   // outputs of a constant matrix share no sums
	Work   Work   // of a longer search, beyond Effort: each matrix gets the part that its signed digits are of all dense layers'
}

// Lower makes the circuit of an integer graph that ir.Verify accepts. Its scalar inputs are all inputs of the graph in order, each
// flattened, and its outputs likewise. What no circuit can hold, a table over too wide a range, is refused with its place.
func Lower(g *ir.Graph) (*Circuit, error) { return LowerWith(g, Options{}) }

// LowerWith is Lower with options.
func LowerWith(g *ir.Graph, o Options) (*Circuit, error) {
	ranges, err := ir.Ranges(g)
	if err != nil {
		return nil, err
	}
	l := &lowering{b: NewBuilder(g.Name), o: o, vals: make([][]Ref, len(g.Values))}
	l.b.share = newShare(g, o.Work)
	heads, inner := scores(g, ranges)
	l.heads = heads
	for _, v := range g.Values {
		if inner[v] {
			continue
		}
		l.b.At(v.ID)
		y := l.value(v)
		if l.full() {
			l.refuse(v)
		}
		if len(l.errs) > 0 {
			return nil, l.errs
		}
		for i, r := range y {
			lo, hi := ranges[v.ID].At(i)
			l.b.KnownRef(r, lo, hi)
		}
		l.vals[v.ID] = y
	}
	var outs []int32
	for _, v := range g.Outs {
		l.b.At(v.ID)
		for _, r := range l.vals[v.ID] {
			outs = append(outs, l.b.Force(r))
		}
	}
	return l.b.Circuit(outs).Pack(), nil
}

// lowering is the state of Lower: for each graph value done so far its elements.
type lowering struct {
	b    *Builder
	o    Options
	vals [][]Ref
	errs diag.List

	heads map[*ir.Value]scored // the argmaxes that are lowered together with the dense layer before them
}

// arg gives the elements of argument i of v.
func (l *lowering) arg(v *ir.Value, i int) []Ref { return l.vals[v.Args[i].ID] }

// value makes the elements of v.
func (l *lowering) value(v *ir.Value) []Ref {
	if s, ok := l.heads[v]; ok {
		return []Ref{{ID: l.winner(s)}}
	}
	switch v.Op {
	case ir.OpInput:
		return l.input(v)
	case ir.OpConst:
		return l.constant(v)
	case ir.OpDense:
		return l.dense(v)
	case ir.OpMatMul:
		return l.matMul(v)
	case ir.OpAdd, ir.OpSub, ir.OpMul, ir.OpMax, ir.OpMin, ir.OpCmp, ir.OpSelect:
		return l.elementwise(v)
	case ir.OpSum, ir.OpReduceMax, ir.OpArgMax, ir.OpTopK:
		return l.alongAxis(v)
	case ir.OpRoute:
		return l.route(v)
	case ir.OpLookup:
		return l.lookup(v)
	case ir.OpNorm:
		return l.norm(v)
	case ir.OpTable, ir.OpRequant, ir.OpThreshold, ir.OpClamp, ir.OpWrap:
		return l.unary(v)
	}
	if v.Op == ir.OpDenseFloat32 {
		l.errs.Addf(diag.CodeTarget, v.Pos, "%s adds in float32, for which unrolled circuits have no nodes", v.Op).WithHint(ir.HintFloat32)
		return make([]Ref, v.Type.Size())
	}
	l.errs.Addf(diag.CodeTarget, v.Pos, "%s is not an operation on integers", v.Op)
	return make([]Ref, v.Type.Size())
}

func (l *lowering) input(v *ir.Value) []Ref {
	y := make([]Ref, v.Type.Size())
	for i := range y {
		y[i] = Ref{ID: l.b.Input(v.InputRangeAt(i))}
		if v.InputStep() == 2 { // −1 or 1: the sign says all
			negative := l.b.Wrap(l.b.Shr(y[i].ID, 1), 1, false)
			y[i] = l.b.addConst(Ref{ID: negative, Shift: 1, Neg: true}, 1)
		}
	}
	return y
}

func (l *lowering) constant(v *ir.Value) []Ref {
	y := make([]Ref, v.Type.Size())
	for i, x := range v.Const().Ints {
		y[i] = l.b.constRef(x)
	}
	return y
}

func (l *lowering) route(v *ir.Value) []Ref {
	r := v.Attr.(*ir.Route)
	var x []Ref
	for i := range v.Args {
		x = append(x, l.arg(v, i)...)
	}
	y := make([]Ref, len(r.Index))
	for i, k := range r.Index {
		if k >= 0 {
			y[i] = x[k]
		} else {
			y[i] = l.b.constRef(r.Fill[-1-k])
		}
	}
	return y
}

// unary applies a function of one variable to each element; constants go by the index of the last axis.
func (l *lowering) unary(v *ir.Value) []Ref {
	x := l.arg(v, 0)
	last := 1
	if s := v.Type.Shape; len(s) > 0 {
		last = s[len(s)-1]
	}
	y := make([]Ref, len(x))
	for i, r := range x {
		y[i] = l.b.Ref(l.function(v, r, i%last))
	}
	return y
}

// function makes one element of table, requant, threshold, clamp or wrap.
func (l *lowering) function(v *ir.Value, x Ref, channel int) int32 {
	b := l.b
	switch a := v.Attr.(type) {
	case *ir.Table:
		i := b.Force(x)
		if lo, hi := b.Bounds(i); hi-lo >= maxTable {
			l.errs.Addf(diag.CodeTarget, v.Pos, "a table over [%d, %d] is too large for a hard-wired circuit, which holds at most %d entries", lo, hi, maxTable).
				WithHint("quantize the argument to fewer bits or choose another --arch")
			return i
		}
		return b.Table(i, func(x int64) int64 { return a.Values[x-a.Lo] })
	case *ir.Requant:
		return l.requant(a, b.Force(x), channel)
	case *ir.Threshold:
		return l.threshold(a, b.Force(x), channel)
	case *ir.Clamp:
		return b.Clamp(b.Force(x), a.Lo, a.Hi)
	}
	e := v.Type.Elem
	return b.Wrap(b.Force(x), e.Bits, e.Signed)
}

// maxNodes is the size up to which circuits are built: more than the largest device holds.
const maxNodes = 1 << 20

// full tells whether the circuit has outgrown every device.
func (l *lowering) full() bool { return len(l.b.c.Nodes) > maxNodes }

// refuse says that the circuit becomes too large at v, and gives elements for it.
func (l *lowering) refuse(v *ir.Value) []Ref {
	l.errs.Addf(diag.CodeTarget, v.Pos, "with this %s the hard-wired circuit has more than %d nodes", v.Op, maxNodes).WithHint("choose --arch stream")
	return make([]Ref, v.Type.Size())
}

// maxTable is the largest number of entries of one table.
const maxTable = 1 << 20
