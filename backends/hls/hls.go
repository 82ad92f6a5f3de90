// Package hls emits a Vitis HLS project: one C++ function whose layers are calls of a header library of our own, with directives
// that follow the schedule, a testbench for C simulation, and the tool's project files. The layout and the names are those that
// users of hls4ml know.
package hls

import (
	"mlpc/backends"
	"mlpc/ir"
	"mlpc/ir/diag"
)

// Backend is the target "hls".
var Backend = &backends.Backend{
	Name:    "hls",
	Doc:     "Vitis HLS project in C++, layers folded as scheduled",
	Archs:   []string{"stream"},
	Options: options,
	Check:   check,
	Emit:    Emit,
}

var options = []backends.Option{
	{Name: "io", Doc: "ports and channels: io_parallel (arrays) or io_stream (streams of beats)", Default: "io_parallel"},
	{Name: "part", Doc: "part that the project files name", Default: "xc7z020clg400-1"},
	{Name: "uncertainty", Doc: "clock uncertainty in percent", Default: "12.5"},
}

// check lists what the target cannot do: values that are not integers or have no elements.
func check(p *ir.Program, l *diag.List) {
	for _, v := range p.Graph.Values {
		switch {
		case v.Type.Elem.IsReal():
			l.Addf(diag.CodeTarget, v.Pos, "the hls target computes with integers only, but this %s gives real numbers", v.Op).
				WithHint("quantize the model first")
		case v.Type.Size() == 0:
			l.Addf(diag.CodeTarget, v.Pos, "the hls target cannot hold a value without elements, as this %s gives", v.Op)
		}
	}
}

// option gives what the user typed for an option, or its default.
func option(in backends.Input, name string) string {
	if s := in.Options[name]; s != "" {
		return s
	}
	for _, o := range options {
		if o.Name == name {
			return o.Default
		}
	}
	panic("hls: no option " + name)
}

// Emit prints the project.
func Emit(in backends.Input) (backends.Files, error) {
	io := option(in, "io")
	if io != "io_parallel" && io != "io_stream" {
		return nil, diag.New(diag.CodeOption, diag.Pos{}, "io is %q, not io_parallel or io_stream", io)
	}
	d, err := newDesign(in, io == "io_stream")
	if err != nil {
		return nil, err
	}
	return d.files()
}
