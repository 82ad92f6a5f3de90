package passes

import "mlpc/ir"

var dce = &Pass{
	Name: "dce", Effect: Exact, Default: true,
	Doc: "removes values that no output needs",
	Run: func(_ *Context, g *ir.Graph, _ Options) (*ir.Graph, error) { return g.Prune(), nil },
}
