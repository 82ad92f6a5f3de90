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

// Estimate prices a program on a core: its constants and its memory, and the instructions of one inference with the real library, whose code
// comes on top. Instructions are 0 where layers run in plain loops or the core was not measured.
func Estimate(p *ir.Program, core string) (cc.Cost, error) {
	plan, err := cc.NewPlan(p.Graph)
	if err != nil {
		return cc.Cost{}, err
	}
	return cc.EstimateWith(p, core, library(singleRounding(plan), fallbacks(plan)))
}

// cost is a layer that the library computes, as the cost models count it.
func (c call) cost() cost.Layer {
	w := c.dense.Args[1].Type.Shape
	return cost.Layer{Kernel: c.function, Rows: w[0], Columns: w[1], Batch: c.dense.Type.Size() / max(1, w[0])}
}

// Layers gives the dense layers of a program as the cost models count them; an error where a layer is not the library's.
func Layers(p *ir.Program, _ string) ([]cost.Layer, error) {
	plan, err := cc.NewPlan(p.Graph)
	if err != nil {
		return nil, err
	}
	for _, f := range fallbacks(plan) {
		return nil, diag.New(diag.CodeTarget, f.pos(), "%s is not computed by the library", f.layer.Head.Op)
	}
	var layers []cost.Layer
	for _, l := range plan.Layers {
		c, _ := denseLayer(l)
		layers = append(layers, c.cost())
	}
	return layers, nil
}
