package passes

import (
	"math"

	"mlpc/approx"
	"mlpc/ir"
	"mlpc/ir/diag"
)

var approximate = &Pass{
	Name: "approximate", Effect: Lossy,
	Doc: "gives dense layers an approximate multiplier",
	Options: []Option{
		{Name: "unit", Doc: "the multiplier, for example trunc:3; none: exact", Default: "trunc:2", Check: checkUnit},
		{Name: "loss", Doc: "instead of one unit, for each layer the coarsest truncation with which the calibration rows lose at most so many points of accuracy (of agreement where they have no labels), or per cent of the error", Check: empty(number(0, 100))},
	},
	Layers: []string{"unit"},
	Run: func(c *Context, g *ir.Graph, o Options) (*ir.Graph, error) {
		if o["loss"] != "" {
			return truncateWithin(c, g, o.Real("loss")/100)
		}
		units := map[int]*approx.Unit{}
		for _, v := range g.Values {
			name := o.Layer(v.Name, "unit")
			if v.Op != ir.OpDense || v.Type.Elem.IsReal() || name == "none" {
				continue
			}
			unit, err := approx.Parse(name)
			if err != nil {
				return nil, diag.New(diag.CodeOption, v.Pos, "%v", err)
			}
			units[v.ID] = unit
		}
		return withUnits(g, units), nil
	},
}

func checkUnit(s string) error {
	if s == "none" {
		return nil
	}
	_, err := approx.Parse(s)
	return err
}

// withUnits gives dense values, by ID, their multipliers; all others stay.
func withUnits(g *ir.Graph, units map[int]*approx.Unit) *ir.Graph {
	return g.Rewrite(func(ng *ir.Graph, v *ir.Value, args []*ir.Value) *ir.Value {
		unit := units[v.ID]
		if unit == nil {
			return nil
		}
		d := *v.Attr.(*ir.Dense)
		d.Unit = unit
		nv := ng.New(ir.OpDense, ir.Elem{}, &d, args...)
		nv.Type.Scale, nv.Type.Zero = v.Type.Scale, v.Type.Zero
		return nv
	})
}

// coarsestTruncation is the largest truncation that truncateWithin tries.
const coarsestTruncation = 16

// truncateWithin gives each layer in turn the coarsest truncation with which the calibration rows still lose no more than the layer's
// share of the limit.
func truncateWithin(c *Context, g *ir.Graph, limit float64) (*ir.Graph, error) {
	rows := c.Calib.Head(measureRows)
	if rows.Len() == 0 {
		return nil, diag.New(diag.CodeData, diag.Pos{}, "a largest loss is asked for and there are no rows to measure it on").WithHint("give --data, or a unit")
	}
	m, err := newMeter(g, rows)
	if err != nil {
		return nil, err
	}
	var layers []int
	for _, v := range g.Values {
		if v.Op == ir.OpDense && !v.Type.Elem.IsReal() {
			layers = append(layers, v.ID)
		}
	}
	units := map[int]*approx.Unit{}
	for i, id := range layers {
		share := limit * float64(i+1) / float64(len(layers))
		for k := 1; k <= coarsestTruncation; k++ {
			try := map[int]*approx.Unit{id: approx.Truncated(k)}
			for j, u := range units {
				if j != id {
					try[j] = u
				}
			}
			outs, err := runReal(withUnits(g, try), rows.Ins)
			if err != nil {
				return nil, err
			}
			if m.loss(outs) > share {
				break
			}
			units = try
		}
	}
	return withUnits(g, units), nil
}

// loss is what outputs lose against the meter's own graph: points of accuracy or of agreement as a fraction, the relative growth of
// the error, or where there is neither label, target nor decision the relative error itself.
func (m *meter) loss(outs []*ir.Tensor) float64 {
	name, value := m.metric(outs)
	_, base := m.metric(m.float)
	switch {
	case name == "accuracy":
		return base - value
	case name == "rmse":
		return value/base - 1
	case m.kind != noDecision:
		return 1 - m.agreement(m.ref[0], outs[0])
	}
	return math.Pow(10, -value/20)
}
