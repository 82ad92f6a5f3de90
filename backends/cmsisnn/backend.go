// Package cmsisnn prints a program as C that calls Arm's CMSIS-NN for its dense layers. All that the library leaves to its user is
// computed beforehand: dims, offsets, multipliers and shifts, and the sums that the vector unit starts from. What the library does
// not have runs in the loop nests of package cc.
//
// The files include a plain C implementation of the functions that are called; with the real library, leave the directory
// cmsis_nn out and put the library's Include directory on the include path.
package cmsisnn

import (
	"mlpc/backends"
	cc "mlpc/backends/c"
	"mlpc/ir"
	"mlpc/ir/diag"
	"mlpc/templates"
)

// Backend is the target "cmsisnn".
var Backend = &backends.Backend{
	Name:    "cmsisnn",
	Doc:     "C99 that calls CMSIS-NN for dense layers",
	Options: []backends.Option{cc.PackageOption, fallbackOption},
	Check:   check,
	Notes:   notes,
	Emit:    emit,
}

// SingleRounding tells whether the library has to be built with CMSIS_NN_USE_SINGLE_ROUNDING for a program: its 8-bit dense
// layers are scaled half up. Without any such layer, or with gemmlowp rounding, the default build is right.
func SingleRounding(p *ir.Program) bool {
	plan, err := cc.NewPlan(p.Graph)
	if err != nil {
		return false
	}
	return singleRounding(plan)
}

func singleRounding(plan *cc.Plan) bool {
	found := false
	for _, l := range plan.Layers {
		c, ok := denseLayer(l)
		if !ok || c.function == "arm_fully_connected_s16" {
			continue
		}
		if double(c.requant) {
			return false
		}
		found = found || single(c.requant)
	}
	return found
}

// check lists what the program cannot have, whatever computes it.
func check(p *ir.Program, l *diag.List) {
	cc.Check(p, l)
	if len(*l) > 0 {
		return
	}
	if _, err := cc.NewPlan(p.Graph); err != nil {
		l.Addf(diag.CodeOverflow, diag.Pos{}, "%v", err)
	}
}

func emit(in backends.Input) (backends.Files, error) {
	plan, err := cc.NewPlan(in.Program.Graph)
	if err != nil {
		return nil, err
	}
	own := fallbacks(plan)
	switch kind := in.Options[fallbackOption.Name]; kind {
	case "", fallbackOption.Default:
	case "none":
		if err := refusals(own).Err(); err != nil {
			return nil, err
		}
	default:
		return nil, diag.New(diag.CodeOption, diag.Pos{}, "no fallback %q", kind).WithHint("choose c or none")
	}
	lib := library(singleRounding(plan), own)
	lib.Files = backends.Files{}
	for _, name := range []string{"arm_nn_types.h", "arm_nnfunctions.h", "arm_nn_requantize.h", "arm_fully_connected.c"} {
		text, err := templates.FS.ReadFile("cmsisnn/" + name)
		if err != nil {
			return nil, err
		}
		lib.Files["cmsis_nn/"+name] = text
	}
	return cc.Build(in, lib)
}
