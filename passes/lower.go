package passes

import (
	"fmt"

	"mlpc/ir"
	"mlpc/ir/diag"
	"mlpc/ir/num"
)

var lower = &Pass{
	Name: "lower", Effect: Lossy, Default: true,
	Doc: "turns the real graph with quantizers into integers only",
	Options: []Option{
		{Name: "round", Doc: "rounding of requant for models that mlpc quantized; auto: half-up, or gemmlowp for cmsisnn and with match tflite", Default: "auto", Check: oneOf("auto", "half-up", "half-even", "gemmlowp", "float32")},
		{Name: "multiplier", Doc: "width of requant's multipliers; auto: 31, for hardware 16", Default: "auto", Check: checkMultiplier},
	},
	Run: func(c *Context, g *ir.Graph, o Options) (*ir.Graph, error) {
		if g.IsInteger() || isSingle(g) {
			return g, nil
		}
		l := newLowering(c, g, o)
		return l.run()
	},
}

func checkMultiplier(s string) error {
	if s == "auto" {
		return nil
	}
	return whole(4, 31)(s)
}

// lowering walks the real graph in order and keeps for each value the integers that stand for it.
type lowering struct {
	c     *Context
	g     *ir.Graph
	ng    *ir.Graph
	round num.Rounding
	width int  // of requant's multipliers
	exact bool // the steps of the model's own quantizers are kept
	// rounds lets constants that are added or clamped to go to the nearest integer: in models that mlpc quantized, and at outputs,
	// where it moves a result by half a step of the accumulator at most.
	rounds bool
	forms  []form
	tables []tableOf
	errs   diag.List
}

func newLowering(c *Context, g *ir.Graph, o Options) *lowering {
	l := &lowering{c: c, g: pushQuantizers(g), width: o.Int("multiplier")}
	if l.width == 0 {
		l.width = 31
		if c.Config.Hardware() {
			l.width = 16
		}
	}
	switch {
	case o["round"] != "auto":
		l.round, _ = num.ParseRounding(o["round"])
	case c.Match == MatchTFLite || c.Config.Target == "cmsisnn":
		l.round = num.Gemmlowp
	}
	if l.round == num.Gemmlowp {
		l.width = 31
	}
	if l.round == num.Float32 {
		l.width = 24
	}
	l.exact = c.Imported && c.Match != MatchTFLite
	l.rounds = !l.exact
	l.ng = &ir.Graph{Name: l.g.Name}
	l.forms = make([]form, len(l.g.Values))
	return l
}

func (l *lowering) run() (*ir.Graph, error) {
	for _, v := range l.g.Values {
		if isStatic(v) {
			continue
		}
		before := len(l.ng.Values)
		f, err := l.value(v)
		if err != nil {
			l.errs.Addf(diag.CodeQuantization, v.Pos, "%v", err)
			return nil, l.errs.Err()
		}
		l.forms[v.ID] = f
		for _, nv := range l.ng.Values[before:] {
			nv.Pos = v.Pos
		}
		if f.v != nil && f.v.Name == "" {
			f.v.Name = v.Name
		}
	}
	l.rounds = true
	for _, o := range l.g.Outs {
		out, err := l.output(o)
		if err != nil {
			l.errs.Addf(diag.CodeQuantization, o.Pos, "output %q: %v", o.Name, err)
			return nil, l.errs.Err()
		}
		l.ng.Outs = append(l.ng.Outs, out)
	}
	l.reportTables()
	return l.ng.Prune(), nil
}

// value gives the form of one run-time value.
func (l *lowering) value(v *ir.Value) (form, error) {
	switch v.Op {
	case ir.OpInput:
		return l.input(v)
	case ir.OpQuant:
		return l.quantizer(v)
	case ir.OpThreshold:
		return l.counted(v)
	case ir.OpDense:
		return l.dense(v)
	case ir.OpTable:
		return l.forms[v.Args[0].ID].then(stage{table: v.Attr.(*ir.Table)}), nil
	case ir.OpClamp:
		return l.forms[v.Args[0].ID].then(stage{clamp: v.Attr.(*ir.Clamp)}), nil
	case ir.OpAdd, ir.OpSub, ir.OpMul:
		if a, ok := l.affineStage(v); ok {
			return a, nil
		}
		if f, ok := l.together(v); ok {
			return f, nil
		}
		if v.Op == ir.OpMul {
			return l.product(v)
		}
		return l.aligned(v)
	case ir.OpMax, ir.OpMin, ir.OpCmp, ir.OpSelect:
		if f, ok := l.together(v); ok {
			return f, nil
		}
		return l.aligned(v)
	case ir.OpSum, ir.OpReduceMax, ir.OpArgMax, ir.OpTopK:
		return l.along(v)
	case ir.OpMatMul:
		return l.product(v)
	case ir.OpRoute:
		return l.route(v)
	case ir.OpLookup:
		return l.lookup(v)
	}
	return form{}, fmt.Errorf("op %s has no integer form", v.Op)
}
