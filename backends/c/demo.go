package cc

import (
	"strings"

	"mlpc/backends"
)

// demo prints main.c, a host program that speaks the text protocol of package testbench: a vector a line in, a vector a line out.
func demo(in backends.Input, plan *Plan) []byte {
	p := &backends.Printer{Indent: "    "}
	p.P("/* %s */", notice(in))
	p.Line("/*")
	p.Line(" * Host program: reads a line of decimal integers for each inference, all inputs one after the other, and writes a line with")
	p.Line(" * all outputs.")
	p.Line(" */")
	p.P("#include \"%s.h\"", in.Name)
	p.Line("")
	p.Line("#include <inttypes.h>")
	p.Line("#include <stdio.h>")
	p.Line("")
	ins, outs := ports(plan.Graph)
	var args []string
	for _, x := range append(ins, outs...) {
		p.P("static %s_%s_t %s[%d];", in.Name, x.name, x.name, max(1, x.value.Type.Size()))
		args = append(args, x.name)
	}
	p.Line("")
	p.Line("int main(void)")
	p.Line("{")
	p.In()
	p.Line("for (;;) {")
	p.In()
	p.Line("int64_t x;")
	for _, x := range ins {
		macro := strings.ToUpper(in.Name + "_" + x.name)
		p.P("for (int i = 0; i < %s_SIZE; i++) {", macro)
		p.In()
		p.Line(`if (scanf("%" SCNd64, &x) != 1) {`)
		p.In()
		p.Line("return 0;")
		p.Out()
		p.Line("}")
		p.P("%s[i] = (%s_%s_t)x;", x.name, in.Name, x.name)
		p.Out()
		p.Line("}")
	}
	p.P("%s_run(%s);", in.Name, strings.Join(args, ", "))
	first := true
	for _, x := range outs {
		macro := strings.ToUpper(in.Name + "_" + x.name)
		p.P("for (int i = 0; i < %s_SIZE; i++) {", macro)
		p.In()
		sep := `" "`
		if first {
			sep = `i == 0 ? "" : " "`
		}
		first = false
		p.P(`printf("%%s%%" PRId64, %s, (int64_t)%s[i]);`, sep, x.name)
		p.Out()
		p.Line("}")
	}
	p.Line(`printf("\n");`)
	p.Out()
	p.Line("}")
	p.Out()
	p.Line("}")
	return p.Bytes()
}
