package net

import "math/bits"

// LUTs estimates the six-input look-up tables of a node of which the given bits are needed. It is what choices inside this package are
// made by; package estimator prices whole circuits, for every family of devices.
func (c *Circuit) LUTs(n *Node, live uint64) float64 {
	top := bits.Len64(live)
	if top == 0 || c.isWire(n) {
		return 0
	}
	a, b := &c.Nodes[n.A], &c.Nodes[n.B]
	wide := float64(max(a.Width(), b.Width()))
	switch n.Op {
	case OpAdd, OpSub:
		return float64(c.carryBits(n, top))
	case OpNeg:
		return float64(top - 1)
	case OpAddC:
		return float64(max(0, bits.OnesCount64(uint64(n.Imm)&low(top))-1))
	case OpMax, OpMin:
		return 1.7 * wide
	case OpLess:
		if a.Op == OpConst || b.Op == OpConst {
			return 0.36 * wide
		}
		return 0.72 * wide
	case OpEqual:
		return float64((max(a.Width(), b.Width()) + 2) / 3)
	case OpTable:
		k, cost := c.Contents(n, live), 0.0
		for _, size := range k.Functions(live) {
			cost += tableCost(size, 1)
		}
		return cost
	case OpMul:
		return float64(a.Width() * b.Width())
	}
	return float64(bits.OnesCount64(live))
}

// carryBits is the number of positions of an adder that need a look-up table when the low top bits of its result are needed.
func (c *Circuit) carryBits(n *Node, top int) int {
	a, b, k := &c.Nodes[n.A], &c.Nodes[n.B], int(n.Shift)
	switch {
	case n.Op == OpSub && a.Op == OpConst: // a bit of B is inverted where the constant has a zero
		return top - bits.OnesCount64(uint64(a.Imm)&low(top))
	case n.Complement() > 0:
		return min(b.Width(), top-max(0, k))
	case k < 0: // every bit of B counts
		return min(max(a.Width()-k, b.Width()), top)
	}
	end := min(max(a.Width(), b.Width()+k), top)
	if n.Op == OpAdd && !a.Signed() {
		end = min(end, a.Width())
	}
	if n.Op == OpAdd && !b.Signed() {
		end = min(end, b.Width()+k)
	}
	return max(0, end-k)
}
