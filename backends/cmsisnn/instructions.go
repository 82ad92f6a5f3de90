package cmsisnn

import (
	_ "embed"

	cc "mlpc/backends/c"
	"mlpc/backends/cost"
	"mlpc/ir"
	"mlpc/ir/diag"
)

// costTable holds the cost models of the library's functions (CMSIS-NN 99f736a): `CMSIS_NN_DIR=DIR go test ./backends/cmsisnn -run
// TestFit -update` measures and fits it.
//
//go:embed costs.csv
var costTable string

// costs are the models of costTable.
var costs = cost.MustRead(costTable)

// Instructions estimates what one inference takes on a core with the real library, in instructions; false: not known, since layers
// run in loops of ours or the core was not measured.
func Instructions(p *ir.Program, core string) (int, bool) {
	layers, err := Layers(p, core)
	if err != nil {
		return 0, false
	}
	n, ok := costs.Instructions(cc.CostCore(core), layers)
	return int(n + 0.5), ok
}

// Layers gives the dense layers of a program as the cost models count them; an error where a layer is not the library's.
func Layers(p *ir.Program, _ string) ([]cost.Layer, error) {
	plan, err := cc.NewPlan(p.Graph)
	if err != nil {
		return nil, err
	}
	var layers []cost.Layer
	for _, l := range plan.Layers {
		c, ok := denseLayer(l)
		if !ok {
			return nil, diag.New(diag.CodeTarget, l.Head.Pos, "%s is not computed by the library", l.Head.Op)
		}
		w := c.dense.Args[1].Type.Shape
		layers = append(layers, cost.Layer{Kernel: c.function, Rows: w[0], Columns: w[1], Batch: c.dense.Type.Size() / max(1, w[0])})
	}
	return layers, nil
}
