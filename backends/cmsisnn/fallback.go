package cmsisnn

import (
	"fmt"

	"mlpc/backends"
	cc "mlpc/backends/c"
	"mlpc/ir"
	"mlpc/ir/diag"
	"mlpc/ir/num"
)

// fallbackOption says what happens to layers that the library does not compute.
var fallbackOption = backends.Option{
	Name:    "fallback",
	Doc:     "layers that CMSIS-NN does not compute with the same bits: c, in the kernels of target c; none, refused",
	Default: "c",
}

// fallback is a layer that the library does not compute, and why.
type fallback struct {
	layer  *cc.Layer
	reason string
}

// fallbacks lists the layers of a plan that the library does not compute.
func fallbacks(plan *cc.Plan) []fallback {
	one := singleRounding(plan)
	var list []fallback
	for _, l := range plan.Layers {
		c, ok := denseLayer(l)
		switch {
		case !ok:
			list = append(list, fallback{l, lacking(l)})
		case c.function == "arm_fully_connected_s16" || fits(c.requant, one):
		case c.requant.Round == num.HalfUp && added(c.requant) != 0:
			list = append(list, fallback{l, "a constant is added before it is scaled"})
		default:
			list = append(list, fallback{l, fmt.Sprintf("it is scaled %s, the library's build %s", c.requant.Round, map[bool]string{true: "half-up", false: "gemmlowp"}[one])})
		}
	}
	return list
}

// lacking says why the library has no function for a layer.
func lacking(l *cc.Layer) string {
	if l.Head.Op == ir.OpDense && holds(l.Head.Args[0], 8) && holds(l.Head.Args[1], 8) && !sums32(l.Head) {
		return "its sums may exceed the library's 32 bits"
	}
	return "the library has no function for it"
}

// fits tells whether the library's build gives the bits of a requant.
func fits(q *ir.Requant, one bool) bool {
	if one {
		return single(q)
	}
	return double(q)
}

// String says which layer it is, and why.
func (f fallback) String() string {
	at := fmt.Sprintf("value %%%d", f.layer.Out().ID)
	if node := f.pos().Node; node != "" {
		at = fmt.Sprintf("node %q", node)
	}
	return fmt.Sprintf("%s (%s) runs in the kernels of target c: %s", at, f.layer.Head.Op, f.reason)
}

// pos is where the file has the layer: the place of its last op that has one.
func (f fallback) pos() diag.Pos {
	pos := f.layer.Head.Pos
	for _, v := range f.layer.Chain {
		if v.Pos != (diag.Pos{}) {
			pos = v.Pos
		}
	}
	return pos
}

// notes lists the layers that run in kernels of our own.
func notes(p *ir.Program) []string {
	plan, err := cc.NewPlan(p.Graph)
	if err != nil {
		return nil
	}
	list := cc.Notes(p)
	for _, f := range fallbacks(plan) {
		list = append(list, f.String())
	}
	return list
}

// refusals are the fallbacks as problems, for those who want the library or nothing.
func refusals(own []fallback) diag.List {
	var l diag.List
	for _, f := range own {
		l.Addf(diag.CodeTarget, f.pos(), "value %%%d (%s) is not computed by CMSIS-NN: %s", f.layer.Out().ID, f.layer.Head.Op, f.reason).
			WithHint("compile with --match tflite, quantize to 8 bits, or let the kernels of target c compute it: leave out --option fallback=none")
	}
	return l
}
