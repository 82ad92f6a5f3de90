package net

import (
	"fmt"
	"runtime"
	"sync"
)

// Problem is a constant matrix: y = x·W, rows of W for the inputs, columns for the outputs.
type Problem struct {
	W     [][]int64
	Outs  int
	In    []Port
	Bound int // of the depth at every output, inputs' depths included; 0: none

	// PerAdder is what an adder counts beside its bits in the choice between plans: a wide adder and two narrow ones do not share the
	// overhead of carries, routing and registers.
	PerAdder int

	// Unsigned tells that the circuit keeps sums without sign bits, as Builder.Linear does: bits count accordingly.
	Unsigned bool

	// Alone gives every output a tree of its own: nothing is shared.
	Alone bool

	// Work is what may be spent on further attempts when those that are always made are done.
	Work Work
}

// cost is what Solve minimises.
func (p *Problem) cost(q *Plan) int {
	if p.Unsigned {
		return q.unsignedBits(p.In) + p.PerAdder*len(q.Steps)
	}
	return q.Bits(p.In) + p.PerAdder*len(q.Steps)
}

// Solve finds a plan with few one-bit adders. It is exact: the plan's matrix is compared with W. The bound must be at least MinDepth.
func Solve(p *Problem, e Effort) (*Plan, error) {
	core, rows, cols := factor(p.W, p.Outs)
	s := &solver{p: p, core: core, rows: rows, cols: cols, turned: turn(core, p.Outs)}
	for _, tries := range attempts(p, core, e) {
		if q := s.best(tries); q != nil {
			return q, nil
		}
	}
	return nil, fmt.Errorf("no plan within depth %d, and %d is the least", p.Bound, MinDepth(p.W, p.In))
}

// best makes the plans of all attempts and keeps the cheapest, the first of equals; nil where all miss the depth bound.
func (s *solver) best(tries []attempt) *Plan {
	plans, costs, _ := s.plans(tries)
	best := -1
	for i, q := range plans {
		if q != nil && (best < 0 || costs[i] < costs[best]) {
			best = i
		}
	}
	if best < 0 {
		return nil
	}
	plan := s.longer(tries, costs, plans[best])
	if !plan.Equals(s.p.W) {
		panic("net: a plan does not compute its matrix")
	}
	return plan
}

// each runs f for 0 to n − 1 on all processors.
func each(n int, f func(i int)) {
	var wg sync.WaitGroup
	next := make(chan int)
	for range min(n, runtime.GOMAXPROCS(0)) {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := range next {
				f(i)
			}
		}()
	}
	for i := range n {
		next <- i
	}
	close(next)
	wg.Wait()
}

// solver holds a problem with the common powers of two taken out.
type solver struct {
	p          *Problem
	core       [][]int64
	turned     [][]int64 // core transposed
	rows, cols []int
}

func turn(w [][]int64, outs int) [][]int64 {
	t := make([][]int64, outs)
	for j := range t {
		t[j] = make([]int64, len(w))
		for i := range w {
			t[j][i] = w[i][j]
		}
	}
	return t
}

// digits is the number of canonic signed digits of a matrix.
func digits(w [][]int64) int {
	n := 0
	for _, row := range w {
		for _, x := range row {
			n += weight(x)
		}
	}
	return n
}

// try makes the plan of one attempt; nil where it misses the depth bound.
func (s *solver) try(t attempt) *Plan {
	if s.p.Unsigned {
		t.thrift = mostThrift
	}
	if !t.transposed {
		q := twoStage(s.core, s.p.In, s.p.Outs, s.p.Bound, t)
		if q == nil {
			return nil
		}
		return q.scaled(s.rows, s.cols)
	}
	in, bound := nominal(s.p.Outs), 0
	if t.first > 0 {
		bound = MinDepth(s.turned, in) + t.first - 1
	}
	q := twoStage(s.turned, in, len(s.core), bound, t)
	var best *Plan
	for k := range t.thrift + 1 {
		r := q.transpose(s.p.In, k).scaled(s.rows, s.cols)
		t.spend(Work(8 * len(r.Steps)))
		if s.p.Bound > 0 && r.Depth(s.p.In) > s.p.Bound {
			continue
		}
		if best == nil || s.p.cost(r) < s.p.cost(best) {
			best = r
		}
	}
	return best
}

// twoStage decomposes w and shares sums in both factors.
func twoStage(w [][]int64, in []Port, outs, bound int, t attempt) *Plan {
	m1, m2 := decompose(w, outs, t.limit, t.centred)
	if t.limit >= 0 {
		t.spend(Work(len(w) * outs * outs)) // distances of all columns
	}
	if t.limit < 0 {
		return oneStage(w, in, outs, bound, t)
	}
	if len(m2) == 0 {
		return oneStage(w, in, outs, bound, t)
	}
	p := oneStage(m1, in, len(m2), t.first, t)
	if p == nil {
		return nil
	}
	ports := p.Ports(in)
	ids, rows := p.distinct(m2, outs)
	inner := make([]Port, len(ids))
	for i, id := range ids {
		inner[i] = ports[id]
	}
	q := oneStage(rows, inner, outs, bound, t)
	if q == nil {
		return nil
	}
	return p.then(q, ids)
}

// oneStage shares sums in w alone.
func oneStage(w [][]int64, in []Port, outs, bound int, t attempt) *Plan {
	c := newCSE(w, in, outs, bound, t.weigh, t.seed)
	if !c.budget.met() {
		return nil
	}
	if !t.alone {
		c.share()
	}
	c.bound = bound
	o := c.cheapest(t.thrift)
	t.spend(c.work)
	return &Plan{Inputs: len(in), Steps: c.steps, Outs: o}
}

// distinct lists the values that p's outputs are multiples of, and m, whose rows belong to p's outputs, with rows for those values.
func (p *Plan) distinct(m [][]int64, outs int) (ids []int32, rows [][]int64) {
	at := map[int32]int{}
	for r, o := range p.Outs {
		if o.ID < 0 {
			continue
		}
		k, ok := at[o.ID]
		if !ok {
			k = len(ids)
			at[o.ID] = k
			ids = append(ids, o.ID)
			rows = append(rows, make([]int64, outs))
		}
		for j, x := range m[r] {
			x <<= o.Shift
			if o.Neg {
				x = -x
			}
			rows[k][j] += x
		}
	}
	return ids, rows
}

// then appends q, whose inputs are the values ids of p.
func (p *Plan) then(q *Plan, ids []int32) *Plan {
	base := int32(p.Inputs + len(p.Steps))
	to := func(v int32) int32 {
		if int(v) < len(ids) {
			return ids[v]
		}
		return base + v - int32(len(ids))
	}
	r := &Plan{Inputs: p.Inputs, Steps: p.Steps}
	for _, s := range q.Steps {
		s.A, s.B = to(s.A), to(s.B)
		r.Steps = append(r.Steps, s)
	}
	for _, o := range q.Outs {
		if o.ID >= 0 {
			o.ID = to(o.ID)
		}
		r.Outs = append(r.Outs, o)
	}
	return r
}

// nominal is the ports of a transposed problem, whose inputs are no inputs of the circuit: equally wide, equally deep.
func nominal(n int) []Port {
	in := make([]Port, n)
	for i := range in {
		in[i] = Port{Lo: -128, Hi: 127}
	}
	return in
}
