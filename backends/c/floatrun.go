package cc

import (
	"fmt"
	"strings"

	"mlpc/backends"
	"mlpc/ir"
)

// floatRun prints the helper that takes and gives real numbers.
func floatRun(p *backends.Printer, name string, plan *Plan) {
	ins, outs := ports(plan.Graph)
	floatRunConstants(p, ins, outs)
	p.P("int %s_run_float(%s)", name, floatParams(plan.Graph))
	p.Line("{")
	p.In()
	var args []string
	for _, x := range append(ins, outs...) {
		p.P("%s_%s_t q_%s[%d];", name, x.name, x.name, x.value.Type.Size())
		args = append(args, "q_"+x.name)
	}
	p.P("int status;")
	for _, x := range ins {
		quantizeInput(p, name, x)
	}
	p.P("status = %s_run(%s);", name, strings.Join(args, ", "))
	for _, x := range outs {
		dequantizeOutput(p, name, x)
	}
	p.P("return status;")
	p.Out()
	p.Line("}")
}

// floatRunConstants prints the scales, offsets and limits that differ between elements.
func floatRunConstants(p *backends.Printer, ins, outs []port) {
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
}

// quantizeInput prints the loop that quantizes one input.
func quantizeInput(p *backends.Printer, name string, x port) {
	macro := portMacro(name, x)
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
	p.P("q_%s[i] = (%s_%s_t)%s%s, %s, %s_ZERO, %s);", x.name, name, x.name, quantizeCall(x.value), value, scaleTerm(name, x), macro, limits)
	p.Out()
	p.Line("}")
}

// dequantizeOutput prints the loop that gives one output as real numbers.
func dequantizeOutput(p *backends.Printer, name string, x port) {
	macro := portMacro(name, x)
	p.P("for (int i = 0; i < %s_SIZE; i++) {", macro)
	p.In()
	offset := ""
	if n := len(x.value.Type.Offset); n > 0 {
		offset = fmt.Sprintf(" + offset_%s[i %% %d]", x.name, n)
	}
	p.P("%s[i] = (float)((int32_t)q_%s[i] - %s_ZERO) * %s%s;", x.name, x.name, macro, scaleTerm(name, x), offset)
	p.Out()
	p.Line("}")
}

// portMacro is the start of the names of a port's macros.
func portMacro(name string, x port) string { return strings.ToUpper(name + "_" + x.name) }

// scaleTerm is the scale of element i of a port.
func scaleTerm(name string, x port) string {
	if n := len(x.value.Type.Scale); n > 1 {
		return fmt.Sprintf("scale_%s[i %% %d]", x.name, n)
	}
	return portMacro(name, x) + "_SCALE"
}

// quantizeCall gives the start of the call that quantizes an element of an input.
func quantizeCall(v *ir.Value) string {
	round := v.Attr.(*ir.Input).Round
	if round == "" || round == "half-even" {
		return "mlpc_quantize("
	}
	return "mlpc_quantize_by(MLPC_ROUND_" + strings.ToUpper(strings.ReplaceAll(round, "-", "_")) + ", "
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
