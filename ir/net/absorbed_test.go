package net

import "testing"

// TestAbsorbed marks a clamp that an adder of its stage reads as its second operand, and none that goes into a carry chain or a register.
func TestAbsorbed(t *testing.T) {
	b := NewBuilder("t")
	x, y, z := b.Input(-8, 7), b.Input(-8, 7), b.Input(0, 15)
	p, q := b.Clamp(x, 0, 7), b.Clamp(y, 0, 7)
	c := b.Circuit([]int32{b.make(Node{Op: OpSub, A: p, B: q}), b.make(Node{Op: OpSub, A: z, B: q})})
	got := c.Absorbed()
	if got[p] != 0 || got[q] != 7 {
		t.Errorf("bits absorbed are %b of the first operand and %b of the second, want 0 and 111", got[p], got[q])
	}
	for i := range c.Nodes {
		if c.Nodes[i].Op == OpSub {
			c.Nodes[i].Stage = 1
		}
	}
	c.Stages = 2
	if got := c.Absorbed(); got[q] != 0 {
		t.Errorf("bits %b of a registered clamp are absorbed", got[q])
	}
}

// TestBorrow leaves out low bits from which a difference never borrows.
func TestBorrow(t *testing.T) {
	b := NewBuilder("t")
	x := b.Input(0, 15)
	c := b.Circuit([]int32{b.Shr(b.make(Node{Op: OpSub, A: b.Const(11), B: x}), 2)})
	if live := c.LiveBits(); live[x] != 12 {
		t.Errorf("of x the bits %b are read of floor((11 − x) / 4), want 1100", live[x])
	}
}
