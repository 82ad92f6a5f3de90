package serial

import (
	"mlpc/ir"
	"mlpc/ir/stream"
)

// row gives the row of element e of a value, up to where its result goes. What the row needs before it is emitted.
func (l *lowering) row(v *ir.Value, e int) Row {
	switch a := v.Attr.(type) {
	case *ir.Clamp:
		r := l.copyOf(l.base[v.Args[0]] + e)
		r.Lo, r.Hi = a.Lo, a.Hi
		return r
	case *ir.Table:
		return l.table(v, a, e)
	case *ir.Cmp:
		return l.compare(v, a, e)
	case *ir.Norm:
		return l.norm(v, a, e)
	}
	switch v.Op {
	case ir.OpSelect:
		return l.choose(v, e)
	case ir.OpLookup:
		return l.lookup(v, e)
	case ir.OpWrap:
		r := l.limited(l.copyOf(l.base[v.Args[0]]+e), v)
		r.Fit = Wrap
		return r
	}
	return l.limited(l.columns(v, e), v)
}

// limited gives a row the limits of a value's type.
func (l *lowering) limited(r Row, v *ir.Value) Row {
	if r.Mul == 0 {
		r.Mul = 1
	}
	r.Lo, r.Hi = v.Type.Elem.Range()
	if r.Mul != 1 {
		r.Fit = HalfUp
	}
	return r
}

// columns gives the rows whose sum is the result.
func (l *lowering) columns(v *ir.Value, e int) Row {
	switch a := v.Attr.(type) {
	case *ir.Dense:
		return l.dense(v, a, e)
	case *ir.Route:
		return l.route(v, a, e)
	case *ir.Axis:
		return l.along(v, a, e)
	case *ir.Threshold:
		steps := a.Row(e % stream.LastAxis(v))
		return Row{Src: l.base[v.Args[0]] + e, Columns: len(steps), Weight: l.thresholds(steps), Mode: Count, Bias: a.Base}
	}
	switch v.Op {
	case ir.OpRequant:
		return l.copyOf(l.base[v.Args[0]] + e)
	case ir.OpMatMul:
		return l.matmul(v, e)
	}
	return l.binary(v, e)
}

// dense multiplies a row of weights with the columns of its token and group.
func (l *lowering) dense(v *ir.Value, a *ir.Dense, e int) Row {
	w := v.Args[1]
	rows, k, groups := w.Type.Shape[0], w.Type.Shape[1], max(1, a.Groups)
	token, o := e/rows, e%rows
	r := Row{Src: l.base[v.Args[0]] + (token*groups+o/(rows/groups))*k, Stride: 1, Columns: k}
	if r.Wide = l.P > 1 && r.Src%l.P == 0; r.Wide {
		r.Stride = l.P
		l.Lane = max(l.Lane, elemBits(v.Args[0].Type.Elem))
	}
	r.Weight = l.list(r.Wide, w.Const().Ints[o*k:(o+1)*k]...)
	if len(v.Args) == 3 {
		r.Bias = v.Args[2].Const().Ints[o]
	}
	if a.Unit != nil && a.Unit.Drop > 0 {
		r.Mode, l.Drop = Truncated, a.Unit.Drop
	}
	return r
}

// matmul multiplies a row of a with a column of b.
func (l *lowering) matmul(v *ir.Value, e int) Row {
	a, b, out := v.Args[0], v.Args[1], v.Type.Shape
	m, n, k := out[len(out)-2], stream.LastAxis(v), stream.LastAxis(a)
	lead := out[:len(out)-2]
	block, row, col := e/(m*n), e/n%m, e%n
	at := stream.Broadcast(a.Type.Shape[:len(a.Type.Shape)-2], lead)(block)
	bt := stream.Broadcast(b.Type.Shape[:len(b.Type.Shape)-2], lead)(block)
	return Row{Src: l.base[a] + (at*m+row)*k, Stride: 1, Src2: l.base[b] + bt*k*n + col, Stride2: n, Columns: k, Mode: Pairs}
}

// route takes over an element, or a constant.
func (l *lowering) route(v *ir.Value, a *ir.Route, e int) Row {
	x := int(a.Index[e])
	if x < 0 {
		return Row{Bias: a.Fill[-1-x]}
	}
	for _, arg := range v.Args {
		n := arg.Type.Size()
		if x < n {
			if c := arg.Const(); c != nil {
				return Row{Bias: c.Ints[x]}
			}
			return l.copyOf(l.base[arg] + x)
		}
		x -= n
	}
	return Row{}
}

// along reduces an axis, or gives one of the places that topk finds along it.
func (l *lowering) along(v *ir.Value, a *ir.Axis, e int) Row {
	shape := v.Args[0].Type.Shape
	n, inner := shape[a.Axis], ir.Size(shape[a.Axis+1:])
	r := Row{Src: l.base[v.Args[0]] + e/inner*n*inner + e%inner, Stride: inner, Columns: n, Weight: l.list(false, 1), Still: true}
	switch v.Op {
	case ir.OpReduceMax:
		r.Mode, r.Bias = Max, l.least(v.Args[0])
	case ir.OpArgMax:
		r.Mode = ArgMax
	}
	return r
}

// topk adds the rows of a topk: each line of the axis one after the other, since a row goes on from the one before.
func (l *lowering) topk(v *ir.Value, dst int) {
	a := v.Attr.(*ir.Axis)
	shape := v.Args[0].Type.Shape
	n, inner := shape[a.Axis], ir.Size(shape[a.Axis+1:])
	for line := range v.Type.Size() / a.K {
		outer, i := line/inner, line%inner
		for k := range a.K {
			r := Row{Src: l.base[v.Args[0]] + outer*n*inner + i, Stride: inner, Columns: n, Weight: l.list(false, 1), Still: true, Mode: Next}
			if k == 0 {
				r.Mode = ArgMax
			}
			l.emit(l.limited(r, v), dst+(outer*a.K+k)*inner+i)
		}
	}
}

// least is a number that no element of v, nor its negative, is below.
func (l *lowering) least(v *ir.Value) int64 { return -1 << (elemBits(v.Type.Elem) - 1) }

// table looks an element up.
func (l *lowering) table(v *ir.Value, a *ir.Table, e int) Row {
	at, ok := l.tables[v]
	if !ok {
		at = len(l.Tables)
		l.tables[v] = at
		l.Tables = append(l.Tables, a.Values...)
	}
	r := l.limited(l.copyOf(l.base[v.Args[0]]+e), v.Args[0])
	r.From, r.Place = Table, at-int(a.Lo)
	return r
}

// lookup points to an element of a row of a table: a constant one in the ROM, or a value in the memory.
func (l *lowering) lookup(v *ir.Value, e int) Row {
	t, index := v.Args[0], v.Args[1]
	lead := v.Attr.(*ir.Axis).Axis
	n := t.Type.Shape[lead]
	row := ir.Size(t.Type.Shape[lead+1:])
	block := e / row / (index.Type.Size() / ir.Size(t.Type.Shape[:lead]))
	r := l.copyOf(l.base[index] + e/row)
	r.Weight = l.list(false, int64(row))
	r.From, r.Place = Memory, l.base[t]+block*n*row+e%row
	if c := t.Const(); c != nil {
		at, ok := l.tables[t]
		if !ok {
			at = len(l.Tables)
			l.tables[t] = at
			l.Tables = append(l.Tables, c.Ints...)
		}
		r.From, r.Place = Table, at+block*n*row+e%row
	}
	r.Hi = int64(n * row)
	l.points(r.Hi)
	return r
}

// points makes room for a distance in the accumulator and in a word.
func (l *lowering) points(x int64) {
	l.Acc = max(l.Acc, signedBits(x))
	l.Word = max(l.Word, signedBits(x))
}

// choose points to one of two words, by a condition that is made 0 or 1 first.
func (l *lowering) choose(v *ir.Value, e int) Row {
	cond, yes, no := l.operand(v, 0, e), l.word(l.operand(v, 1, e)), l.word(l.operand(v, 2, e))
	at := cond.at
	if lo, hi := v.Args[0].Type.Elem.Range(); cond.fixed || lo < 0 || hi > 1 {
		r := Row{Bias: cond.value, Mul: 1}
		if !cond.fixed {
			r = l.copyOf(cond.at)
		}
		r.Fit, r.Hi = Zero, 1
		at = l.scratch()
		l.emit(r, at)
		yes, no = no, yes
	}
	step := int64(yes - no)
	r := l.copyOf(at)
	r.Weight, r.From, r.Place = l.list(false, step), Memory, no
	r.Lo, r.Hi = min(0, step), max(0, step)
	l.points(step)
	return r
}

// norm gives the mantissa of an element, or its exponent, which follows it.
func (l *lowering) norm(v *ir.Value, a *ir.Norm, e int) Row {
	r := l.copyOf(l.base[v.Args[0]] + e/2)
	r.Fit, r.Lo = Norm, int64(e%2)
	l.Mantissa = max(l.Mantissa, a.Bits)
	r.Zero = int64(a.Bits) // Lower makes it the difference to the longest
	return r
}

// compare gives 1 where a relation holds.
func (l *lowering) compare(v *ir.Value, a *ir.Cmp, e int) Row {
	r := l.sum(l.operand(v, 0, e), -1, l.operand(v, 1, e), 1) // a < b where b − a ≥ 1
	r.Mul, r.Hi = 1, 1
	switch a.Rel {
	case "le":
		r.Bias++
	case "eq":
		r.Fit = Zero
	}
	return r
}

// binary does add, sub, mul, max and min. An operand is a word of the memory or a constant.
func (l *lowering) binary(v *ir.Value, e int) Row {
	a, b := l.operand(v, 0, e), l.operand(v, 1, e)
	switch v.Op {
	case ir.OpAdd:
		return l.sum(a, 1, b, 1)
	case ir.OpSub:
		return l.sum(a, 1, b, -1)
	case ir.OpMul:
		return l.product(a, b)
	}
	sign := int64(1)
	if v.Op == ir.OpMin {
		sign = -1
	}
	// The largest of both; the least is the negative of the largest negative.
	r := l.sum(a, sign, b, sign)
	r.Mode, r.Mul = Max, sign
	if !a.fixed && !b.fixed {
		r.Bias = min(l.least(v.Args[0]), l.least(v.Args[1]))
	}
	return r
}

// operand is a word of the memory, or a constant.
type operand struct {
	at    int
	fixed bool
	value int64
}

func (l *lowering) operand(v *ir.Value, i, e int) operand {
	a := v.Args[i]
	k := stream.Broadcast(a.Type.Shape, v.Type.Shape)(e)
	if c := a.Const(); c != nil {
		return operand{fixed: true, value: c.Ints[k]}
	}
	return operand{at: l.base[a] + k}
}

// word gives the address of an operand.
func (l *lowering) word(o operand) int {
	if o.fixed {
		return l.constant(o.value)
	}
	return o.at
}

// sum is p·a + q·b.
func (l *lowering) sum(a operand, p int64, b operand, q int64) Row {
	switch {
	case a.fixed:
		return Row{Src: b.at, Columns: 1, Weight: l.list(false, q), Bias: p * a.value}
	case b.fixed:
		return Row{Src: a.at, Columns: 1, Weight: l.list(false, p), Bias: q * b.value}
	case p == q:
		return Row{Src: a.at, Stride: b.at - a.at, Columns: 2, Weight: l.list(false, p), Still: true}
	}
	return Row{Src: a.at, Stride: b.at - a.at, Columns: 2, Weight: l.list(false, p, q)}
}

func (l *lowering) product(a, b operand) Row {
	switch {
	case a.fixed:
		return Row{Src: b.at, Columns: 1, Weight: l.list(false, a.value)}
	case b.fixed:
		return Row{Src: a.at, Columns: 1, Weight: l.list(false, b.value)}
	}
	return Row{Src: a.at, Src2: b.at, Columns: 1, Mode: Pairs}
}
