package passes

import (
	"slices"

	"mlpc/ir"
)

// pushQuantizers moves quantizers with one scale from behind routes to before them, as far up as they go: an input that is reshaped
// and then quantized is quantized first, and values that are put together get one grid before they are. Where only inputs are routed,
// products and sums with one constant between route and quantizer go along.
func pushQuantizers(g *ir.Graph) *ir.Graph {
	return g.Rewrite(func(ng *ir.Graph, v *ir.Value, args []*ir.Value) *ir.Value {
		q, ok := v.Attr.(*ir.Quant)
		if !ok || !oneGrid(q) || isStatic(args[0]) {
			return nil
		}
		p := pusher{g: ng, v: v, q: q}
		x := args[0]
		for a, ok := staticAffine(x); ok && len(a.mul) == 1 && len(a.add) == 1; a, ok = staticAffine(x) {
			p.before = append(p.before, a)
			x = a.x
		}
		slices.Reverse(p.before)
		if x.Op != ir.OpRoute || isStatic(x) || len(p.before) > 0 && !routesInputs(x) {
			return nil
		}
		return p.push(x)
	}).Prune()
}

// routesInputs tells whether a value is made of inputs by routes alone.
func routesInputs(v *ir.Value) bool {
	if v.Op != ir.OpRoute {
		return v.Op == ir.OpInput
	}
	return !slices.ContainsFunc(v.Args, func(a *ir.Value) bool { return !routesInputs(a) })
}

// pusher moves one quantizer.
type pusher struct {
	g      *ir.Graph
	v      *ir.Value // the quantizer, in the old graph
	q      *ir.Quant
	before []affine // what is applied before it, with one constant each
}

// push quantizes the arguments of a route, and theirs.
func (p *pusher) push(route *ir.Value) *ir.Value {
	args := make([]*ir.Value, len(route.Args))
	for i, a := range route.Args {
		if a.Op == ir.OpRoute && !isStatic(a) {
			args[i] = p.push(a)
			continue
		}
		x := a
		for _, f := range p.before {
			x = f.value(p.g, x)
		}
		args[i] = p.g.New(ir.OpQuant, ir.Real, p.q, x).Named(a.Name, a.Pos)
		args[i].Type.Range = a.Type.Range
	}
	r := *route.Attr.(*ir.Route)
	r.Reals = slices.Clone(r.Reals)
	for i, x := range r.Reals {
		for _, f := range p.before {
			x = float64(f.mul[0]*x) + f.add[0]
		}
		r.Reals[i] = p.q.Real(p.q.Integer(x, 0), 0)
	}
	return p.g.New(ir.OpRoute, ir.Real, &r, args...).Named(p.v.Name, p.v.Pos)
}

// oneGrid tells whether a quantizer has one grid for all channels.
func oneGrid(q *ir.Quant) bool {
	return len(q.Scale) == 1 && len(q.Zero) == 1 && len(q.Lo) == 1 && len(q.Hi) == 1
}
