package passes

import (
	"sort"

	"mlpc/ir"
	"mlpc/ir/num"
)

// fewLevels is the number of steps up to which a threshold is smaller in hardware than the multiplier and the rounding of a requant.
const fewLevels = 15

// stepRequants replaces requants with few results by thresholds with the same results: in a circuit, comparing with some constants
// takes a fraction of a multiplier with rounding.
func stepRequants(g *ir.Graph) (*ir.Graph, error) {
	ranges, err := ir.Ranges(g)
	if err != nil {
		return nil, err
	}
	return g.Rewrite(func(ng *ir.Graph, v *ir.Value, args []*ir.Value) *ir.Value {
		q, ok := v.Attr.(*ir.Requant)
		if !ok {
			return nil
		}
		t := stepsOf(q, v, ranges[v.Args[0].ID])
		if t == nil {
			return nil
		}
		return ng.Add(ir.OpThreshold, v.Type, t, args...)
	}), nil
}

// stepsOf gives the threshold that does what a requant does to arguments in the given intervals, nil where it has too many steps or
// falls.
func stepsOf(q *ir.Requant, v *ir.Value, in ir.Interval) *ir.Threshold {
	channels := max(len(q.Mul), len(q.Add), len(q.Shift))
	lo, hi := make([]int64, channels), make([]int64, channels)
	for e := range v.Type.Size() {
		c := e % channels
		l, h := in.At(e)
		if e < channels {
			lo[c], hi[c] = l, h
		}
		lo[c], hi[c] = min(lo[c], l), max(hi[c], h)
	}
	result := func(c int, x int64) int64 {
		mul, add, shift := q.At(c)
		return num.Clamp(num.Requant(x, mul, add, shift, q.Round)+q.Zero, q.Lo, q.Hi)
	}
	least, most := q.Hi, q.Lo
	for c := range channels {
		if mul, _, _ := q.At(c); mul < 0 {
			return nil
		}
		least, most = min(least, result(c, lo[c])), max(most, result(c, hi[c]))
	}
	if most-least > fewLevels {
		return nil
	}
	t := &ir.Threshold{Channels: channels, Base: least}
	for c := range channels {
		for level := least + 1; level <= most; level++ {
			n := sort.Search(int(hi[c]-lo[c]+1), func(d int) bool { return result(c, lo[c]+int64(d)) >= level })
			t.Steps = append(t.Steps, lo[c]+int64(n))
		}
	}
	return t
}
