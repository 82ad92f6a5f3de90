package cc

import (
	"fmt"

	"mlpc/backends"
)

// source prints NAME.c: constants, one function a layer, and the calls.
func source(in backends.Input, plan *Plan, lib Library) []byte {
	e := newEmitter(plan)
	byLibrary := map[*Layer]bool{}
	e.pack(func(l *Layer) bool {
		byLibrary[l] = lib.Layer != nil && lib.Layer(&Site{e, l})
		return byLibrary[l]
	})
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
	e.includes(p, in, lib)
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
	e.run(p, in, sections, byLibrary, copies)
	if floatable(plan.Graph) {
		p.Line("")
		floatRun(p, in.Name, plan)
	}
	return p.Bytes()
}

// includes prints the head of the file.
func (e *emitter) includes(p *backends.Printer, in backends.Input, lib Library) {
	p.P("/* %s */", notice(in))
	p.P("#include \"%s.h\"", in.Name)
	p.Line("")
	if e.plan.single() {
		p.Line(`#include "mlpc_float.h"`)
	} else {
		p.Line(`#include "mlpc_num.h"`)
		p.Line(`#include "mlpc_kernels.h"`)
	}
	if e.plan.throughFloat32() {
		p.Line(`#include "mlpc_float32.h"`)
	}
	if len(e.packed) > 0 {
		p.Line(`#include "mlpc_dense.h"`)
	}
	for _, h := range lib.Headers {
		p.Line(h)
	}
	p.Line("")
}

// run prints the function that computes the network: the sections' layers on their cores, all layers elsewhere, then the copies.
func (e *emitter) run(p *backends.Printer, in backends.Input, sections []*section, byLibrary map[*Layer]bool, copies []string) {
	p.P("int %s_run(%s)", in.Name, runParams(in.Name, e.plan.Graph))
	p.Line("{")
	p.In()
	for _, v := range e.plan.unread() {
		p.P("(void)%s;", e.plan.places[v.ID].array)
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
