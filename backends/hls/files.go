package hls

import (
	"bytes"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"
	"text/template"

	"mlpc/backends"
	"mlpc/templates"
)

// projectFiles are the templates with few holes and the files that they become.
var projectFiles = []struct{ template, file string }{
	{"hls/testbench.cpp.tmpl", "%s_test.cpp"},
	{"hls/hls_config.cfg.tmpl", "hls_config.cfg"},
	{"hls/build_prj.tcl.tmpl", "build_prj.tcl"},
	{"hls/README.md.tmpl", "README.md"},
}

var parsed = template.Must(template.ParseFS(templates.FS, "hls/*.tmpl"))

// project is what the templates see.
type project struct {
	Header, Name, Part, Period, Uncertainty string
	Stream                                  bool
	Inputs, Outputs                         []port
}

// Ports lists the arguments of the top function.
func (p project) Ports() []port { return append(p.Inputs[:len(p.Inputs):len(p.Inputs)], p.Outputs...) }

// files prints the whole project.
func (d *design) files() (backends.Files, error) {
	files := backends.Files{}
	p := project{Header: d.header, Name: d.name, Part: option(d.in, "part"), Uncertainty: option(d.in, "uncertainty"),
		Period: period(d.in.Program.ClockMHz), Stream: d.stream, Inputs: d.inputs, Outputs: d.outputs}
	if err := checkOptions(p); err != nil {
		return nil, err
	}
	for _, f := range projectFiles {
		var text bytes.Buffer
		if err := parsed.ExecuteTemplate(&text, path.Base(f.template), p); err != nil {
			return nil, err
		}
		name := f.file
		if strings.Contains(name, "%s") {
			name = fmt.Sprintf(name, d.name)
		}
		files[name] = text.Bytes()
	}
	for _, dir := range []string{"nnet_utils", "ap_types"} {
		if err := copyLibrary(files, dir); err != nil {
			return nil, err
		}
	}
	for i := range d.roms {
		files["firmware/weights/"+d.roms[i].name+".h"] = d.roms[i].text(d.header, d.name)
	}
	files["firmware/defines.h"] = d.defines()
	files["firmware/parameters.h"] = d.parameters()
	files["firmware/"+d.name+".h"] = d.interfaceFile()
	files["firmware/"+d.name+".cpp"] = d.top()
	files["tb_data/tb_input_features.dat"] = vectorText(d.in.Vectors.In)
	files["tb_data/tb_output_predictions.dat"] = vectorText(d.in.Vectors.Out)
	return files, nil
}

// copyLibrary copies a directory of the header library as it lies.
func copyLibrary(files backends.Files, dir string) error {
	list, err := fs.ReadDir(templates.FS, "hls/"+dir)
	if err != nil {
		return err
	}
	for _, f := range list {
		text, err := templates.FS.ReadFile("hls/" + dir + "/" + f.Name())
		if err != nil {
			return err
		}
		files["firmware/"+dir+"/"+f.Name()] = text
	}
	return nil
}

// period is the clock period in nanoseconds; without a clock, 5 ns as hls4ml's default.
func period(mhz float64) string {
	if mhz <= 0 {
		return "5"
	}
	return strconv.FormatFloat(1000/mhz, 'g', 6, 64)
}

func vectorText(vectors [][]int64) []byte {
	var text []byte
	for _, v := range vectors {
		text = append(text, strings.ReplaceAll(joinInts(v), ",", "")...)
		text = append(text, '\n')
	}
	return text
}

// guarded prints a header file.
func (d *design) guarded(name string, body func(p *backends.Printer)) []byte {
	guard := strings.ToUpper(d.name+"_"+name) + "_H_"
	p := &backends.Printer{Indent: "    "}
	p.P("// %s", d.header)
	p.P("#ifndef %s", guard)
	p.P("#define %s", guard)
	p.P("")
	body(p)
	p.P("")
	p.P("#endif")
	return p.Bytes()
}

func (d *design) defines() []byte {
	return d.guarded("defines", func(p *backends.Printer) {
		p.Line(`#include "nnet_utils/nnet_types.h"`)
		p.P("")
		p.Raw(d.types.String())
	})
}

func (d *design) parameters() []byte {
	return d.guarded("parameters", func(p *backends.Printer) {
		for _, h := range []string{"dense", "elementwise", "requant", "axis", "route", "float32"} {
			p.P(`#include "nnet_utils/nnet_%s.h"`, h)
		}
		p.Line(`#include "defines.h"`)
		p.P("")
		for i := range d.roms {
			p.P(`#include "weights/%s.h"`, d.roms[i].name)
		}
		p.P("")
		p.Raw(strings.TrimSuffix(d.configs.String(), "\n"))
	})
}

// signature spells the top function without body.
func (d *design) signature() string {
	var args []string
	arg := func(p port) {
		if d.stream {
			args = append(args, fmt.Sprintf("hls::stream<%s> &%s", p.Beat, p.Name))
		} else {
			args = append(args, fmt.Sprintf("%s %s[%d]", p.Type, p.Name, p.Size))
		}
	}
	for _, p := range d.inputs {
		arg(p)
	}
	for _, p := range d.outputs {
		arg(p)
	}
	return fmt.Sprintf("void %s(%s)", d.name, strings.Join(args, ", "))
}

func (d *design) interfaceFile() []byte {
	return d.guarded("top", func(p *backends.Printer) {
		p.Line(`#include "defines.h"`)
		if d.stream {
			p.Line(`#include "nnet_utils/nnet_route.h"`)
		}
		p.P("")
		p.P("// Computes the network for one sample.")
		p.P("%s;", d.signature())
	})
}

func (d *design) top() []byte {
	p := &backends.Printer{Indent: "    "}
	p.P("// %s", d.header)
	p.P(`#include "%s.h"`, d.name)
	p.Line(`#include "parameters.h"`)
	p.P("")
	p.Raw(d.helpers.String())
	p.P("%s {", d.signature())
	p.In()
	for _, a := range append(d.inputs[:len(d.inputs):len(d.inputs)], d.outputs...) {
		if d.stream {
			p.P("NNET_HLS(INTERFACE axis port=%s)", a.Name)
		} else {
			d.partition(p, a.Name, d.root[a.value])
		}
	}
	p.P("NNET_HLS(DATAFLOW)")
	for _, text := range []string{d.channels.String(), d.calls.String()} {
		p.P("")
		for _, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
			p.Line(line)
		}
	}
	p.Out()
	p.P("}")
	return p.Bytes()
}
