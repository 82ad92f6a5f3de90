package net

import "math/bits"

// bitRef names bit number Bit of node Node; Node −1 is a constant bit.
type bitRef struct {
	Node int32
	Bit  int8
}

var constantBit = bitRef{-1, 0}

// origin follows a bit of node i through wires: shifts, bit drops, and the low bits that pass by an adder whose other operand begins
// above them. Synthesis keeps one register for all bits of one origin.
func (c *Circuit) origin(i int32, bit int) bitRef {
	for {
		n := &c.Nodes[i]
		if w := n.Width(); bit >= w {
			if !n.Signed() {
				return constantBit
			}
			bit = w - 1
		}
		k := int(n.Shift)
		switch {
		case n.Op == OpConst:
			return constantBit
		case n.Op == OpShl && bit < k:
			return constantBit
		case n.Op == OpShl:
			i, bit = n.A, bit-k
		case n.Op == OpShr:
			i, bit = n.A, bit+k
		case c.inverts(n) && bit >= c.Nodes[n.B].Width() && !c.Nodes[n.B].Signed():
			return constantBit
		case n.Op == OpWrap, bit < n.passed():
			i = n.A
		case n.Op == OpAdd && c.joins(n):
			i, bit = n.B, bit-k
		default:
			return bitRef{i, int8(bit)}
		}
	}
}

// passed is the number of low bits of an adder's result that are bits of A: the other operand begins above them.
func (n *Node) passed() int {
	switch n.Op {
	case OpAdd, OpSub:
		return max(0, int(n.Shift))
	case OpAddC:
		return bits.TrailingZeros64(uint64(n.Imm))
	}
	return 0
}

// joins tells whether an addition only puts its operands side by side.
func (c *Circuit) joins(n *Node) bool {
	a := &c.Nodes[n.A]
	return n.Op == OpAdd && !a.Signed() && a.Width() <= int(n.Shift)
}

// inverts tells whether a difference turns every bit of its second operand around.
func (c *Circuit) inverts(n *Node) bool {
	return n.Op == OpSub && n.Shift == 0 && n.Imm == 0 && c.Nodes[n.A].Op == OpConst && c.Nodes[n.A].Imm == -1
}

// flips tells whether an addition only turns the top bit of its argument around.
func (c *Circuit) flips(n *Node) bool {
	return n.Op == OpAddC && n.Imm == 1<<(c.Nodes[n.A].Width()-1) && n.Lo >= 0
}

// isWire tells whether a node is no logic at all.
func (c *Circuit) isWire(n *Node) bool {
	switch n.Op {
	case OpInput, OpConst, OpShl, OpShr, OpWrap:
		return true
	}
	return c.joins(n)
}

// LiveBits gives for each node the set of its bits that any output depends on.
func (c *Circuit) LiveBits() []uint64 {
	live := make([]uint64, len(c.Nodes))
	for _, o := range c.Outs {
		live[o] = low(c.Nodes[o].Width())
	}
	for i := len(c.Nodes) - 1; i >= 0; i-- {
		n := &c.Nodes[i]
		if live[i] == 0 {
			continue
		}
		c.reads(n, live[i], func(a int32, set uint64) { live[a] |= c.inside(a, set) })
	}
	return live
}

// low is the set of the n lowest bits.
func low(n int) uint64 { return 1<<n - 1 }

// inside maps bits above the width of a node to its sign bit.
func (c *Circuit) inside(i int32, set uint64) uint64 {
	w := c.Nodes[i].Width()
	if set>>w != 0 && c.Nodes[i].Signed() {
		set |= 1 << (w - 1)
	}
	return set & low(w)
}

// reads calls f for the bits of each argument that the given bits of node n depend on.
func (c *Circuit) reads(n *Node, set uint64, f func(arg int32, set uint64)) {
	top, k := bits.Len64(set), int(n.Shift)
	switch n.Op {
	case OpAdd, OpSub:
		switch {
		case c.joins(n):
			f(n.A, set&low(k))
			f(n.B, set>>k)
		case k < 0:
			f(n.A, low(max(0, top+k)))
			f(n.B, low(top))
		case n.Op == OpSub && n.Imm == 0 && c.Nodes[n.A].Op == OpConst: // nothing is borrowed where the constant ends in ones
			ends := low(bits.TrailingZeros64(^uint64(c.Nodes[n.A].Imm >> k)))
			f(n.A, low(top))
			set >>= k
			f(n.B, set&ends)
			if set&^ends != 0 {
				f(n.B, low(top-k)&^ends)
			}
		default:
			f(n.A, set&low(k))
			if set>>k != 0 {
				f(n.A, low(top)&^low(k))
				f(n.B, low(top-k))
			}
		}
	case OpAddC:
		p := low(n.passed())
		f(n.A, set&p)
		if set&^p != 0 {
			f(n.A, low(top)&^p)
		}
	case OpNeg:
		f(n.A, low(top))
	case OpShl:
		f(n.A, set>>k)
	case OpShr:
		f(n.A, set<<k)
	case OpWrap:
		f(n.A, set)
	case OpClamp:
		a := &c.Nodes[n.A]
		if n.Lo == 0 && a.Hi <= n.Hi { // zero or the argument: the sign decides
			set |= 1 << (a.Width() - 1)
		} else {
			set = low(a.Width())
		}
		f(n.A, set)
	case OpTable:
		k := c.Contents(n, set)
		f(n.A, k.Address)
	case OpMux:
		f(n.A, set)
		f(n.B, set)
		f(n.C, 1)
	case OpInput, OpConst:
	default:
		var buf [3]int32
		for _, a := range n.Args(buf[:]) {
			f(a, low(c.Nodes[a].Width()))
		}
	}
}

// FlipFlops gives for each node how many registers the pipeline keeps of its bits. Bits that are wires to another node's bits count
// there, bits that nothing reads later count nowhere: this is what is left after synthesis. The flags that say which stages hold a
// sample, one a rank, come on top.
func (c *Circuit) FlipFlops() []int {
	live := c.LiveBits()
	last := make([][]int32, len(c.Nodes)) // by node and bit: the last rank that reads it
	read := func(i int32, set uint64, rank int32) {
		for set = c.inside(i, set); set != 0; set &= set - 1 {
			o := c.origin(i, bits.TrailingZeros64(set))
			if o.Node < 0 {
				continue
			}
			if last[o.Node] == nil {
				last[o.Node] = make([]int32, c.Nodes[o.Node].Width())
			}
			last[o.Node][o.Bit] = max(last[o.Node][o.Bit], rank)
		}
	}
	for i := range c.Nodes {
		n := &c.Nodes[i]
		if live[i] == 0 || c.isWire(n) {
			continue
		}
		set := live[i] &^ low(n.passed()) // the bits that pass by are read where they are used
		if set == 0 {
			continue
		}
		c.reads(n, set, func(a int32, s uint64) { read(a, s, n.Stage) })
	}
	for _, o := range c.Outs {
		read(o, low(c.Nodes[o].Width()), int32(c.Stages))
	}
	count := make([]int, len(c.Nodes))
	for i, ranks := range last {
		for _, r := range ranks {
			count[i] += int(max(0, r-c.Nodes[i].Stage))
		}
	}
	return count
}
