package net

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// popcount makes a circuit that counts its one-bit inputs with plain adders.
func popcount(n int) *Circuit {
	b := NewBuilder("popcount")
	var terms []Ref
	for range n {
		terms = append(terms, Ref{ID: b.Input(0, 1)})
	}
	return b.Circuit([]int32{b.Force(b.Sum(terms))})
}

// total is the number of look-up tables of a circuit.
func total(c *Circuit) float64 {
	live, sum := c.LiveBits(), 0.0
	for i := range c.Nodes {
		sum += c.LUTs(&c.Nodes[i], live[i])
	}
	return sum
}

// TestPackPopcount: six bits are counted by three look-up tables, and larger counts gain from it.
func TestPackPopcount(t *testing.T) {
	for _, x := range []struct {
		bits int
		most float64
	}{{4, 3}, {6, 3}, {12, 15}, {36, 55}} {
		c := popcount(x.bits)
		p := c.Pack()
		if err := p.Verify(); err != nil {
			t.Fatal(err)
		}
		if got := total(p); got > x.most || got > total(c) {
			t.Errorf("%d bits: %v look-up tables, at most %v expected; %v before", x.bits, got, x.most, total(c))
		}
		in := make([]int64, 1000*x.bits)
		for i := range in {
			in[i] = int64(rand.N(2))
		}
		want, err := c.Run(in)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := p.Run(in); err != nil || !slices.Equal(got, want) {
			t.Errorf("%d bits: %v, or another function", x.bits, err)
		}
	}
}

// TestPackWide: what reads more bits than a look-up table has stays as it is.
func TestPackWide(t *testing.T) {
	b := NewBuilder("wide")
	x, y := b.Input(0, 255), b.Input(0, 255)
	c := b.Circuit([]int32{b.Force(b.Add(Ref{ID: x}, Ref{ID: y}))})
	if p := c.Pack(); p.Print() != c.Print() {
		t.Errorf("an adder of eight bits became\n%s", p.Print())
	}
}
