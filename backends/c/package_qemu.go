package cc

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strings"
	"text/template"

	"mlpc/backends"
	"mlpc/ir"
	"mlpc/templates"
)

// qemuVectors is how many of the stored vectors the example for QEMU runs.
const qemuVectors = 4

// qemuBoard fills the linker script: QEMU's mps2-an386, a Cortex-M4 with a floating-point unit.
var qemuBoard = struct {
	Machine                                                       string
	Flash, FlashBytes, RAM, RAMBytes, Code, CodeBytes, StackBytes int
}{"mps2-an386", 0, 4 << 20, 0x20000000, 4 << 20, 0, 0, 2048}

// qemuExample adds a bare-metal program for an emulated Cortex-M4 that runs stored vectors and compares the results, with a Makefile.
func qemuExample(files backends.Files, in backends.Input, lib Library) error {
	text, err := templates.FS.ReadFile("qemu/link.ld.tmpl")
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := template.Must(template.New("link.ld").Parse(string(text))).Execute(&b, qemuBoard); err != nil {
		return err
	}
	files["qemu/link.ld"] = b.Bytes()
	for _, name := range []string{"startup.c", "semihosting.c"} {
		if files["qemu/"+name], err = templates.FS.ReadFile("qemu/" + name); err != nil {
			return err
		}
	}
	files["qemu/main.c"] = qemuMain(in)
	files["qemu/Makefile"] = qemuMakefile(in, lib)
	return nil
}

// qemuMakefile prints the Makefile of the example.
func qemuMakefile(in backends.Input, lib Library) []byte {
	flags, sources := "-I..", "main.c startup.c semihosting.c ../"+in.Name+".c"
	if lib.Layer != nil {
		flags, sources = flags+" -I../cmsis_nn", sources+" ../cmsis_nn/arm_fully_connected.c"
	}
	for _, d := range lib.Defines {
		flags += " -D" + d
	}
	p := &backends.Printer{Indent: "\t"}
	p.P("# %s", notice(in))
	p.Line("# make run: builds the model for Cortex-M4 and runs stored vectors in QEMU. Needs gcc-arm-none-eabi, libnewlib and qemu-system-arm.")
	p.P("FLAGS = -mcpu=cortex-m4 -mfpu=fpv4-sp-d16 -mfloat-abi=hard -mthumb -std=c99 -O2 %s", flags)
	p.P("SOURCES = %s", sources)
	p.Line("")
	p.Line("run: model.elf")
	p.Line("\tqemu-system-arm -M mps2-an386 -display none -monitor none -serial none -semihosting-config enable=on,target=native -kernel model.elf")
	p.Line("")
	p.Line("model.elf: $(SOURCES) link.ld Makefile")
	p.Line("\tarm-none-eabi-gcc $(FLAGS) -nostartfiles --specs=nosys.specs -T link.ld $(SOURCES) -lm -o $@")
	p.Line("")
	p.Line(".PHONY: run")
	return p.Bytes()
}

// qemuMain prints the program of the example.
func qemuMain(in backends.Input) []byte {
	p := &backends.Printer{Indent: "    "}
	g := in.Program.Graph
	ins, outs := ports(g)
	n := min(qemuVectors, len(in.Vectors.In))
	p.P("/* %s */", notice(in))
	p.Line("/* Runs stored vectors on an emulated core and compares the results: prints \"equal\" and ends with status 0 where all are. */")
	p.P("#include \"%s.h\"", in.Name)
	p.Line("")
	p.Line("#include <string.h>")
	p.Line("")
	p.Line("int mlpc_open(const char *name, int mode);")
	p.Line("void mlpc_print(int file, const char *text);")
	p.Line("void mlpc_tick(void);")
	p.Line("")
	p.P("#define VECTORS %d", n)
	p.Line("")
	printVectors(p, in, ins, "given", in.Vectors.In[:n])
	printVectors(p, in, outs, "want", in.Vectors.Out[:n])
	p.Line("void mlpc_tick(void)")
	p.Line("{")
	p.Line("}")
	p.Line("")
	p.Line("int main(void)")
	p.Line("{")
	p.In()
	p.Line("int wrong = 0;")
	p.Line(`const int console = mlpc_open(":tt", 5);`)
	var args []string
	for _, x := range ins {
		args = append(args, fmt.Sprintf("given_%s[v]", x.name))
	}
	for _, x := range outs {
		p.P("static %s_%s_t %s[%d];", in.Name, x.name, x.name, x.value.Type.Size())
		args = append(args, x.name)
	}
	p.Line("for (int v = 0; v < VECTORS; v++) {")
	p.In()
	p.P("wrong += %s_run(%s) != 0;", in.Name, strings.Join(args, ", "))
	for _, x := range outs {
		p.P("wrong += memcmp(%s, want_%s[v], sizeof %s) != 0;", x.name, x.name, x.name)
	}
	p.Out()
	p.Line("}")
	p.Line(`mlpc_print(console, wrong == 0 ? "equal\n" : "DIFFERENT\n");`)
	p.Line("return wrong != 0;")
	p.Out()
	p.Line("}")
	return p.Bytes()
}

// printVectors prints an array of vectors for each port.
func printVectors(p *backends.Printer, in backends.Input, list []port, kind string, rows [][]int64) {
	at := 0
	for _, x := range list {
		size := x.value.Type.Size()
		p.P("static const %s_%s_t %s_%s[%d][%d] = {", in.Name, x.name, kind, x.name, max(1, len(rows)), max(1, size))
		p.In()
		for _, row := range rows {
			p.Line("{")
			p.In()
			words := make([]string, size)
			for i, v := range row[at : at+size] {
				words[i] = portLiteral(x.value.Type.Elem, v)
			}
			for line := range slices.Chunk(words, 12) {
				p.P("%s,", strings.Join(line, ", "))
			}
			p.Out()
			p.Line("},")
		}
		p.Out()
		p.Line("};")
		p.Line("")
		at += size
	}
}

// portLiteral spells an element of a vector; that of a float32 is the number that its bits spell.
func portLiteral(e ir.Elem, v int64) string {
	if e.Single {
		return realLiteral(float64(math.Float32frombits(uint32(v))))
	}
	return literal(v, wordType(CType(e)))
}
