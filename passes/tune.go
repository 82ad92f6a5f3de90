package passes

import (
	"fmt"

	"mlpc/ir"
	"mlpc/ir/net"
)

var tune = &Pass{
	Name: "tune", Effect: Lossy,
	Doc: "moves integer weights to numbers that cost fewer adders, as far as the calibration rows allow",
	Options: []Option{
		{Name: "loss", Doc: "most that the calibration rows may lose: points of accuracy (where they have no labels, of agreement with the model), per cent of the error where there is nothing to decide", Default: "0.5", Check: number(0, 100)},
	},
	Run: func(c *Context, g *ir.Graph, o Options) (*ir.Graph, error) {
		rows := c.Calib.Head(tuneRows)
		if rows.Len() == 0 {
			return g, nil
		}
		from := tuneStart{c.Model, g, g}
		if c.Config.Arch == "unrolled" {
			var err error
			if from.g, err = capped(g, rows.mixed(tuneMixed)); err != nil {
				return nil, err
			}
		}
		best, err := from.run(rows, o.Real("loss")/100)
		if err != nil || best == nil {
			return g, err
		}
		if before, after := adderBits(g), adderBits(best); before > 0 {
			c.Note(fmt.Sprintf("tune: %d one-bit adders after sharing, %d before", after, before))
		}
		return best, nil
	},
}

// tuneStart is where a search begins.
type tuneStart struct {
	model *ir.Graph // as it came; nil: unknown
	plain *ir.Graph // that losses are counted from
	g     *ir.Graph // whose weights are moved
}

// run gives the cheapest graph that was found within the bound, nil where there is none.
func (s tuneStart) run(rows *Rows, bound float64) (*ir.Graph, error) {
	folds, err := s.folds(rows)
	if err != nil {
		return nil, err
	}
	search := &tuneSearch{folds: folds, bound: bound * tuneTrust}
	found, err := search.run()
	if err != nil || !found {
		return nil, err
	}
	all, err := s.tuner(rows, rows)
	if err != nil {
		return nil, err
	}
	search.bound = bound
	return search.settle(all)
}

// tuner changes the dense layers of a graph by what it knows from some rows, and measures what a change costs on others.
type tuner struct {
	judge
	g      *ir.Graph
	learn  []*ir.Tensor // inputs, as integers
	layers map[*ir.Value]*tuneLayer
	order  []*ir.Value // the layers
}

// folds makes two tuners, each of which learns from one half of the rows and measures on the other: rows that a change was fitted
// to would flatter it.
func (s tuneStart) folds(rows *Rows) ([]*tuner, error) {
	a, b := rows.half(0), rows.half(1)
	if b.Len() == 0 {
		b = a
	}
	x, err := s.tuner(a, b)
	if err != nil {
		return nil, err
	}
	y, err := s.tuner(b, a)
	return []*tuner{x, y}, err
}

// half gives every other row, from row first on.
func (r *Rows) half(first int) *Rows {
	pick := func(t *ir.Tensor) *ir.Tensor {
		n := t.Size()
		h := &ir.Tensor{Shape: t.Shape}
		for i := first; i < t.Rows; i += 2 {
			h.Reals = append(h.Reals, t.Reals[i*n:(i+1)*n]...)
			h.Rows++
		}
		return h
	}
	h := &Rows{}
	for _, t := range r.Ins {
		h.Ins = append(h.Ins, pick(t))
	}
	for i := first; i < len(r.Labels); i += 2 {
		h.Labels = append(h.Labels, r.Labels[i])
	}
	if r.Targets != nil {
		h.Targets = pick(r.Targets)
	}
	return h
}

// tuner collects the dense layers with their inputs on the rows to learn from.
func (s tuneStart) tuner(learn, measure *Rows) (*tuner, error) {
	j, err := newJudge(s.model, s.plain, measure)
	if err != nil {
		return nil, err
	}
	g := s.g
	enc, err := Encode(g, learn.mixed(tuneMixed).Ins)
	if err != nil {
		return nil, err
	}
	vals, err := ir.RunAll(g, enc)
	if err != nil {
		return nil, err
	}
	ranges, err := ir.Ranges(g)
	if err != nil {
		return nil, err
	}
	t := &tuner{judge: j, g: g, learn: enc, layers: map[*ir.Value]*tuneLayer{}}
	for _, v := range g.Values {
		if d, ok := v.Attr.(*ir.Dense); ok && d.Unit == nil && d.Groups <= 1 && !v.Type.Elem.IsReal() && !isConst(v.Args[0]) {
			l := newTuneLayer(v, vals[v.Args[0].ID].Ints, ranges[v.Args[0].ID])
			t.layers[v], t.order = l, append(t.order, v)
		}
	}
	return t, t.sense(vals)
}

// tuneRows is how many calibration rows the pass looks at.
const tuneRows = 2048

// build gives the graph with every layer tuned at a price for an adder bit, one after the other: each sees the inputs that the ones
// before it leave.
func (t *tuner) build(price float64) (*ir.Graph, error) {
	done := map[*ir.Value]tunedRows{}
	for _, v := range t.order {
		var now []int64
		if len(done) > 0 {
			h := *t.g
			h.Outs = []*ir.Value{v.Args[0]}
			outs, err := ir.Run(t.with(&h, done), t.learn)
			if err != nil {
				return nil, err
			}
			now = outs[0].Ints
		}
		done[v] = t.layers[v].tune(price, v.Type.Elem, now)
	}
	return t.with(t.g, done), nil
}

// with gives g with the layers that are done.
func (t *tuner) with(g *ir.Graph, done map[*ir.Value]tunedRows) *ir.Graph {
	return g.Rewrite(func(ng *ir.Graph, v *ir.Value, args []*ir.Value) *ir.Value {
		d, ok := done[v]
		if !ok {
			return nil
		}
		wv := ng.Const(args[1].Type.Shape, d.w).Named(args[1].Name, args[1].Pos)
		wv.Type.Scale, wv.Type.Zero = args[1].Type.Scale, args[1].Type.Zero
		y := v.Type
		y.Elem = d.elem
		return ng.Add(v.Op, y, v.Attr, args[0], wv, ng.Const([]int{len(d.bias)}, d.bias))
	}).Prune()
}

// adderBits is the number of one-bit adders that the unrolled circuit of g needs; 0 where it is too large to lower for a remark.
func adderBits(g *ir.Graph) int {
	if denseWeights(g) > tuneWeights {
		return 0
	}
	c, err := net.Lower(g)
	if err != nil {
		return 0
	}
	return c.AdderBits()
}

// denseWeights is the number of weights of the dense layers.
func denseWeights(g *ir.Graph) int {
	n := 0
	for _, v := range g.Values {
		if v.Op == ir.OpDense {
			n += v.Args[1].Type.Size()
		}
	}
	return n
}

// tuneWeights is the size of net, in weights, up to which the pass counts adders for its remark.
const tuneWeights = 100000
