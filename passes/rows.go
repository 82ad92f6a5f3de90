package passes

import (
	"fmt"
	"math"
	"math/rand/v2"

	"mlpc/ir"
	"mlpc/ir/diag"
)

// Rows are samples: real inputs, and what is known about the right answers.
type Rows struct {
	Ins     []*ir.Tensor // one an input, in the graph's order, in Reals
	Labels  []int64      // class of each row, −1 where it has none; nil: no labels
	Targets *ir.Tensor   // wanted values of the first output, for the leading rows; nil: none
}

// Len is the number of rows.
func (r *Rows) Len() int {
	if r == nil || len(r.Ins) == 0 {
		return 0
	}
	return r.Ins[0].Rows
}

// Head gives at most n leading rows without copying.
func (r *Rows) Head(n int) *Rows {
	if r == nil || r.Len() <= n {
		return r
	}
	h := &Rows{}
	for _, t := range r.Ins {
		h.Ins = append(h.Ins, t.Slice(0, n))
	}
	if r.Labels != nil {
		h.Labels = r.Labels[:n]
	}
	if r.Targets != nil {
		h.Targets = r.Targets.Slice(0, min(n, r.Targets.Rows))
	}
	return h
}

// check tells what is wrong with rows that are to feed g.
func (r *Rows) check(g *ir.Graph, what string) error {
	var errs diag.List
	ins := g.Inputs()
	if len(r.Ins) != len(ins) {
		errs.Addf(diag.CodeData, diag.Pos{}, "the %s rows have %d inputs, the model has %d", what, len(r.Ins), len(ins))
		return errs.Err()
	}
	if r.Len() == 0 {
		errs.Addf(diag.CodeData, diag.Pos{}, "no %s rows", what)
	}
	for i, t := range r.Ins {
		if t.Rows != r.Len() || len(t.Reals) != t.Rows*ins[i].Type.Size() {
			errs.Addf(diag.CodeData, ins[i].Pos, "the %s rows of input %q have %d values in %d rows, the model takes %v a row", what, ins[i].Name, len(t.Reals), t.Rows, ins[i].Type.Shape)
			continue
		}
		for k, x := range t.Reals {
			if math.IsNaN(x) || math.IsInf(x, 0) {
				errs.Addf(diag.CodeData, ins[i].Pos, "the %s rows of input %q have %v in row %d", what, ins[i].Name, x, k/max(1, ins[i].Type.Size()))
				break
			}
		}
	}
	if r.Labels != nil && len(r.Labels) != r.Len() {
		errs.Addf(diag.CodeData, diag.Pos{}, "%d labels for %d %s rows", len(r.Labels), r.Len(), what)
	}
	return errs.Err()
}

// leastRows is how many rows leave one in thirty of others beyond the least or the largest value that they have.
const leastRows = 32

// doubt warns of rows of the user's that say little of the ranges of a model that is to be quantized.
func (r *Rows) doubt(c *Context) {
	switch {
	case c.Synthetic || c.Imported:
	case r.alike() && r.Len() > 1:
		c.Warnings.Addf(diag.CodeRows, diag.Pos{}, "the %d calibration rows are all the same, so that the ranges hold for no other row", r.Len()).WithHint("give rows that differ as those in use do with --data")
	case r.Len() < leastRows:
		c.Warnings.Addf(diag.CodeRows, diag.Pos{}, "ranges come from %d calibration row%s only, and other rows are clipped to them", r.Len(), map[bool]string{true: "s"}[r.Len() > 1]).WithHint("give 100 or more with --data")
	}
}

// alike tells whether all rows are equal.
func (r *Rows) alike() bool {
	for _, t := range r.Ins {
		for i, n := t.Size(), t.Size(); i < len(t.Reals); i++ {
			if t.Reals[i] != t.Reals[i-n] {
				return false
			}
		}
	}
	return true
}

// synthetic draws rows for the inputs of g from a fixed seed: uniform over the range, or, where both ends are 0, from the standard
// normal distribution clipped at ±4.
func synthetic(g *ir.Graph, rows int, span [2]float64) *Rows {
	rng := rand.New(rand.NewPCG(1, 2))
	r := &Rows{}
	for _, in := range g.Inputs() {
		t := ir.NewReals(rows, in.Type.Shape)
		for i := range t.Reals {
			if span == [2]float64{} {
				t.Reals[i] = max(-4, min(4, rng.NormFloat64()))
			} else {
				t.Reals[i] = span[0] + float64((span[1]-span[0])*rng.Float64())
			}
		}
		r.Ins = append(r.Ins, t)
	}
	return r
}

// Synthetic draws rows for the inputs of g as Compile does where it is given none, for those who only ask what a target can take.
func Synthetic(g *ir.Graph, rows int) *Rows { return synthetic(g, rows, [2]float64{}) }

// Encode gives the integers of real rows for the inputs of an integer graph; see ir.Value.Encode. Real inputs pass as they are.
func Encode(g *ir.Graph, ins []*ir.Tensor) ([]*ir.Tensor, error) {
	values := g.Inputs()
	if len(ins) != len(values) {
		return nil, diag.New(diag.CodeData, diag.Pos{}, "%d inputs given, the model has %d", len(ins), len(values))
	}
	out := make([]*ir.Tensor, len(ins))
	for i, v := range values {
		if v.Type.Elem.IsReal() {
			out[i] = ins[i]
			continue
		}
		if len(v.Type.Scale) == 0 {
			return nil, diag.New(diag.CodeData, v.Pos, "input %q has no scale that would turn reals into its integers", v.Name)
		}
		t := ir.NewInts(ins[i].Rows, v.Type.Shape)
		for k, x := range ins[i].Reals {
			t.Ints[k] = v.Encode(x, k%t.Size())
		}
		out[i] = t
	}
	return out, nil
}

// samples gives inputs to check an exact pass on: the rows for a real graph, random integers for an integer one, the first rows of
// which hold the least and the largest.
func samples(g *ir.Graph, rows *Rows) ([]*ir.Tensor, error) {
	if !g.IsInteger() {
		return Encode(g, rows.Ins)
	}
	rng := rand.New(rand.NewPCG(3, 4))
	var ins []*ir.Tensor
	for _, v := range g.Inputs() {
		t := ir.NewInts(sampleRows, v.Type.Shape)
		n, step := max(1, v.Type.Size()), v.InputStep()
		for i := range t.Ints {
			lo, hi := v.InputRangeAt(i % n)
			switch i / n {
			case 0:
				t.Ints[i] = lo
			case 1:
				t.Ints[i] = hi
			default:
				t.Ints[i] = lo + step*rng.Int64N((hi-lo)/step+1)
			}
		}
		ins = append(ins, t)
	}
	return ins, nil
}

// Decode gives the reals that the outputs of a graph stand for: (q − Zero)·Scale + Offset. Integers without a scale (class indices) and
// reals pass as they are.
func Decode(g *ir.Graph, outs []*ir.Tensor) []*ir.Tensor {
	res := make([]*ir.Tensor, len(outs))
	for i, v := range g.Outs {
		t := outs[i]
		if t.Reals != nil || v.Type.Elem.IsReal() {
			res[i] = t
			continue
		}
		r := ir.NewReals(t.Rows, t.Shape)
		n := len(v.Type.Scale)
		for k, q := range t.Ints {
			if n == 0 {
				r.Reals[k] = float64(q)
			} else {
				r.Reals[k] = float64(q-v.Type.Zero) * v.Type.Scale[k%n]
				if m := len(v.Type.Offset); m > 0 {
					r.Reals[k] += v.Type.Offset[k%m]
				}
			}
		}
		res[i] = r
	}
	return res
}

// runReal runs any graph on real rows and gives real outputs.
func runReal(g *ir.Graph, ins []*ir.Tensor) ([]*ir.Tensor, error) {
	enc, err := Encode(g, ins)
	if err != nil {
		return nil, err
	}
	outs, err := ir.Run(g, enc)
	if err != nil {
		return nil, fmt.Errorf("run: %w", err)
	}
	return Decode(g, outs), nil
}
