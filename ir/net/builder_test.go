package net

import (
	"slices"
	"testing"
)

// TestFold checks that operations without effect make no node and that results are what they should be.
func TestFold(t *testing.T) {
	for _, c := range []struct {
		name  string
		build func(b *Builder, x, y int32) int32
		want  []Op // ops of the circuit besides its two inputs
	}{
		{"same node twice", func(b *Builder, x, y int32) int32 {
			return b.Force(b.Add(Ref{ID: b.Max(x, y)}, Ref{ID: b.Max(y, x)}))
		}, []Op{OpMax, OpShl}},
		{"x minus x", func(b *Builder, x, y int32) int32 {
			return b.Force(b.Add(Ref{ID: x}, Ref{ID: x, Neg: true}))
		}, []Op{OpConst}},
		{"2x minus x", func(b *Builder, x, y int32) int32 {
			return b.Force(b.Add(Ref{ID: x, Shift: 1}, Ref{ID: x, Neg: true}))
		}, nil},
		{"two shifts", func(b *Builder, x, y int32) int32 { return b.Shr(b.Shl(x, 5), 2) }, []Op{OpShl}},
		{"clamp beyond the range", func(b *Builder, x, y int32) int32 { return b.Clamp(x, -100, 100) }, nil},
		{"clamp of a clamp", func(b *Builder, x, y int32) int32 { return b.Clamp(b.Clamp(x, -4, 5), 0, 100) }, []Op{OpClamp}},
		{"maximum with a constant", func(b *Builder, x, y int32) int32 { return b.Max(x, b.Const(0)) }, []Op{OpClamp}},
		{"maximum of ranges apart", func(b *Builder, x, y int32) int32 { return b.Max(x, b.AddC(y, 40)) }, []Op{OpAddC}},
		{"comparison decided by ranges", func(b *Builder, x, y int32) int32 { return b.Less(x, b.AddC(y, 40)) }, []Op{OpConst}},
		{"choice of equals", func(b *Builder, x, y int32) int32 { return b.Mux(b.Less(x, y), x, x) }, nil},
		{"table that is a line", func(b *Builder, x, y int32) int32 { return b.Table(x, func(v int64) int64 { return v + 3 }) }, []Op{OpAddC}},
		{"constants in a sum", func(b *Builder, x, y int32) int32 {
			return b.Force(b.Sum([]Ref{b.constRef(3), {ID: x}, b.constRef(-3), {ID: y}}))
		}, []Op{OpAdd}},
		{"negative sum and a constant", func(b *Builder, x, y int32) int32 {
			return b.Force(b.Add(b.Add(Ref{ID: x, Neg: true}, Ref{ID: y, Neg: true}), b.constRef(7)))
		}, []Op{OpAdd, OpConst, OpSub}},
		{"two constants around a shift", func(b *Builder, x, y int32) int32 { return b.AddC(b.Shr(b.AddC(x, 3), 1), 2) }, []Op{OpAddC, OpShr}},
		{"wrap that fits", func(b *Builder, x, y int32) int32 { return b.Wrap(x, 4, true) }, nil},
	} {
		b := NewBuilder("t")
		x, y := b.Input(-8, 7), b.Input(-8, 7)
		circuit := b.Circuit([]int32{c.build(b, x, y)})
		if err := circuit.Verify(); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		var got []Op
		for _, n := range circuit.Nodes[2:] {
			got = append(got, n.Op)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: nodes %v, want %v", c.name, got, c.want)
		}
	}
}

// TestVerifyRefuses checks that broken circuits are refused.
func TestVerifyRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"argument after use":  "circuit t inputs 1 stages 0\nn0 = neg n1 in [-1, 1] @0 of 0\nn1 = input 0 in [-1, 1] @0 of 0\nout n0\n",
		"interval too narrow": "circuit t inputs 1 stages 0\nn0 = input 0 in [-8, 7] @0 of 0\nn1 = neg n0 in [-7, 7] @0 of 0\nout n1\n",
		"table too short":     "circuit t inputs 1 stages 0\ntable t0 0 : 1 2\nn0 = input 0 in [0, 3] @0 of 0\nn1 = table n0 in [1, 2] @0 of 0\nout n1\n",
		"stage runs back":     "circuit t inputs 1 stages 2\nn0 = input 0 in [0, 3] @0 of 0\nn1 = addc n0 5 in [5, 8] @1 of 0\nn2 = addc n1 1 in [6, 9] @0 of 0\nout n2\n",
		"short complement":    "circuit t inputs 1 stages 0\nn0 = input 0 in [0, 5] @0 of 0\nn1 = sub n0 n0 4 in [-1, 9] @0 of 0\nout n1\n",
		"no such input":       "circuit t inputs 1 stages 0\nn0 = input 1 in [0, 3] @0 of 0\nout n0\n",
		"no such output":      "circuit t inputs 1 stages 0\nn0 = input 0 in [0, 3] @0 of 0\nout n4\n",
	} {
		c, err := Parse(text)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if c.Verify() == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}

// TestParseRefuses checks that text that is no circuit is refused.
func TestParseRefuses(t *testing.T) {
	for _, text := range []string{"n0 = frob in [0, 1] @0 of 0", "n1 = const 1 in [1, 1] @0 of 0", "n0 = const in [1, 1] @0", "circuit t inputs x", "hello"} {
		if _, err := Parse(text); err == nil {
			t.Errorf("%q is accepted", text)
		}
	}
}
