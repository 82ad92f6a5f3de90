package net

import "mlpc/ir"

// elementwise lowers the ops of two or three arguments that broadcast.
func (l *lowering) elementwise(v *ir.Value) []Ref {
	args := make([][]Ref, len(v.Args))
	maps := make([][]int, len(v.Args))
	for i := range v.Args {
		args[i] = l.arg(v, i)
		maps[i] = broadcast(v.Args[i].Type.Shape, v.Type.Shape)
	}
	y := make([]Ref, v.Type.Size())
	var e [3]Ref
	for i := range y {
		for k := range args {
			e[k] = args[k][maps[k][i]]
		}
		y[i] = l.combine(v, e)
	}
	return y
}

// broadcast gives for each element of shape to the index of the element of shape from that numpy broadcasting puts there.
func broadcast(from, to []int) []int {
	m := make([]int, ir.Size(to))
	off := len(to) - len(from)
	for e := range m {
		at, stride, rest := 0, 1, e
		for i := len(to) - 1; i >= 0; i-- {
			k := rest % to[i]
			rest /= to[i]
			if i >= off {
				if from[i-off] > 1 {
					at += k * stride
				}
				stride *= from[i-off]
			}
		}
		m[e] = at
	}
	return m
}

// combine makes one element of an elementwise op.
func (l *lowering) combine(v *ir.Value, e [3]Ref) Ref {
	b := l.b
	switch v.Op {
	case ir.OpAdd:
		return b.narrowed(b.Add(e[0], e[1]))
	case ir.OpSub:
		return b.narrowed(b.Add(e[0], e[1].Times(0, true)))
	case ir.OpMul:
		return l.mul(e[0], e[1])
	case ir.OpMax, ir.OpMin:
		if lo, hi, ok := b.apart(e[0], e[1]); ok && (lo >= 0 || hi <= 0) {
			if (lo >= 0) == (v.Op == ir.OpMax) {
				return e[0]
			}
			return e[1]
		}
	case ir.OpCmp:
		if r, ok := l.known(v.Attr.(*ir.Cmp).Rel, e[0], e[1]); ok {
			return b.constRef(r)
		}
	}
	switch v.Op {
	case ir.OpMax:
		return b.Ref(b.Max(b.Force(e[0]), b.Force(e[1])))
	case ir.OpMin:
		return b.Ref(b.Min(b.Force(e[0]), b.Force(e[1])))
	case ir.OpCmp:
		return Ref{ID: l.compare(v.Attr.(*ir.Cmp).Rel, b.Force(e[0]), b.Force(e[1]))}
	}
	// select: e[1] where e[0] is not 0
	if lo, hi := b.RefBounds(e[0]); lo < 0 || hi > 1 {
		return b.Ref(b.Mux(b.Equal(b.Force(e[0]), b.Const(0)), b.Force(e[2]), b.Force(e[1])))
	}
	return b.Ref(b.Mux(b.Force(e[0]), b.Force(e[1]), b.Force(e[2])))
}

// known tells what a comparison always gives, where it does.
func (l *lowering) known(rel string, x, y Ref) (result int64, ok bool) {
	lo, hi, ok := l.b.apart(x, y)
	if !ok {
		return 0, false
	}
	holds, fails := hi < 0, lo >= 0
	switch rel {
	case "le":
		holds, fails = hi <= 0, lo > 0
	case "eq":
		holds, fails = lo == 0 && hi == 0, lo > 0 || hi < 0
	}
	return bit(holds), holds || fails
}

// compare makes 1 where the relation holds.
func (l *lowering) compare(rel string, a, c int32) int32 {
	switch rel {
	case "lt":
		return l.b.Less(a, c)
	case "le":
		if n := l.b.Node(c); n.Op == OpConst {
			return l.b.Less(a, l.b.Const(n.Imm+1))
		}
		if n := l.b.Node(a); n.Op == OpConst {
			return l.b.Less(l.b.Const(n.Imm-1), c)
		}
		return l.b.Not(l.b.Less(c, a))
	}
	return l.b.Equal(a, c)
}

// mul makes a product; a constant factor becomes shifted adders.
func (l *lowering) mul(x, y Ref) Ref {
	b := l.b
	if _, ok := b.value(x); ok {
		x, y = y, x
	}
	if c, ok := b.value(y); ok {
		return b.Scale(x, c)
	}
	neg := x.Neg != y.Neg
	p := b.Mul(x.ID, y.ID)
	return b.Ref(p).Times(int(x.Shift)+int(y.Shift), neg)
}

// matMul lowers the product of two run-time tensors.
func (l *lowering) matMul(v *ir.Value) []Ref {
	as, bs, os := v.Args[0].Type.Shape, v.Args[1].Type.Shape, v.Type.Shape
	lead := os[:len(os)-2]
	m, k, n := as[len(as)-2], as[len(as)-1], bs[len(bs)-1]
	am, bm := broadcast(as[:len(as)-2], lead), broadcast(bs[:len(bs)-2], lead)
	x, y := l.arg(v, 0), l.arg(v, 1)
	var out []Ref
	terms := make([]Ref, k)
	if ir.Size(os)*k > maxNodes {
		return l.refuse(v)
	}
	for e := range ir.Size(lead) {
		for i := range m {
			for j := range n {
				for t := range k {
					terms[t] = l.mul(x[(am[e]*m+i)*k+t], y[(bm[e]*k+t)*n+j])
				}
				out = append(out, l.b.Sum(terms))
			}
		}
	}
	return out
}
