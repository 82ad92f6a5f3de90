package cc

import (
	"slices"

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

// kernelCost is a linear model of the instructions of a kernel: layers·layer + groups·group + inputs·input, next to the columns, which
// loops of known length compute.
type kernelCost struct{ layer, group, input float64 }

// kernelCosts are fitted to the ten nets of models/mcu that QEMU 7.2 ran after GCC 12.2 -O2 had built them, within 0.2 % on the DSP kernel
// and THUMB1, 1.2 % on THUMB2, 3.3 % on MVE; FIX1 follows from FIX2.
var kernelCosts = map[string]kernelCost{
	"DSP_FLOAT MLPC_FLOAT_ALL": {38.79, 39.73, 1.47},
	"DSP_FLOAT MLPC_FLOAT_ROW": {38.79, 40.11, 1.47},
	"MVE MLPC_FLOAT_ALL":       {18.28, 22.82, 0},
	"MVE MLPC_FLOAT_ROW":       {18.28, 22.97, 0},
	"THUMB2 MLPC_LINE_ALL":     {29.51, 50.62, 0},
	"THUMB2 MLPC_LINE_ROW":     {29.51, 50.1, 0},
	"THUMB2 MLPC_FIX1_ALL":     {29.51, 68.8, 0},
	"THUMB2 MLPC_FIX1_ROW":     {29.51, 66, 0},
	"THUMB2 MLPC_FIX2_ALL":     {29.51, 87.01, 0},
	"THUMB2 MLPC_FIX2_ROW":     {29.51, 82, 0},
	"THUMB2 MLPC_SOFT_ALL":     {29.51, 135.6, 0},
	"THUMB2 MLPC_SOFT_ROW":     {29.51, 146.05, 0},
	"THUMB1 MLPC_LINE_ALL":     {52.12, 202.69, 5.95},
	"THUMB1 MLPC_LINE_ROW":     {52.12, 192.19, 5.95},
	"THUMB1 MLPC_FIX1_ALL":     {52.12, 228, 5.95},
	"THUMB1 MLPC_FIX1_ROW":     {52.12, 225.59, 5.95},
	"THUMB1 MLPC_FIX2_ALL":     {52.12, 253.22, 5.95},
	"THUMB1 MLPC_FIX2_ROW":     {52.12, 242.7, 5.95},
	"THUMB1 MLPC_SOFT_ALL":     {52.12, 520.2, 5.95},
	"THUMB1 MLPC_SOFT_ROW":     {52.12, 510.13, 5.95},
}

// columnCost gives the instructions that the columns of one group take.
func columnCost(kind string, k int) int {
	switch kind {
	case "DSP_FLOAT":
		blocks := (k + 3) / 4
		return 14*blocks + 2*((blocks+1)/2)
	case "MVE":
		return 10*(k/16) + 14*min(k%16, 1)
	case "THUMB2":
		return 39*(k/4) + 12*(k%4)
	}
	return 56*(k/4) + 18*(k%4)
}

// kindOfCore names the kind of each core, with the floating-point unit that it commonly has.
var kindOfCore = map[string]string{
	"cortex-m0": "THUMB1", "cortex-m3": "THUMB2", "cortex-m4": "DSP_FLOAT", "cortex-m7": "DSP_FLOAT", "cortex-m33": "DSP_FLOAT", "cortex-m55": "MVE",
}

// Estimate prices a program of target c on a core, cortex-m0, m3, m4, m7, m33 or m55.
func Estimate(p *ir.Program, core string) (Cost, error) {
	at := slices.IndexFunc(coreKinds, func(k *coreKind) bool { return k.name == kindOfCore[core] })
	if at < 0 {
		return Cost{}, diag.New(diag.CodeOption, diag.Pos{}, "no figures for core %s", core)
	}
	kind := coreKinds[at]
	plan, err := NewPlan(p.Graph)
	if err != nil {
		return Cost{}, err
	}
	if plan.single() {
		return estimateFloat(plan, core), nil
	}
	c := Cost{RAMBytes: plan.RAMBytes()}
	e := newEmitter(plan)
	wide, known := 0, len(plan.copies) == 0
	instructions := 0.0
	for _, l := range plan.Layers {
		packed, kernel := e.chosen(l, kind)
		if kernel == nil {
			e.plainLayer(l, false)
			known = false
			continue
		}
		c.ConstantBytes += 4*len(kernel.words) + recordBytes
		if f := kernel.kind.layout.wide; f != nil {
			wide = max(wide, (f(packed, kernel.sparse)+3)&^3)
		}
		cost, fitted := kernelCosts[kernel.kind.name+" "+kernel.form]
		known = known && fitted && !kernel.sparse
		instructions += cost.of(packed, kernel.kind.name)
	}
	c.ConstantBytes += e.constants
	c.RAMBytes += wide
	if known {
		c.Instructions = int(instructions + 0.5)
	}
	return c, nil
}

// recordBytes is the size of an mlpc_dense.
const recordBytes = 16

// chosen gives the kernel that a kind of core takes for a layer; nil: plain loops.
func (e *emitter) chosen(l *Layer, kind *coreKind) (*packed, *kernel) {
	p, ok := e.packedOf(l)
	if !ok {
		return nil, nil
	}
	return p, kernelOf(p, kind)
}

// of is the cost of a layer with the kernel of a kind of core.
func (c kernelCost) of(p *packed, kind string) float64 {
	one := c.layer + float64(p.groups)*(c.group+float64(columnCost(kind, p.shape.k))) + c.input*float64(p.shape.k)
	return one * float64(p.shape.batch)
}

// newEmitter makes an emitter for a plan.
func newEmitter(plan *Plan) *emitter {
	e := &emitter{plan: plan, done: map[string]bool{}, packed: map[*Layer]*packed{}}
	e.Indent = "    "
	e.data = backends.Printer{Indent: "    "}
	return e
}
