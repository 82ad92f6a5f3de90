package net

import "math/bits"

// A sum of terms of depths d₁, d₂, … can be built within depth D exactly when Σ 2^dₖ ≤ 2^D (the Kraft inequality: a Huffman tree on
// the depths meets it). budget keeps for each output what is left of 2^D; sharing a pair of terms of different depths spends some
// of it, since the pair is as deep as its deeper term.
type budget struct {
	bounded bool
	left    []int64
}

// maxBound is the largest depth bound that budgets can count; deeper bounds bind nothing.
const maxBound = 55

// newBudget sets up the budgets for a depth bound, 0 for none; ok is false where some output cannot meet it.
func newBudget(outs, bound int) budget {
	b := budget{bounded: bound > 0 && bound <= maxBound, left: make([]int64, outs)}
	for j := range b.left {
		b.left[j] = 1 << bound & (1<<(maxBound+1) - 1)
	}
	return b
}

// spend takes the weight of a term of the given depth from output j.
func (b *budget) spend(j int, depth int32) {
	if b.bounded {
		if depth > maxBound {
			b.left[j] = -1
			return
		}
		b.left[j] -= 1 << depth
	}
}

// met tells whether no output is overdrawn.
func (b *budget) met() bool {
	for _, l := range b.left {
		if b.bounded && l < 0 {
			return false
		}
	}
	return true
}

// price is what replacing terms of the two depths by their sum costs an output.
func (b *budget) price(da, db int32) int64 {
	if !b.bounded || da == db {
		return 0
	}
	return 2<<max(da, db) - 1<<da - 1<<db
}

// times is how often output j can pay the price, at most n times.
func (b *budget) times(j int, price int64, n int) int {
	if price == 0 {
		return n
	}
	return int(min(int64(n), b.left[j]/price))
}

// MinDepth is the least depth at which every output of x·w can be summed, given the depths of the inputs and canonic digits.
func MinDepth(w [][]int64, in []Port) int {
	least := 0
	if len(w) == 0 {
		return 0
	}
	for j := range w[0] {
		sum := uint64(0)
		for i := range w {
			sum += uint64(weight(w[i][j])) << in[i].Depth
		}
		if sum > 0 {
			least = max(least, bits.Len64(sum-1))
		}
	}
	return least
}
