package net

import "mlpc/ir"

// alongAxis lowers sum, reduce-max, argmax and topk.
func (l *lowering) alongAxis(v *ir.Value) []Ref {
	x, s, ax := l.arg(v, 0), v.Args[0].Type.Shape, v.Attr.(*ir.Axis)
	outer, n, inner := ir.Size(s[:ax.Axis]), s[ax.Axis], ir.Size(s[ax.Axis+1:])
	count := 1
	if v.Op == ir.OpTopK {
		count = ax.K
	}
	y := make([]Ref, outer*count*inner)
	line := make([]Ref, n)
	for o := range outer {
		for i := range inner {
			for k := range n {
				line[k] = x[(o*n+k)*inner+i]
			}
			for k, r := range l.line(v, line) {
				y[(o*count+k)*inner+i] = r
			}
		}
	}
	return y
}

// line reduces the elements along the axis.
func (l *lowering) line(v *ir.Value, line []Ref) []Ref {
	b := l.b
	if v.Op == ir.OpSum {
		return []Ref{b.narrowed(b.Sum(line))}
	}
	if v.Op == ir.OpArgMax {
		return []Ref{{ID: l.argMax(line)}}
	}
	nodes := make([]int32, len(line))
	for i, r := range line {
		nodes[i] = b.Force(r)
	}
	if v.Op == ir.OpReduceMax {
		return []Ref{b.Ref(l.tournament(nodes, b.Max))}
	}
	return l.topK(nodes, v.Attr.(*ir.Axis).K)
}

// tournament combines neighbours in rounds until one node is left.
func (l *lowering) tournament(x []int32, f func(a, c int32) int32) int32 {
	for len(x) > 1 {
		var next []int32
		for i := 0; i+1 < len(x); i += 2 {
			next = append(next, f(x[i], x[i+1]))
		}
		if len(x)%2 == 1 {
			next = append(next, x[len(x)-1])
		}
		x = next
	}
	return x[0]
}

// topK gives the indexes of the k largest nodes, largest first, equals by index: k rounds of bubbling the best to the front.
func (l *lowering) topK(x []int32, k int) []Ref {
	b := l.b
	players := make([]player, len(x))
	for i, e := range x {
		players[i] = player{e, b.Const(int64(i))}
	}
	y := make([]Ref, k)
	for round := range k {
		for i := len(players) - 1; i > round; i-- {
			p, q := players[i-1], players[i]
			swap := b.Less(p.value, q.value)
			players[i-1] = player{b.Mux(swap, q.value, p.value), b.Mux(swap, q.index, p.index)}
			players[i] = player{b.Mux(swap, p.value, q.value), b.Mux(swap, p.index, q.index)}
		}
		y[round] = b.Ref(players[round].index)
	}
	return y
}
