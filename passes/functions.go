package passes

import (
	"mlpc/ir"
)

// cluster says which values of a real graph are functions of one variable: trees of elementwise ops over one run-time value and
// scalar constants. Such a function becomes one table over the variable's integers, however many ops spell it.
type cluster struct {
	source []*ir.Value // by ID: the variable; the value itself where it is no such function
	curved []bool      // by ID: a function that is more than a product, a sum and limits of its argument
}

// clusters finds the functions of one variable in g. A value that is also read from outside of its function is a variable of its own.
// Where bits are to be dropped by the integers themselves, drops, a remainder is no such function.
func clusters(g *ir.Graph, users [][]*ir.Value, isOut []bool, drops bool) *cluster {
	split := make([]bool, len(g.Values))
	for {
		c := sourcesOf(g, users, split, drops)
		again := false
		for _, v := range g.Values {
			if c.source[v.ID] == v || !c.curved[v.ID] || split[v.ID] {
				continue
			}
			inside, outside := false, isOut[v.ID]
			for _, u := range users[v.ID] {
				if c.source[u.ID] == c.source[v.ID] {
					inside = true
				} else {
					outside = true
				}
			}
			if inside && outside {
				split[v.ID], again = true, true
			}
		}
		if !again {
			return c
		}
	}
}

func sourcesOf(g *ir.Graph, users [][]*ir.Value, split []bool, drops bool) *cluster {
	c := &cluster{make([]*ir.Value, len(g.Values)), make([]bool, len(g.Values))}
	for _, v := range g.Values {
		c.source[v.ID] = v
		if split[v.ID] || !isPointwise(v.Op) || isStatic(v) || drops && isRemainder(v) {
			continue
		}
		if _, ok := straight(v); ok {
			a := runtimeArg(v)
			if len(users[a.ID]) == 1 && !c.curved[a.ID] {
				continue // the variable is what leaves the clamp or the scaling
			}
		}
		source, curved := c.common(v)
		if source != nil {
			c.source[v.ID], c.curved[v.ID] = source, curved
		}
	}
	return c
}

// common gives the one variable of the arguments of v, nil where there are several or a constant is no scalar.
func (c *cluster) common(v *ir.Value) (source *ir.Value, curved bool) {
	for _, a := range v.Args {
		if isStatic(a) {
			k := staticReals(a)
			if len(k) == 0 || !all(k, k[0]) {
				return nil, false
			}
			continue
		}
		if !sameShape(a, v) || source != nil && source != c.source[a.ID] {
			return nil, false
		}
		source = c.source[a.ID]
		curved = curved || c.curved[a.ID]
	}
	_, line := straight(v)
	return source, curved || !line
}

// isPointwise tells whether an op makes each element of the elements of its arguments at the same place.
func isPointwise(op ir.Op) bool {
	switch op {
	case ir.OpTable, ir.OpClamp, ir.OpAdd, ir.OpSub, ir.OpMul, ir.OpMax, ir.OpMin, ir.OpCmp, ir.OpSelect:
		return true
	}
	return false
}

// straight tells whether v is a clamp, or a product or sum with constants.
func straight(v *ir.Value) (affine, bool) {
	if v.Op == ir.OpClamp {
		return affine{x: v.Args[0]}, true
	}
	return asAffine(v)
}

// isRemainder tells whether v is the remainder of a division by a constant.
func isRemainder(v *ir.Value) bool {
	t, ok := v.Attr.(*ir.Table)
	return ok && (t.Fn == "mod" || t.Fn == "fmod")
}

// runtimeArg gives the first argument that depends on an input.
func runtimeArg(v *ir.Value) *ir.Value {
	for _, a := range v.Args {
		if !isStatic(a) {
			return a
		}
	}
	return nil
}

// together gives a pointwise op of several functions of the same integers as one function; false where the integers differ or a
// constant is no scalar.
func (l *lowering) together(v *ir.Value) (form, bool) {
	var root form
	args := make([]func(x float64) float64, len(v.Args))
	for i, a := range v.Args {
		if isStatic(a) {
			k := staticReals(a)
			if len(k) == 0 || !all(k, k[0]) {
				return form{}, false
			}
			args[i] = func(float64) float64 { return k[0] }
			continue
		}
		f := l.forms[a.ID]
		if f.v == nil || !f.uniform() || root.v != nil && root.v != f.v || !sameShape(a, v) {
			return form{}, false
		}
		root = form{v: f.v, scale: f.scale, zero: f.zero}
		args[i] = func(x float64) float64 { return f.from(x, 0) }
	}
	lo, hi := root.v.Interval().Bounds()
	if hi-lo >= tableLimit {
		return form{}, false
	}
	root.whole = func(x float64) float64 {
		y := make([]float64, len(args))
		for i, f := range args {
			y[i] = f(x)
		}
		return pointwise(v, y)
	}
	return root, true
}

// pointwise computes a pointwise op of several arguments.
func pointwise(v *ir.Value, x []float64) float64 {
	switch v.Op {
	case ir.OpAdd:
		return x[0] + x[1]
	case ir.OpSub:
		return x[0] - x[1]
	case ir.OpMul:
		return x[0] * x[1]
	case ir.OpMax:
		return max(x[0], x[1])
	case ir.OpMin:
		return min(x[0], x[1])
	case ir.OpSelect:
		if x[0] != 0 {
			return x[1]
		}
		return x[2]
	}
	holds := map[string]bool{"lt": x[0] < x[1], "le": x[0] <= x[1], "eq": x[0] == x[1]}[v.Attr.(*ir.Cmp).Rel]
	if holds {
		return 1
	}
	return 0
}
