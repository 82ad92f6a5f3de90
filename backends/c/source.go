package cc

import (
	"fmt"
	"strings"

	"mlpc/backends"
	"mlpc/ir"
)

// source prints NAME.c: constants, one function a layer, and the calls.
func source(in backends.Input, plan *Plan, lib Library) []byte {
	e := newEmitter(plan)
	byLibrary := map[*Layer]bool{}
	for _, l := range plan.Layers {
		if lib.Layer != nil && lib.Layer(&Site{e, l}) {
			byLibrary[l] = true
		} else if p, ok := e.packedOf(l); ok {
			e.packed[l] = p
		}
	}
	var sections []*section
	if len(e.packed) > 0 {
		sections = e.sections()
	}
	for _, l := range plan.Layers {
		switch {
		case byLibrary[l]:
		case e.packed[l] != nil:
			e.guardedLayer(l, plainCondition(l, sections))
		default:
			e.plainLayer(l, false)
		}
	}
	copies := e.copies()
	p := &backends.Printer{Indent: "    "}
	p.P("/* %s */", notice(in))
	p.P("#include \"%s.h\"", in.Name)
	p.Line("")
	if plan.single() {
		p.Line(`#include "mlpc_float.h"`)
	} else {
		p.Line(`#include "mlpc_num.h"`)
		p.Line(`#include "mlpc_kernels.h"`)
	}
	if len(e.packed) > 0 {
		p.Line(`#include "mlpc_dense.h"`)
	}
	for _, h := range lib.Headers {
		p.Line(h)
	}
	p.Line("")
	plan.printArenas(p)
	p.Line("")
	for i, s := range sections {
		p.P("#%s %s", []string{"if", "elif"}[min(i, 1)], s.kind.condition)
		p.Line("")
		s.print(p, e)
	}
	if len(sections) > 0 {
		p.Line("#endif")
		p.Line("")
	}
	p.Raw(e.data.String())
	p.Line("")
	p.Raw(e.String())
	p.P("int %s_run(%s)", in.Name, runParams(in.Name, plan.Graph))
	p.Line("{")
	p.In()
	for _, v := range plan.unread() {
		p.P("(void)%s;", plan.places[v.ID].array)
	}
	for i, s := range sections {
		p.P("#%s %s", []string{"if", "elif"}[min(i, 1)], s.kind.condition)
		printLines(p, e.calls(s, byLibrary))
	}
	if len(sections) > 0 {
		p.Line("#else")
	}
	printLines(p, e.calls(nil, byLibrary))
	if len(sections) > 0 {
		p.Line("#endif")
	}
	printLines(p, copies)
	p.Line("return 0;")
	p.Out()
	p.Line("}")
	if floatable(plan.Graph) {
		p.Line("")
		floatRun(p, in.Name, plan)
	}
	return p.Bytes()
}

// printLines prints lines one after the other.
func printLines(p *backends.Printer, lines []string) {
	for _, line := range lines {
		p.Line(line)
	}
}

// calls spells the statements that run all layers, with the chains of a section; nil: without any.
func (e *emitter) calls(s *section, byLibrary map[*Layer]bool) []string {
	var lines []string
	heads := map[*Layer]*chain{}
	if s != nil {
		for i := range s.chains {
			heads[s.chains[i].layers[0]] = &s.chains[i]
		}
	}
	for _, l := range e.plan.Layers {
		switch {
		case heads[l] != nil:
			lines = append(lines, heads[l].call(e, s)...)
		case s != nil && s.kernels[l] != nil: // inside a chain
		case byLibrary[l]:
			lines = append(lines, fmt.Sprintf("if (%s != 0) {", e.call(l)), "    return 1;", "}")
		default:
			lines = append(lines, e.call(l)+";")
		}
	}
	return lines
}

// copies prints the functions that copy outputs which no layer writes, and gives their calls.
func (e *emitter) copies() []string {
	var calls []string
	for _, c := range e.plan.copies {
		from := e.plan.at(c.value, true)
		if root := rootOf(c.value); root.Const() != nil {
			e.dataArray("const", root)
		}
		t := CType(c.value.Type.Elem)
		e.P("static void copy_%s(const %s *x, %s *y)", c.name, t, t)
		e.Line("{")
		e.In()
		e.P("for (int i = 0; i < %d; i++) {", c.value.Type.Size())
		e.In()
		e.P("y[i] = x[i];")
		e.Out()
		e.Line("}")
		e.Out()
		e.Line("}")
		e.Line("")
		calls = append(calls, fmt.Sprintf("copy_%s(%s, %s);", c.name, from, c.name))
	}
	return calls
}

// floatList gives the float literals of s, separated by commas.
func floatList(s []float64) string {
	words := make([]string, len(s))
	for i, f := range s {
		words[i] = floatLiteral(float32(f))
	}
	return strings.Join(words, ", ")
}

// intList gives integer literals, separated by commas.
func intList(s []int64) string {
	words := make([]string, len(s))
	for i, x := range s {
		words[i] = literal(x, "int32_t")
	}
	return strings.Join(words, ", ")
}

// quantizeCall gives the start of the call that quantizes an element of an input.
func quantizeCall(v *ir.Value) string {
	round := v.Attr.(*ir.Input).Round
	if round == "" || round == "half-even" {
		return "mlpc_quantize("
	}
	return "mlpc_quantize_by(MLPC_ROUND_" + strings.ToUpper(strings.ReplaceAll(round, "-", "_")) + ", "
}

// floatRun prints the helper that takes and gives real numbers.
func floatRun(p *backends.Printer, name string, plan *Plan) {
	ins, outs := ports(plan.Graph)
	for _, x := range append(ins, outs...) {
		if s := x.value.Type.Scale; len(s) > 1 {
			p.P("static const float scale_%s[%d] = {%s};", x.name, len(s), floatList(s))
			p.Line("")
		}
		if s := x.value.Type.Offset; len(s) > 0 {
			p.P("static const float offset_%s[%d] = {%s};", x.name, len(s), floatList(s))
			p.Line("")
		}
	}
	for _, x := range ins {
		if in := x.value.Attr.(*ir.Input); max(len(in.Lo), len(in.Hi)) > 1 {
			p.P("static const int32_t lo_%s[%d] = {%s};", x.name, len(in.Lo), intList(in.Lo))
			p.P("static const int32_t hi_%s[%d] = {%s};", x.name, len(in.Hi), intList(in.Hi))
			p.Line("")
		}
	}
	p.P("int %s_run_float(%s)", name, floatParams(plan.Graph))
	p.Line("{")
	p.In()
	var args []string
	for _, x := range append(ins, outs...) {
		p.P("%s_%s_t q_%s[%d];", name, x.name, x.name, x.value.Type.Size())
		args = append(args, "q_"+x.name)
	}
	p.P("int status;")
	scale := func(x port) string {
		if n := len(x.value.Type.Scale); n > 1 {
			return fmt.Sprintf("scale_%s[i %% %d]", x.name, n)
		}
		return strings.ToUpper(name+"_"+x.name) + "_SCALE"
	}
	for _, x := range ins {
		macro := strings.ToUpper(name + "_" + x.name)
		p.P("for (int i = 0; i < %s_SIZE; i++) {", macro)
		p.In()
		value := x.name + "[i]"
		if n := len(x.value.Type.Offset); n > 0 {
			value += fmt.Sprintf(" - offset_%s[i %% %d]", x.name, n)
		}
		limits := fmt.Sprintf("%s_MIN, %s_MAX", macro, macro)
		if in := x.value.Attr.(*ir.Input); max(len(in.Lo), len(in.Hi)) > 1 {
			limits = fmt.Sprintf("lo_%s[i %% %d], hi_%s[i %% %d]", x.name, len(in.Lo), x.name, len(in.Hi))
		}
		p.P("q_%s[i] = (%s_%s_t)%s%s, %s, %s_ZERO, %s);", x.name, name, x.name, quantizeCall(x.value), value, scale(x), macro, limits)
		p.Out()
		p.Line("}")
	}
	p.P("status = %s_run(%s);", name, strings.Join(args, ", "))
	for _, x := range outs {
		macro := strings.ToUpper(name + "_" + x.name)
		p.P("for (int i = 0; i < %s_SIZE; i++) {", macro)
		p.In()
		offset := ""
		if n := len(x.value.Type.Offset); n > 0 {
			offset = fmt.Sprintf(" + offset_%s[i %% %d]", x.name, n)
		}
		p.P("%s[i] = (float)((int32_t)q_%s[i] - %s_ZERO) * %s%s;", x.name, x.name, macro, scale(x), offset)
		p.Out()
		p.Line("}")
	}
	p.P("return status;")
	p.Out()
	p.Line("}")
}
