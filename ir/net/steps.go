package net

import "sort"

// steps makes f(x) for a monotone f: a table, or a search over the places where f steps, whichever is the smaller.
func (l *lowering) steps(x int32, f func(int64) int64) int32 {
	b := l.b
	if core, c := b.affine(b.Ref(x)); core.ID != x { // a constant moves the steps, a sign mirrors them, a factor thins them out
		g := f
		x, f = core.ID, func(x int64) int64 { return g(x<<core.Shift + c) }
		if core.Neg {
			f = func(x int64) int64 { return g(c - x<<core.Shift) }
		}
	}
	lo, hi := b.Bounds(x)
	y, z := f(lo), f(hi)
	if y == z {
		return b.Const(y)
	}
	low, high := min(y, z), max(y, z)
	if at := firstStep(lo, hi, f); at > lo && f(at) == z { // two results
		return b.twoSteps(x, at, y, z)
	}
	if hi-lo < maxTable && tableCost(Width(0, hi-lo), Width(low, high)) <= searchCost(Width(lo, hi), Width(0, high-low)) {
		return b.Table(x, f)
	}
	return b.stepSearch(x, low, high, f)
}

// firstStep finds the least argument in [lo, hi] whose result differs from f(lo), for a monotone f that is not constant.
func firstStep(lo, hi int64, f func(int64) int64) int64 {
	y := f(lo)
	return lo + int64(sort.Search(int(hi-lo)+1, func(i int) bool { return f(lo+int64(i)) != y }))
}

// twoSteps makes y where x < at, z elsewhere: one comparison, whose users take the rest as a factor and a constant.
func (b *Builder) twoSteps(x int32, at, y, z int64) int32 {
	is := b.Ref(b.Less(b.Const(at-1), x))
	return b.Force(b.addConst(b.Scale(is, z-y), y))
}

// stepSearch makes f(x) for a monotone f with results in [low, high], one bit of f(x) − low after the other from the top: bit k is 1
// where x is on that side of a border on which the results have at least the bits found so far and bit k.
func (b *Builder) stepSearch(x int32, low, high int64, f func(int64) int64) int32 {
	lo, hi := b.Bounds(x)
	falling := f(lo) > f(hi)
	// first gives the least argument for which the result is (rising) or is no longer (falling) at least low + k.
	first := func(k int64) int64 {
		return lo + int64(sort.Search(int(hi-lo)+1, func(i int) bool { return f(lo+int64(i)) >= low+k != falling }))
	}
	found := b.Const(0)
	for k := Width(0, high-low) - 1; k >= 0; k-- {
		var bit int32
		if falling {
			bit = b.Less(x, b.Table(found, func(prefix int64) int64 { return first(prefix<<(k+1) + 1<<k) }))
		} else {
			bit = b.Less(b.Table(found, func(prefix int64) int64 { return first(prefix<<(k+1)+1<<k) - 1 }), x)
		}
		found = b.Force(b.Add(b.Ref(found).Times(1, false), b.Ref(bit)))
	}
	return b.AddC(found, low)
}
