package net

import (
	"math/bits"

	"mlpc/ir/num"
)

// evaluate gives node i for every assignment of the bits of a cut, the lowest bit of the first leaf counting least; nil where the cut does
// not say all of it. Where an assignment cannot occur, the result is any number in the node's interval.
func (p *packer) evaluate(i int32, k cut) []int64 {
	nodes, ok := p.cone(i, k)
	if !ok {
		return nil
	}
	e := evaluation{p.c, map[int32][]int64{}, 1 << k.size()}
	at := 0
	for _, l := range k {
		e.assign(l, at)
		at += bits.OnesCount64(l.bits)
	}
	for _, m := range nodes {
		e.compute(m)
	}
	return p.inInterval(i, e.value[i])
}

// cone lists the nodes between the leaves of a cut and node i, itself included, arguments first, and which of their bits are needed; false
// where something else is needed.
func (p *packer) cone(i int32, k cut) (nodes []leaf, ok bool) {
	given := func(n int32) uint64 {
		for _, l := range k {
			if l.node == n {
				return l.bits
			}
		}
		return 0
	}
	need := map[int32]uint64{i: p.live[i]}
	for len(need) > 0 {
		last := int32(-1)
		for n := range need {
			last = max(last, n)
		}
		set := need[last]
		delete(need, last)
		if last != i && set&^given(last) == 0 {
			continue
		}
		n := &p.c.Nodes[last]
		if n.Op == OpInput {
			return nil, false
		}
		nodes = append(nodes, leaf{last, set})
		p.c.reads(n, set, func(a int32, s uint64) {
			if s = p.c.inside(a, s); s != 0 {
				need[a] |= s
			}
		})
	}
	for a, b := 0, len(nodes)-1; a < b; a, b = a+1, b-1 {
		nodes[a], nodes[b] = nodes[b], nodes[a]
	}
	return nodes, true
}

// evaluation computes nodes for a number of rows. What nothing reads is left out, and read as 0.
type evaluation struct {
	c     *Circuit
	value map[int32][]int64
	rows  int
}

// assign gives the bits of a leaf the bits of the row's number from at up.
func (e *evaluation) assign(l leaf, at int) {
	y, n := make([]int64, e.rows), &e.c.Nodes[l.node]
	for r := range y {
		y[r] = spread(uint64(r)>>at, l.bits)
		if top := n.Width() - 1; n.Signed() && y[r]>>top&1 == 1 {
			y[r] -= 2 << top
		}
	}
	e.value[l.node] = y
}

// spread puts the low bits of x at the places of a set.
func spread(x, set uint64) int64 {
	y := uint64(0)
	for ; set != 0; set &= set - 1 {
		y |= x & 1 << bits.TrailingZeros64(set)
		x >>= 1
	}
	return int64(y)
}

// compute makes the needed bits of a node from its arguments.
func (e *evaluation) compute(l leaf) {
	n, y := &e.c.Nodes[l.node], make([]int64, e.rows)
	args := [3][]int64{y, y, y}
	var buf [3]int32
	for k, a := range n.Args(buf[:]) {
		if args[k] = e.value[a]; args[k] == nil {
			args[k] = make([]int64, e.rows)
		}
	}
	switch {
	case n.Op == OpConst:
		for r := range y {
			y[r] = n.Imm
		}
	case n.Op == OpTable: // of the argument only the bits that are read need be right
		k := e.c.Contents(n, l.bits)
		for r, x := range args[0] {
			y[r] = k.at(x)
		}
	case ops[n.Op].args == 1:
		e.c.runUnary(n, y, args[0])
	default:
		runBinary(n, y, args[0], args[1], args[2])
	}
	for r := range y { // bits that nothing reads may be wrong, the sign among them
		y[r] = num.Wrap(y[r], n.Width(), n.Signed())
	}
	e.value[l.node] = y
}

// inInterval puts values of node i, of which only the bits up to its width are known, inside the node's interval. What lies in no interval
// of that width belongs to an assignment that does not occur.
func (p *packer) inInterval(i int32, values []int64) []int64 {
	n := &p.c.Nodes[i]
	for a, x := range values {
		values[a] = min(n.Lo+(x-n.Lo)&int64(low(n.Width())), n.Hi)
	}
	return values
}
