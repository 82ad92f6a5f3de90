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

// kernelCost is a linear model of the instructions of a kernel: layers·layer + groups·group + inputs·input + tails·tail, next to
// the columns, which loops of known length compute. A tail is a layer of less than four rows.
type kernelCost struct{ layer, group, input, tail float64 }

// kernelCosts are fitted to five nets that QEMU 7.2 ran after GCC 12.2 -O2 had built them: the floats and the rows of Thumb within
// 0.1 %, the lines of the DSP and vector kernels within 3 %.
var kernelCosts = map[string]kernelCost{
	"MLPC_DSP MLPC_FLOAT_ALL":   {33.3, 43.75, 1.75, 10.3},
	"MLPC_DSP MLPC_FLOAT_ROW":   {33.3, 46.75, 1.75, -10},
	"MLPC_DSP MLPC_LINE_ALL":    {33.3, 46, 1.75, 10},
	"MLPC_DSP MLPC_LINE_ROW":    {34.4, 52.8, 1.79, -89},
	"MLPC_MVE MLPC_FLOAT_ALL":   {26.6, 23.7, 0, -14.3},
	"MLPC_MVE MLPC_FLOAT_ROW":   {25.2, 21.9, 0, -20},
	"MLPC_MVE MLPC_LINE_ALL":    {26.6, 36, 0, 0},
	"MLPC_MVE MLPC_LINE_ROW":    {25.2, 42, 0, 0},
	"MLPC_THUMB2 MLPC_LINE_ALL": {28.8, 56.84, 0, 26.2},
	"MLPC_THUMB2 MLPC_LINE_ROW": {29.8, 57.84, 0, -17.9},
	"MLPC_THUMB1 MLPC_LINE_ALL": {60.2, 242.9, 11, 4},
	"MLPC_THUMB1 MLPC_LINE_ROW": {61.2, 250.9, 11, -57},
}

// columnCost gives the instructions that the columns of one group take.
func columnCost(macro string, k int) int {
	switch macro {
	case "MLPC_DSP":
		if blocks := (k + 3) / 4; blocks%4 != 0 {
			return 16 * blocks
		}
		return 58 * ((k + 3) / 16)
	case "MLPC_MVE":
		return 10*(k/16) + 14*min(k%16, 1)
	case "MLPC_THUMB2":
		return 39*(k/4) + 12*(k%4)
	}
	return 56*(k/4) + 17*(k%4)
}

// kernelMacros names the kernel of each core, and tells whether the core commonly has a floating-point unit.
var kernelMacros = map[string]struct {
	macro string
	fpu   bool
}{
	"cortex-m0":  {"MLPC_THUMB1", false},
	"cortex-m3":  {"MLPC_THUMB2", false},
	"cortex-m4":  {"MLPC_DSP", true},
	"cortex-m7":  {"MLPC_DSP", true},
	"cortex-m33": {"MLPC_DSP", true},
	"cortex-m55": {"MLPC_MVE", true},
}

// Estimate prices a program of target c on a core, cortex-m0, m3, m4, m7, m33 or m55.
func Estimate(p *ir.Program, core string) (Cost, error) {
	k, ok := kernelMacros[core]
	if !ok {
		return Cost{}, diag.New(diag.CodeOption, diag.Pos{}, "no figures for core %s", core)
	}
	plan, err := NewPlan(p.Graph)
	if err != nil {
		return Cost{}, err
	}
	if plan.single() {
		return estimateFloat(plan, core), nil
	}
	c := Cost{RAMBytes: plan.RAMBytes()}
	e := newEmitter(plan)
	inputs, known := 0, len(plan.copies) == 0
	instructions := 0.0
	for _, l := range plan.Layers {
		packed, v, form, ok := e.chosen(l, k.macro, k.fpu)
		if !ok {
			e.plainLayer(l, false)
			known = false
			continue
		}
		c.ConstantBytes += packed.constantBytes(v, form)
		_, bytes := v.layout.inputs(packed)
		inputs = max(inputs, (bytes+3)&^3)
		cost, fitted := kernelCosts[k.macro+" "+form]
		known = known && fitted
		instructions += cost.of(packed, k.macro)
	}
	c.ConstantBytes += e.constants
	c.RAMBytes += inputs
	if known {
		c.Instructions = int(instructions + 0.5)
	}
	return c, nil
}

// chosen gives the kernel and the form of scaling that a core takes for a layer.
func (e *emitter) chosen(l *Layer, macro string, fpu bool) (p *packed, v variant, form string, ok bool) {
	if p, ok = e.packedOf(l); !ok {
		return nil, v, "", false
	}
	for _, v = range e.variants(p) {
		form = v.plain
		if fpu {
			form = v.fpu
		}
		if v.macro == macro && form != "" {
			return p, v, form, true
		}
	}
	return nil, v, "", false
}

// of is the cost of a layer with the kernel of a macro.
func (c kernelCost) of(p *packed, macro string) float64 {
	one := c.layer + float64(p.groups)*(c.group+float64(columnCost(macro, p.shape.k))) + c.input*float64(p.shape.k)
	if p.shape.out < 4 {
		one += c.tail
	}
	return one * float64(p.shape.batch)
}

// constantBytes is the size of a packed layer's constants.
func (p *packed) constantBytes(v variant, form string) int {
	const record = 40 // mlpc_dense
	bytes := map[string]int{"uint32_t": 4}[v.layout.ctype]
	ctype, words := p.scaleWords(form, v.layout.odd)
	word := map[string]int{"float": 4, "mlpc_line": 12, "mlpc_scale": 8}[ctype]
	return len(v.layout.weights(p))*max(1, bytes) + 16*p.groups + len(words)*word + record
}

// newEmitter makes an emitter for a plan.
func newEmitter(plan *Plan) *emitter {
	e := &emitter{plan: plan, done: map[string]bool{}, inputs: map[string]int{}}
	e.Indent = "    "
	e.data = backends.Printer{Indent: "    "}
	return e
}
