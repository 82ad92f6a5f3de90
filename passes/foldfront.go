package passes

import (
	"cmp"
	"math"
	"slices"
)

// point is one way to fold a layer and all layers behind it: an option of the layer, what it costs with them, and what it uses of each
// limit.
type point struct {
	choice *choice
	cost   float64
	uses   []float64 // by limit
	next   []*point  // by child of the layer
}

// front gives the points that no other one beats in cost and in all uses, and that keep the limits, by cost. Of equal points the first
// stays.
func (f *foldSearch) front(points []*point) []*point {
	points = slices.DeleteFunc(points, func(p *point) bool { return math.IsInf(p.cost, 1) || f.breaks(p.uses) })
	slices.SortStableFunc(points, func(a, b *point) int { return cmp.Compare(a.cost, b.cost) })
	var kept []*point
	for _, p := range points {
		if !slices.ContainsFunc(kept, func(k *point) bool { return allAtMost(k.uses, p.uses) }) {
			kept = append(kept, p)
		}
	}
	return kept
}

// breaks tells whether more is used of a limit than it allows.
func (f *foldSearch) breaks(uses []float64) bool {
	for i, u := range uses {
		if u > float64(f.limits[i].Most) {
			return true
		}
	}
	return false
}

func allAtMost(a, b []float64) bool {
	for i := range a {
		if a[i] > b[i] {
			return false
		}
	}
	return true
}

func sums(a, b []float64) []float64 {
	if len(a) == 0 {
		return nil
	}
	c := slices.Clone(a)
	for i := range b {
		c[i] += b[i]
	}
	return c
}

// behind is the front of a child of layer i, with the converter between them, where so many lanes leave layer i.
func (f *foldSearch) behind(i, lanes, child int, points []*point, cycles int) []*point {
	var list []*point
	for _, p := range points {
		if cost := p.cost + f.converter(lanes, child, p.choice, cycles); !math.IsInf(cost, 1) {
			list = append(list, &point{p.choice, cost, p.uses, p.next})
		}
	}
	return f.front(list)
}

// fronts gives the points of a layer that are worth keeping: for each number of lanes that it takes, those that no other beats.
func (f *foldSearch) fronts(i int, table [][]*point, cycles int) []*point {
	after := map[int][][]*point{} // by lanes that leave the layer, by child
	byLanes := map[int][]*point{}
	var lanes []int
	options := f.options(i, cycles)
	for k := range options {
		c := &options[k]
		out := f.layers[i].OutLanes(c.PE)
		if after[out] == nil {
			after[out] = make([][]*point, len(f.children[i]))
			for n, child := range f.children[i] {
				after[out][n] = f.behind(i, out, child, table[child], cycles)
			}
		}
		in := f.layers[i].InLanes(c.PE, c.SIMD)
		if byLanes[in] == nil {
			lanes = append(lanes, in)
		}
		byLanes[in] = append(byLanes[in], f.join(&point{c, c.cost, c.uses, nil}, after[out])...)
	}
	var list []*point
	for _, in := range lanes {
		list = append(list, f.front(byLanes[in])...)
	}
	return list
}

// join adds to a point one point of each list, in all ways that are worth keeping.
func (f *foldSearch) join(p *point, lists [][]*point) []*point {
	joined := []*point{p}
	for _, list := range lists {
		var wider []*point
		for _, a := range joined {
			for _, b := range list {
				wider = append(wider, &point{a.choice, a.cost + b.cost, sums(a.uses, b.uses), append(slices.Clone(a.next), b)})
			}
		}
		if joined = wider; len(lists) > 1 {
			joined = f.front(wider)
		}
	}
	return joined
}
