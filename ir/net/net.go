// Package net is the scalar, hard-wired circuit: what an unrolled network becomes before it is printed as Verilog.
//
// A Circuit is a flat list of nodes in order of computation. Every node is one integer with an exact interval, and its width follows
// from the interval, so nothing overflows and nothing is wider than it must be. Lower makes a circuit from an integer graph; constant
// matrices become shared adders (see Solve). Pipeline cuts it into register stages, Run says what it means, Cost what it needs.
package net

import (
	"math/bits"
)

// Op is what a node computes from its arguments A, B and C.
type Op uint8

const (
	OpInput Op = iota // element Imm of the inputs, in [Lo, Hi]
	OpConst           // Imm
	OpAdd             // A + B·2^Shift, Shift ≥ 0
	OpSub             // A − B·2^Shift, or A·2^−Shift − B where Shift < 0; plus Imm, see Node.Complement
	OpNeg             // −A
	OpAddC            // A + Imm
	OpShl             // A·2^Shift; only wires
	OpShr             // floor(A / 2^Shift); only wires
	OpWrap            // the low Shift bits of A, read as two's complement when Imm is 1; only wires
	OpClamp           // A saturated to the node's own interval [Lo, Hi]
	OpMax             // the larger of A and B
	OpMin             // the smaller of A and B
	OpLess            // 1 where A < B, else 0
	OpEqual           // 1 where A = B, else 0
	OpMux             // A where C is 1, B where C is 0
	OpTable           // entry A of Tables[Imm]
	OpMul             // A·B
)

// Node is one integer of a circuit. Fields that its op does not use are zero; A, B and C are indices of earlier nodes.
type Node struct {
	Op      Op
	Shift   int8
	A, B, C int32
	Imm     int64
	Lo, Hi  int64 // the value is in [Lo, Hi]
	Known   bool  // [Lo, Hi] is narrower than the arguments' intervals show, as a proof outside the circuit says (see Builder.Known)
	Src     int32 // ID of the graph value that the node computes a part of
	Stage   int32 // registers between the inputs and this node, once pipelined
}

// Table is a function of one variable: Values[i] is the result for argument Lo + i.
type Table struct {
	Lo     int64
	Values []int64
}

// Circuit is a list of nodes, arguments before uses.
type Circuit struct {
	Name   string
	Nodes  []Node
	Inputs int     // number of scalar inputs: all inputs of the graph, each flattened, one after the other
	Outs   []int32 // node of each scalar output, in the same order
	Tables []Table // contents that table nodes refer to
	Stages int     // ranks of registers from inputs to outputs; 0: combinational
}

// Signed tells whether the node needs a sign bit.
func (n *Node) Signed() bool { return n.Lo < 0 }

// Width is the number of bits that hold [Lo, Hi], at least 1.
func (n *Node) Width() int { return Width(n.Lo, n.Hi) }

// Width is the number of bits of the narrowest type that holds [lo, hi]: unsigned where lo ≥ 0, else two's complement.
func Width(lo, hi int64) int {
	if lo >= 0 {
		return max(1, bits.Len64(uint64(hi)))
	}
	n := bits.Len64(uint64(^lo))
	if hi > 0 {
		n = max(n, bits.Len64(uint64(hi)))
	}
	return n + 1
}

// Args lists the arguments of the node in dst's memory.
func (n *Node) Args(dst []int32) []int32 {
	dst = dst[:0]
	switch ops[n.Op].args {
	case 1:
		dst = append(dst, n.A)
	case 2:
		dst = append(dst, n.A, n.B)
	case 3:
		dst = append(dst, n.A, n.B, n.C)
	}
	return dst
}

// Uses counts for each node how many arguments and outputs refer to it.
func (c *Circuit) Uses() []int32 {
	uses := make([]int32, len(c.Nodes))
	var buf [3]int32
	for i := range c.Nodes {
		for _, a := range c.Nodes[i].Args(buf[:]) {
			uses[a]++
		}
	}
	for _, o := range c.Outs {
		uses[o]++
	}
	return uses
}

// Count gives the number of nodes of each op.
func (c *Circuit) Count() map[Op]int {
	n := map[Op]int{}
	for i := range c.Nodes {
		n[c.Nodes[i].Op]++
	}
	return n
}

// Adders is the number of two-operand adders and subtractors.
func (c *Circuit) Adders() int {
	n := 0
	for i := range c.Nodes {
		if op := c.Nodes[i].Op; op == OpAdd || op == OpSub {
			n++
		}
	}
	return n
}

// AdderBits is the number of one-bit adders in all two-operand adders and subtractors: the positions that both operands reach, and
// those of a complement.
func (c *Circuit) AdderBits() int {
	n := 0
	for i := range c.Nodes {
		y := &c.Nodes[i]
		if y.Op != OpAdd && y.Op != OpSub {
			continue
		}
		a, b := &c.Nodes[y.A], &c.Nodes[y.B]
		if y.Complement() > 0 {
			n += b.Width()
			continue
		}
		n += adderBits(Step{Shift: y.Shift, Sub: y.Op == OpSub}, &Port{Lo: a.Lo, Hi: a.Hi}, &Port{Lo: b.Lo, Hi: b.Hi}, &Port{Lo: y.Lo, Hi: y.Hi})
	}
	return n
}

// Complement is the number of bits w of a difference that adds the complement of its operand B ≥ 0, 2^w − B, in place of −B, so that no
// sign bit comes up and nothing is added above the operands; Imm is 2^w where B stands. 0: a plain difference.
func (n *Node) Complement() int {
	if n.Op != OpSub || n.Imm == 0 {
		return 0
	}
	return bits.Len64(uint64(n.Imm)>>max(0, n.Shift)) - 1
}

// Prune gives the circuit without the nodes that no output needs; inputs stay. Tables that nothing uses any more go too.
func (c *Circuit) Prune() *Circuit {
	need := make([]bool, len(c.Nodes))
	for _, o := range c.Outs {
		need[o] = true
	}
	var buf [3]int32
	for i := len(c.Nodes) - 1; i >= 0; i-- {
		n := &c.Nodes[i]
		if n.Op == OpInput {
			need[i] = true
		}
		if need[i] {
			for _, a := range n.Args(buf[:]) {
				need[a] = true
			}
		}
	}
	p := &Circuit{Name: c.Name, Inputs: c.Inputs, Stages: c.Stages}
	to := make([]int32, len(c.Nodes))
	table := make([]int64, len(c.Tables)) // new index + 1
	for i, n := range c.Nodes {
		if !need[i] {
			continue
		}
		n.A, n.B, n.C = to[n.A], to[n.B], to[n.C]
		if n.Op == OpTable {
			if table[n.Imm] == 0 {
				p.Tables = append(p.Tables, c.Tables[n.Imm])
				table[n.Imm] = int64(len(p.Tables))
			}
			n.Imm = table[n.Imm] - 1
		}
		to[i] = int32(len(p.Nodes))
		p.Nodes = append(p.Nodes, n)
	}
	for _, o := range c.Outs {
		p.Outs = append(p.Outs, to[o])
	}
	return p
}
