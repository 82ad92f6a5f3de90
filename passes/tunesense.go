package passes

import (
	"math"
	"slices"

	"mlpc/ir"
)

// What an error in the result of a layer costs differs from row to row and from sample to sample: nothing behind a ReLU that is shut,
// little where the decision is clear. It is measured: each result is moved a little both ways, and what the scores of the decision make
// of it is the second derivative of their Kullback-Leibler divergence (a Gauss-Newton step, the error taken as small).

const (
	nudge      = 0.25 // how far a result is moved, in its standard deviations
	sharpness  = 0.4  // the distance of two scores at which a decision is in doubt, relative to the mean distance of the two best
	leastSense = 0.02 // the share of the layer's mean that every sample counts at least
	senseWork  = 5e9  // products that may be spent on it
)

// sense measures all layers, or none where one of them cannot be, since what they call loss is compared; vals are the graph's values.
func (t *tuner) sense(vals []*ir.Tensor) error {
	known := true
	for _, v := range t.order {
		l := t.layers[v]
		if q, err := t.senses(v, l, vals[v.ID].Ints); err != nil {
			return err
		} else if l.sense = q; q == nil {
			known = false
			break
		}
	}
	for _, v := range t.order {
		if !known {
			t.layers[v].sense = nil
		}
		t.layers[v].look()
	}
	return nil
}

// senses gives for each row of layer v and each sample what an error of 1 there costs; nil where that takes too long, or where the
// layer works at several places. y are the layer's results.
func (t *tuner) senses(v *ir.Value, l *tuneLayer, y []int64) ([][]float64, error) {
	n := len(y) / l.rows
	s := &scores{after: t.after(v), ins: t.learn}
	if v.Type.Size() != l.rows || 2*float64(denseWeights(s.after))*float64(len(y)) > senseWork {
		return nil, nil
	}
	if err := s.start(y, n, t.given.kind); err != nil {
		return nil, err
	}
	q := make([][]float64, l.rows)
	mean := 0.0
	for o := range q {
		var err error
		if q[o], err = s.cost(v.Type.Elem, y, o, l.rows, max(1, int64(nudge*math.Sqrt(l.variance[o])))); err != nil {
			return nil, err
		}
		for _, x := range q[o] {
			mean += float64(x*l.variance[o]) / float64(len(y))
		}
	}
	for o := range q {
		for r := range q[o] {
			q[o][r] += leastSense*mean/l.variance[o] + math.SmallestNonzeroFloat32
		}
	}
	return q, nil
}

// after gives the graph from v's results to the scores that the decision reads: its inputs are the graph's and then these results.
func (t *tuner) after(v *ir.Value) *ir.Graph {
	h := *t.g
	out := h.Outs[0]
	for out.Op == ir.OpArgMax || out.Op == ir.OpRoute && len(out.Args) == 1 {
		out = out.Args[0]
	}
	h.Outs = []*ir.Value{out}
	return h.Rewrite(func(ng *ir.Graph, u *ir.Value, args []*ir.Value) *ir.Value {
		if u != v {
			return nil
		}
		return ng.Add(ir.OpInput, u.Type, &ir.Input{})
	}).Prune()
}

// scores is what a decision reads, as it was, and how sure it was.
type scores struct {
	after *ir.Graph
	ins   []*ir.Tensor
	rows  int
	n     int       // scores of a sample
	was   []float64 // by sample
	p     []float64 // probabilities of the classes; nil: a regression, or one score
	unit  float64   // what a divergence is told in
}

// start runs the graph on the layer's results as they are.
func (s *scores) start(y []int64, rows int, kind decision) (err error) {
	s.rows = rows
	if s.was, err = s.run(y); err != nil {
		return err
	}
	if s.n = len(s.was) / rows; kind == noDecision || s.n < 2 {
		for _, x := range s.was {
			s.unit += float64(x*x) / float64(rows)
		}
		return nil
	}
	doubt := max(sharpness*means(gaps(s.was, s.n), 1)[0], 1e-12)
	s.unit = doubt * doubt
	s.p = make([]float64, len(s.was))
	for r := range rows {
		x, p := s.was[r*s.n:(r+1)*s.n], s.p[r*s.n:(r+1)*s.n]
		top, all := slices.Max(x), 0.0
		for k := range p {
			p[k] = math.Exp((x[k] - top) / doubt)
			all += p[k]
		}
		for k := range p {
			p[k] /= all
		}
	}
	return nil
}

func (s *scores) run(y []int64) ([]float64, error) {
	in := s.after.Inputs()
	t := &ir.Tensor{Rows: s.rows, Shape: in[len(in)-1].Type.Shape, Ints: y}
	outs, err := ir.Run(s.after, append(slices.Clone(s.ins), t))
	if err != nil {
		return nil, err
	}
	return Decode(s.after, outs)[0].Reals, nil
}

// cost moves result o of rows by step both ways, inside its type, and gives for each sample what that does, by the square of the step.
func (s *scores) cost(e ir.Elem, y []int64, o, rows int, step int64) ([]float64, error) {
	q := make([]float64, s.rows)
	lo, hi := e.Range()
	moved := slices.Clone(y)
	for _, d := range []int64{step, -step} {
		for i := o; i < len(y); i += rows {
			moved[i] = min(max(y[i]+d, lo), hi)
		}
		x, err := s.run(moved)
		if err != nil {
			return nil, err
		}
		for r := range q {
			q[r] += s.divergence(x, r) / float64(2*d*d)
		}
	}
	return q, nil
}

// divergence is the variance of the change of a sample's scores under its probabilities, in squares of the doubtful distance; without
// probabilities the square of the change, relative to the mean square of the scores.
func (s *scores) divergence(x []float64, r int) float64 {
	mean, square := 0.0, 0.0
	for k := r * s.n; k < (r+1)*s.n; k++ {
		d, p := x[k]-s.was[k], 1.0
		if s.p != nil {
			p = s.p[k]
			mean += float64(p * d)
		}
		square += float64(p * d * d)
	}
	return max(0, square-float64(mean*mean)) / max(s.unit, math.SmallestNonzeroFloat32)
}
