package cc

import (
	"strings"

	"mlpc/backends"
)

// demo prints main.c, a host program: a vector a line in, a vector a line out. It speaks the text protocol of package testbench, for
// float32 with the argument "bits".
func demo(in backends.Input, plan *Plan) []byte {
	p := &backends.Printer{Indent: "    "}
	demoHead(p, in, plan.single())
	ins, outs := ports(plan.Graph)
	var args []string
	for _, x := range append(ins, outs...) {
		p.P("static %s_%s_t %s[%d];", in.Name, x.name, x.name, max(1, x.value.Type.Size()))
		args = append(args, x.name)
	}
	p.Line("")
	mainOpening(p, plan.single())
	for _, x := range ins {
		demoRead(p, in.Name, x.name, plan.single())
	}
	p.P("%s_run(%s);", in.Name, strings.Join(args, ", "))
	for i, x := range outs {
		demoWrite(p, in.Name, x.name, plan.single(), i == 0)
	}
	p.Line(`printf("\n");`)
	for range 2 {
		p.Out()
		p.Line("}")
	}
	return p.Bytes()
}

// demoHead prints the comment and the includes.
func demoHead(p *backends.Printer, in backends.Input, single bool) {
	numbers, include := "integers", "#include <inttypes.h>"
	if single {
		numbers, include = "numbers", "#include <stdlib.h>\n#include <string.h>"
	}
	p.P("/* %s */", notice(in))
	p.Line("/*")
	p.P(" * Host program: reads a line of decimal %s for each inference, all inputs one after the other, and writes a line with", numbers)
	p.Line(" * all outputs.")
	if single {
		p.Line(" * With the argument \"bits\" a number is the integer that the 32 bits of its float spell.")
	}
	p.Line(" */")
	p.P("#include \"%s.h\"", in.Name)
	p.Line("")
	p.Line(include)
	p.Line("#include <stdio.h>")
	p.Line("")
}

// demoRead prints the loop that reads an input.
func demoRead(p *backends.Printer, model, port string, single bool) {
	p.P("for (int i = 0; i < %s_SIZE; i++) {", strings.ToUpper(model+"_"+port))
	p.In()
	if single {
		p.P("if (!read_number(&%s[i], bits)) {", port)
	} else {
		p.Line(`if (scanf("%" SCNd64, &x) != 1) {`)
	}
	p.In()
	p.Line("return 0;")
	p.Out()
	p.Line("}")
	if !single {
		p.P("%s[i] = (%s_%s_t)x;", port, model, port)
	}
	p.Out()
	p.Line("}")
}

// demoWrite prints the loop that writes an output.
func demoWrite(p *backends.Printer, model, port string, single, first bool) {
	p.P("for (int i = 0; i < %s_SIZE; i++) {", strings.ToUpper(model+"_"+port))
	p.In()
	sep := `" "`
	if first {
		sep = `i == 0 ? "" : " "`
	}
	if single {
		p.P(`write_number(%s, %s[i], bits);`, sep, port)
	} else {
		p.P(`printf("%%s%%" PRId64, %s, (int64_t)%s[i]);`, sep, port)
	}
	p.Out()
	p.Line("}")
}

// mainOpening prints the program up to the reading of inputs.
func mainOpening(p *backends.Printer, single bool) {
	if !single {
		p.Line("int main(void)")
		p.Line("{")
		p.In()
		p.Line("for (;;) {")
		p.In()
		p.Line("int64_t x;")
		return
	}
	p.Raw(floatText)
	p.Line("int main(int argc, char **argv)")
	p.Line("{")
	p.In()
	p.Line(`const int bits = argc > 1 && strcmp(argv[1], "bits") == 0;`)
	p.Line("for (;;) {")
	p.In()
}

// floatText reads and writes floats as the host program does. Nine digits tell every float from its neighbours.
const floatText = `static int read_number(float *x, int bits)
{
    char word[64];
    uint32_t b;
    if (scanf("%63s", word) != 1) {
        return 0;
    }
    b = (uint32_t)strtoul(word, NULL, 10);
    *x = strtof(word, NULL);
    if (bits) {
        memcpy(x, &b, sizeof b);
    }
    return 1;
}

static void write_number(const char *before, float x, int bits)
{
    uint32_t b;
    memcpy(&b, &x, sizeof b);
    if (bits) {
        printf("%s%lu", before, (unsigned long)b);
    } else {
        printf("%s%.9g", before, (double)x);
    }
}

`
