package serial

import (
	"mlpc/ir"
	"mlpc/ir/stream"
)

// row gives the row of element e of a value, up to where its result goes. Its rounding does nothing and its limits are those of the type.
func (l *lowering) row(v *ir.Value, e int) Row {
	r := l.columns(v, e)
	if r.Mul == 0 {
		r.Mul = 1
	}
	if !r.limited {
		r.Lo, r.Hi = v.Type.Elem.Range()
	}
	return r
}

func (l *lowering) columns(v *ir.Value, e int) Row {
	switch a := v.Attr.(type) {
	case *ir.Dense:
		return l.dense(v, a, e)
	case *ir.Route:
		return l.route(v, a, e)
	case *ir.Axis:
		return l.along(v, a.Axis, e)
	case *ir.Threshold:
		steps := a.Row(e % stream.LastAxis(v))
		return Row{Src: l.base[v.Args[0]] + e, Columns: len(steps), Weight: l.list(steps...), Mode: Count, Bias: a.Base}
	case *ir.Clamp:
		r := l.copyOf(l.base[v.Args[0]] + e)
		r.Lo, r.Hi, r.limited = a.Lo, a.Hi, true
		return r
	case *ir.Table:
		return l.table(v, a, e)
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
	r := Row{Src: l.base[v.Args[0]] + (token*groups+o/(rows/groups))*k, Stride: 1, Columns: k, Weight: l.list(w.Const().Ints[o*k : (o+1)*k]...)}
	if len(v.Args) == 3 {
		r.Bias = v.Args[2].Const().Ints[o]
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

// along reduces an axis.
func (l *lowering) along(v *ir.Value, axis, e int) Row {
	shape := v.Args[0].Type.Shape
	n, inner := shape[axis], ir.Size(shape[axis+1:])
	r := Row{Src: l.base[v.Args[0]] + e/inner*n*inner + e%inner, Stride: inner, Columns: n, Weight: l.ones(n)}
	switch v.Op {
	case ir.OpReduceMax:
		r.Mode, r.Bias = Max, l.least(v.Args[0])
	case ir.OpArgMax:
		r.Mode = ArgMax
	}
	return r
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
	r := l.copyOf(l.base[v.Args[0]] + e)
	r.Tabled, r.Table = true, at-int(a.Lo)
	r.Lo, r.Hi = v.Args[0].Type.Elem.Range()
	r.limited = true
	return r
}

// binary does add, sub, mul, max, min and cmp. An operand is a word of the memory or a constant.
func (l *lowering) binary(v *ir.Value, e int) Row {
	a, b := l.operand(v, 0, e), l.operand(v, 1, e)
	switch v.Op {
	case ir.OpAdd:
		return l.sum(a, 1, b, 1)
	case ir.OpSub:
		return l.sum(a, 1, b, -1)
	case ir.OpMul:
		return l.product(a, b)
	case ir.OpCmp:
		r := l.sum(a, -1, b, 1) // a < b where b − a ≥ 1
		if v.Attr.(*ir.Cmp).Rel == "le" {
			r.Bias++
		}
		r.Lo, r.Hi, r.limited = 0, 1, true
		return r
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

// sum is p·a + q·b.
func (l *lowering) sum(a operand, p int64, b operand, q int64) Row {
	switch {
	case a.fixed:
		return Row{Src: b.at, Columns: 1, Weight: l.list(q), Bias: p * a.value}
	case b.fixed:
		return Row{Src: a.at, Columns: 1, Weight: l.list(p), Bias: q * b.value}
	}
	return Row{Src: a.at, Stride: b.at - a.at, Columns: 2, Weight: l.list(p, q)}
}

func (l *lowering) product(a, b operand) Row {
	switch {
	case a.fixed:
		return Row{Src: b.at, Columns: 1, Weight: l.list(a.value)}
	case b.fixed:
		return Row{Src: a.at, Columns: 1, Weight: l.list(b.value)}
	}
	return Row{Src: a.at, Src2: b.at, Columns: 1, Mode: Pairs}
}
