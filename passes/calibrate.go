package passes

import (
	"slices"

	"mlpc/ir"
	"mlpc/ir/diag"
)

var calibrate = &Pass{
	Name: "calibrate", Effect: Exact, Default: true,
	Doc:     "runs the calibration rows and notes the least and the largest value of everything",
	Options: []Option{{Name: "rows", Doc: "how many rows to use at most", Default: "4096", Check: whole(1, 1<<20)}},
	Run: func(c *Context, g *ir.Graph, o Options) (*ir.Graph, error) {
		if g.IsInteger() {
			return g, nil
		}
		all, err := runValues(g, c.Calib.Head(o.Int("rows")).Ins)
		if err != nil {
			return nil, diag.New(diag.CodeData, diag.Pos{}, "the calibration rows do not run: %v", err)
		}
		var errs diag.List
		infinite, told := map[*ir.Value]bool{}, map[diag.Pos]bool{}
		ng := g.Rewrite(func(ng *ir.Graph, v *ir.Value, args []*ir.Value) *ir.Value {
			t := v.Type
			if x := all[v.ID]; x != nil && len(x.Reals) > 0 {
				lo, hi := bounds(x.Reals)
				infinite[v] = !(hi-lo < 1e300)
				if infinite[v] && !told[v.Pos] && !slices.ContainsFunc(v.Args, func(a *ir.Value) bool { return infinite[a] }) {
					told[v.Pos] = true
					errs.Addf(diag.CodeValue, v.Pos, "values on the calibration rows are not finite").
						WithHint("the node divides by 0, or takes a logarithm or root of a negative number: give other rows, or leave it outside the model")
				}
				t.Range = &[2]float64{lo, hi}
			}
			return ng.Add(v.Op, t, v.Attr, args...)
		})
		return ng, errs.Err()
	},
}

// runValues computes every run-time value of g, indexed by ID; nil for static ones.
func runValues(g *ir.Graph, ins []*ir.Tensor) ([]*ir.Tensor, error) {
	h := &ir.Graph{Name: g.Name, Values: g.Values}
	for _, v := range g.Values {
		if !isStatic(v) {
			h.Outs = append(h.Outs, v)
		}
	}
	outs, err := ir.Run(h, ins)
	if err != nil {
		return nil, err
	}
	all := make([]*ir.Tensor, len(g.Values))
	for i, v := range h.Outs {
		all[v.ID] = outs[i]
	}
	return all, nil
}

// bounds gives the least and the largest of xs, which is not empty.
func bounds(xs []float64) (lo, hi float64) {
	lo, hi = xs[0], xs[0]
	for _, x := range xs {
		lo, hi = min(lo, x), max(hi, x)
	}
	return lo, hi
}
