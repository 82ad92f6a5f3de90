package passes

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"mlpc/ir"
	"mlpc/ir/diag"
	"mlpc/ir/num"
)

var lower = &Pass{
	Name: "lower", Effect: Lossy, Default: true,
	Doc: "turns the real graph with quantizers into integers only",
	Options: []Option{
		{Name: "round", Doc: "rounding of requant for models that mlpc quantized; auto: half-up, or gemmlowp with match tflite", Default: "auto", Check: oneOf("auto", "half-up", "half-even", "gemmlowp", "float32")},
		{Name: "multiplier", Doc: "width of requant's multipliers; auto: 31, for hardware 16", Default: "auto", Check: checkMultiplier},
	},
	Run: func(c *Context, g *ir.Graph, o Options) (*ir.Graph, error) {
		if g.IsInteger() {
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
	case c.Match == MatchTFLite:
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
	return l.ng.Prune(), nil
}

// value gives the form of one run-time value.
func (l *lowering) value(v *ir.Value) (form, error) {
	switch v.Op {
	case ir.OpInput:
		return l.input(v)
	case ir.OpQuant:
		return l.quantizer(v)
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

// input makes the integer input that the quantizers behind it ask for.
func (l *lowering) input(v *ir.Value) (form, error) {
	q, err := inputQuantizer(l.g, v)
	if err != nil {
		return form{}, err
	}
	low, high := slices.Min(q.Lo), slices.Max(q.Hi)
	e := ir.Fit(low, high)
	attr := &ir.Input{}
	if lo, hi := e.Range(); lo != low || hi != high {
		attr.Lo, attr.Hi = low, high
	}
	if q.Mode != "half-even" {
		l.c.Note("input " + strconv.Quote(v.Name) + ": ties of its quantizer go to the even integer, in the model " + q.Mode)
	}
	nv := l.ng.Add(ir.OpInput, ir.Type{Shape: v.Type.Shape, Elem: e, Scale: q.Scale, Zero: int64(q.Zero[0])}, attr)
	return form{v: nv, input: v, scale: q.Scale, zero: int64(q.Zero[0])}, nil
}

// inputQuantizer gives the quantizer that all uses of an input share.
func inputQuantizer(g *ir.Graph, in *ir.Value) (*ir.Quant, error) {
	var q *ir.Quant
	for _, v := range g.Values {
		for _, a := range v.Args {
			if a != in {
				continue
			}
			u, ok := v.Attr.(*ir.Quant)
			if !ok || q != nil && !sameQuant(q, u) || !hostQuant(u) {
				return nil, fmt.Errorf("input %q does not go into one quantizer", in.Name)
			}
			q = u
		}
	}
	if q == nil {
		return &ir.Quant{Scale: []float64{1}, Zero: []float64{0}, Lo: []int64{-128}, Hi: []int64{127}}, nil
	}
	return q, nil
}

// hostQuant tells whether whoever feeds the integer graph can do what the quantizer does: clamp(round-half-even(x/scale) + zero),
// save that exact ties may go the other way.
func hostQuant(q *ir.Quant) bool {
	nearest := q.Mode == "half-even" || q.Mode == "half-away" || q.Mode == "half-up" || q.Mode == "half-down"
	return nearest && len(q.Zero) == 1 && q.Zero[0] == math.Trunc(q.Zero[0])
}

// sameQuant compares two quantizers.
func sameQuant(a, b *ir.Quant) bool {
	eq := func(x, y []float64) bool {
		for i := range max(len(x), len(y)) {
			if at(x, i) != at(y, i) {
				return false
			}
		}
		return true
	}
	return eq(a.Scale, b.Scale) && eq(a.Zero, b.Zero) && a.Mode == b.Mode && a.ClampFirst == b.ClampFirst && a.Single == b.Single &&
		slices.Equal(a.Lo, b.Lo) && slices.Equal(a.Hi, b.Hi)
}

// output gives an integer value for an output and says what its integers stand for.
func (l *lowering) output(o *ir.Value) (*ir.Value, error) {
	f := l.forms[o.ID]
	if isStatic(o) {
		g, ok := gridOf(o)
		if !ok || !all(g.scale, g.scale[0]) {
			return nil, fmt.Errorf("is a constant that lies on no grid")
		}
		f = form{v: l.ng.Const(g.shape, g.ints), scale: g.scale[:1]}
	}
	f, err := l.plain(l.refined(f))
	if err != nil {
		return nil, err
	}
	if len(f.scale) != 1 || f.scale[0] != 1 || f.zero != 0 {
		if t := &f.v.Type; t.Scale == nil {
			t.Scale, t.Zero = f.scale, f.zero
		}
	}
	return f.v, nil
}

// refinement is how many bits finer than its accumulator an output is where a bias of the model lies between the integers.
const refinement = 8

// refined gives an output accumulator more bits where a bias that is still to be added needs them, in models that came quantized:
// on the coarse grid of a net of few bits rounding it would change decisions.
func (l *lowering) refined(f form) form {
	if !l.exact || len(f.post) == 0 || f.v == nil || f.zero != 0 {
		return f
	}
	s := f.post[0]
	if s.mul == nil || !all(s.mul, 1) {
		return f
	}
	for c := range max(len(f.scale), len(s.add)) {
		t := at(s.add, c) / at(f.scale, c)
		if math.Abs(t-math.Round(t)) < 1e-3 {
			continue
		}
		f.v = l.ng.New(ir.OpMul, ir.Elem{}, nil, f.v, l.ng.Const(nil, []int64{1 << refinement}))
		f.scale = slices.Clone(f.scale)
		for i := range f.scale {
			f.scale[i] /= 1 << refinement
		}
		return f
	}
	return f
}
