package passes

import (
	"cmp"
	"math"
	"slices"
)

// mostLimits is the number of budgets that a search can hold: DSP blocks and block RAMs.
const mostLimits = 2

// uses is what counts against each limit.
type uses [mostLimits]float64

func (u uses) plus(v uses) uses {
	for i := range v {
		u[i] += v[i]
	}
	return u
}

// atMost tells whether u is no more than v of anything.
func (u uses) atMost(v uses) bool {
	for i := range v {
		if u[i] > v[i] {
			return false
		}
	}
	return true
}

// point is one way to fold a layer and all layers behind it: an option of the layer, what it costs with them, and what it uses of each
// limit. child is the point of its last child, and before the same way without that child.
type point struct {
	choice        *choice
	cost          float64
	uses          uses
	before, child *point
}

// front gives the points that no other one beats in cost and in all uses, and that keep the limits, by cost. Of equal points the first
// stays. While limits are left out of account, that is the cheapest point alone.
func (f *foldSearch) front(points []*point) []*point {
	points = slices.DeleteFunc(points, func(p *point) bool { return math.IsInf(p.cost, 1) || f.bounds && f.breaks(p.uses) })
	slices.SortStableFunc(points, func(a, b *point) int { return cmp.Compare(a.cost, b.cost) })
	if !f.bounds {
		return points[:min(1, len(points))]
	}
	var kept []*point
	for _, p := range points {
		if !f.beaten(kept, p) {
			kept = append(kept, p)
		}
	}
	return kept
}

// beaten tells whether a point uses no less than one of a front that costs no more.
func (f *foldSearch) beaten(front []*point, p *point) bool {
	if len(f.limits) == 1 && len(front) > 0 { // the last of the front uses least
		front = front[len(front)-1:]
	}
	return slices.ContainsFunc(front, func(k *point) bool { return k.uses.atMost(p.uses) })
}

// breaks tells whether more is used of a limit than it allows.
func (f *foldSearch) breaks(u uses) bool {
	for i := range f.limits {
		if u[i] > float64(f.limits[i].Most) {
			return true
		}
	}
	return false
}

// behind is the front of a child of layer i, with the converter between them, where so many lanes leave layer i.
func (f *foldSearch) behind(i, lanes, child int, points []*point, cycles int) []*point {
	list := make([]*point, 0, len(points))
	for _, p := range points {
		if cost := p.cost + f.converter(lanes, child, p.choice, cycles); !math.IsInf(cost, 1) {
			list = append(list, &point{p.choice, cost, p.uses, p.before, p.child})
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
		if _, ok := byLanes[in]; !ok {
			lanes = append(lanes, in)
		}
		byLanes[in] = append(byLanes[in], f.join(&point{choice: c, cost: c.cost, uses: c.uses}, after[out])...)
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
		wider := make([]*point, 0, len(joined)*len(list))
		for _, a := range joined {
			for _, b := range list {
				if u := a.uses.plus(b.uses); !f.bounds || !f.breaks(u) {
					wider = append(wider, &point{a.choice, a.cost + b.cost, u, a, b})
				}
			}
		}
		if joined = wider; len(lists) > 1 {
			joined = f.front(wider)
		}
	}
	return joined
}
