package cc

import (
	"fmt"
	"slices"
	"strings"

	"mlpc/backends"
)

// variant is one way to compute a packed layer: the macro of the kernel, the C condition under which it is compiled, its layout
// and its forms of scaling.
type variant struct {
	macro, condition string
	layout           layout
	fpu              string // form of scaling with a floating-point unit; empty: none
	plain            string // form without
}

// layout is how weights, sums and inputs are arranged for one of the kernel files.
type layout struct {
	ctype   string                             // of the weights
	weights func(p *packed) []int64            // in the order in which the kernel reads them
	sums    func(p *packed, g int) [4]int64    // words that the sums of group g start from
	columns func(p *packed) (n int, wide bool) // columns as packed; wide: the kernel for multiples of 16 reads them
	odd     float32                            // what the kernel's sums of odd rows have to be multiplied by
	// inputs gives the statement that brings the inputs into the form that the kernel reads, in an array of so many bytes; empty:
	// it reads them as they are.
	inputs func(p *packed) (statement string, bytes int)
}

// unchanged is layout.inputs of kernels that read inputs as they are.
func unchanged(*packed) (string, int) { return "", 0 }

// variants lists the ways to compute a layer beside plain loops.
func (e *emitter) variants(p *packed) []variant {
	fpu, plain := p.scaleForms()
	var list []variant
	add := func(macro string, l layout, fpu, plain string) {
		condition := "defined(" + macro + ")"
		switch {
		case fpu == "" && plain == "":
			return
		case plain == "":
			condition += " && MLPC_FPU"
		case fpu == "":
			condition += " && !MLPC_FPU"
		}
		list = append(list, variant{macro, condition, l, fpu, plain})
	}
	add("MLPC_MVE", mveLayout, fpu, fpu)
	if p.dsp(e.plan.Ranges[p.dense.ID]) {
		add("MLPC_DSP", dspLayout, fpu, plain)
	}
	add("MLPC_THUMB2", thumb2Layout, plain, plain)
	add("MLPC_THUMB1", thumb1Layout, plain, plain)
	return list
}

// packedLayer prints a layer in all its variants, and as plain loops for all other machines.
func (e *emitter) packedLayer(p *packed) bool {
	variants := e.variants(p)
	if len(variants) == 0 {
		return false
	}
	for i, v := range variants {
		e.P("#%s %s", []string{"if", "elif"}[min(i, 1)], v.condition)
		e.variant(p, v)
	}
	e.Line("#else")
	data := e.data
	e.data = backends.Printer{Indent: "    "}
	code := e.Printer
	e.Printer = backends.Printer{Indent: "    "}
	e.plainLayer(p.layer, true)
	plainData, plainCode := e.data.String(), e.Printer.String()
	e.data, e.Printer = data, code
	e.Raw(plainData)
	e.Line("")
	e.Raw(plainCode)
	e.Line("#endif")
	e.Line("")
	return true
}

// variant prints the constants and the function of a layer for a kernel.
func (e *emitter) variant(p *packed, v variant) {
	id := p.dense.ID
	columns, wide := v.layout.columns(p)
	array(&e.Printer, v.layout.ctype, fmt.Sprintf("weights_%d", id), v.layout.weights(p))
	var sums []int64
	for g := range p.groups {
		s := v.layout.sums(p, g)
		sums = append(sums, s[:]...)
	}
	array(&e.Printer, "int32_t", fmt.Sprintf("sums_%d", id), sums)
	e.perUnit(v, func(form string) { e.scale(p, v, form) })
	e.perUnit(v, func(form string) {
		e.P("static const mlpc_dense dense_%d = {weights_%d, sums_%d, scale_%d, %d, %d, %d, %d, %d, %d, %d};", id, id, id, id,
			columns, p.groups, p.first, p.zeroOf(form), p.down, p.q.Lo, p.q.Hi)
	})
	e.Line("")
	e.P("/* %s */", comment(describe(p.layer)))
	x, y := CType(p.dense.Args[0].Type.Elem), CType(p.layer.Out().Type.Elem)
	e.P("static void %s(const %s *x, %s *y)", functionName(p.layer), x, y)
	e.Line("{")
	e.In()
	e.kernelCall(p, v, x, columns, wide)
	e.Out()
	e.Line("}")
}

// kernelCall prints the body of a packed layer's function.
func (e *emitter) kernelCall(p *packed, v variant, x string, columns int, wide bool) {
	to := "(int8_t *)y"
	tail := p.shape.out < 4
	if tail {
		e.P("int8_t four[4];")
		to = "four"
	}
	if p.shape.batch > 1 {
		e.P("for (int n = 0; n < %d; n++) {", p.shape.batch)
		e.In()
	}
	from := "x"
	unsigned := strings.HasPrefix(x, "u")
	if statement, bytes := v.layout.inputs(p); statement != "" {
		e.inputs[v.macro] = max(e.inputs[v.macro], bytes)
		e.Line(statement)
		from = "inputs"
	}
	e.perUnit(v, func(form string) {
		e.P("%s(%s, %s, &dense_%d);", e.kernel(wide, form, p.rangeName(), unsigned), from, to, p.dense.ID)
	})
	if tail {
		e.P("for (int i = 0; i < %d; i++) {", p.shape.out)
		e.In()
		e.P("y[i] = (%s)four[i];", CType(p.layer.Out().Type.Elem))
		e.Out()
		e.Line("}")
	}
	if p.shape.batch > 1 {
		e.P("x += %d;", p.shape.k)
		e.P("y += %d;", p.shape.out)
		e.Out()
		e.Line("}")
	}
}

// perUnit prints what depends on the form of scaling, under the conditions under which each form is used.
func (e *emitter) perUnit(v variant, print func(form string)) {
	if v.fpu == v.plain || v.plain == "" {
		print(v.fpu)
		return
	}
	if v.fpu == "" {
		print(v.plain)
		return
	}
	e.Line("#if MLPC_FPU")
	print(v.fpu)
	e.Line("#else")
	print(v.plain)
	e.Line("#endif")
}

// scale prints the constants that scale the results.
func (e *emitter) scale(p *packed, v variant, form string) {
	ctype, words := p.scaleWords(form, v.layout.odd)
	e.P("static const %s scale_%d[%d] = {", ctype, p.dense.ID, len(words))
	e.In()
	for line := range slices.Chunk(words, 4) {
		e.P("%s,", strings.Join(line, ", "))
	}
	e.Out()
	e.Line("};")
}

// kernel names the kernel for a form, and a sign of the inputs, and remembers that it is needed.
func (e *emitter) kernel(wide bool, form, limits string, unsigned bool) string {
	number := map[bool]int{true: 1}
	columns := map[bool]int{true: 16, false: 4}[wide]
	name := fmt.Sprintf("dense_%d_%s_%s", columns, strings.ToLower(form[len("MLPC_"):]), strings.ToLower(limits[len("MLPC_"):]))
	if unsigned {
		name += "_u"
	}
	line := fmt.Sprintf("MLPC_DENSE_KERNEL(%s, %d, %s, %s, %d)", name, number[wide], form, limits, number[unsigned])
	if !slices.Contains(e.kernels, line) {
		e.kernels = append(e.kernels, line)
	}
	return name
}

// printKernels prints the kernels that the layers need, and the memory for inputs of 16 bits.
func (e *emitter) printKernels(p *backends.Printer) {
	if len(e.kernels) == 0 {
		return
	}
	p.Line("#if defined(MLPC_DSP) || defined(MLPC_MVE) || defined(MLPC_THUMB)")
	for _, k := range e.kernels {
		p.Line(k)
	}
	p.Line("#endif")
	for _, macro := range []string{"MLPC_DSP", "MLPC_THUMB1"} {
		if n := e.inputs[macro]; n > 0 {
			p.P("#if defined(%s)", macro)
			p.P("static uint32_t inputs[%d];", (n+3)/4)
			p.Line("#endif")
		}
	}
	p.Line("")
}
