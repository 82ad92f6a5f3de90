package net

import (
	"math/bits"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestContents holds what is stored of random tables against their entries, in the bits that are read.
func TestContents(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		b := NewBuilder("t")
		lo := int64(r.IntN(64)) - 32
		hi := lo + int64(r.IntN(40))
		step := 1 + int64(r.IntN(9))
		x := b.add(Node{Op: OpInput, Lo: lo, Hi: hi})
		values := make([]int64, hi-lo+1)
		for i := range values {
			values[i] = int64(i) / step * step
		}
		n := Node{Op: OpTable, A: x, Imm: b.table(lo, values)}
		live := r.Uint64() & 63
		k := b.c.Contents(&n, live)
		if len(k.Values) != 1<<bits.OnesCount64(k.Address) {
			t.Fatalf("%d entries for address bits %b", len(k.Values), k.Address)
		}
		for i, want := range values {
			if got := k.at(lo + int64(i)); (got^want)&int64(live) != 0 {
				t.Fatalf("[%d, %d] by %d, bits %b: entry %d is %d, want %d", lo, hi, step, live, i, got, want)
			}
		}
	}
}

// TestContentsBits drops address bits that no result depends on, and those that only arguments that cannot occur need.
func TestContentsBits(t *testing.T) {
	for _, c := range []struct {
		lo      int64
		values  []int64
		live    uint64
		address uint64
		sizes   []int
	}{
		{0, []int64{0, 0, 1, 1, 2, 2, 3, 3}, 3, 6, nil},       // two wires
		{0, []int64{0, 0, 1, 1, 2, 2, 3, 3}, 2, 4, nil},       // only the upper bit of the result
		{0, []int64{0, 0, 1, 1, 2}, 3, 6, nil},                // 5 to 7 do not occur
		{0, []int64{0, 1, 1, 2}, 3, 3, []int{2, 2}},           // sum of two bits
		{0, []int64{0, 1, 1, 0, 7, 7, 7, 6}, 4, 4, nil},       // the upper bit alone
		{-4, []int64{1, 0, 0, 0, 0, 0, 0, 0}, 1, 7, []int{3}}, // one argument of eight
		{0, []int64{5, 6, 6, 5}, 3, 3, []int{2}},              // one bit is the other inverted
	} {
		b := NewBuilder("t")
		x := b.add(Node{Op: OpInput, Lo: c.lo, Hi: c.lo + int64(len(c.values)) - 1})
		n := Node{Op: OpTable, A: x, Imm: b.table(c.lo, c.values)}
		k := b.c.Contents(&n, c.live)
		if got := k.Functions(c.live); k.Address != c.address || !slices.Equal(got, c.sizes) {
			t.Errorf("%v: address bits %b, functions of %d bits; want %b, %d", c.values, k.Address, got, c.address, c.sizes)
		}
	}
}
