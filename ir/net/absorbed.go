package net

import "math/bits"

// Absorbed gives for each node the set of its bits that are only read as second operands of adders in the node's own stage. The look-up
// table of such an adder's bit has inputs to spare, so that little logic of few inputs in front of it takes none of its own; a first
// operand goes into the carry chain too, and a register needs its bit made.
func (c *Circuit) Absorbed() []uint64 {
	live := c.LiveBits()
	absorbed := make([]uint64, len(c.Nodes))
	copy(absorbed, live)
	made := func(i int32, set uint64) { // bits that have to be there by themselves
		for set = c.inside(i, set); set != 0; set &= set - 1 {
			if o := c.origin(i, bits.TrailingZeros64(set)); o.Node >= 0 {
				absorbed[o.Node] &^= 1 << o.Bit
			}
		}
	}
	for i := range c.Nodes {
		n := &c.Nodes[i]
		set := live[i] &^ low(n.passed())
		if c.isWire(n) || set == 0 {
			continue
		}
		second := c.secondOperand(n)
		c.reads(n, set, func(a int32, s uint64) {
			if a != n.B || second == 0 || n.A == n.B {
				made(a, s)
				return
			}
			for b := range 64 {
				if s>>b&1 == 0 {
					continue
				}
				if o := c.origin(a, min(b, c.Nodes[a].Width()-1)); second>>b&1 == 0 || o.Node >= 0 && c.Nodes[o.Node].Stage != n.Stage {
					made(a, 1<<b)
				}
			}
		})
	}
	for _, o := range c.Outs {
		made(o, low(c.Nodes[o].Width()))
	}
	return absorbed
}

// secondOperand is the set of bits of B that an adder has look-up tables for.
func (c *Circuit) secondOperand(n *Node) uint64 {
	a := &c.Nodes[n.A]
	if n.Op != OpAdd && n.Op != OpSub || a.Op == OpConst {
		return 0
	}
	if n.Op == OpAdd && !a.Signed() { // above A the carry passes along B
		return low(max(0, a.Width()-int(n.Shift)))
	}
	return low(63)
}
