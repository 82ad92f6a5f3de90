package passes

import "mlpc/ir"

// foldIntegers replaces what no input reaches in an integer graph by constants: circuits have no use for computing it.
func foldIntegers(g *ir.Graph) (*ir.Graph, error) {
	fixed := make([]bool, len(g.Values))
	any := false
	for _, v := range g.Values {
		fixed[v.ID] = v.Op != ir.OpInput
		for _, a := range v.Args {
			fixed[v.ID] = fixed[v.ID] && fixed[a.ID]
		}
		any = any || fixed[v.ID] && v.Op != ir.OpConst
	}
	if !any {
		return g, nil
	}
	var row []*ir.Tensor
	for _, in := range g.Inputs() {
		row = append(row, ir.NewInts(1, in.Type.Shape))
	}
	values, err := ir.RunAll(g, row)
	if err != nil {
		return nil, err
	}
	ng := g.Rewrite(func(ng *ir.Graph, v *ir.Value, _ []*ir.Value) *ir.Value {
		if !fixed[v.ID] || v.Op == ir.OpConst {
			return nil
		}
		return ng.Add(ir.OpConst, v.Type, &ir.Data{Ints: values[v.ID].Ints})
	})
	return ng.Prune(), nil
}
