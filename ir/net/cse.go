package net

import (
	"container/heap"
	"math/bits"
	"slices"
)

// cse shares two-term sums in a matrix of signed digits. Value v occurs in output j with the digits pos[v·outs+j] (bit s: +v·2^s)
// and neg[v·outs+j]. The greedy step takes the pair of values, distance and sign relation that saves most, makes their sum a new
// value, and puts it in place of the two digits wherever they occur (Hartley, "Subexpression sharing in filters", 1996; Potkonjak et
// al., "Multiple constant multiplications", 1996).
type cse struct {
	planner
	outs     int
	words    int // 64-bit words of a set of outputs
	pos, neg []uint64
	in       []uint64 // by value: the set of outputs that it occurs in
	budget   budget
	pairs    pairHeap
	count    [2][128]int32 // scratch of best: [signs differ][distance + 64]
	seen     []uint8       // scratch of best: the entries of count that are in use
	weigh    weighing
	seed     uint64 // of the noise in scores; 0: none
}

// weighing says what a shared pair is worth.
type weighing uint8

const (
	byBits  weighing = iota // occurrences times the width of the narrower operand
	byCount                 // occurrences
)

// newCSE sets up the digits of m, whose rows belong to ports and whose columns belong to outputs.
func newCSE(m [][]int64, ports []Port, outs, bound int, w weighing, seed uint64) *cse {
	c := &cse{outs: outs, words: (outs + 63) / 64, weigh: w, seed: seed}
	c.planner = planner{inputs: len(ports), ports: slices.Clone(ports)}
	c.budget = newBudget(outs, bound)
	c.pos, c.neg = make([]uint64, len(m)*outs), make([]uint64, len(m)*outs)
	c.in = make([]uint64, len(m)*c.words)
	for i, row := range m {
		for j, x := range row {
			for _, d := range CSD(x) {
				c.put(int32(i), j, int(d.Shift), d.Neg)
				c.budget.spend(j, ports[i].Depth)
			}
		}
	}
	return c
}

// put adds a digit of value v to output j.
func (c *cse) put(v int32, j, shift int, neg bool) {
	if neg {
		c.neg[int(v)*c.outs+j] |= 1 << shift
	} else {
		c.pos[int(v)*c.outs+j] |= 1 << shift
	}
	c.in[int(v)*c.words+j/64] |= 1 << (j % 64)
}

// share runs the greedy loop to its end.
func (c *cse) share() {
	for b := range int32(c.inputs) {
		for a := range b + 1 {
			c.offer(a, b)
		}
	}
	heap.Init(&c.pairs)
	for len(c.pairs) > 0 {
		top := &c.pairs[0]
		a, b := top.a, top.b
		n, shift, sub := c.best(a, b)
		score := c.score(a, b, n)
		switch {
		case n < 2:
			heap.Pop(&c.pairs)
		case score < top.score:
			top.score = score
			heap.Fix(&c.pairs, 0)
		default:
			c.replace(a, b, shift, sub)
		}
	}
}

// offer enters a pair of values where something of it can be shared.
func (c *cse) offer(a, b int32) {
	if n, _, _ := c.best(a, b); n >= 2 {
		c.pairs = append(c.pairs, pair{c.score(a, b, n), a, b})
	}
}

// noise is how much a seed may add to a score, in sixteenths of a point.
const noise = 48

// score is what sharing n occurrences of a pair is worth, in sixteenths.
func (c *cse) score(a, b int32, n int) int32 {
	s := int32(16 * n)
	if c.weigh == byBits {
		s *= int32(min(c.ports[a].width(), c.ports[b].width()))
	}
	if c.seed != 0 {
		s += int32(mix(uint64(a)<<40^uint64(b)<<8^c.seed) % noise)
	}
	return s
}

// mix scrambles x (the finaliser of SplitMix64).
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// best finds the distance of b's digits from a's and the sign relation that occur most often, as often as budgets allow and
// without counting a digit twice. Equals go to differing signs, then to the larger distance.
func (c *cse) best(a, b int32) (n, shift int, sub bool) {
	price := c.budget.price(c.ports[a].Depth, c.ports[b].Depth)
	common := 0
	c.work++
	for w := range c.words {
		common |= int(c.in[int(a)*c.words+w] & c.in[int(b)*c.words+w])
	}
	if common == 0 {
		return 0, 0, false
	}
	c.seen = c.seen[:0]
	for w := range c.words {
		for set := c.in[int(a)*c.words+w] & c.in[int(b)*c.words+w]; set != 0; set &= set - 1 {
			j := w*64 + bits.TrailingZeros64(set)
			if price == 0 || c.budget.left[j] >= price {
				c.countIn(a, b, j)
				c.work++
			}
		}
	}
	for _, k := range c.seen {
		s, d := int(k)&127-64, int(k)>>7
		m := int(c.count[d][s+64])
		c.count[d][s+64] = 0
		if m > n || m == n && (d == 1 && !sub || (d == 1) == sub && s > shift) {
			n, shift, sub = m, s, d == 1
		}
	}
	if n >= 2 && (a == b || price > 0) {
		n = c.occurrences(a, b, shift, sub, price)
	}
	return n, shift, sub
}

// countIn counts the distances and sign relations of the digits of a and b in output j.
func (c *cse) countIn(a, b int32, j int) {
	pa, na := c.pos[int(a)*c.outs+j], c.neg[int(a)*c.outs+j]
	pb, nb := c.pos[int(b)*c.outs+j], c.neg[int(b)*c.outs+j]
	for da := pa | na; da != 0; da &= da - 1 {
		p := bits.TrailingZeros64(da)
		db := pb | nb
		if a == b {
			db &^= 2<<p - 1
		}
		for ; db != 0; db &= db - 1 {
			q := bits.TrailingZeros64(db)
			d := (na>>p ^ nb>>q) & 1
			k := q - p + 64
			if c.count[d][k] == 0 {
				c.seen = append(c.seen, uint8(int(d)<<7|k))
			}
			c.count[d][k]++
		}
	}
}

// matches gives the digits of a in output j that have a digit of b at the distance and with the sign relation.
func (c *cse) matches(a, b int32, j, shift int, sub bool) uint64 {
	pa, na := c.pos[int(a)*c.outs+j], c.neg[int(a)*c.outs+j]
	pb, nb := c.pos[int(b)*c.outs+j], c.neg[int(b)*c.outs+j]
	if sub {
		pb, nb = nb, pb
	}
	if shift < 0 {
		pb, nb = pb<<-shift, nb<<-shift
	} else {
		pb, nb = pb>>shift, nb>>shift
	}
	m := pa&pb | na&nb
	if a == b { // a digit that is taken as the upper one of a pair starts no pair
		for rest := m; rest != 0; {
			p := rest & -rest
			m &^= p << shift
			rest &^= p | p<<shift
		}
	}
	return m
}

// occurrences counts how often the pattern can be replaced.
func (c *cse) occurrences(a, b int32, shift int, sub bool, price int64) int {
	n := 0
	for w := range c.words {
		for set := c.in[int(a)*c.words+w] & c.in[int(b)*c.words+w]; set != 0; set &= set - 1 {
			j := w*64 + bits.TrailingZeros64(set)
			n += c.budget.times(j, price, bits.OnesCount64(c.matches(a, b, j, shift, sub)))
		}
	}
	return n
}

// replace makes a ± b·2^shift a new value and puts it wherever the pattern occurs.
func (c *cse) replace(a, b int32, shift int, sub bool) {
	price := c.budget.price(c.ports[a].Depth, c.ports[b].Depth)
	u := c.step(Step{a, b, int8(shift), sub})
	c.pos = append(c.pos, make([]uint64, c.outs)...)
	c.neg = append(c.neg, make([]uint64, c.outs)...)
	c.in = append(c.in, make([]uint64, c.words)...)
	for w := range c.words {
		for set := c.in[int(a)*c.words+w] & c.in[int(b)*c.words+w]; set != 0; set &= set - 1 {
			c.replaceIn(u, a, b, w*64+bits.TrailingZeros64(set), shift, sub, price)
		}
	}
	for x := range u + 1 {
		if n, _, _ := c.best(x, u); n >= 2 {
			heap.Push(&c.pairs, pair{c.score(x, u, n), x, u})
		}
	}
}

func (c *cse) replaceIn(u, a, b int32, j, shift int, sub bool, price int64) {
	m := c.matches(a, b, j, shift, sub)
	for n := c.budget.times(j, price, bits.OnesCount64(m)); n > 0; n-- {
		p := bits.TrailingZeros64(m)
		m &= m - 1
		neg := c.neg[int(a)*c.outs+j]>>p&1 == 1
		c.take(a, j, p)
		c.take(b, j, p+shift)
		c.put(u, j, p+min(shift, 0), neg)
		c.budget.left[j] -= price
	}
}

// take removes a digit of value v from output j.
func (c *cse) take(v int32, j, shift int) {
	at := int(v)*c.outs + j
	c.pos[at] &^= 1 << shift
	c.neg[at] &^= 1 << shift
	if c.pos[at]|c.neg[at] == 0 {
		c.in[int(v)*c.words+j/64] &^= 1 << (j % 64)
	}
}

// pair is an offer to share something of two values; its score is what it was worth when it was entered, or more than it is worth now.
type pair struct {
	score int32
	a, b  int32
}

// pairHeap has the best offer on top; equals go to the newer values.
type pairHeap []pair

func (h pairHeap) Len() int { return len(h) }
func (h pairHeap) Less(i, j int) bool {
	x, y := &h[i], &h[j]
	if x.score != y.score {
		return x.score > y.score
	}
	if x.b != y.b {
		return x.b > y.b
	}
	return x.a > y.a
}
func (h pairHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *pairHeap) Push(x any)   { *h = append(*h, x.(pair)) }
func (h *pairHeap) Pop() any {
	old := *h
	x := old[len(old)-1]
	*h = old[:len(old)-1]
	return x
}
