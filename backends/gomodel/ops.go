package gomodel

import (
	"slices"
	"strconv"

	"github.com/dave/jennifer/jen"

	"mlpc/ir"
)

// value emits what computes v.
func (e *emitter) value(v *ir.Value) {
	switch v.Op {
	case ir.OpInput:
		return
	case ir.OpConst:
		e.constValue(v)
		return
	}
	e.body = append(e.body, jen.Line().Comment(label(v)))
	switch a := v.Attr.(type) {
	case *ir.Dense:
		e.dense(v, a)
	case *ir.DenseFloat32:
		e.denseFloat32(v, a)
	case *ir.Cmp:
		e.zip(v, map[string]string{"lt": "less", "le": "lessEqual", "eq": "equal"}[a.Rel])
	case *ir.Axis:
		e.axis(v, a)
	case *ir.Route:
		e.route(v, a)
	case *ir.Table:
		values := e.constant(id("table", v), "Function table of "+label(v), goType(v.Type.Elem), a.Values, perLine)
		e.call("table", e.target(v), e.ref(v.Args[0]), values, jen.Lit(int(a.Lo)))
	case *ir.Norm:
		e.call("norm", e.target(v), e.ref(v.Args[0]), jen.Lit(a.Bits))
	case *ir.Requant:
		e.requant(v, a)
	case *ir.Threshold:
		steps := e.constant(id("steps", v), "Steps of "+label(v), "int64", a.Steps, max(1, len(a.Steps)/a.Channels))
		e.call("threshold", e.target(v), e.ref(v.Args[0]), steps, jen.Lit(a.Channels), jen.Lit(int(a.Base)))
	case *ir.Clamp:
		e.call("clamp", e.target(v), e.ref(v.Args[0]), jen.Lit(int(a.Lo)), jen.Lit(int(a.Hi)))
	default:
		e.plain(v)
	}
}

// plain emits the ops without attributes.
func (e *emitter) plain(v *ir.Value) {
	switch v.Op {
	case ir.OpMatMul:
		e.matmul(v)
	case ir.OpAdd:
		e.zip(v, "add")
	case ir.OpSub:
		e.zip(v, "sub")
	case ir.OpMul:
		e.zip(v, "mul")
	case ir.OpMax:
		e.zip(v, "larger")
	case ir.OpMin:
		e.zip(v, "smaller")
	case ir.OpSelect:
		c, b, a := e.spread(v, 0), e.spread(v, 1), e.spread(v, 2)
		e.call("choose", e.target(v), c, b, a)
	case ir.OpWrap:
		e.call("wrap", e.target(v), e.ref(v.Args[0]), jen.Lit(v.Type.Elem.Bits), jen.Lit(v.Type.Elem.Signed))
	default:
		panic("gomodel: no case for " + v.Op.String())
	}
}

func id(base string, v *ir.Value) string { return base + strconv.Itoa(v.ID) }

func (e *emitter) constValue(v *ir.Value) {
	row := perLine
	if s := v.Type.Shape; len(s) == 2 {
		row = s[1]
	}
	name := id("w", v)
	e.constant(name, label(v), goType(v.Type.Elem), v.Const().Ints, row)
	e.at[v] = slice{name: name, whole: true}
}

func (e *emitter) dense(v *ir.Value, a *ir.Dense) {
	var bias *jen.Statement
	if len(v.Args) == 3 {
		bias = e.ref(v.Args[2])
	} else {
		bias = e.constant(id("zeros", v), "Absent bias of "+label(v), "int8", make([]int64, v.Args[1].Type.Shape[0]), perLine)
	}
	y, x, w := e.target(v), e.ref(v.Args[0]), e.ref(v.Args[1])
	groups := jen.Lit(max(1, a.Groups))
	if a.Unit != nil {
		e.call("denseTruncated", y, x, w, bias, groups, jen.Lit(a.Unit.Drop))
		return
	}
	e.call("dense", y, x, w, bias, groups)
}

// denseFloat32 passes the constants in float32 in one argument.
func (e *emitter) denseFloat32(v *ir.Value, a *ir.DenseFloat32) {
	scales := e.floats(id("scales", v), "Scales of the weights of "+label(v), a.Scales)
	bias := jen.Nil()
	if len(a.Bias) > 0 {
		bias = e.floats(id("bias", v), "Biases of "+label(v), a.Bias)
	}
	e.used["through32"] = true
	through := jen.Id("through32").Values(jen.Dict{
		jen.Id("scale"): jen.Lit(a.Scale), jen.Id("zero"): jen.Lit(int(a.Zero)), jen.Id("scales"): scales, jen.Id("bias"): bias,
		jen.Id("groups"): jen.Lit(max(1, a.Groups)), jen.Id("depth"): jen.Lit(a.Depth), jen.Id("outScale"): jen.Lit(a.OutScale), jen.Id("outZero"): jen.Lit(int(a.OutZero)),
		jen.Id("lo"): jen.Lit(int(a.Lo)), jen.Id("hi"): jen.Lit(int(a.Hi)),
	})
	e.call("denseFloat32", e.target(v), e.ref(v.Args[0]), e.ref(v.Args[1]), through)
}

func (e *emitter) zip(v *ir.Value, f string) {
	a, b := e.spread(v, 0), e.spread(v, 1)
	e.used[f] = true
	e.call("zip", e.target(v), a, b, jen.Id(f))
}

// spread gives argument i of an elementwise op so that repeating it end to end broadcasts it to the shape of v: where that takes
// more than repeating, it is expanded into an array first.
func (e *emitter) spread(v *ir.Value, i int) *jen.Statement {
	arg, shape := v.Args[i], v.Type.Shape
	from := arg.Type.Shape
	for len(from) > 0 && from[0] == 1 {
		from = from[1:]
	}
	if len(from) <= len(shape) && slices.Equal(from, shape[len(shape)-len(from):]) {
		return e.ref(arg)
	}
	return e.expand(arg, id("v", v)+"_"+strconv.Itoa(i), shape)
}

// expand broadcasts arg to a shape in an array of the given name.
func (e *emitter) expand(arg *ir.Value, name string, shape []int) *jen.Statement {
	e.body = append(e.body, jen.Var().Id(name).Index(jen.Lit(ir.Size(shape))).Id(goType(arg.Type.Elem)))
	dims, steps := jenInts(shape), jenInts(strides(arg.Type.Shape, shape))
	wide := jen.Id(name).Index(jen.Empty(), jen.Empty())
	e.call("expand", wide, e.ref(arg), dims, steps)
	return wide.Clone()
}

// strides gives for each axis of the broadcast shape how far apart neighbours lie in a tensor of shape from; 0: they are the same.
func strides(from, shape []int) []int {
	out := make([]int, len(shape))
	step := 1
	for i := range from {
		d := len(from) - 1 - i
		if from[d] > 1 {
			out[len(shape)-1-i] = step
		}
		step *= from[d]
	}
	return out
}

func jenInts(xs []int) *jen.Statement {
	return jen.Index().Int().Values(jen.Op(joinInts(widen(xs))))
}

func (e *emitter) matmul(v *ir.Value) {
	s := v.Type.Shape
	lead := s[:len(s)-2]
	args := make([]jen.Code, 2)
	for i, arg := range v.Args {
		as := arg.Type.Shape
		if n := len(as) - 2; ir.Size(as[:n]) == ir.Size(lead) {
			args[i] = e.ref(arg)
		} else {
			args[i] = e.expand(arg, id("v", v)+"_"+strconv.Itoa(i), slices.Concat(lead, as[n:]))
		}
	}
	as := v.Args[0].Type.Shape
	e.call("matmul", e.target(v), args[0], args[1], jen.Lit(s[len(s)-2]), jen.Lit(as[len(as)-1]), jen.Lit(s[len(s)-1]))
}

func (e *emitter) axis(v *ir.Value, a *ir.Axis) {
	x := v.Args[0]
	s := x.Type.Shape
	if v.Op == ir.OpLookup {
		index := v.Args[1]
		lead, n, width := ir.Size(s[:a.Axis]), s[a.Axis], ir.Size(s[a.Axis+1:])
		e.call("lookup", e.target(v), e.ref(x), e.ref(index), jen.Lit(n), jen.Lit(index.Type.Size()/lead), jen.Lit(width))
		return
	}
	n, inner := jen.Lit(s[a.Axis]), jen.Lit(ir.Size(s[a.Axis+1:]))
	switch v.Op {
	case ir.OpSum:
		e.call("sum", e.target(v), e.ref(x), n, inner)
	case ir.OpReduceMax:
		e.call("reduceMax", e.target(v), e.ref(x), n, inner)
	case ir.OpArgMax:
		e.call("argmax", e.target(v), e.ref(x), n, inner)
	case ir.OpTopK:
		e.call("topk", e.target(v), e.ref(x), n, inner, jen.Lit(a.K))
	}
}

// route emits nothing for a map that keeps a run of one argument in place, else one kernel call an argument.
func (e *emitter) route(v *ir.Value, a *ir.Route) {
	if arg, from, ok := run(v, a); ok && goType(arg.Type.Elem) == goType(v.Type.Elem) && e.outs[v] == "" {
		s := e.at[arg]
		whole := s.whole && from == 0 && v.Type.Size() == arg.Type.Size()
		e.at[v] = slice{name: s.name, from: s.from + from, whole: whole, array: s.array}
		return
	}
	index := e.constant(id("index", v), "Index map of "+label(v), "int32", widen(a.Index), perLine)
	y := e.target(v)
	base := 0
	for _, arg := range v.Args {
		e.call("route", y.Clone(), e.ref(arg), index.Clone(), jen.Lit(base))
		base += arg.Type.Size()
	}
	if len(a.Fill) > 0 {
		fill := e.constant(id("fill", v), "Fill of "+label(v), goType(elemOf(a.Fill)), a.Fill, perLine)
		e.call("routeFill", y.Clone(), fill, index.Clone())
	}
}

// run finds the one argument of which v is a run of consecutive elements, and where it starts.
func run(v *ir.Value, a *ir.Route) (arg *ir.Value, from int, ok bool) {
	first := int(a.Index[0])
	for i, x := range a.Index {
		if int(x) != first+i {
			return nil, 0, false
		}
	}
	base := 0
	for _, arg := range v.Args {
		if n := arg.Type.Size(); first >= base && first < base+n {
			return arg, first - base, first+len(a.Index) <= base+n
		}
		base += arg.Type.Size()
	}
	return nil, 0, false
}

func (e *emitter) requant(v *ir.Value, a *ir.Requant) {
	n := max(len(a.Mul), len(a.Add), len(a.Shift))
	mul, add, shift := make([]int64, n), make([]int64, n), make([]int64, n)
	for c := range n {
		m, o, s := a.At(c)
		mul[c], add[c], shift[c] = m, o, int64(s)
	}
	what := label(v)
	m := e.constant(id("mul", v), "Multipliers of "+what, "int64", mul, perLine)
	o := e.constant(id("add", v), "Addends of "+what, "int64", add, perLine)
	s := e.constant(id("shift", v), "Right shifts of "+what, "int", shift, perLine)
	round := [...]string{"HalfUp", "HalfEven", "Gemmlowp", "Float32"}[a.Round]
	e.used[round] = true
	e.call("requant", e.target(v), e.ref(v.Args[0]), m, o, s, jen.Id(round), jen.Lit(int(a.Zero)), jen.Lit(int(a.Lo)), jen.Lit(int(a.Hi)))
}
