package net

import (
	"math"
	"math/bits"
	"slices"
)

// Pack gives the circuit with nodes that are functions of few bits as tables over those bits, where that takes fewer look-up tables: the
// sum of six bits is three of them, a comparison of two short sums is one. A node is either what it was or a table over one of its cuts;
// among these covers of the circuit one with little area is searched for as in technology mapping: by area flow first, then node by
// node by exact area.
func (c *Circuit) Pack() *Circuit {
	p := newPacker(c)
	for i := range c.Nodes {
		p.enumerate(int32(i))
	}
	for _, o := range c.Outs {
		for _, l := range p.roots(leaf{o, low(c.Nodes[o].Width())}) {
			p.take(l)
		}
	}
	for range packSweeps {
		if !p.sweep() {
			break
		}
	}
	return p.build()
}

// packSweeps is how often every node's choice is looked at.
const packSweeps = 3

// packer is the state of Pack. Nodes that are wires have no choices and no references: what reads them reads the nodes behind them.
type packer struct {
	c      *Circuit
	live   []uint64
	native []float64 // by node: look-up tables of the node as it is
	args   [][]int32 // by node: the nodes that it reads, seen through wires
	of     [][]cut   // by node: its cuts
	cost   [][]float64
	choice []int     // by node: −1, or the cut of its table
	flow   []float64 // by node: look-up tables of its cone, shared evenly among its readers
	refs   []int32   // by node: how many chosen nodes and outputs read it
	fanout []int32   // by node: the same before anything is chosen
}

func newPacker(c *Circuit) *packer {
	n := len(c.Nodes)
	p := &packer{c: c, live: c.LiveBits(), native: make([]float64, n), args: make([][]int32, n), of: make([][]cut, n),
		cost: make([][]float64, n), choice: make([]int, n), flow: make([]float64, n), refs: make([]int32, n), fanout: make([]int32, n)}
	for i := range c.Nodes {
		y := &c.Nodes[i]
		p.choice[i] = -1
		p.native[i] = c.LUTs(y, p.live[i])
		if p.live[i] == 0 || c.isWire(y) {
			continue
		}
		p.args[i] = p.nodesBehind(c.arguments(y, p.live[i]))
		for _, a := range p.args[i] {
			p.fanout[a]++
		}
	}
	return p
}

// roots are the nodes behind wires whose bits some bits of a node are.
func (p *packer) roots(l leaf) []int32 { return p.nodesBehind([]leaf{l}) }

// nodesBehind gives the nodes that are no wires, or are inputs, whose bits the given ones are, each once.
func (p *packer) nodesBehind(list []leaf) []int32 {
	var nodes []int32
	for len(list) > 0 {
		l := list[0]
		list = list[1:]
		switch n := &p.c.Nodes[l.node]; {
		case n.Op == OpConst:
		case n.Op != OpInput && p.c.isWire(n):
			list = append(list, p.c.arguments(n, l.bits)...)
		case !slices.Contains(nodes, l.node):
			nodes = append(nodes, l.node)
		}
	}
	return nodes
}

// enumerate finds the cuts of a node and makes its first choice, by area flow.
func (p *packer) enumerate(i int32) {
	n := &p.c.Nodes[i]
	if p.live[i] == 0 || p.c.isWire(n) {
		return
	}
	best := p.native[i]
	for _, a := range p.args[i] {
		best += p.flow[a]
	}
	if p.live[i] == low(n.Width()) { // else the table would be wrong in bits that nothing reads, and leave its interval
		p.of[i] = p.product(p.c.arguments(n, p.live[i]))
	}
	for k, leaves := range p.of[i] {
		p.cost[i] = append(p.cost[i], p.tableLUTs(i, leaves))
		if f := p.cost[i][k] + p.flowOf(leaves); f < best {
			best, p.choice[i] = f, k
		}
	}
	p.flow[i] = best / float64(max(1, p.fanout[i]))
}

// tableLUTs is the number of look-up tables of node i as a table over a cut: one for each live bit that is neither constant nor a leaf,
// equal ones counted once.
func (p *packer) tableLUTs(i int32, k cut) float64 {
	values := p.evaluate(i, k)
	if values == nil {
		return math.Inf(1)
	}
	var seen []uint64
	for b := range k.size() {
		seen = append(seen, p.column(k, func(a int) uint64 { return uint64(a) >> b & 1 }))
	}
	seen = append(seen, 0, ^uint64(0)>>(64-len(values)))
	known := len(seen)
	for set := p.live[i]; set != 0; set &= set - 1 {
		b := bits.TrailingZeros64(set)
		f := p.column(k, func(a int) uint64 { return uint64(values[a]) >> b & 1 })
		if !slices.Contains(seen, f) {
			seen = append(seen, f)
		}
	}
	return float64(len(seen) - known)
}

// column is a truth table over the bits of a cut.
func (p *packer) column(k cut, f func(assignment int) uint64) uint64 {
	t := uint64(0)
	for a := range 1 << k.size() {
		t |= f(a) << a
	}
	return t
}
