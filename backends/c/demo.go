package cc

import (
	"strings"

	"mlpc/backends"
)

// demo prints main.c, a host program: a vector a line in, a vector a line out. It speaks the text protocol of package testbench, for
// float32 with the argument "bits".
func demo(in backends.Input, plan *Plan) []byte {
	p := &backends.Printer{Indent: "    "}
	numbers, include := "integers", "#include <inttypes.h>"
	if plan.single() {
		numbers, include = "numbers", "#include <stdlib.h>\n#include <string.h>"
	}
	p.P("/* %s */", notice(in))
	p.Line("/*")
	p.P(" * Host program: reads a line of decimal %s for each inference, all inputs one after the other, and writes a line with", numbers)
	p.Line(" * all outputs.")
	if plan.single() {
		p.Line(" * With the argument \"bits\" a number is the integer that the 32 bits of its float spell.")
	}
	p.Line(" */")
	p.P("#include \"%s.h\"", in.Name)
	p.Line("")
	p.Line(include)
	p.Line("#include <stdio.h>")
	p.Line("")
	ins, outs := ports(plan.Graph)
	var args []string
	for _, x := range append(ins, outs...) {
		p.P("static %s_%s_t %s[%d];", in.Name, x.name, x.name, max(1, x.value.Type.Size()))
		args = append(args, x.name)
	}
	p.Line("")
	mainOpening(p, plan.single())
	for _, x := range ins {
		p.P("for (int i = 0; i < %s_SIZE; i++) {", strings.ToUpper(in.Name+"_"+x.name))
		p.In()
		if plan.single() {
			p.P("if (!read_number(&%s[i], bits)) {", x.name)
		} else {
			p.Line(`if (scanf("%" SCNd64, &x) != 1) {`)
		}
		p.In()
		p.Line("return 0;")
		p.Out()
		p.Line("}")
		if !plan.single() {
			p.P("%s[i] = (%s_%s_t)x;", x.name, in.Name, x.name)
		}
		p.Out()
		p.Line("}")
	}
	p.P("%s_run(%s);", in.Name, strings.Join(args, ", "))
	first := true
	for _, x := range outs {
		p.P("for (int i = 0; i < %s_SIZE; i++) {", strings.ToUpper(in.Name+"_"+x.name))
		p.In()
		sep := `" "`
		if first {
			sep = `i == 0 ? "" : " "`
		}
		first = false
		if plan.single() {
			p.P(`write_number(%s, %s[i], bits);`, sep, x.name)
		} else {
			p.P(`printf("%%s%%" PRId64, %s, (int64_t)%s[i]);`, sep, x.name)
		}
		p.Out()
		p.Line("}")
	}
	p.Line(`printf("\n");`)
	for range 2 {
		p.Out()
		p.Line("}")
	}
	return p.Bytes()
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
