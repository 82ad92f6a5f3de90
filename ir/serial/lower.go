package serial

import (
	"fmt"
	"slices"

	"mlpc/ir"
	"mlpc/ir/num"
	"mlpc/ir/stream"
)

// lowering makes a machine.
type lowering struct {
	*Machine
	uses      []int
	base      map[*ir.Value]int // address of element 0
	lists     map[string]int    // ROM address of a list of weights or thresholds
	tables    map[*ir.Value]int
	constants map[int64]int // address of a word that holds a constant
}

// Lower makes the program of a graph that passed Check for an engine with p multipliers: 1, 2, 4 or 8.
func Lower(g *ir.Graph, p int) *Machine {
	l := &lowering{Machine: &Machine{Graph: g, P: p, Lane: 1, Mantissa: 1}, uses: g.Uses(), base: map[*ir.Value]int{}, lists: map[string]int{},
		tables: map[*ir.Value]int{}, constants: map[int64]int{}}
	for _, in := range g.Inputs() { // one behind the other, as they are loaded
		l.base[in] = l.Words
		l.Words += in.Type.Size()
		l.Word = max(l.Word, elemBits(in.Type.Elem))
	}
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
	if len(g.Outs) > 1 {
		l.results()
	}
	if len(l.Rows) == 0 { // the output is the input: the engine needs something to do
		l.Rows = append(l.Rows, l.limited(l.copyOf(0), g.Inputs()[0]))
	}
	for i := range l.Rows {
		if r := &l.Rows[i]; r.Fit == Norm { // mlpc_norm gives the longest mantissa of all
			r.Zero = int64(l.Mantissa) - r.Zero
		}
	}
	l.Word = max(l.Word, 2)
	l.Acc = max(l.Acc, l.Word+2) // the difference of two words, and one
	return l.Machine
}

// results copies several outputs to where they are given from, one behind the other.
func (l *lowering) results() {
	l.Result = l.Words
	for _, o := range l.Graph.Outs {
		for e := range o.Type.Size() {
			l.emit(l.limited(l.copyOf(l.base[o]+e), o), l.scratch())
		}
	}
}

// fuses tells whether a value is computed in the rows of its only user, a requant.
func (l *lowering) fuses(v, user *ir.Value) bool {
	if user == nil || l.uses[v.ID] != 1 || user.Op != ir.OpRequant || slices.Contains(l.Graph.Outs, v) {
		return false
	}
	switch v.Op {
	case ir.OpDense, ir.OpMatMul, ir.OpAdd, ir.OpSub, ir.OpMul, ir.OpMax, ir.OpSum, ir.OpReduceMax:
		return true
	case ir.OpMin: // its rows give the negative of the sum, which rounding as float32 tells apart
		return user.Attr.(*ir.Requant).Round != num.Float32
	}
	return false
}

// store gives a value its place in the memory, at a word that all lanes can read from.
func (l *lowering) store(v *ir.Value) int {
	at := (l.Words + l.P - 1) / l.P * l.P
	l.base[v] = at
	l.Words = at + v.Type.Size()
	l.Word = max(l.Word, elemBits(v.Type.Elem))
	return at
}

// scratch takes a word that belongs to no value.
func (l *lowering) scratch() int {
	l.Words++
	return l.Words - 1
}

// emit adds a row with its place.
func (l *lowering) emit(r Row, dst int) {
	r.Dst = dst
	l.Rows = append(l.Rows, r)
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
	if v.Op == ir.OpTopK {
		l.topk(v, dst)
		return
	}
	for e := range v.Type.Size() {
		r := l.row(head, e)
		if q, ok := v.Attr.(*ir.Requant); ok {
			l.scale(&r, q, e%stream.LastAxis(v))
		}
		l.emit(r, dst+e)
	}
}

// scale makes a row that gives its sum, or with Mul −1 the sum's negative, scale and round it.
func (l *lowering) scale(r *Row, q *ir.Requant, c int) {
	mul, add, shift := q.At(c)
	r.Mul, r.Add, r.Shift, r.Zero, r.Lo, r.Hi = r.Mul*mul, add, shift, q.Zero, q.Lo, q.Hi
	switch q.Round {
	case num.HalfUp:
		r.Fit = HalfUp
	case num.HalfEven:
		r.Fit = HalfEven
	case num.Gemmlowp: // up to 31 both of its roundings are one
		r.Fit, r.Add = HalfUp, 0
		if shift > 31 {
			r.Fit, r.Add = High, 1<<30
		}
	case num.Float32:
		r.Fit = Single
		for ; r.Mul < 1<<23; r.Mul <<= 1 {
			r.Shift++
		}
		return
	}
	if r.Mul == 1 && r.Add == 0 && r.Shift == 0 {
		r.Fit = Plain
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

// list puts weights into the ROM, the same list once: a word for each, or where wide a word for P of them, filled up with zeros.
func (l *lowering) list(wide bool, w ...int64) int {
	key := fmt.Sprint(wide, w)
	at, ok := l.lists[key]
	if ok {
		return at
	}
	at = len(l.Weights) / l.P
	l.lists[key] = at
	for i, x := range w {
		l.Weights = append(l.Weights, x)
		for i+1 == len(w) || !wide {
			if len(l.Weights)%l.P == 0 {
				break
			}
			l.Weights = append(l.Weights, 0)
		}
	}
	return at
}

// thresholds puts steps into their ROM, the same list once.
func (l *lowering) thresholds(steps []int64) int {
	key := fmt.Sprint("steps", steps)
	at, ok := l.lists[key]
	if !ok {
		at = len(l.Steps)
		l.lists[key] = at
		l.Steps = append(l.Steps, steps...)
	}
	return at
}

// copyOf is the row that takes over a word.
func (l *lowering) copyOf(at int) Row {
	return Row{Src: at, Columns: 1, Weight: l.list(false, 1), Still: true, Mul: 1}
}

// constant gives the address of a word that holds a constant. The row that makes it stands before the first that uses it.
func (l *lowering) constant(x int64) int {
	at, ok := l.constants[x]
	if !ok {
		at = l.scratch()
		l.constants[x] = at
		l.Word = max(l.Word, signedBits(x))
		l.emit(Row{Bias: x, Mul: 1, Lo: x, Hi: x}, at)
	}
	return at
}
