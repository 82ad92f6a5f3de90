package net

import (
	"math"
	"math/bits"
	"slices"
	"sort"
)

// term is ±value·2^shift in a sum.
type term struct {
	v     int32
	shift int8
	neg   bool
}

// assemble sums the digits that are left in each output, the two shallowest terms first, and gives the outputs. That tree has the
// least depth that the depths of its terms allow.
func (c *cse) assemble() []Ref {
	outs := make([]Ref, c.outs)
	for j := range outs {
		var terms []term
		for v := range len(c.ports) {
			if v*c.outs+j >= len(c.pos) {
				break // made while summing earlier outputs
			}
			p, n := c.pos[v*c.outs+j], c.neg[v*c.outs+j]
			for d := p | n; d != 0; d &= d - 1 {
				s := bits.TrailingZeros64(d)
				terms = append(terms, term{int32(v), int8(s), n>>s&1 == 1})
			}
		}
		outs[j] = c.sum(terms)
	}
	return outs
}

// cheapest assembles the outputs with every thrift up to most and keeps the plan whose adders have the fewest bits.
func (c *cse) cheapest(most thrift) []Ref {
	values, steps := len(c.ports), len(c.steps)
	var best []Ref
	var bestPorts []Port
	var bestSteps []Step
	least := math.MaxInt
	for t := range most + 1 {
		c.thrift, c.spent, c.ports, c.steps = t, 0, c.ports[:values:values], c.steps[:steps:steps]
		if o := c.assemble(); c.spent < least {
			best, bestPorts, bestSteps, least = o, c.ports, c.steps, c.spent
		}
	}
	c.ports, c.steps = bestPorts, bestSteps
	return best
}

// planner collects the adders of a plan: values below inputs are inputs, and ports has one entry a value.
type planner struct {
	inputs int
	ports  []Port
	steps  []Step
	thrift thrift
	bound  int  // of the depth of sums; 0: none
	spent  int  // one-bit adders of the sums
	work   Work // pairs that were compared
}

// thrift says how terms are summed: 0 in the shallowest tree, k > 0 in one that is cheap and at most k − 1 levels deeper.
type thrift int8

// mostThrift is the last way of summing that is tried where sums stand above 0; with signs, which reach all the way up, shallow trees are
// the cheap ones.
const mostThrift = 3

// maxThrifty is the number of terms up to which cheap trees are searched for.
const maxThrifty = 96

// sum adds terms in a Huffman tree on depth; among equals the ones that end lowest go first.
func (p *planner) sum(terms []term) Ref {
	if len(terms) == 0 {
		return zeroRef
	}
	slices.SortStableFunc(terms, p.before)
	if p.thrift > 0 && len(terms) <= maxThrifty {
		return p.thrifty(terms)
	}
	return p.shallow(terms)
}

// shallow sums sorted terms in a Huffman tree on depth.
func (p *planner) shallow(terms []term) Ref {
	for len(terms) > 1 {
		t := p.add(terms[0], terms[1])
		terms = terms[1:]
		at := 1 + sort.Search(len(terms)-1, func(i int) bool { return p.before(terms[i+1], t) >= 0 })
		copy(terms, terms[1:at])
		terms[at-1] = t
	}
	return Ref{terms[0].v, terms[0].shift, terms[0].neg}
}

// thrifty sums sorted terms, the two that are worth it most first (see worth), as far as the Kraft inequality allows.
func (p *planner) thrifty(terms []term) Ref {
	weight, deepest := int64(0), p.ports[terms[len(terms)-1].v].Depth
	if deepest > maxBound-10 {
		return p.shallow(terms)
	}
	for _, t := range terms {
		weight += 1 << p.ports[t.v].Depth
	}
	shallowest := bits.Len64(uint64(weight - 1))
	limit := int64(1) << (shallowest + int(p.thrift) - 1)
	if p.bound > 0 {
		limit = min(limit, 1<<max(shallowest, p.bound))
	}
	for len(terms) > 1 {
		p.work += Work(len(terms) * len(terms) / 2)
		x, y, least := 0, 1, math.MaxInt
		for i := range terms {
			for j := range i {
				if k := p.worth(terms[j], terms[i]); k < least && weight+p.deeper(terms[j], terms[i]) <= limit {
					x, y, least = j, i, k
				}
			}
		}
		weight += p.deeper(terms[x], terms[y])
		terms[x] = p.add(terms[x], terms[y])
		terms = append(terms[:y], terms[y+1:]...)
	}
	return Ref{terms[0].v, terms[0].shift, terms[0].neg}
}

// worth orders sums, the least first: those with few adders that bring many bits together, since what passes an adder by is had for nothing.
func (p *planner) worth(x, y term) int {
	top := max(p.ports[x.v].span()+int(x.shift), p.ports[y.v].span()+int(y.shift))
	return 3*p.bits(x, y) - (top - int(min(x.shift, y.shift)))
}

// deeper is by how much the sum of two terms weighs more in the Kraft inequality than they do.
func (p *planner) deeper(x, y term) int64 {
	a, b := p.ports[x.v].Depth, p.ports[y.v].Depth
	return 2<<max(a, b) - 1<<a - 1<<b
}

// bits is the number of one-bit adders of the sum of two terms that stand above 0.
func (p *planner) bits(x, y term) int {
	a, b := p.ports[x.v].span(), p.ports[y.v].span()
	if x.neg != y.neg {
		return min(a, b)
	}
	return max(0, min(a+int(x.shift), b+int(y.shift))-max(int(x.shift), int(y.shift)))
}

// before orders terms by depth, then by the position of their top bit.
func (p *planner) before(x, y term) int {
	px, py := &p.ports[x.v], &p.ports[y.v]
	if px.Depth != py.Depth {
		return int(px.Depth - py.Depth)
	}
	return px.width() + int(x.shift) - py.width() - int(y.shift)
}

// add makes the adder for two terms. The first operand of a difference is the positive one, and a sum of two negative terms stays
// negative outside the adder.
func (p *planner) add(x, y term) term {
	if x.neg && !y.neg {
		x, y = y, x
	}
	p.spent += p.bits(x, y)
	v := p.step(Step{x.v, y.v, y.shift - x.shift, x.neg != y.neg})
	return term{v, min(x.shift, y.shift), x.neg}
}

// step appends an adder and gives its value.
func (p *planner) step(s Step) int32 {
	p.steps = append(p.steps, s)
	p.ports = append(p.ports, s.port(&p.ports[s.A], &p.ports[s.B]))
	return int32(len(p.ports) - 1)
}
