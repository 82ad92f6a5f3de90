package passes

import (
	"math"

	"mlpc/ir"
	"mlpc/ir/diag"
)

var equalize = &Pass{
	Name: "equalize", Effect: Exact,
	Doc: "scales the channels between two dense layers so that activations and weights reach alike (cross-layer equalization)",
	Run: func(c *Context, g *ir.Graph, _ Options) (*ir.Graph, error) {
		if g.IsInteger() || c.Imported {
			return g, nil
		}
		values, err := runValues(g, c.Calib.Head(obsRows).Ins)
		if err != nil {
			return nil, diag.New(diag.CodeData, diag.Pos{}, "the calibration rows do not run: %v", err)
		}
		rows, columns := channelScales(g, values)
		return g.Rewrite(func(ng *ir.Graph, v *ir.Value, args []*ir.Value) *ir.Value {
			up, down := rows[v], columns[v]
			if up == nil && down == nil {
				return nil
			}
			l := layerOf(&ir.Value{Op: v.Op, Attr: v.Attr, Args: args, Type: v.Type})
			for o := range l.out {
				for i := range l.in {
					if down != nil {
						l.w[o*l.in+i] /= down[i]
					}
					if up != nil {
						l.w[o*l.in+i] *= up[o]
					}
				}
				if up != nil {
					l.b[o] *= up[o]
				}
			}
			return l.value(ng)
		}).Prune(), nil
	},
}

// channelScales gives for dense layers the factors of their rows, and for the layers that alone read them, through a clamp at 0 at
// most, the divisors of their columns. A factor is the root of the reach of the next layer's column over the reach of the channel on
// the calibration rows (Nagel et al., "Data-free quantization through weight equalization and bias correction", 2019, with measured
// ranges of activations in the place of weights').
func channelScales(g *ir.Graph, values []*ir.Tensor) (rows, columns map[*ir.Value][]float64) {
	rows, columns = map[*ir.Value][]float64{}, map[*ir.Value][]float64{}
	for _, v := range g.Values {
		if v.Op != ir.OpDense || len(v.Type.Shape) != 1 {
			continue
		}
		chain, next := readerOf(g, v)
		if next == nil || !isConst(v.Args[1]) || !isConst(next.Args[1]) || !scalesThrough(chain) {
			continue
		}
		first, second := layerOf(v), layerOf(next)
		if first.groups > 1 || second.groups > 1 {
			continue
		}
		reach, weight := reaches(values[next.Args[0].ID].Reals, first.out), reaches(second.w, first.out)
		s := make([]float64, first.out)
		for c := range s {
			s[c] = 1
			if reach[c] > 0 && weight[c] > 0 {
				s[c] = math.Sqrt(weight[c] / reach[c])
			}
		}
		rows[v], columns[next] = s, s
	}
	return rows, columns
}

// scalesThrough tells whether a positive factor passes through all values of a chain.
func scalesThrough(chain map[*ir.Value]bool) bool {
	for v := range chain {
		c, ok := v.Attr.(*ir.Clamp)
		if !ok || c.RLo != 0 && !math.IsInf(c.RLo, 0) || c.RHi != 0 && !math.IsInf(c.RHi, 0) {
			return false
		}
	}
	return true
}

// reaches gives the largest size in each of n columns.
func reaches(x []float64, n int) []float64 {
	m := make([]float64, n)
	for i, y := range x {
		m[i%n] = max(m[i%n], math.Abs(y))
	}
	return m
}
