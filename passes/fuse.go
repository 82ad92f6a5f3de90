package passes

import (
	"mlpc/ir"
	"mlpc/ir/num"
)

var fuse = &Pass{
	Name: "fuse", Effect: Exact, Default: true,
	Doc: "merges clamps into requants, requants into tables that get no larger, tables into tables, and routes into routes",
	Run: func(_ *Context, g *ir.Graph, _ Options) (*ir.Graph, error) {
		uses := g.Uses()
		return g.Rewrite(func(ng *ir.Graph, v *ir.Value, args []*ir.Value) *ir.Value {
			if v.Type.Elem.IsReal() || len(args) == 0 {
				return nil
			}
			once := uses[v.Args[0].ID] == 1
			switch v.Op {
			case ir.OpClamp:
				return fuseClamp(ng, v, args[0], once)
			case ir.OpTable:
				return fuseTable(ng, v, args[0], once)
			case ir.OpRoute:
				if len(args) == 1 && sameShape(args[0], v) && isIdentity(v.Attr.(*ir.Route)) {
					return args[0]
				}
				return retype(composeRoutes(ng, v, args), v)
			}
			return nil
		}).Prune(), nil
	},
}

// retype copies what explains a value to its replacement.
func retype(nv, v *ir.Value) *ir.Value {
	if nv != nil && nv.Type.Scale == nil {
		nv.Type.Scale, nv.Type.Zero = v.Type.Scale, v.Type.Zero
	}
	return nv
}

// fuseClamp merges a clamp into the requant, clamp or table that it alone reads, and drops one that limits nothing.
func fuseClamp(g *ir.Graph, v, x *ir.Value, once bool) *ir.Value {
	c := v.Attr.(*ir.Clamp)
	if lo, hi := x.Interval().Bounds(); lo >= c.Lo && hi <= c.Hi {
		return x
	}
	if !once {
		return nil
	}
	switch a := x.Attr.(type) {
	case *ir.Requant:
		r := *a
		r.Lo, r.Hi = num.Clamp(a.Lo, c.Lo, c.Hi), num.Clamp(a.Hi, c.Lo, c.Hi)
		return retype(g.New(ir.OpRequant, ir.Fit(r.Lo, r.Hi), &r, x.Args[0]), v)
	case *ir.Clamp:
		lo, hi := num.Clamp(a.Lo, c.Lo, c.Hi), num.Clamp(a.Hi, c.Lo, c.Hi)
		return retype(g.New(ir.OpClamp, ir.Elem{}, &ir.Clamp{Lo: lo, Hi: hi}, x.Args[0]), v)
	case *ir.Table:
		t := &ir.Table{Lo: a.Lo, Values: make([]int64, len(a.Values))}
		for i, y := range a.Values {
			t.Values[i] = num.Clamp(y, c.Lo, c.Hi)
		}
		return retype(g.New(ir.OpTable, ir.Elem{}, t, x.Args[0]), v)
	}
	return nil
}

// fuseTable merges a table into the table that it alone reads, or into the requant, where the accumulator has no more integers than the
// table.
func fuseTable(g *ir.Graph, v, x *ir.Value, once bool) *ir.Value {
	if r, ok := x.Attr.(*ir.Requant); ok && once && len(r.Mul) == 1 && len(r.Add) <= 1 && len(r.Shift) == 1 {
		return fuseRequant(g, v, x, r)
	}
	inner, ok := x.Attr.(*ir.Table)
	if !ok || !once {
		return nil
	}
	outer := v.Attr.(*ir.Table)
	lo, hi := x.Args[0].Interval().Bounds()
	t := &ir.Table{Lo: lo, Values: make([]int64, hi-lo+1)}
	for i := range t.Values {
		t.Values[i] = outer.Values[inner.Values[lo+int64(i)-inner.Lo]-outer.Lo]
	}
	return retype(g.New(ir.OpTable, ir.Elem{}, t, x.Args[0]), v)
}

// fuseRequant tabulates a requant and the table v behind it over the accumulator.
func fuseRequant(g *ir.Graph, v, x *ir.Value, r *ir.Requant) *ir.Value {
	outer := v.Attr.(*ir.Table)
	lo, hi := x.Args[0].Interval().Bounds()
	if hi-lo >= int64(len(outer.Values)) {
		return nil
	}
	mul, add, shift := r.At(0)
	t := &ir.Table{Lo: lo, Values: make([]int64, hi-lo+1)}
	for i := range t.Values {
		n := num.Clamp(num.Requant(lo+int64(i), mul, add, shift, r.Round)+r.Zero, r.Lo, r.Hi)
		t.Values[i] = outer.Values[n-outer.Lo]
	}
	return retype(g.New(ir.OpTable, ir.Elem{}, t, x.Args[0]), v)
}
