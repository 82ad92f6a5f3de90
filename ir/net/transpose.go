package net

// transpose turns a plan for Wᵀ into one for W by reversing it: every adder becomes a fork and every fork a sum, so that the number
// of adders changes by the difference of inputs and outputs only (Bordewijk's theorem on reversed flow graphs). in are the ports of
// W's inputs, which are the outputs of the plan for Wᵀ, and t says how its sums are made.
func (p *Plan) transpose(in []Port, t thrift) *Plan {
	q := planner{inputs: len(in), ports: append([]Port(nil), in...), thrift: t}
	parts := make([][]term, p.Inputs+len(p.Steps)) // what flows back into each value of p
	for i, o := range p.Outs {
		if o.ID >= 0 {
			parts[o.ID] = append(parts[o.ID], term{int32(i), o.Shift, o.Neg})
		}
	}
	for k := len(p.Steps) - 1; k >= 0; k-- {
		s := p.Steps[k]
		r := q.sum(parts[p.Inputs+k])
		if r.ID < 0 {
			continue
		}
		ka, kb := int8(max(0, -int(s.Shift))), int8(max(0, int(s.Shift)))
		parts[s.A] = append(parts[s.A], term{r.ID, r.Shift + ka, r.Neg})
		parts[s.B] = append(parts[s.B], term{r.ID, r.Shift + kb, r.Neg != s.Sub})
	}
	r := &Plan{Inputs: len(in), Outs: make([]Ref, p.Inputs)}
	for j := range r.Outs {
		r.Outs[j] = q.sum(parts[j])
	}
	r.Steps = q.steps
	return r
}
