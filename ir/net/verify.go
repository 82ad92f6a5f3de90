package net

import "fmt"

// Verify proves that the circuit is well formed and that no value leaves its interval: arguments stand before uses, shifts and
// table contents fit, and each interval holds everything that the arguments' intervals allow, save where it is Known.
func (c *Circuit) Verify() error {
	for i := range c.Nodes {
		if err := c.verifyNode(i); err != nil {
			return fmt.Errorf("net: n%d %s: %w", i, c.Nodes[i].Op, err)
		}
	}
	for k, o := range c.Outs {
		if o < 0 || int(o) >= len(c.Nodes) {
			return fmt.Errorf("net: output %d refers to node %d of %d", k, o, len(c.Nodes))
		}
	}
	return nil
}

func (c *Circuit) verifyNode(i int) error {
	n := &c.Nodes[i]
	if n.Op > OpMul {
		return fmt.Errorf("no op has number %d", n.Op)
	}
	var buf [3]int32
	stage := int32(0)
	for _, a := range n.Args(buf[:]) {
		if a < 0 || int(a) >= i {
			return fmt.Errorf("argument n%d does not stand before it", a)
		}
		if c.Nodes[a].Op != OpConst {
			stage = max(stage, c.Nodes[a].Stage)
		}
	}
	if n.Op != OpConst && n.Stage < stage || int(n.Stage) > c.Stages {
		return fmt.Errorf("stage %d, with an argument from stage %d and %d stages in all", n.Stage, stage, c.Stages)
	}
	if n.Lo > n.Hi || Width(n.Lo, n.Hi) > 63 {
		return fmt.Errorf("[%d, %d] is no interval of at most 63 bits", n.Lo, n.Hi)
	}
	if err := c.verifyFields(n); err != nil {
		return err
	}
	bounds := ops[n.Op].bounds
	if bounds == nil || n.Known {
		return nil
	}
	if lo, hi := bounds(c, n); lo < n.Lo || hi > n.Hi {
		return fmt.Errorf("[%d, %d] does not hold its values, [%d, %d]", n.Lo, n.Hi, lo, hi)
	}
	return nil
}

func (c *Circuit) verifyFields(n *Node) error {
	s := int(n.Shift)
	switch n.Op {
	case OpInput:
		if n.Imm < 0 || n.Imm >= int64(c.Inputs) {
			return fmt.Errorf("input %d of %d", n.Imm, c.Inputs)
		}
	case OpSub:
		if s < -62 || s > 62 {
			return fmt.Errorf("shift %d", s)
		}
		if b := &c.Nodes[n.B]; n.Imm != 0 && (n.Imm < 0 || b.Lo < 0 || n.Imm != 1<<(max(n.Complement(), b.Width())+max(0, s))) {
			return fmt.Errorf("%d makes no complement of [%d, %d]", n.Imm, b.Lo, b.Hi)
		}
	case OpAdd, OpShl:
		if s < 0 || s > 62 {
			return fmt.Errorf("shift %d", s)
		}
	case OpShr:
		if s < 0 || s > 63 {
			return fmt.Errorf("shift %d", s)
		}
	case OpWrap:
		if s < 1 || s > 63 {
			return fmt.Errorf("%d bits", s)
		}
	case OpMux:
		if sel := &c.Nodes[n.C]; sel.Lo < 0 || sel.Hi > 1 {
			return fmt.Errorf("n%d, in [%d, %d], is no choice between two", n.C, sel.Lo, sel.Hi)
		}
	case OpTable:
		if n.Imm < 0 || n.Imm >= int64(len(c.Tables)) {
			return fmt.Errorf("table %d of %d", n.Imm, len(c.Tables))
		}
		a, t := &c.Nodes[n.A], &c.Tables[n.Imm]
		if a.Lo < t.Lo || a.Hi-t.Lo >= int64(len(t.Values)) {
			return fmt.Errorf("table for [%d, %d], argument in [%d, %d]", t.Lo, t.Lo+int64(len(t.Values))-1, a.Lo, a.Hi)
		}
	}
	return nil
}
