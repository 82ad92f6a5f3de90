package passes

import (
	"fmt"
	"math"

	"mlpc/ir"
	"mlpc/ir/net"
)

var tune = &Pass{
	Name: "tune", Effect: Lossy,
	Doc: "moves integer weights to numbers that cost fewer adders, as far as the calibration rows allow",
	Options: []Option{
		{Name: "loss", Doc: "most that the calibration rows may lose: points of accuracy (of agreement where they have no labels), per cent of the error where there is nothing to decide", Default: "0.5", Check: number(0, 100)},
	},
	Run: func(c *Context, g *ir.Graph, o Options) (*ir.Graph, error) {
		rows := c.Calib.Head(tuneRows)
		if rows.Len() == 0 {
			return g, nil
		}
		folds, err := newFolds(g, rows)
		if err != nil {
			return nil, err
		}
		price, err := search(folds, o.Real("loss")/100)
		if err != nil || price == 0 {
			return g, err
		}
		all, err := newTuner(g, rows, rows)
		if err != nil {
			return nil, err
		}
		best := all.rebuild(price)
		if before, after := adderBits(g), adderBits(best); before > 0 {
			c.Note(fmt.Sprintf("tune: %d one-bit adders after sharing, %d before", after, before))
		}
		return best, nil
	},
}

// tuner changes the dense layers of a graph by what it knows from some rows, and measures what a change costs on others.
type tuner struct {
	g      *ir.Graph
	meter  *meter
	layers map[*ir.Value]*tuneLayer
}

// newFolds makes two tuners, each of which learns from one half of the rows and measures on the other: rows that a change was fitted
// to would flatter it.
func newFolds(g *ir.Graph, rows *Rows) ([]*tuner, error) {
	a, b := rows.half(0), rows.half(1)
	if b.Len() == 0 {
		b = a
	}
	x, err := newTuner(g, a, b)
	if err != nil {
		return nil, err
	}
	y, err := newTuner(g, b, a)
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

// newTuner collects the dense layers with their inputs on the rows to learn from.
func newTuner(g *ir.Graph, learn, measure *Rows) (*tuner, error) {
	m, err := newMeter(g, measure)
	if err != nil {
		return nil, err
	}
	enc, err := Encode(g, learn.Ins)
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
	t := &tuner{g: g, meter: m, layers: map[*ir.Value]*tuneLayer{}}
	for _, v := range g.Values {
		if d, ok := v.Attr.(*ir.Dense); ok && d.Unit == nil && d.Groups <= 1 && !v.Type.Elem.IsReal() && !isConst(v.Args[0]) {
			t.layers[v] = newTuneLayer(v, vals[v.Args[0].ID].Ints, ranges[v.Args[0].ID])
		}
	}
	return t, nil
}

// tuneRows is how many calibration rows the pass looks at.
const tuneRows = 2048

// search finds the highest price of a digit at which the folds together stay within the bound; 0: none. The price is what a digit
// may cost in mean square error, relative to the mean square of the row's result.
func search(folds []*tuner, bound float64) (float64, error) {
	for e := 0.0; e >= -20; e -= 0.5 {
		price := math.Exp2(e)
		lost := 0.0
		for _, t := range folds {
			x, err := t.measure(price)
			if err != nil {
				return 0, err
			}
			lost += x / float64(len(folds))
		}
		if lost <= bound {
			return price, nil
		}
	}
	return 0, nil
}

// measure gives the loss at a price.
func (t *tuner) measure(price float64) (float64, error) {
	_, reference := t.meter.metric(t.meter.ref)
	outs, err := runReal(t.rebuild(price), t.meter.rows.Ins)
	if err != nil {
		return 0, err
	}
	return t.lost(reference, outs), nil
}

// lost is what outs are worse than the graph was. With labels it is the accuracy, or, if that is more, half the fraction of rows that
// would be decided otherwise if the outputs had moved twice as far: rows that a model was trained on stand further from the border than
// those that it will meet. Without labels it is half the fraction that is decided otherwise, since a changed decision of a row on the
// border is as often right as wrong. Where nothing is decided it is the error's growth relative to the outputs.
func (t *tuner) lost(reference float64, outs []*ir.Tensor) float64 {
	name, x := t.meter.metric(outs)
	ref := t.meter.ref[0]
	switch {
	case name == "accuracy":
		return max(reference-x, (1-t.meter.agreement(ref, doubled(ref, outs[0])))/2)
	case t.meter.kind != noDecision:
		return (1 - t.meter.agreement(ref, outs[0])) / 2
	case name == "rmse":
		return x/max(reference, 1e-12) - 1
	}
	return math.Pow(10, -x/20)
}

// doubled is as far again from ref as got is.
func doubled(ref, got *ir.Tensor) *ir.Tensor {
	d := ir.NewReals(got.Rows, got.Shape)
	for i, x := range got.Reals {
		d.Reals[i] = 2*x - ref.Reals[i]
	}
	return d
}

// rebuild gives the graph with every layer tuned at a price for a digit.
func (t *tuner) rebuild(price float64) *ir.Graph {
	return t.g.Rewrite(func(ng *ir.Graph, v *ir.Value, args []*ir.Value) *ir.Value {
		l := t.layers[v]
		if l == nil {
			return nil
		}
		w, b := l.tune(price, v.Type.Elem)
		wv := ng.Const(args[1].Type.Shape, w).Named(args[1].Name, args[1].Pos)
		wv.Type.Scale, wv.Type.Zero = args[1].Type.Scale, args[1].Type.Zero
		return ng.Add(v.Op, v.Type, v.Attr, args[0], wv, ng.Const([]int{l.rows}, b))
	}).Prune()
}

// adderBits is the number of one-bit adders that the unrolled circuit of g needs; 0 where it is too large to lower for a remark.
func adderBits(g *ir.Graph) int {
	weights := 0
	for _, v := range g.Values {
		if v.Op == ir.OpDense {
			weights += v.Args[1].Type.Size()
		}
	}
	if weights > tuneWeights {
		return 0
	}
	c, err := net.Lower(g)
	if err != nil {
		return 0
	}
	return c.AdderBits()
}

// tuneWeights is the size of net, in weights, up to which the pass counts adders for its remark.
const tuneWeights = 100000
