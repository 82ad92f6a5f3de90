package passes

import (
	"slices"
	"strconv"

	"mlpc/ir"
)

var head = &Pass{
	Name: "head", Effect: Monotone, Default: true,
	Doc: "drops what moves no maximum: a softmax or log-softmax that only feeds the output, and these and rising functions before an argmax or topk",
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
		scores := map[*ir.Value]*ir.Value{} // of an argmax or topk: what it may read in the place of its argument
		for _, v := range g.Values {
			if x := unraised(v); x != nil && !c.Imported { // a model that came quantized has ties of its own
				scores[v] = x
				c.Note("what only raises the scores of " + strconv.Quote(v.Name) + " is left out: the largest stays the same")
			}
		}
		if slices.Equal(outs, g.Outs) && len(scores) == 0 {
			return g, nil
		}
		ng := g.Rewrite(func(ng *ir.Graph, v *ir.Value, _ []*ir.Value) *ir.Value {
			if x := scores[v]; x != nil {
				return ng.Add(v.Op, v.Type, v.Attr, ng.Values[x.ID])
			}
			return nil
		})
		for i, o := range outs {
			ng.Outs[i] = ng.Values[o.ID]
		}
		return ng.Prune(), nil
	},
}

// rising lists the functions of one variable that keep the order of any two reals.
var rising = []string{"sigmoid", "tanh", "exp", "log", "sqrt", "erf", "asin", "atan", "sinh", "asinh", "acosh", "atanh", "softplus", "softsign", "logsigmoid"}

// unraised gives for an argmax or topk along the last axis what lies before the softmaxes and rising functions that its argument passed
// through; nil where there are none.
func unraised(v *ir.Value) *ir.Value {
	if v.Op != ir.OpArgMax && v.Op != ir.OpTopK || !v.Args[0].Type.Elem.IsReal() || v.Attr.(*ir.Axis).Axis != len(v.Args[0].Type.Shape)-1 {
		return nil
	}
	x := v.Args[0]
	for {
		next := logits(x)
		if t, ok := x.Attr.(*ir.Table); ok && slices.Contains(rising, t.Fn) {
			next = x.Args[0]
		}
		if next == nil || !sameShape(next, x) {
			break
		}
		x = next
	}
	if x == v.Args[0] {
		return nil
	}
	return x
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
