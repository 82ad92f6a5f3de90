package cc

import (
	"mlpc/backends"
	"mlpc/ir"
	"mlpc/ir/diag"
)

// Cost is what a program takes on a core.
type Cost struct {
	ConstantBytes int // constants in flash, exact; the code comes on top
	RAMBytes      int // static memory, exact; the stack comes on top
	Instructions  int // of one inference; 0: not known, since a layer runs in plain loops
}

// Estimate prices a program of target c on a core, cortex-m0, m3, m4, m7, m33 or m55.
func Estimate(p *ir.Program, core string) (Cost, error) { return EstimateWith(p, core, Library{}) }

// EstimateWith prices a program some of whose layers a library computes; the library's own code and memory come on top.
func EstimateWith(p *ir.Program, core string, lib Library) (Cost, error) {
	kind := coreKindOf(core)
	if kind == nil {
		return Cost{}, diag.New(diag.CodeOption, diag.Pos{}, "no figures for core %s", core)
	}
	plan, err := NewPlan(p.Graph)
	if err != nil {
		return Cost{}, err
	}
	plan.Bytes, plan.Skip = p.Bytes, p.ZeroSkip
	if plan.single() {
		return estimateFloat(plan, core), nil
	}
	c := Cost{RAMBytes: plan.RAMBytes()}
	e := newEmitter(plan)
	wide, uses := 0, map[string]int{}
	byLibrary := map[*Layer]bool{}
	e.pack(func(l *Layer) bool {
		byLibrary[l] = lib.Layer != nil && lib.Layer(&Site{e, l})
		return byLibrary[l]
	})
	for _, l := range plan.Layers {
		if byLibrary[l] {
			continue
		}
		packed, kernel := e.chosen(l, kind)
		if kernel == nil {
			e.plainLayer(l, false)
			continue
		}
		if kind.name == "MVE" && len(uses) > 0 {
			c.ConstantBytes += 4 * (len(kernel.words) % 2) // GCC aligns arrays to 8 bytes; the first one it puts last
		}
		c.ConstantBytes += 4 * len(kernel.words)
		uses[kernel.line]++
		switch n := uses[kernel.line]; {
		case kernel.naked() || n > 2:
			c.ConstantBytes += recordBytes
		case n == 2:
			c.ConstantBytes += 2 * recordBytes
		}
		if f := kernel.layout.wide; f != nil {
			wide = max(wide, (f(packed, kernel.sparse)+3)&^3)
		}
	}
	c.ConstantBytes += e.constants
	c.RAMBytes += wide
	if layers, ok := plan.costLayers(core, lib); ok {
		n, _ := costs.With(lib.Costs).Instructions(CostCore(core), layers)
		c.Instructions = int(n + 0.5)
	}
	return c, nil
}

// recordBytes is the size of an mlpc_dense. The compiler puts the record of a kernel in C that runs only once into its instructions.
const recordBytes = 16

// chosen gives the kernel that a kind of core takes for a layer; nil: plain loops.
func (e *emitter) chosen(l *Layer, kind *coreKind) (*packed, *kernel) {
	p := e.packed[l]
	if p == nil {
		return nil, nil
	}
	return p, kernelOf(p, kind)
}

// newEmitter makes an emitter for a plan.
func newEmitter(plan *Plan) *emitter {
	e := &emitter{plan: plan, done: map[string]bool{}, packed: map[*Layer]*packed{}}
	e.Indent = "    "
	e.data = backends.Printer{Indent: "    "}
	return e
}
