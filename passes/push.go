package passes

import (
	"mlpc/ir"
)

// pushQuantizers moves quantizers with one scale from behind routes to before them, as far up as they go: an input that is reshaped
// and then quantized is quantized first, and values that are put together get one grid before they are.
func pushQuantizers(g *ir.Graph) *ir.Graph {
	return g.Rewrite(func(ng *ir.Graph, v *ir.Value, args []*ir.Value) *ir.Value {
		q, ok := v.Attr.(*ir.Quant)
		if !ok || !oneGrid(q) || args[0].Op != ir.OpRoute || isStatic(args[0]) {
			return nil
		}
		return pushed(ng, v, q, args[0])
	}).Prune()
}

// pushed quantizes the arguments of a route, and theirs.
func pushed(g *ir.Graph, v *ir.Value, q *ir.Quant, route *ir.Value) *ir.Value {
	args := make([]*ir.Value, len(route.Args))
	for i, a := range route.Args {
		if a.Op == ir.OpRoute && !isStatic(a) {
			args[i] = pushed(g, v, q, a)
			continue
		}
		args[i] = g.New(ir.OpQuant, ir.Real, q, a).Named(a.Name, a.Pos)
		args[i].Type.Range = a.Type.Range
	}
	r := *route.Attr.(*ir.Route)
	for i := range r.Reals {
		if i == 0 {
			r.Reals = append([]float64(nil), r.Reals...)
		}
		r.Reals[i] = q.Real(q.Integer(r.Reals[i], 0), 0)
	}
	return g.New(ir.OpRoute, ir.Real, &r, args...).Named(v.Name, v.Pos)
}

// oneGrid tells whether a quantizer has one grid for all channels.
func oneGrid(q *ir.Quant) bool {
	return len(q.Scale) == 1 && len(q.Zero) == 1 && len(q.Lo) == 1 && len(q.Hi) == 1
}
