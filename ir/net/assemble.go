package net

import (
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

// planner collects the adders of a plan: values below inputs are inputs, and ports has one entry a value.
type planner struct {
	inputs int
	ports  []Port
	steps  []Step
}

// sum adds terms in a Huffman tree on depth; among equals the ones that end lowest go first.
func (p *planner) sum(terms []term) Ref {
	if len(terms) == 0 {
		return zeroRef
	}
	slices.SortStableFunc(terms, p.before)
	for len(terms) > 1 {
		t := p.add(terms[0], terms[1])
		terms = terms[1:]
		at := 1 + sort.Search(len(terms)-1, func(i int) bool { return p.before(terms[i+1], t) >= 0 })
		copy(terms, terms[1:at])
		terms[at-1] = t
	}
	return Ref{terms[0].v, terms[0].shift, terms[0].neg}
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
	v := p.step(Step{x.v, y.v, y.shift - x.shift, x.neg != y.neg})
	return term{v, min(x.shift, y.shift), x.neg}
}

// step appends an adder and gives its value.
func (p *planner) step(s Step) int32 {
	p.steps = append(p.steps, s)
	p.ports = append(p.ports, s.port(&p.ports[s.A], &p.ports[s.B]))
	return int32(len(p.ports) - 1)
}
