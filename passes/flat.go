package passes

import (
	"mlpc/ir"
)

// flatTails says which tails of functions level out: where such a function reads a value, reaching far costs steps and gains nothing.
var flatTails = map[string]struct{ low, high bool }{
	"exp": {low: true}, "sigmoid": {true, true}, "tanh": {true, true}, "erf": {true, true},
}

// flatSample is how many values a grid is chosen on by what a function makes of them.
const flatSample = 1 << 12

// flatGrid gives the grid of a value that only functions with flat tails read, all the same way: the one after which what they make of
// the values xs, in [lo, hi], is least wrong. A mask of −10⁴ before a softmax so leaves the other arguments their steps. False for others.
func (q *quantizer) flatGrid(v *ir.Value, f gridFamily, lo, hi float64, xs []float64) (Grid, bool) {
	users := q.users[v.ID]
	if len(users) == 0 || q.isOut[v.ID] || v.Op == ir.OpInput {
		return Grid{}, false
	}
	low, high := true, true
	for _, u := range users {
		t, ok := u.Attr.(*ir.Table)
		if !ok {
			return Grid{}, false
		}
		low, high = low && flatTails[t.Fn].low, high && flatTails[t.Fn].high
	}
	if !low && !high {
		return Grid{}, false
	}
	xs = thin(xs, flatSample)
	best := f.cover(lo, hi)
	least := flatLoss(users, best, xs)
	for k, by := 1.0, 0.98; k > 1e-6; k *= by {
		if k < 0.3 {
			by = 0.85
		}
		end := [2]float64{lo, hi}
		if low {
			end[0] *= k
		}
		if high {
			end[1] *= k
		}
		g := f.cover(end[0], end[1])
		if e := flatLoss(users, g, xs); e < least {
			best, least = g, e
		}
	}
	return best, true
}

// flatLoss is the sum of the squared errors of the functions users of xs on the grid.
func flatLoss(users []*ir.Value, g Grid, xs []float64) float64 {
	sum, on := 0.0, featureGrid{Grid: g}
	for _, u := range users {
		t := u.Attr.(*ir.Table)
		for _, x := range xs {
			d := ir.Funcs[t.Fn].Eval(on.round(x), t.Params) - ir.Funcs[t.Fn].Eval(x, t.Params)
			sum += float64(d * d)
		}
	}
	return sum
}
