package gomodel

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/dave/jennifer/jen"

	"mlpc/ir"
)

// file starts a file of the emitted package.
func (e *emitter) file(pkg string) *jen.File {
	f := jen.NewFile(pkg)
	f.HeaderComment("// " + e.header)
	return f
}

// model prints model.go: sizes and scales, Infer and InferLine.
func (e *emitter) model() *jen.File {
	f := e.file(e.pkg)
	f.PackageComment(fmt.Sprintf("// Package %s is a trained network as integer arithmetic. Infer runs it; it needs no memory but the stack and its result,\n"+
		"// and may be called from many goroutines at once.", e.pkg))
	f.Comment("Sizes of the input and the output, in elements.")
	f.Const().DefsFunc(func(g *jen.Group) {
		for i, v := range e.inputs {
			g.Id(e.inputName(i) + "Size").Op("=").Lit(v.Type.Size())
		}
		for i, v := range e.outputs {
			g.Id(e.outputName(i) + "Size").Op("=").Lit(v.Type.Size())
		}
	})
	e.scales(f)
	e.infer(f)
	e.inferLine(f)
	return f
}

// scales prints what the integers of inputs and outputs stand for, where one scale serves the whole tensor.
func (e *emitter) scales(f *jen.File) {
	var defs []jen.Code
	def := func(name string, t ir.Type) {
		if len(t.Scale) == 1 {
			defs = append(defs, jen.Id(name+"Scale").Op("=").Lit(t.Scale[0]), jen.Id(name+"Zero").Op("=").Lit(int(t.Zero)))
			if len(t.Offset) == 1 {
				defs = append(defs, jen.Id(name+"Offset").Op("=").Lit(t.Offset[0]))
			}
		}
	}
	for i, v := range e.inputs {
		def(e.inputName(i), v.Type)
	}
	for i, v := range e.outputs {
		def(e.outputName(i), v.Type)
	}
	if defs != nil {
		f.Comment("What the integers stand for: real = (integer - zero) * scale.")
		f.Const().Defs(defs...)
	}
}

func (e *emitter) infer(f *jen.File) {
	f.Comment("Infer computes the network for one sample. " + e.inputDoc())
	f.Comment("It panics when a slice does not have the length that the constants give.")
	f.Func().Id("Infer").ParamsFunc(func(g *jen.Group) {
		for i, v := range e.inputs {
			g.Id(numbered("in", i, len(e.inputs))).Index().Id(goType(v.Type.Elem))
		}
	}).ParamsFunc(func(g *jen.Group) {
		for i, v := range e.outputs {
			g.Id(numbered("out", i, len(e.outputs))).Index().Id(goType(v.Type.Elem))
		}
	}).BlockFunc(func(g *jen.Group) {
		for i := range e.inputs {
			name := numbered("in", i, len(e.inputs))
			g.If(jen.Len(jen.Id(name)).Op("!=").Id(e.inputName(i) + "Size")).Block(
				jen.Panic(jen.Lit(fmt.Sprintf("%s: %s does not have %sSize elements", e.pkg, name, e.inputName(i)))))
		}
		for i, v := range e.outputs {
			g.Id(numbered("out", i, len(e.outputs))).Op("=").Make(jen.Index().Id(goType(v.Type.Elem)), jen.Id(e.outputName(i)+"Size"))
		}
		for _, s := range e.body {
			g.Add(s)
		}
		g.Return()
	})
}

// inputDoc says which integers each input takes.
func (e *emitter) inputDoc() string {
	text := ""
	for i, v := range e.inputs {
		lo, hi := v.InputRange()
		if i > 0 {
			text += "; "
		}
		text += fmt.Sprintf("%s holds integers from %d to %d, in row-major order of shape %v", numbered("in", i, len(e.inputs)), lo, hi, v.Type.Shape)
	}
	if text == "" {
		return ""
	}
	return text + "."
}

// inferLine prints InferLine: Infer in the text protocol of the testbench.
func (e *emitter) inferLine(f *jen.File) {
	e.used["readInts"], e.used["appendInts"] = true, true
	f.Comment("InferLine is Infer for text: the integers of all inputs in decimal, separated by spaces; the result is all outputs likewise.")
	f.Func().Id("InferLine").Params(jen.Id("line").String()).Params(jen.String(), jen.Error()).BlockFunc(func(g *jen.Group) {
		g.Id("fields").Op(":=").Qual("strings", "Fields").Call(jen.Id("line"))
		var ins, outs []jen.Code
		if len(e.inputs) > 0 {
			g.Var().Id("err").Error()
		}
		for i, v := range e.inputs {
			name := numbered("in", i, len(e.inputs))
			ins = append(ins, jen.Id(name))
			lo, hi := v.InputRange()
			g.Id(name).Op(":=").Make(jen.Index().Id(goType(v.Type.Elem)), jen.Id(e.inputName(i)+"Size"))
			g.If(jen.List(jen.Id("fields"), jen.Id("err")).Op("=").Id("readInts").Call(jen.Id(name), jen.Id("fields"), jen.Lit(int(lo)), jen.Lit(int(hi))),
				jen.Id("err").Op("!=").Nil()).Block(jen.Return(jen.Lit(""), jen.Id("err")))
		}
		g.If(jen.Len(jen.Id("fields")).Op("!=").Lit(0)).Block(
			jen.Return(jen.Lit(""), jen.Qual("fmt", "Errorf").Call(jen.Lit("%d integers too many"), jen.Len(jen.Id("fields")))))
		for i := range e.outputs {
			outs = append(outs, jen.Id(numbered("out", i, len(e.outputs))))
		}
		g.List(outs...).Op(":=").Id("Infer").Call(ins...)
		g.Var().Id("text").Index().Byte()
		for i := range e.outputs {
			g.Id("text").Op("=").Id("appendInts").Call(jen.Id("text"), jen.Id(numbered("out", i, len(e.outputs))))
		}
		g.Return(jen.String().Call(jen.Id("text")), jen.Nil())
	})
}

// weights prints weights.go: every constant of the network.
func (e *emitter) weights() *jen.File {
	f := e.file(e.pkg)
	for _, c := range e.consts {
		f.Comment(c.doc + ".")
		text := literal(c.typ, c.ints, c.row)
		if c.reals != nil {
			text = floatLiteral(c.reals)
		}
		f.Var().Id(c.name).Op("=").Add(text)
		f.Line()
	}
	return f
}

// estimate prints estimate.go: what the compiler estimated, and a table of the layers.
func (e *emitter) estimate() *jen.File {
	f := e.file(e.pkg)
	keys := make([]string, 0, len(e.in.Estimate))
	for k := range e.in.Estimate {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	if len(keys) > 0 {
		f.Comment("What the compiler estimated for this network.")
		f.Const().DefsFunc(func(g *jen.Group) {
			for _, k := range keys {
				g.Id("Estimated" + camel(k)).Float64().Op("=").Id(strconv.FormatFloat(e.in.Estimate[k], 'g', -1, 64))
			}
		})
	}
	f.Comment("Layer is one operation of the network.")
	f.Type().Id("Layer").Struct(
		jen.Id("Name").String().Comment("as in the comments of model.go"),
		jen.Id("Op").String(),
		jen.Id("Outputs").Int().Comment("elements of the result"),
		jen.Id("Bits").Int().Comment("of an element of the result"),
		jen.Id("Parameters").Int().Comment("constants that it reads"),
		jen.Id("MACs").Int().Comment("multiply-accumulate operations"),
	)
	f.Comment("Layers lists the operations in order.")
	f.Var().Id("Layers").Op("=").Index().Id("Layer").CustomFunc(jen.Options{Open: "{", Close: "}", Separator: ",", Multi: true}, func(g *jen.Group) {
		for _, v := range e.g.Values {
			if v.Op == ir.OpInput || v.Op == ir.OpConst {
				continue
			}
			g.Values(jen.Lit(id("v", v)), jen.Lit(v.Op.String()), jen.Lit(v.Type.Size()), jen.Lit(v.Type.Elem.Bits), jen.Lit(parameters(v)), jen.Lit(macs(v)))
		}
	})
	return f
}

// camel turns latency_cycles into LatencyCycles.
func camel(key string) string {
	var out []byte
	up := true
	for _, c := range []byte(key) {
		switch {
		case c == '_':
			up = true
		case up:
			out, up = append(out, c-'a'+'A'), false
		default:
			out = append(out, c)
		}
	}
	return string(out)
}

// parameters counts the elements of the constants among the arguments.
func parameters(v *ir.Value) int {
	n := 0
	for _, a := range v.Args {
		if a.Op == ir.OpConst {
			n += a.Type.Size()
		}
	}
	return n
}

// macs counts the multiply-accumulate operations of a dense layer or a matrix product.
func macs(v *ir.Value) int {
	switch v.Op {
	case ir.OpDense:
		return v.Type.Size() * v.Args[1].Type.Shape[1]
	case ir.OpMatMul:
		s := v.Args[0].Type.Shape
		return v.Type.Size() * s[len(s)-1]
	}
	return 0
}
