package cc

import (
	"fmt"
	"slices"
	"strings"

	"mlpc/backends"
	"mlpc/ir"
)

// emitter prints the loop nests of a plan: constants into data, functions into the embedded printer.
type emitter struct {
	backends.Printer
	plan  *Plan
	data  backends.Printer
	done  map[string]bool // constant arrays that are printed already
	guard bool            // constants are for machines without a floating-point unit only

	packed    map[*Layer]*packed // layers that kernels compute
	constants int                // bytes of the arrays printed so far that are not packed
}

// constName is the C name of a constant of the graph.
func constName(v *ir.Value) string { return fmt.Sprintf("const_%d", v.ID) }

// functionName is the C name of the function of a layer.
func functionName(l *Layer) string { return fmt.Sprintf("layer_%d", l.Head.ID) }

// array prints a constant array of the narrowest type once and gives its name.
func (e *emitter) array(kind string, v *ir.Value, xs []int64) string {
	return e.arrayAs(fitting(xs), kind, v, xs)
}

// arrayAs prints a constant array of a given type once and gives its name.
func (e *emitter) arrayAs(ctype, kind string, v *ir.Value, xs []int64) string {
	name := fmt.Sprintf("%s_%d", kind, v.ID)
	if e.done[name] {
		return name
	}
	e.done[name] = true
	if e.guard {
		e.data.Line("#if !MLPC_FPU")
	}
	array(&e.data, ctype, name, xs)
	e.constants += typeBytes[ctype] * max(1, len(xs))
	if e.guard {
		e.data.Line("#endif")
	}
	return name
}

// typeBytes are the sizes of the types of constant arrays.
var typeBytes = map[string]int{"int8_t": 1, "mlpc_weight": 1, "uint8_t": 1, "int16_t": 2, "uint16_t": 2, "int32_t": 4, "uint32_t": 4, "int64_t": 8, "uint64_t": 8}

// words prints a constant array of literals.
func (e *emitter) words(ctype, kind string, v *ir.Value, words []string) string {
	name := fmt.Sprintf("%s_%d", kind, v.ID)
	e.data.P("static const %s %s[%d] = {", ctype, name, len(words))
	e.data.In()
	for line := range slices.Chunk(words, 6) {
		e.data.P("%s,", strings.Join(line, ", "))
	}
	e.data.Out()
	e.data.Line("};")
	return name
}

// constant spells a constant that may differ along the last axis.
func (s *site) constant(kind string, v *ir.Value, xs []int64, work string) string {
	if len(xs) == 0 {
		return literal(0, work)
	}
	if len(slices.Compact(slices.Clone(xs))) == 1 {
		return literal(xs[0], work)
	}
	return fmt.Sprintf("%s[%s]", s.array(kind, v, xs), s.channel)
}

// arrayOf names the array that holds a stored value inside the function of the layer.
func (s *site) arrayOf(a *ir.Value) string {
	if name, ok := s.names[a.ID]; ok {
		return name
	}
	root := rootOf(a)
	name := s.dataArray(s.prefix+"const", root)
	if off := s.plan.places[a.ID].offset; off != 0 {
		return fmt.Sprintf("(%s + %d)", name, off)
	}
	return name
}

// dataArray prints the array of a constant once and gives its name.
func (e *emitter) dataArray(kind string, v *ir.Value) string {
	if d := v.Const(); !v.Type.Elem.Single {
		return e.arrayAs(CType(v.Type.Elem), kind, v, d.Ints)
	}
	return e.floatArray(kind, v, v.Const().Reals)
}

// guardedLayer prints a packed layer as loops, for machines without its kernel.
func (e *emitter) guardedLayer(l *Layer, condition string) {
	data, code := e.data, e.Printer
	e.data, e.Printer = backends.Printer{Indent: "    "}, backends.Printer{Indent: "    "}
	e.plainLayer(l, true)
	plainData, plainCode := e.data.String(), e.Printer.String()
	e.data, e.Printer = data, code
	e.P("#if %s", condition)
	e.Raw(plainData)
	e.Line("")
	e.Raw(plainCode)
	e.Line("#endif")
	e.Line("")
}

// plainLayer prints the function of a layer as loops; private: its constants are no other layer's.
func (e *emitter) plainLayer(l *Layer, private bool) {
	prefix := ""
	if private {
		prefix = functionName(l) + "_"
	}
	s := &site{emitter: e, prefix: prefix, names: map[int]string{}, local: map[int]string{}, index: map[*ir.Value]string{}}
	params := []string{}
	for _, a := range l.params() {
		s.names[a.ID] = fmt.Sprintf("x%d", len(params))
		params = append(params, fmt.Sprintf("const %s *x%d", CType(a.Type.Elem), len(params)))
	}
	out := l.Out()
	params = append(params, fmt.Sprintf("%s *y", CType(out.Type.Elem)))
	e.P("/* %s */", comment(describe(l)))
	e.P("static void %s(%s)", functionName(l), strings.Join(params, ", "))
	e.Line("{")
	e.In()
	s.body(l)
	e.Out()
	e.Line("}")
	e.Line("")
}

// params lists the arguments that reach the layer's function as pointers: all but constants.
func (l *Layer) params() []*ir.Value {
	return slices.DeleteFunc(l.args(), func(a *ir.Value) bool { return rootOf(a).Op == ir.OpConst })
}

// describe gives what a layer does, for the comment above its function.
func describe(l *Layer) string {
	text := l.Head.Op.String()
	for _, v := range l.Chain {
		text += ", " + v.Op.String()
	}
	text += fmt.Sprintf(" : %v", l.Out().Type.Shape)
	for _, v := range append([]*ir.Value{l.Head}, l.Chain...) {
		if v.Pos.Node != "" {
			return text + " " + v.Pos.Node
		}
	}
	return text
}

// body prints the loops of a layer.
func (s *site) body(l *Layer) {
	switch v := l.Head; v.Op {
	case ir.OpDense:
		if v.Type.Elem.Single {
			s.floatDense(l)
			return
		}
		s.dense(l)
	case ir.OpDenseFloat32:
		s.denseFloat32(l)
	case ir.OpMatMul:
		s.matmul(l)
	case ir.OpSum, ir.OpReduceMax, ir.OpArgMax:
		s.reduce(l)
	case ir.OpTopK:
		s.topk(v)
	case ir.OpRoute:
		s.route(v)
	case ir.OpLookup:
		s.lookup(v)
	case ir.OpNorm:
		s.norm(v)
	default:
		s.elementwise(l)
	}
}

// store finishes one result: the chain, then the assignment.
func (s *site) store(l *Layer) {
	for _, v := range l.Chain {
		s.compute(v)
	}
	out := l.Out()
	s.P("y[%s] = (%s)%s;", s.flat, CType(out.Type.Elem), s.local[out.ID])
}

// at spells the pointer to a stored value inside the model's function.
func (p *Plan) at(v *ir.Value, isConst bool) string {
	at, want := p.places[v.ID], CType(v.Type.Elem)
	expr := at.array
	if at.offset != 0 {
		expr = fmt.Sprintf("%s + %d", at.array, at.offset)
	}
	if at.ctype == want {
		return expr
	}
	if isConst {
		want = "const " + want
	}
	return fmt.Sprintf("(%s *)(%s)", want, expr)
}

// call spells the call of a layer's function.
func (e *emitter) call(l *Layer) string {
	var args []string
	for _, a := range l.params() {
		args = append(args, e.plan.at(a, true))
	}
	args = append(args, e.plan.at(l.Out(), false))
	return fmt.Sprintf("%s(%s)", functionName(l), strings.Join(args, ", "))
}
