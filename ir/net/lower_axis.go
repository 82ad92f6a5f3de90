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
		return []Ref{b.Sum(line)}
	}
	nodes := make([]int32, len(line))
	for i, r := range line {
		nodes[i] = b.Force(r)
	}
	switch v.Op {
	case ir.OpReduceMax:
		return []Ref{b.Ref(l.tournament(nodes, b.Max))}
	case ir.OpArgMax:
		return []Ref{{ID: l.argMax(nodes)}}
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

// player is a value in a tournament with its index; gone where it can no longer win.
type player struct{ value, index int32 }

// argMax gives the index of the largest node, the lowest of equals. Players that cannot win, whatever the input, do not enter.
func (l *lowering) argMax(x []int32) int32 {
	b := l.b
	players := make([]player, 0, len(x))
	for i, e := range x {
		if l.canWin(x, i) {
			players = append(players, player{e, b.Const(int64(i))})
		}
	}
	for len(players) > 1 {
		var next []player
		for i := 0; i+1 < len(players); i += 2 {
			p, q := players[i], players[i+1]
			second := b.Less(p.value, q.value)
			w := player{index: b.Mux(second, q.index, p.index)}
			if len(players) > 2 {
				w.value = b.Mux(second, q.value, p.value)
			}
			next = append(next, w)
		}
		if len(players)%2 == 1 {
			next = append(next, players[len(players)-1])
		}
		players = next
	}
	return players[0].index
}

// canWin tells whether element i can be the first of the largest.
func (l *lowering) canWin(x []int32, i int) bool {
	_, hi := l.b.Bounds(x[i])
	for k, e := range x {
		if lo, _ := l.b.Bounds(e); lo > hi || lo == hi && k < i {
			return false
		}
	}
	return true
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
