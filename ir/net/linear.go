package net

import (
	"encoding/binary"
	"slices"
)

// tileOuts is the number of outputs of a wide matrix that are solved together: sharing among more of them gains little and the time
// grows with the square.
const tileOuts = 96

// extraDepth is how many levels above the least depth of a matrix its sums may need: fewer adders for a stage or two more.
const extraDepth = 2

// perAdder is Problem.PerAdder of a circuit that is priced in look-up tables.
const perAdder = 8

// Linear makes w·x, a row of w for each result, with shared adders.
func (b *Builder) Linear(w [][]int64, x []Ref, o Options) []Ref {
	m := b.gather(w, x)
	size := tileOuts
	if len(m.nodes)*len(w) <= tileOuts*64 { // what is small stays whole
		size = len(w)
	}
	y := make([]Ref, 0, len(w))
	for from := 0; from < len(w); from += size {
		y = append(y, b.tile(m, from, min(from+size, len(w)), o)...)
	}
	for i := range y {
		y[i] = b.addConst(y[i], m.rest[i])
	}
	return y
}

// matrix is a constant matrix over distinct nodes: coefficients by node and output, and what constant arguments add to each output.
type matrix struct {
	nodes []int32
	w     [][]int64
	rest  []int64
}

// gather brings w·x into the form of a matrix: shifts and signs of x go into the coefficients, equal nodes are one.
func (b *Builder) gather(w [][]int64, x []Ref) matrix {
	m := matrix{rest: make([]int64, len(w))}
	rows := map[int32]int{}
	for i, r := range x {
		r, k := b.affine(r) // a constant under the coefficients ends up beside them
		for o, row := range w {
			m.rest[o] += row[i] * k
		}
		c, constant := b.value(r)
		at, ok := rows[r.ID]
		if !ok && !constant {
			at = len(m.nodes)
			rows[r.ID] = at
			m.nodes = append(m.nodes, r.ID)
			m.w = append(m.w, make([]int64, len(w)))
		}
		for o, row := range w {
			switch a := row[i] << r.Shift; {
			case constant:
				m.rest[o] += row[i] * c
			case r.Neg:
				m.w[at][o] -= a
			default:
				m.w[at][o] += a
			}
		}
	}
	return m
}

// problem states outputs [from, to) of a matrix as a problem, and the nodes that are its inputs: those that these outputs read.
func (b *Builder) problem(m matrix, from, to int, o Options) (*Problem, []int32) {
	p := &Problem{Outs: to - from, PerAdder: perAdder, Unsigned: true, Alone: o.Alone}
	var nodes []int32
	for i, row := range m.w {
		part := row[from:to]
		if slices.ContainsFunc(part, func(c int64) bool { return c != 0 }) {
			nodes = append(nodes, m.nodes[i])
			p.W = append(p.W, part)
		}
	}
	for _, i := range nodes {
		lo, hi := b.Bounds(i)
		p.In = append(p.In, Port{lo, hi, b.depth[i]})
	}
	if len(nodes) > 0 {
		p.relax()
	}
	return p, nodes
}

// solved gives the plan for a problem, with signs where those cost no more.
func (b *Builder) solved(p *Problem, o Options) *Plan {
	q := b.plan(p, o.Effort)
	if q.Bits(p.In)-q.unsignedBits(p.In) <= liftCost*p.Outs {
		p.Unsigned = false
		q = b.plan(p, o.Effort)
	}
	if p.Work = b.share.of(p.W, o.Work); p.Work > 0 {
		q = b.plan(p, o.Effort)
	}
	return q
}

// tile solves outputs [from, to) of a matrix and builds the plan.
func (b *Builder) tile(m matrix, from, to int, o Options) []Ref {
	p, nodes := b.problem(m, from, to, o)
	if len(nodes) == 0 {
		return slices.Repeat([]Ref{b.constRef(0)}, p.Outs)
	}
	q := b.solved(p, o)
	return b.build(q, nodes, p)
}

// relax counts depths from the shallowest input and sets the bound.
func (p *Problem) relax() {
	first := slices.MinFunc(p.In, func(x, y Port) int { return int(x.Depth - y.Depth) }).Depth
	for i := range p.In {
		p.In[i].Depth = min(p.In[i].Depth-first, 40)
	}
	p.Bound = MinDepth(p.W, p.In) + extraDepth
}

// plan solves a problem, or remembers the plan of an equal one.
func (b *Builder) plan(p *Problem, e Effort) *Plan {
	key := []byte{}
	for i, row := range p.W {
		for _, x := range []int64{p.In[i].Lo, p.In[i].Hi, int64(p.In[i].Depth)} {
			key = binary.AppendVarint(key, x)
		}
		for _, x := range row {
			key = binary.AppendVarint(key, x)
		}
	}
	key = binary.AppendVarint(key, int64(p.Outs)<<1|bit(p.Unsigned))
	key = binary.AppendVarint(key, int64(p.Work))
	if q, ok := b.plans[string(key)]; ok {
		return q
	}
	q, err := Solve(p, e)
	if err != nil {
		panic("net: " + err.Error()) // relax sets a bound that can be met
	}
	b.plans[string(key)] = q
	return q
}

// build makes the adders of a plan for p over nodes, with the exact interval of each.
func (b *Builder) build(q *Plan, nodes []int32, p *Problem) []Ref {
	ports := q.Ports(p.In)
	vals := make([]above, len(ports))
	for i, n := range nodes {
		if vals[i] = (above{Ref: b.Ref(n)}); p.Unsigned {
			vals[i] = b.unsigned(vals[i].Ref)
		}
	}
	wanted := q.signs()
	for k, s := range q.Steps {
		x, y := vals[s.A].times(max(0, -int(s.Shift)), false), vals[s.B].times(max(0, int(s.Shift)), s.Sub)
		r := above{b.Add(x.Ref, y.Ref), x.c + y.c}
		if p.Unsigned {
			r = b.sum(x, y, wanted[k])
		}
		port := &ports[q.Inputs+k]
		b.KnownRef(r.Ref, port.Lo-r.c, port.Hi-r.c)
		vals[q.Inputs+k] = r
	}
	outs := make([]Ref, len(q.Outs))
	for j, o := range q.Outs {
		if o.ID < 0 {
			outs[j] = b.constRef(0)
		} else {
			r := vals[o.ID].times(int(o.Shift), o.Neg)
			outs[j] = b.addConst(r.Ref, r.c)
		}
	}
	return outs
}
