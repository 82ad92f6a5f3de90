package net

import "math/bits"

// Delay is the number of levels of logic that a node adds, one level being a two-operand adder; wires are 0. Tables of up to six
// bits of argument are one look-up table deep, each further bit adds a multiplexer; a product of two values is a row of partial
// products and a tree of adders.
func (c *Circuit) Delay(n *Node) int {
	if c.isWire(n) {
		return 0
	}
	switch n.Op {
	case OpAddC:
		return int(bit(!c.flips(n)))
	case OpTable:
		return 1 + max(0, c.Nodes[n.A].Width()-6)/3
	case OpMul:
		return 1 + bits.Len(uint(min(c.Nodes[n.A].Width(), c.Nodes[n.B].Width())-1))
	case OpMax, OpMin:
		return 2 // a comparison, then a choice
	}
	return 1
}

// Depths gives for each node the number of levels from the inputs to its result.
func (c *Circuit) Depths() []int32 {
	depth := make([]int32, len(c.Nodes))
	var buf [3]int32
	for i := range c.Nodes {
		n := &c.Nodes[i]
		d := int32(0)
		for _, a := range n.Args(buf[:]) {
			d = max(d, depth[a])
		}
		depth[i] = d + int32(c.Delay(n))
	}
	return depth
}

// Depth is the number of levels on the longest path from inputs to outputs.
func (c *Circuit) Depth() int {
	depth := c.Depths()
	d := int32(0)
	for _, o := range c.Outs {
		d = max(d, depth[o])
	}
	return int(d)
}
