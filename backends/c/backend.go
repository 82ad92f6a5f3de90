// Package cc prints a program as C99: a header, a source with one loop nest a layer, and small kernel headers. The code has no
// dependency, allocates nothing and holds its activations in static memory whose size is known beforehand.
//
// Package cmsisnn prints the same program with calls of a library in place of some loop nests.
package cc

import (
	"maps"
	"slices"

	"mlpc/backends"
	"mlpc/backends/cost"
	"mlpc/ir"
	"mlpc/ir/diag"
	"mlpc/templates"
)

// Backend is the target "c".
var Backend = &backends.Backend{
	Name:    "c",
	Doc:     "C99 for microcontrollers and hosts: own kernels, no dependency, no malloc",
	Options: []backends.Option{PackageOption},
	Check:   Check,
	Notes:   Notes,
	Emit:    func(in backends.Input) (backends.Files, error) { return Build(in, Library{}) },
}

// Library lets another target compute layers by calls of a library.
type Library struct {
	Headers []string // lines after the includes
	Defines []string // macros that the model and the library are compiled with
	About   []string // sentences for the comment on the model's function
	Files   backends.Files
	// Layer prints the function of a layer, which takes pointers to the layer's arguments but constants, then to its result, and
	// returns 0 when it succeeds; false: the library does not compute this layer.
	Layer func(*Site) bool
	// Cost is a layer that the library computes as Costs count it; false: the library does not compute it.
	Cost  func(*Layer) (cost.Layer, bool)
	Costs *cost.Model
}

// Check lists what C cannot express: reals other than float32, and models without an input.
func Check(p *ir.Program, l *diag.List) {
	if len(p.Graph.Inputs()) == 0 {
		l.Addf(diag.CodeTarget, diag.Pos{}, "the model has no input")
	}
	for _, v := range p.Graph.Values {
		if v.Type.Elem == ir.Real {
			l.Addf(diag.CodeTarget, v.Pos, "%s gives real numbers, C code computes with integers or float32", v.Op).
				WithHint("quantize the model: leave the quantize and lower passes in, or take --bits float")
		}
	}
}

// headers lists the header files that a program needs.
func (p *Plan) headers() []string {
	if p.single() {
		return []string{"mlpc_float.h", "mlpc_float_vfp.h", "mlpc_float_vector.h"}
	}
	list := []string{"mlpc_num.h", "mlpc_kernels.h", "mlpc_dense.h", "mlpc_dense_dsp.h", "mlpc_dense_mve.h", "mlpc_dense_packed.h", "mlpc_dense_thumb.h", "mlpc_dense_word.h"}
	if p.throughFloat32() {
		list = append(list, "mlpc_float32.h")
	}
	return list
}

// Build prints the files of a program.
func Build(in backends.Input, lib Library) (backends.Files, error) {
	plan, err := NewPlan(in.Program.Graph)
	if err != nil {
		return nil, err
	}
	plan.Bytes, plan.Skip = in.Program.Bytes, in.Program.ZeroSkip
	files := backends.Files{
		in.Name + ".h": header(in, plan, slices.Concat(lib.About, plan.leaks())),
		in.Name + ".c": source(in, plan, lib),
		"main.c":       demo(in, plan),
	}
	for _, name := range plan.headers() {
		text, err := templates.FS.ReadFile("c/" + name)
		if err != nil {
			return nil, err
		}
		files[name] = text
	}
	maps.Copy(files, lib.Files)
	return files, addPackage(files, in, lib)
}
