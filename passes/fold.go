package passes

import (
	"math"
	"slices"

	"mlpc/ir"
)

var fold = &Pass{
	Name: "fold", Effect: Exact, Default: true,
	Doc: "merges constants, batch normalization and scaling into dense layers in float64, and routes into one another",
	Run: func(c *Context, g *ir.Graph, _ Options) (*ir.Graph, error) {
		f := folder{quantized: c.Imported}
		g = g.Rewrite(func(ng *ir.Graph, v *ir.Value, args []*ir.Value) *ir.Value { return f.scalar(ng, v, args) }).Prune()
		f.uses = g.Uses()
		return g.Rewrite(f.dense).Prune(), nil
	},
}

// folder rewrites value by value; arguments are folded before their uses, so chains of any length fold in one walk.
type folder struct {
	quantized bool  // the graph has quantizers: their grids must stay visible, so weights stay as they are
	uses      []int // of the old graph, by ID
}

// scalar folds constants, affine chains, clamps and routes.
func (f *folder) scalar(g *ir.Graph, v *ir.Value, args []*ir.Value) *ir.Value {
	if v.Type.Elem.IsReal() && len(args) > 0 && !f.quantized {
		if k := evaluate(v, args); k != nil {
			return g.ConstReal(v.Type.Shape, k)
		}
	}
	switch v.Op {
	case ir.OpRoute:
		return f.route(g, v, args)
	case ir.OpMax, ir.OpMin:
		return clampOf(g, v, args)
	case ir.OpClamp:
		return clampClamp(g, v, args)
	}
	return f.chain(g, v, args)
}

// evaluate computes a real value whose arguments are all constants.
func evaluate(v *ir.Value, args []*ir.Value) []float64 {
	g := &ir.Graph{}
	copies := make([]*ir.Value, len(args))
	for i, a := range args {
		if !isConst(a) {
			return nil
		}
		copies[i] = g.ConstReal(a.Type.Shape, a.Const().Reals)
	}
	g.Outs = []*ir.Value{g.Add(v.Op, v.Type, v.Attr, copies...)}
	out, err := ir.Run(g, nil)
	if err != nil {
		return nil
	}
	return out[0].Reals
}

// chain merges an affine function of an affine function.
func (f *folder) chain(g *ir.Graph, v *ir.Value, args []*ir.Value) *ir.Value {
	w := *v
	w.Args = args
	second, ok := asAffine(&w)
	if !ok || !v.Type.Elem.IsReal() {
		return nil
	}
	if first, ok := chainOf(second.x); ok && !f.quantized {
		return first.then(second).value(g, first.x)
	}
	if all(second.mul, 1) && all(second.add, 0) {
		return second.x
	}
	return nil
}

// chainOf reads x as mul and add of something, at most two values.
func chainOf(x *ir.Value) (affine, bool) {
	last, ok := asAffine(x)
	if !ok {
		return affine{}, false
	}
	if first, ok := asAffine(last.x); ok {
		return first.then(last), true
	}
	return last, true
}

// clampOf reads max and min with one constant as a clamp.
func clampOf(g *ir.Graph, v *ir.Value, args []*ir.Value) *ir.Value {
	x, k := args[0], args[1]
	if isConst(x) {
		x, k = k, x
	}
	if isConst(x) || !isConst(k) || !sameShape(x, v) || !all(k.Const().Reals, k.Const().Reals[0]) {
		return nil
	}
	c := &ir.Clamp{RLo: k.Const().Reals[0], RHi: math.Inf(1)}
	if v.Op == ir.OpMin {
		c = &ir.Clamp{RLo: math.Inf(-1), RHi: k.Const().Reals[0]}
	}
	w := &ir.Value{Op: ir.OpClamp, Attr: c, Type: v.Type}
	if r := clampClamp(g, w, []*ir.Value{x}); r != nil {
		return r
	}
	return g.New(ir.OpClamp, ir.Real, c, x)
}

// clampClamp merges a real clamp of a clamp.
func clampClamp(g *ir.Graph, v *ir.Value, args []*ir.Value) *ir.Value {
	inner := args[0]
	if inner.Op != ir.OpClamp || !v.Type.Elem.IsReal() {
		return nil
	}
	a, b := inner.Attr.(*ir.Clamp), v.Attr.(*ir.Clamp)
	limit := func(x float64) float64 { return min(max(x, b.RLo), b.RHi) }
	return g.New(ir.OpClamp, ir.Real, &ir.Clamp{RLo: limit(a.RLo), RHi: limit(a.RHi)}, inner.Args[0])
}

// route composes a route with the routes that it reads, drops one that changes nothing, and moves an affine function of a
// permuted value behind the route, nearer to the dense layer that takes it in.
func (f *folder) route(g *ir.Graph, v *ir.Value, args []*ir.Value) *ir.Value {
	r := v.Attr.(*ir.Route)
	if len(args) == 1 && sameShape(args[0], v) && isIdentity(r) {
		return args[0]
	}
	if nv := composeRoutes(g, v, args); nv != nil {
		return nv
	}
	if f.quantized || len(args) != 1 || len(r.Reals) > 0 || !v.Type.Elem.IsReal() {
		return nil
	}
	last, ok := asFullAffine(args[0])
	if !ok {
		return nil
	}
	moved := f.route(g, v, []*ir.Value{last.x})
	if moved == nil {
		moved = g.New(ir.OpRoute, ir.Real, r, last.x)
	}
	k := make([]float64, len(r.Index))
	for i, from := range r.Index {
		k[i] = last.k[from]
	}
	return g.New(last.op, ir.Real, nil, moved, g.ConstReal(v.Type.Shape, k))
}

// fullAffine is an add or mul of a run-time value with a constant, spread over all elements.
type fullAffine struct {
	x  *ir.Value
	op ir.Op
	k  []float64
}

// asFullAffine reads v as an add or mul with a constant of any shape that broadcasts to the value's.
func asFullAffine(v *ir.Value) (fullAffine, bool) {
	if v.Op != ir.OpAdd && v.Op != ir.OpMul {
		return fullAffine{}, false
	}
	x, k := v.Args[0], v.Args[1]
	if isConst(x) {
		x, k = k, x
	}
	if isConst(x) || !isConst(k) || !sameShape(x, v) {
		return fullAffine{}, false
	}
	full := &ir.Graph{}
	zero := full.ConstReal(v.Type.Shape, make([]float64, v.Type.Size()))
	full.Outs = []*ir.Value{full.New(ir.OpAdd, ir.Real, nil, zero, full.ConstReal(k.Type.Shape, k.Const().Reals))}
	out, err := ir.Run(full, nil)
	if err != nil {
		return fullAffine{}, false
	}
	return fullAffine{x, v.Op, out[0].Reals}, true
}

// isIdentity tells whether a route gives its only argument back.
func isIdentity(r *ir.Route) bool {
	for i, x := range r.Index {
		if int(x) != i {
			return false
		}
	}
	return true
}

// composeRoutes reads through arguments that are routes themselves; nil where none is.
func composeRoutes(g *ir.Graph, v *ir.Value, args []*ir.Value) *ir.Value {
	if !slices.ContainsFunc(args, func(a *ir.Value) bool { return a.Op == ir.OpRoute }) {
		return nil
	}
	outer := v.Attr.(*ir.Route)
	r := &ir.Route{Shape: outer.Shape, Fill: slices.Clone(outer.Fill), Reals: slices.Clone(outer.Reals)}
	real := v.Type.Elem.IsReal()
	fills := func() int {
		if real {
			return len(r.Reals)
		}
		return len(r.Fill)
	}
	var from []int32 // element of the arguments laid end to end → index into the new arguments, or fill
	var flat []*ir.Value
	base := int32(0)
	for _, a := range args {
		inner, ok := a.Attr.(*ir.Route)
		if !ok || a.Op != ir.OpRoute {
			for i := range a.Type.Size() {
				from = append(from, base+int32(i))
			}
			flat = append(flat, a)
			base += int32(a.Type.Size())
			continue
		}
		shift := int32(fills())
		r.Fill, r.Reals = append(r.Fill, inner.Fill...), append(r.Reals, inner.Reals...)
		for _, x := range inner.Index {
			if x < 0 {
				from = append(from, x-shift)
			} else {
				from = append(from, base+x)
			}
		}
		for _, b := range a.Args {
			flat = append(flat, b)
			base += int32(b.Type.Size())
		}
	}
	for _, x := range outer.Index {
		if x >= 0 {
			x = from[x]
		}
		r.Index = append(r.Index, x)
	}
	if len(flat) == 1 && len(flat[0].Type.Shape) == len(r.Shape) && slices.Equal(flat[0].Type.Shape, r.Shape) && isIdentity(r) {
		return flat[0]
	}
	return g.New(ir.OpRoute, v.Type.Elem, r, flat...)
}
