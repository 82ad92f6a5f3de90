package cc

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"mlpc/backends/cost"
	"mlpc/ir"
	"mlpc/ir/diag"
)

// costTable holds the cost models of the kernels: `go test ./backends/c -run TestFit -update` measures and fits it.
//
//go:embed costs.csv
var costTable string

// costs are the models of costTable.
var costs = cost.MustRead(costTable)

// costCores names the core whose figures hold for another: the same instructions run on both.
var costCores = map[string]string{"cortex-m7": "cortex-m4", "cortex-m33": "cortex-m4"}

// CostCore is the core whose figures are taken for a core.
func CostCore(core string) string {
	if other, ok := costCores[core]; ok {
		return other
	}
	return core
}

// floatLayers gives the dense layers of a float32 program, for its instructions; false: it has other layers too.
func (p *Plan) floatLayers() ([]cost.Layer, bool) {
	var layers []cost.Layer
	for _, l := range p.Layers {
		if l.Head.Op != ir.OpDense {
			return nil, false
		}
		d, rest := shapeOf(l.Head), l.Ops()
		relu := len(rest) > 0 && isRelu(rest[0])
		if relu {
			rest = rest[1:]
		}
		if d.groups > 1 || len(rest) > 0 {
			return nil, false
		}
		layers = append(layers, cost.Layer{Kernel: "float", Rows: d.out, Columns: d.k, Batch: d.batch, Relu: relu})
	}
	return layers, len(p.copies) == 0
}

// estimateFloat prices a float32 program on a core.
func estimateFloat(plan *Plan, core string) Cost {
	e := newEmitter(plan)
	for _, l := range plan.Layers {
		e.plainLayer(l, false)
	}
	e.copies()
	c := Cost{ConstantBytes: e.constants, RAMBytes: plan.RAMBytes()}
	if layers, ok := plan.floatLayers(); ok {
		n, _ := costs.Instructions(CostCore(core), layers)
		c.Instructions = int(n + 0.5)
	}
	return c
}

// Layers gives the dense layers of a program as the cost models of a core count them; an error where there are others.
func Layers(p *ir.Program, core string) ([]cost.Layer, error) {
	plan, err := NewPlan(p.Graph)
	if err != nil {
		return nil, err
	}
	plan.Bytes, plan.Skip = p.Bytes, p.ZeroSkip
	layers, ok := plan.floatLayers()
	if !plan.single() {
		layers, ok = plan.costLayers(core, Library{})
	}
	if !ok {
		return nil, diag.New(diag.CodeTarget, diag.Pos{}, "the program has layers that no kernel of %s computes", core)
	}
	return layers, nil
}

// costLayers gives the layers of an integer program; false: it has others than those of the library and of the core's kernels.
func (p *Plan) costLayers(core string, lib Library) ([]cost.Layer, bool) {
	kind := coreKindOf(core)
	if kind == nil {
		return nil, false
	}
	e := newEmitter(p)
	library := map[*Layer]cost.Layer{}
	e.pack(func(l *Layer) bool {
		if lib.Cost == nil {
			return false
		}
		of, ok := lib.Cost(l)
		if ok {
			library[l] = of
		}
		return ok
	})
	var layers []cost.Layer
	uses := map[string][]int{}
	naked := map[string]bool{}
	for i, l := range p.Layers {
		if of, ok := library[l]; ok {
			layers = append(layers, of)
			continue
		}
		packed, k := e.chosen(l, kind)
		if k == nil {
			return nil, false
		}
		one := k.cost(packed)
		if packed.shape.out < 4 && !p.inArena(l) {
			one.Copied = packed.shape.out
		}
		layers = append(layers, one)
		name := k.name
		if k.kind.name == "MVE" && k.bits == 0 && isLineForm(k.form) { // whose kernels share their last steps
			name = k.costName()
		}
		uses[name] = append(uses[name], i)
		naked[name] = k.naked()
	}
	for name, of := range uses {
		if l := &layers[of[0]]; len(of) == 1 && !naked[name] {
			l.Form, l.Once = l.Form+"_ONCE", true // the compiler knows the layer, and has registers to spare
		}
	}
	return layers, len(p.copies) == 0
}

// cost is a packed layer as the cost models count it: the last group is whole, since it overlaps the one before.
func (k *kernel) cost(p *packed) cost.Layer {
	form := strings.TrimPrefix(k.form, "MLPC_")
	if p.outBytes() == 2 {
		form += "_WIDE"
	}
	l := cost.Layer{Kernel: k.costName(), Form: form, Rows: 4 * p.groups, Columns: p.shape.k, Batch: p.shape.batch, Sparse: k.sparse}
	if !k.sparse {
		return l
	}
	for g := range p.groups {
		n := len(p.usedBlocks(g, k.layout.block))
		if !k.layout.paired {
			n = max(n, 1)
		}
		l.Blocks += n
		l.Used += min(n, 1)
	}
	return l
}

// costName is the kernel's name in the cost models. The compiler makes other loops for layers that are scaled by floats, and with the
// vector unit for each way of scaling; the integer ones are the same with and without a floating-point unit beside the DSP instructions.
func (k *kernel) costName() string {
	way, _, _ := strings.Cut(strings.TrimPrefix(k.form, "MLPC_"), "_")
	name := k.kind.name
	switch {
	case k.bits > 0:
		return fmt.Sprintf("PACKED%d_%s", k.bits, name)
	case k.word != nil:
		name = "WORD_" + name
	case name == "DSP_FLOAT" && way != "FLOAT":
		name = "DSP"
	case k.four():
		name = "MVE_FOUR"
	case name == "MVE":
		name = "MVE_" + way
	}
	if k.sparse {
		return "SPARSE_" + name
	}
	return name
}

// kindOfCore names the kind of each core, with the floating-point unit that it commonly has.
var kindOfCore = map[string]string{
	"cortex-m0": "THUMB1", "cortex-m3": "THUMB2", "cortex-m4": "DSP_FLOAT", "cortex-m7": "DSP_FLOAT", "cortex-m33": "DSP_FLOAT", "cortex-m55": "MVE",
}

// coreKindOf gives the kind of a core; nil: none is known.
func coreKindOf(core string) *coreKind {
	at := slices.IndexFunc(coreKinds, func(k *coreKind) bool { return k.name == kindOfCore[core] })
	if at < 0 {
		return nil
	}
	return coreKinds[at]
}
