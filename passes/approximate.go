package passes

import (
	"mlpc/approx"
	"mlpc/ir"
	"mlpc/ir/diag"
)

var approximate = &Pass{
	Name: "approximate", Effect: Lossy,
	Doc: "gives dense layers an approximate multiplier",
	Options: []Option{
		{Name: "unit", Doc: "the multiplier, for example trunc:3; none: exact", Default: "trunc:2", Check: checkUnit},
	},
	Layers: []string{"unit"},
	Run: func(_ *Context, g *ir.Graph, o Options) (*ir.Graph, error) {
		var errs diag.List
		ng := g.Rewrite(func(ng *ir.Graph, v *ir.Value, args []*ir.Value) *ir.Value {
			name := o.Layer(v.Name, "unit")
			if v.Op != ir.OpDense || v.Type.Elem.IsReal() || name == "none" {
				return nil
			}
			unit, err := approx.Parse(name)
			if err != nil {
				errs.Addf(diag.CodeOption, v.Pos, "%v", err)
				return nil
			}
			d := *v.Attr.(*ir.Dense)
			d.Unit = unit
			nv := ng.New(ir.OpDense, ir.Elem{}, &d, args...)
			nv.Type.Scale, nv.Type.Zero = v.Type.Scale, v.Type.Zero
			return nv
		})
		return ng, errs.Err()
	},
}

func checkUnit(s string) error {
	if s == "none" {
		return nil
	}
	_, err := approx.Parse(s)
	return err
}
