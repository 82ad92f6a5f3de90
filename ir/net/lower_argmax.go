package net

// argMax gives the index of the largest of several values, the lowest of equals. What all of them share is taken away first: a power of
// two, a constant; values that lose to another one, whatever the inputs, do not enter.
func (l *lowering) argMax(x []Ref) int32 {
	b := l.b
	var alive []int
	var left []Ref
	for i := range x {
		if l.canWin(x, i) {
			alive, left = append(alive, i), append(left, x[i])
		}
	}
	players := make([]player, len(left))
	for k, r := range b.withoutCommon(left) {
		players[k] = player{b.Force(r), b.Const(int64(alive[k]))}
	}
	return l.play(players, b.rounds(players), false).index
}

// player is a value in a tournament with its index.
type player struct{ value, index int32 }

// canWin tells whether element i can be the first of the largest.
func (l *lowering) canWin(x []Ref, i int) bool {
	for k := range x {
		if _, hi, ok := l.b.apart(x[i], x[k]); ok && i != k && (hi < 0 || hi == 0 && k < i) {
			return false
		}
	}
	return true
}

// withoutCommon gives values in the same order as x, with the same ties: the shift that all have is dropped, and of the constants that
// are added to them the one whose removal from all leaves the least to add.
func (b *Builder) withoutCommon(x []Ref) []Ref {
	core, c := make([]Ref, len(x)), make([]int64, len(x))
	for i, r := range x {
		if core[i], c[i] = b.affine(r); Width(min(c[i], 0), max(c[i], 0)) >= maxOffset {
			return x
		}
		if k, ok := b.value(core[i]); ok {
			core[i], c[i] = b.constRef(0), c[i]+k
		}
	}
	best, least := int64(0), b.addends(core, c, 0)
	for _, off := range c {
		if n := b.addends(core, c, off); n < least {
			best, least = off, n
		}
	}
	y := make([]Ref, len(x))
	shift := int8(maxOffset)
	for i := range y {
		y[i] = b.addConst(core[i], c[i]-best)
		if k, ok := b.value(y[i]); !ok || k != 0 {
			shift = min(shift, y[i].Shift)
		}
	}
	for i := range y {
		if k, ok := b.value(y[i]); ok {
			y[i] = b.constRef(k >> shift)
		} else {
			y[i].Shift -= shift
		}
	}
	return y
}

// addends is the number of bits at which an addition of c less off costs look-up tables, over all values; a value that counts negative is
// subtracted from its constant, over its whole width.
func (b *Builder) addends(core []Ref, c []int64, off int64) int {
	n := 0
	for i, r := range core {
		lo, hi := b.RefBounds(r)
		switch d := c[i] - off; {
		case lo == hi || d == 0 && !r.Neg:
		case r.Neg:
			n += Width(lo, hi)
		default:
			n += max(0, Width(lo, hi)-lowestBit(d))
		}
	}
	return n
}

// lowestBit is the position of the lowest bit of x that is set.
func lowestBit(x int64) int {
	n := 0
	for ; x&1 == 0 && x != 0; x >>= 1 {
		n++
	}
	return n
}

// bracket is the order of a tournament over a run of neighbours: the last of its left half; −1: one player.
type bracket struct {
	split       int
	left, right *bracket
}

// play lets the players of a bracket meet; the winner's value is only made where it is asked for.
func (l *lowering) play(players []player, t *bracket, value bool) player {
	if t.split < 0 {
		return players[0]
	}
	b := l.b
	p := l.play(players[:t.split+1], t.left, true)
	q := l.play(players[t.split+1:], t.right, true)
	second := b.Less(p.value, q.value)
	w := player{index: b.Mux(second, q.index, p.index)}
	if value {
		w.value = b.Mux(second, q.value, p.value)
		pl, ph := b.Bounds(p.value)
		ql, qh := b.Bounds(q.value)
		b.Known(w.value, max(pl, ql), max(ph, qh))
	}
	return w
}

// widestTournament is the number of players up to which the cheapest order is looked for.
const widestTournament = 64

// rounds chooses who meets whom, in no more rounds than a balanced tournament needs: the narrow ones first, since a comparison and a choice
// are as wide as the wider of the two. Only neighbours meet, so that of equals the lower index wins.
func (b *Builder) rounds(players []player) *bracket {
	n := len(players)
	if n > widestTournament {
		return balanced(n)
	}
	type key struct{ from, to, depth int }
	type entry struct {
		cost int
		tree *bracket
	}
	known := map[key]entry{}
	var best func(k key) entry
	best = func(k key) entry {
		if k.from == k.to {
			return entry{0, &bracket{split: -1}}
		}
		if e, ok := known[k]; ok {
			return e
		}
		e := entry{cost: -1}
		width := b.hull(players[k.from : k.to+1])
		for m := k.from; m < k.to; m++ {
			if half := 1 << (k.depth - 1); m-k.from+1 > half || k.to-m > half {
				continue
			}
			x, y := best(key{k.from, m, k.depth - 1}), best(key{m + 1, k.to, k.depth - 1})
			if c := x.cost + y.cost + 2*width; e.cost < 0 || c < e.cost {
				e = entry{c, &bracket{m - k.from, x.tree, y.tree}}
			}
		}
		known[k] = e
		return e
	}
	return best(key{0, n - 1, ceilLog2(n)}).tree
}

// hull is the width of what holds the largest of some players.
func (b *Builder) hull(players []player) int {
	lo, hi := b.Bounds(players[0].value)
	for _, p := range players[1:] {
		l, h := b.Bounds(p.value)
		lo, hi = max(lo, l), max(hi, h)
	}
	return Width(lo, hi)
}

// balanced is the bracket in which each round halves the players.
func balanced(n int) *bracket {
	if n == 1 {
		return &bracket{split: -1}
	}
	left := 1 << (ceilLog2(n) - 1)
	return &bracket{left - 1, balanced(left), balanced(n - left)}
}
