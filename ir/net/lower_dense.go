package net

import (
	"mlpc/approx"
	"mlpc/ir"
)

// dense lowers x·Wᵀ + b, group by group and position by position.
func (l *lowering) dense(v *ir.Value) []Ref {
	d := v.Attr.(*ir.Dense)
	x, w := l.arg(v, 0), v.Args[1].Const().Ints
	out, k := v.Args[1].Type.Shape[0], v.Args[1].Type.Shape[1]
	var bias []int64
	if len(v.Args) == 3 {
		bias = v.Args[2].Const().Ints
	}
	groups := max(1, d.Groups)
	per := out / groups
	if l.adders(w)*(len(x)/(k*groups)) > maxNodes {
		return l.refuse(v)
	}
	var y []Ref
	for at := 0; at < len(x); at += k {
		g := at / k % groups
		rows := make([][]int64, per)
		for o := range rows {
			rows[o] = w[(g*per+o)*k : (g*per+o+1)*k]
		}
		xs := x[at : at+k]
		if d.Unit != nil {
			xs, rows = l.partialProducts(d.Unit, xs, rows)
		}
		sums := l.b.Linear(rows, xs, l.o)
		for o, s := range sums {
			if bias != nil {
				s = l.b.addConst(s, bias[g*per+o])
			}
			y = append(y, s)
		}
	}
	return y
}

// adders estimates from below how many adders constants cost: sharing seldom saves more than two thirds.
func (l *lowering) adders(w []int64) int {
	n := 0
	for _, c := range w {
		n += weight(c)
	}
	return n / 4
}

// partialProducts writes a layer of truncated multipliers as an exact one over more inputs: a partial product x·2^i that loses
// its bits below 2^drop is floor(x / 2^(drop−i))·2^drop.
func (l *lowering) partialProducts(u *approx.Unit, x []Ref, w [][]int64) ([]Ref, [][]int64) {
	b, n, drop := l.b, len(x), u.Drop
	xs := make([]Ref, 0, n*(drop+1))
	xs = append(xs, x...)
	for k := 1; k <= drop; k++ {
		for _, r := range x {
			xs = append(xs, b.Ref(b.Shr(b.Force(r), k)))
		}
	}
	rows := make([][]int64, len(w))
	for o, row := range w {
		rows[o] = make([]int64, len(xs))
		for i, c := range row {
			sign, m := int64(1), c
			if c < 0 {
				sign, m = -1, -c
			}
			rows[o][i] = sign * (m >> drop << drop)
			for k := 1; k <= drop; k++ {
				if m>>(drop-k)&1 == 1 {
					rows[o][k*n+i] = sign << drop
				}
			}
		}
	}
	return xs, rows
}
