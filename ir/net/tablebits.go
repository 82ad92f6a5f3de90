package net

import (
	"math/bits"
	"slices"
)

// Contents is a table as hardware holds it: an entry for every assignment of those address bits that the result depends on.
type Contents struct {
	Address uint64  // the bits of the argument that are read
	Values  []int64 // by the value of these bits side by side, the lowest one counting least
	Columns []Column
}

// Column is one bit of a table's results.
type Column struct {
	Bit     int
	Address uint64  // the bits of the argument that it depends on
	Values  []int64 // 0 or 1, by the value of these bits side by side
}

// Contents gives what a table node has to hold so that the given bits of its result are right for every argument in the table. Arguments
// that cannot occur take results such that each bit is a function of few bits of the address.
func (c *Circuit) Contents(n *Node, live uint64) Contents {
	t := &c.Tables[n.Imm]
	width := max(1, bits.Len(uint(len(t.Values)-1))) // low bits that tell the arguments apart
	all := merging{make([]int64, 1<<width), make([]bool, 1<<width)}
	for k, x := range t.Values {
		a := (t.Lo + int64(k)) & int64(low(width))
		all.values[a], all.occurs[a] = x, true
	}
	var k Contents
	for set := live; set != 0; set &= set - 1 {
		y := Column{Bit: bits.TrailingZeros64(set), Address: low(width)}
		f := all.column(y.Bit)
		for b := width - 1; b >= 0 && width <= mergeWidth; b-- {
			if f.merge(b) {
				y.Address &^= 1 << b
			}
		}
		f.fill()
		y.Values = f.values
		k.Columns = append(k.Columns, y)
		k.Address |= y.Address
	}
	k.Values = make([]int64, 1<<bits.OnesCount64(k.Address))
	for _, y := range k.Columns {
		within := gather(y.Address, k.Address)
		for i := range k.Values {
			k.Values[i] |= y.Values[gather(uint64(i), within)] << y.Bit
		}
	}
	return k
}

// mergeWidth is the width of an address up to which bits of it are left out; longer tables are kept as they are.
const mergeWidth = 14

// merging is a function in the making: values by address, and whether an argument has that address.
type merging struct {
	values []int64
	occurs []bool
}

// column is bit b of all values.
func (f *merging) column(b int) merging {
	g := merging{make([]int64, len(f.values)), slices.Clone(f.occurs)}
	for i, x := range f.values {
		g.values[i] = x >> b & 1
	}
	return g
}

// fill gives addresses that no argument has the value of the one below.
func (f *merging) fill() {
	last := f.values[slices.Index(f.occurs, true)]
	for i := range f.values {
		if f.occurs[i] {
			last = f.values[i]
		}
		f.values[i] = last
	}
}

// merge drops bit b of the address where no two arguments that differ in it alone have different results.
func (f *merging) merge(b int) bool {
	each := func(do func(to, i, j int) bool) bool {
		for to := range len(f.values) / 2 {
			i := to>>b<<(b+1) | to&(1<<b-1)
			if !do(to, i, i|1<<b) {
				return false
			}
		}
		return true
	}
	same := each(func(_, i, j int) bool {
		return !f.occurs[i] || !f.occurs[j] || f.values[i] == f.values[j]
	})
	if !same {
		return false
	}
	each(func(to, i, j int) bool {
		if !f.occurs[i] {
			i = j
		}
		f.values[to], f.occurs[to] = f.values[i], f.occurs[i]
		return true
	})
	f.values, f.occurs = f.values[:len(f.values)/2], f.occurs[:len(f.occurs)/2]
	return true
}

// at is the entry for an argument.
func (k *Contents) at(x int64) int64 { return k.Values[gather(uint64(x), k.Address)] }

// gather puts the bits of x at the places of a set side by side.
func gather(x, set uint64) uint64 {
	y := uint64(0)
	for at := 0; set != 0; set &= set - 1 {
		y |= x >> bits.TrailingZeros64(set) & 1 << at
		at++
	}
	return y
}

// Functions lists how many address bits each of the given bits of the result is a function of. A bit that is constant, a bit of the
// address or its inverse, or an earlier bit or its inverse is left out: it is a wire.
func (k *Contents) Functions(live uint64) []int {
	var sizes []int
	var seen [][]uint64
	for set := live; set != 0; set &= set - 1 {
		f := k.truth(bits.TrailingZeros64(set))
		if s := support(f, bits.Len(uint(len(k.Values)-1))); s > 1 && !slices.ContainsFunc(seen, func(o []uint64) bool { return slices.Equal(o, f) }) {
			seen = append(seen, f)
			sizes = append(sizes, s)
		}
	}
	return sizes
}

// truth is the truth table of a bit of the result, inverted where its first entry is 1.
func (k *Contents) truth(b int) []uint64 {
	f := make([]uint64, (len(k.Values)+63)/64)
	first := k.Values[0] >> b & 1
	for i, x := range k.Values {
		f[i/64] |= uint64(x>>b&1^first) << (i % 64)
	}
	return f
}

// support counts the arguments that a truth table of n bits depends on.
func support(f []uint64, n int) int {
	s := 0
	for b := range n {
		for i := range 1 << n {
			j := i ^ 1<<b
			if f[i/64]>>(i%64)&1 != f[j/64]>>(j%64)&1 {
				s++
				break
			}
		}
	}
	return s
}
