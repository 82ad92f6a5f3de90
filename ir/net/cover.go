package net

import "math/bits"

// leaves gives the nodes that node i reads as it is chosen.
func (p *packer) leaves(i int32) []int32 {
	if p.choice[i] < 0 {
		return p.args[i]
	}
	var nodes []int32
	for _, l := range p.of[i][p.choice[i]] {
		nodes = append(nodes, l.node)
	}
	return nodes
}

// area is the number of look-up tables of node i as it is chosen.
func (p *packer) area(i int32) float64 {
	if k := p.choice[i]; k >= 0 {
		return p.cost[i][k]
	}
	return p.native[i]
}

// take adds a reader of node i and gives the look-up tables that this brings in.
func (p *packer) take(i int32) float64 {
	p.refs[i]++
	if p.refs[i] > 1 {
		return 0
	}
	return p.area(i) + p.takeLeaves(i)
}

func (p *packer) takeLeaves(i int32) float64 {
	a := 0.0
	for _, l := range p.leaves(i) {
		a += p.take(l)
	}
	return a
}

// drop takes a reader of node i away and gives the look-up tables that this saves.
func (p *packer) drop(i int32) float64 {
	p.refs[i]--
	if p.refs[i] > 0 {
		return 0
	}
	return p.area(i) + p.dropLeaves(i)
}

func (p *packer) dropLeaves(i int32) float64 {
	a := 0.0
	for _, l := range p.leaves(i) {
		a += p.drop(l)
	}
	return a
}

// sweep gives each node that is read the choice that costs least while all others stay; false where none changed.
func (p *packer) sweep() bool {
	changed := false
	for i := range p.choice {
		if p.refs[i] == 0 || len(p.of[i]) == 0 {
			continue
		}
		y, was := int32(i), p.choice[i]
		p.dropLeaves(y)
		best, least := -1, 0.0
		for k := -1; k < len(p.of[i]); k++ {
			p.choice[i] = k
			a := p.area(y) + p.takeLeaves(y)
			p.dropLeaves(y)
			if k < 0 || a < least-1e-6 {
				best, least = k, a
			}
		}
		p.choice[i] = best
		p.takeLeaves(y)
		changed = changed || best != was
	}
	return changed
}

// build makes the circuit of the choices.
func (p *packer) build() *Circuit {
	c, b := p.c, NewBuilder(p.c.Name)
	b.c.Inputs = c.Inputs
	need, to := p.needed(), make([]int32, len(c.Nodes))
	for i := range c.Nodes {
		n := c.Nodes[i]
		if !need[i] {
			continue
		}
		b.At(int(n.Src))
		n.Src = 0
		if p.choice[i] >= 0 {
			to[i] = p.table(b, int32(i), to)
			continue
		}
		if n.Op == OpTable {
			t := &c.Tables[n.Imm]
			n.Imm = b.table(t.Lo, t.Values)
		}
		switch ops[n.Op].args {
		case 3:
			n.C = to[n.C]
			fallthrough
		case 2:
			n.B = to[n.B]
			fallthrough
		case 1:
			n.A = to[n.A]
		}
		to[i] = b.add(n)
	}
	outs := make([]int32, len(c.Outs))
	for k, o := range c.Outs {
		outs[k] = to[o]
	}
	return b.Circuit(outs)
}

// needed marks the nodes that the outputs need, wires among them.
func (p *packer) needed() []bool {
	need := make([]bool, len(p.c.Nodes))
	for _, o := range p.c.Outs {
		need[o] = true
	}
	var buf [3]int32
	for i := len(need) - 1; i >= 0; i-- {
		n := &p.c.Nodes[i]
		if n.Op == OpInput {
			need[i] = true
		}
		if !need[i] {
			continue
		}
		args := n.Args(buf[:])
		if p.choice[i] >= 0 {
			args = p.leaves(int32(i))
		}
		for _, a := range args {
			need[a] = true
		}
	}
	return need
}

// table makes node i as a table over the bits of its cut, which stand side by side.
func (p *packer) table(b *Builder, i int32, to []int32) int32 {
	k := p.of[i][p.choice[i]]
	values := p.evaluate(i, k)
	n := &p.c.Nodes[i]
	address, at := b.Const(0), 0
	for _, l := range k {
		for set := l.bits; set != 0; {
			from := bits.TrailingZeros64(set)
			run := bits.TrailingZeros64(^(set >> from))
			set &^= low(run) << from
			field := b.Wrap(b.Shr(to[l.node], from), run, false)
			address = b.Force(b.Add(b.Ref(address), b.Ref(field).Times(at, false)))
			at += run
		}
	}
	lo, hi := b.Bounds(address)
	return b.add(Node{Op: OpTable, A: address, Imm: b.table(lo, values[lo:hi+1]), Lo: n.Lo, Hi: n.Hi})
}
