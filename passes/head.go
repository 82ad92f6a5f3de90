package passes

import (
	"slices"
	"strconv"

	"mlpc/ir"
)

var head = &Pass{
	Name: "head", Effect: Monotone, Default: true,
	Doc: "drops a softmax or log-softmax that only feeds the output: the largest element stays the same",
	Run: func(c *Context, g *ir.Graph, _ Options) (*ir.Graph, error) {
		uses := g.Uses()
		outs := slices.Clone(g.Outs)
		for i, o := range outs {
			x := logits(o)
			if x == nil || uses[o.ID] != 1 {
				continue
			}
			outs[i] = x
			c.Note("the softmax at output " + strconv.Quote(o.Name) + " is left out: its argument is the output")
		}
		if slices.Equal(outs, g.Outs) {
			return g, nil
		}
		ng := g.Rewrite(func(*ir.Graph, *ir.Value, []*ir.Value) *ir.Value { return nil })
		for i, o := range outs {
			ng.Outs[i] = ng.Values[o.ID]
		}
		return ng.Prune(), nil
	},
}

// logits gives the argument of a softmax or log-softmax along the last axis that ends in v, or nil. The importer spells them
// e·recip(sum e) and s − log(sum e) with s = x − reduce-max x and e = exp s; routes in between only change the shape, and a quantizer behind
// it moves no maximum to another place, though it may make ties.
func logits(v *ir.Value) *ir.Value {
	if v = unroute(v); v.Op == ir.OpQuant {
		v = unroute(v.Args[0])
	}
	switch v.Op {
	case ir.OpMul:
		for i, e := range v.Args {
			r := unroute(v.Args[1-i])
			if isTable(e, "exp") && isTable(r, "recip") && sumsOf(r.Args[0], e) {
				return shifted(e.Args[0])
			}
		}
	case ir.OpSub:
		s, l := unroute(v.Args[0]), unroute(v.Args[1])
		if isTable(l, "log") {
			if sum := unroute(l.Args[0]); sum.Op == ir.OpSum && isTable(unroute(sum.Args[0]), "exp") && unroute(unroute(sum.Args[0]).Args[0]) == s {
				return shifted(s)
			}
		}
	}
	return nil
}

// shifted gives x of x − reduce-max x, or v itself.
func shifted(v *ir.Value) *ir.Value {
	v = unroute(v)
	if v.Op == ir.OpSub {
		if m := unroute(v.Args[1]); m.Op == ir.OpReduceMax && unroute(m.Args[0]) == unroute(v.Args[0]) {
			return v.Args[0]
		}
	}
	return v
}

func isTable(v *ir.Value, fn string) bool {
	v = unroute(v)
	t, ok := v.Attr.(*ir.Table)
	return ok && t.Fn == fn
}

// sumsOf tells whether v is the sum of e along its last axis.
func sumsOf(v, e *ir.Value) bool {
	v = unroute(v)
	if v.Op != ir.OpSum {
		return false
	}
	e = unroute(e)
	return unroute(v.Args[0]) == e && v.Attr.(*ir.Axis).Axis == len(v.Args[0].Type.Shape)-1
}

// unroute skips routes that only change the shape.
func unroute(v *ir.Value) *ir.Value {
	for v.Op == ir.OpRoute && len(v.Args) == 1 && v.Args[0].Type.Size() == v.Type.Size() && isIdentity(v.Attr.(*ir.Route)) {
		v = v.Args[0]
	}
	return v
}
