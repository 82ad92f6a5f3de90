package serial

import (
	"fmt"

	"mlpc/ir"
	"mlpc/ir/stream"
)

// lowering makes a machine.
type lowering struct {
	*Machine
	uses    []int
	base    map[*ir.Value]int // address of element 0
	weights map[string]int    // ROM address of a list of weights
	tables  map[*ir.Value]int
}

// Lower makes the program of a graph that passed Check.
func Lower(g *ir.Graph) *Machine {
	l := &lowering{Machine: &Machine{Graph: g}, uses: g.Uses(), base: map[*ir.Value]int{}, weights: map[string]int{}, tables: map[*ir.Value]int{}}
	in := g.Inputs()[0]
	l.store(in)
	users := map[*ir.Value]*ir.Value{}
	for _, v := range g.Values {
		for _, a := range v.Args {
			users[a] = v
		}
	}
	for _, v := range g.Values {
		switch {
		case v.Op == ir.OpInput || v.Op == ir.OpConst:
		case l.fuses(v, users[v]):
		default:
			l.value(v)
		}
	}
	l.Result = l.base[g.Outs[0]]
	if len(l.Rows) == 0 { // the output is the input: the engine needs something to do
		r := l.row(&ir.Value{Op: ir.OpRequant, Args: []*ir.Value{in}, Type: in.Type}, 0)
		l.Rows = append(l.Rows, r)
	}
	l.Word = max(l.Word, 2)
	l.Acc = max(l.Acc, l.Word+2) // the difference of two words, and one
	return l.Machine
}

// fuses tells whether a value is computed in the rows of its only user, a requant.
func (l *lowering) fuses(v, user *ir.Value) bool {
	if user == nil || l.uses[v.ID] != 1 || user.Op != ir.OpRequant || v == l.Graph.Outs[0] {
		return false
	}
	switch v.Op {
	case ir.OpDense, ir.OpMatMul, ir.OpAdd, ir.OpSub, ir.OpMul, ir.OpMax, ir.OpMin, ir.OpSum, ir.OpReduceMax:
		return true
	}
	return false
}

// store gives a value its place in the memory.
func (l *lowering) store(v *ir.Value) int {
	at := l.Words
	l.base[v] = at
	l.Words += v.Type.Size()
	l.Word = max(l.Word, elemBits(v.Type.Elem))
	return at
}

// value adds the rows of a value.
func (l *lowering) value(v *ir.Value) {
	if v.Op == ir.OpRoute && isReshape(v) && l.isStored(v.Args[0]) {
		l.base[v] = l.base[v.Args[0]]
		return
	}
	dst := l.store(v)
	l.Starts = append(l.Starts, Start{v, len(l.Rows)})
	head := v
	if a := v.Args[0]; v.Op == ir.OpRequant && !l.isStored(a) {
		head = a
	}
	l.Acc = max(l.Acc, elemBits(head.Type.Elem))
	for e := range v.Type.Size() {
		r := l.row(head, e)
		r.Dst = dst + e
		if q, ok := v.Attr.(*ir.Requant); ok {
			mul, add, shift := q.At(e % stream.LastAxis(v))
			r.Mul, r.Add, r.Shift = r.Mul*mul, add, shift
			r.Zero, r.Lo, r.Hi, r.Even = q.Zero, q.Lo, q.Hi, q.Round.String() == "half-even"
		}
		l.Rows = append(l.Rows, r)
	}
}

func (l *lowering) isStored(v *ir.Value) bool {
	_, ok := l.base[v]
	return ok
}

// isReshape tells whether a route keeps the elements in order.
func isReshape(v *ir.Value) bool {
	r := v.Attr.(*ir.Route)
	for i, x := range r.Index {
		if int(x) != i {
			return false
		}
	}
	return len(v.Args) == 1 && len(r.Index) == v.Args[0].Type.Size()
}

// list puts weights into the ROM, the same list once.
func (l *lowering) list(w ...int64) int {
	key := fmt.Sprint(w)
	at, ok := l.weights[key]
	if !ok {
		at = len(l.Weights)
		l.weights[key] = at
		l.Weights = append(l.Weights, w...)
	}
	return at
}

// ones puts n equal weights into the ROM.
func (l *lowering) ones(n int) int {
	w := make([]int64, n)
	for i := range w {
		w[i] = 1
	}
	return l.list(w...)
}

// copyOf is the row that takes over a word.
func (l *lowering) copyOf(at int) Row { return Row{Src: at, Columns: 1, Weight: l.list(1)} }
