package net

import "mlpc/ir"

// scored tells what an argmax compares where that is one dense layer: row i of its results times mul[i] plus add[i].
type scored struct {
	dense    *ir.Value
	mul, add []int64
}

// scores finds the dense layers that only an argmax reads, through multiplications of each row by a positive constant that saturate nothing;
// inner are the values between.
func scores(g *ir.Graph, ranges []ir.Interval) (heads map[*ir.Value]scored, inner map[*ir.Value]bool) {
	heads, inner = map[*ir.Value]scored{}, map[*ir.Value]bool{}
	uses := g.Uses()
	for _, v := range g.Values {
		if v.Op != ir.OpArgMax || len(v.Args[0].Type.Shape) != 1 {
			continue
		}
		n := v.Args[0].Type.Size()
		s := scored{mul: make([]int64, n), add: make([]int64, n)}
		for i := range s.mul {
			s.mul[i] = 1
		}
		var path []*ir.Value
		at := v.Args[0]
		for uses[at.ID] == 1 && at.Op != ir.OpDense && s.through(at, ranges) {
			path = append(path, at)
			at = at.Args[0]
		}
		if d, ok := at.Attr.(*ir.Dense); !ok || uses[at.ID] != 1 || d.Unit != nil || d.Groups > 1 || at.Type.Size() != n || !s.fits(ranges[at.ID]) {
			continue
		}
		s.dense = at
		heads[v] = s
		for _, p := range append(path, at) {
			inner[p] = true
		}
	}
	return heads, inner
}

// through takes the constants of a requantization that only multiplies, or of a product with a constant; false where it does more.
func (s *scored) through(v *ir.Value, ranges []ir.Interval) bool {
	for i := range s.mul {
		m, a := int64(0), int64(0)
		switch t := v.Attr.(type) {
		case *ir.Requant:
			mul, add, shift := t.At(i)
			lo, hi := ranges[v.Args[0].ID].At(i)
			if shift != 0 || !narrower(lo, hi, mul) || lo*mul+add+t.Zero < t.Lo || hi*mul+add+t.Zero > t.Hi {
				return false
			}
			m, a = mul, add+t.Zero
		default:
			if v.Op != ir.OpMul || v.Args[1].Const() == nil || len(v.Args[0].Type.Shape) != 1 || v.Args[0].Type.Size() != len(s.mul) {
				return false
			}
			c := v.Args[1].Const().Ints
			m = c[i%len(c)]
		}
		if m <= 0 || m >= 1<<24 || s.mul[i] >= 1<<24 || a > 1<<40 || a < -1<<40 {
			return false
		}
		s.mul[i], s.add[i] = s.mul[i]*m, s.add[i]+a*s.mul[i]
	}
	return true
}

// narrower tells whether [lo, hi] times mul stays far inside the arithmetic.
func narrower(lo, hi, mul int64) bool { return Width(lo, hi)+Width(0, max(mul, 0)) < maxOffset }

// fits tells whether the scores of a dense layer whose results have the given ranges stay inside the arithmetic.
func (s *scored) fits(r ir.Interval) bool {
	for i, m := range s.mul {
		lo, hi := r.At(i)
		if !narrower(lo, hi, m) || Width(min(s.add[i], 0), max(s.add[i], 0)) >= maxOffset {
			return false
		}
	}
	return true
}

// winner lowers a dense layer and the argmax of its scores in one: rows that lose to another one whatever the inputs are left out, and what
// is best taken from all rows, see Builder.offsets, is never computed.
func (l *lowering) winner(s scored) int32 {
	b, d := l.b, s.dense
	w, k := d.Args[1].Const().Ints, d.Args[1].Type.Shape[1]
	rows, bias := make([][]int64, len(s.mul)), make([]int64, len(s.mul))
	for i, m := range s.mul {
		rows[i] = make([]int64, k)
		for j := range rows[i] {
			rows[i][j] = w[i*k+j] * m
		}
		if bias[i] = s.add[i]; len(d.Args) == 3 {
			bias[i] += d.Args[2].Const().Ints[i] * m
		}
	}
	x := l.arg(d, 0)
	alive := b.undominated(rows, bias, x)
	left := make([][]int64, len(alive))
	for k, i := range alive {
		left[k] = rows[i]
	}
	best, least := left, b.price(left, x, l.o)
	for _, off := range offsets(left) {
		moved := without(left, off)
		if p := b.price(moved, x, l.o); p < least {
			best, least = moved, p
		}
	}
	y := b.Linear(best, x, l.o)
	for k, i := range alive {
		y[k] = b.addConst(y[k], bias[i])
	}
	return b.Table(l.argMax(y), func(k int64) int64 { return int64(alive[k]) })
}

// undominated lists the rows that can be the first of the largest: the difference of two rows is one linear form of the inputs, and its
// interval is narrower than what their own intervals tell.
func (b *Builder) undominated(rows [][]int64, bias []int64, x []Ref) []int {
	m := b.gather(rows, x)
	alive := make([]int, 0, len(rows))
	for i := range rows {
		loses := false
		for k := range rows {
			most := bias[i] + m.rest[i] - bias[k] - m.rest[k] // of row i less row k
			for j, id := range m.nodes {
				lo, hi := b.Bounds(id)
				c := m.w[j][i] - m.w[j][k]
				most += max(c*lo, c*hi)
			}
			loses = loses || i != k && (most < 0 || most == 0 && k < i)
		}
		if !loses {
			alive = append(alive, i)
		}
	}
	return alive
}

// offsets gives rows that may be taken from all rows of a matrix: the one whose entries leave the fewest signed digits in each column, and
// the row of the matrix that does.
func offsets(rows [][]int64) [][]int64 {
	k := len(rows[0])
	columns, at := make([]int64, k), make([]int64, len(rows))
	for j := range columns {
		for i := range rows {
			at[i] = rows[i][j]
		}
		columns[j] = cheapestOffset(at)
	}
	ref, least := rows[0], digits(without(rows, rows[0]))
	for _, r := range rows[1:] {
		if n := digits(without(rows, r)); n < least {
			ref, least = r, n
		}
	}
	return [][]int64{columns, ref}
}

// cheapestOffset gives the number whose removal from all of x leaves the fewest signed digits, 0 where none is better.
func cheapestOffset(x []int64) int64 {
	left := func(off int64) int {
		n := 0
		for _, e := range x {
			n += weight(e - off)
		}
		return n
	}
	best, least := int64(0), left(0)
	try := func(off int64) {
		if n := left(off); n < least {
			best, least = off, n
		}
	}
	for _, e := range x {
		try(e)
		for p := int64(1); p <= 2*max(e, -e) && p < 1<<40; p <<= 1 {
			try(e + p)
			try(e - p)
		}
	}
	return best
}

// without takes off from every row.
func without(rows [][]int64, off []int64) [][]int64 {
	y := make([][]int64, len(rows))
	for i, r := range rows {
		y[i] = make([]int64, len(r))
		for j := range r {
			y[i][j] = r[j] - off[j]
		}
	}
	return y
}

// price estimates what a matrix and the comparison of its results cost, in the unit of Problem.cost.
func (b *Builder) price(rows [][]int64, x []Ref, o Options) int {
	o.Work = 0
	m := b.gather(rows, x)
	p, nodes := b.problem(m, 0, len(rows), o)
	if len(nodes) == 0 {
		return 0
	}
	n := p.cost(b.solved(p, o))
	for i := range rows {
		lo, hi := int64(0), int64(0)
		for j, id := range m.nodes {
			l, h := b.Bounds(id)
			lo, hi = lo+min(m.w[j][i]*l, m.w[j][i]*h), hi+max(m.w[j][i]*l, m.w[j][i]*h)
		}
		if lo != hi {
			n += Width(lo, hi) * 5 / 4 // a comparison and a choice
		}
	}
	return n
}
