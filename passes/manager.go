package passes

import (
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"mlpc/ir"
	"mlpc/ir/diag"
)

// sampleRows is how many rows exact passes are checked on, measureRows how many a lossy pass in the middle is measured on.
const (
	sampleRows      = 64
	measureRows     = 1000
	syntheticRows   = 1024
	syntheticLeast  = 128
	syntheticBudget = 1 << 27 // operations of the real graph on all rows, where that leaves syntheticLeast
)

// Compile runs the passes on g, which may be real, real with quantizers, or integer already, and gives the program and what it cost.
//
// Errors are *diag.Error or diag.List where the input is wrong, *Bug where a pass is. The report is given with an error too, as far
// as it got.
func Compile(g *ir.Graph, cfg Config) (*ir.Program, *Report, error) {
	rep := &Report{}
	if err := ir.Verify(g); err != nil {
		return nil, rep, err
	}
	runs, err := plan(cfg.Use, cfg.Drop, spelling(g, cfg.Drop))
	if err != nil {
		return nil, rep, err
	}
	c := &Context{Config: &cfg, Model: g}
	if err := c.prepare(g, rep); err != nil {
		return nil, rep, err
	}
	m, err := newMeter(g, cfg.evalRows(c.Calib))
	if err != nil {
		return nil, rep, err
	}
	c.meter = m
	for i, r := range runs {
		if isSingle(g) && slices.Index(All, r.pass) <= slices.Index(All, single) {
			continue // a graph that was compiled before
		}
		next, rec, err := step(c, r, g, m)
		if err != nil {
			rep.Notes, rep.Front = c.Notes, c.Front
			return nil, rep, err
		}
		rep.Passes = append(rep.Passes, rec)
		g = next
		if cfg.Dump != nil {
			if err := cfg.Dump(i+1, r.pass.Name, g); err != nil {
				return nil, rep, err
			}
		}
	}
	rep.Notes, rep.Warnings, rep.Layers, rep.Front, rep.Tables = c.Notes, c.Warnings, c.Layers, c.Front, c.Tables
	rep.Accuracy, err = m.accuracy(g)
	return c.Out, rep, err
}

// prepare finds the arithmetic to match and the calibration rows.
func (c *Context) prepare(g *ir.Graph, rep *Report) error {
	cfg := c.Config
	found := matchOf(g)
	c.Imported = found != MatchOwn
	switch c.Match = cfg.Match; {
	case c.Match != MatchAuto:
	case found == MatchORT && cfg.Target == "cmsisnn":
		c.Match = MatchTFLite
	default:
		c.Match = found
	}
	rep.Match = c.Match
	c.Calib = cfg.Calib
	if g.IsInteger() {
		return nil
	}
	if c.Calib == nil {
		span := cfg.InputRange
		c.Calib = synthetic(g, max(syntheticLeast, min(syntheticRows, syntheticBudget/max(1, rowWork(g)))), span)
		c.Synthetic = true
	}
	rep.Synthetic, rep.EvalOwn = c.Synthetic, cfg.Eval != nil
	if err := c.Calib.check(g, "calibration"); err != nil {
		return err
	}
	if cfg.Eval != nil {
		return cfg.Eval.check(g, "evaluation")
	}
	return nil
}

// evalRows are the rows that the loss is measured on.
func (c *Config) evalRows(calib *Rows) *Rows {
	if c.Eval != nil {
		return c.Eval
	}
	return calib
}

// matchOf gives the arithmetic of the quantizers in a graph.
func matchOf(g *ir.Graph) Match {
	match := MatchOwn
	for _, v := range g.Values {
		if v.Op == ir.OpThreshold && v.Type.Elem.IsReal() {
			match = MatchExact
		}
		if q, ok := v.Attr.(*ir.Quant); ok {
			if q.Single {
				return MatchORT
			}
			if !marksIntegers(q) {
				match = MatchExact
			}
		}
	}
	return match
}

// marksIntegers tells whether a quantizer only says that its argument holds whole numbers, as the importer does for indexes.
func marksIntegers(q *ir.Quant) bool {
	return len(q.Scale) == 1 && q.Scale[0] == 1 && len(q.Zero) == 1 && q.Zero[0] == 0 && q.Mode == "half-even" && !q.ClampFirst && !q.Single
}

// afterPass, which tests set, sees the graph that each pass gives.
var afterPass func(*ir.Graph)

// step runs one pass, verifies its result, and checks or measures it.
func step(c *Context, r run, g *ir.Graph, m *meter) (*ir.Graph, Record, error) {
	start := time.Now()
	next, err := guard(c, r, g)
	if err != nil {
		return nil, Record{}, err
	}
	rec := Record{Name: r.pass.Name, Effect: r.pass.Effect, Options: r.options.String(), Seconds: time.Since(start).Seconds()}
	if afterPass != nil {
		afterPass(next)
	}
	if err := ir.Verify(next); err != nil {
		return nil, rec, &Bug{Pass: r.pass.Name, Why: "its result does not verify: " + err.Error(), Before: g}
	}
	rec.Values = len(next.Values)
	rec.Weights, rec.Nonzero = countWeights(next)
	if next == g {
		return g, rec, nil
	}
	if r.pass.Effect == Exact {
		if err := m.same(g, next, c.Calib.Head(sampleRows)); err != nil {
			return nil, rec, &Bug{Pass: r.pass.Name, Why: err.Error(), Before: g}
		}
		return next, rec, nil
	}
	if err := m.record(g, next, r.pass.Effect, &rec); err != nil {
		return nil, rec, &Bug{Pass: r.pass.Name, Why: err.Error(), Before: g}
	}
	return next, rec, nil
}

// guard runs a pass and turns a panic into a Bug.
func guard(c *Context, r run, g *ir.Graph) (next *ir.Graph, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &Bug{Pass: r.pass.Name, Why: fmt.Sprint(p), Before: g, Stack: debug.Stack()}
		}
	}()
	next, err = r.pass.Run(c, g, r.options)
	var one *diag.Error
	var many diag.List
	var bug *Bug
	if err != nil && !errors.As(err, &one) && !errors.As(err, &many) && !errors.As(err, &bug) {
		err = &Bug{Pass: r.pass.Name, Why: err.Error(), Before: g}
	}
	return next, err
}

// countWeights counts the weights of all dense layers and how many of them are not zero.
func countWeights(g *ir.Graph) (all, nonzero int) {
	for _, v := range g.Values {
		if v.Op != ir.OpDense {
			continue
		}
		for w := v.Args[1]; w != nil; {
			d := w.Const()
			if d == nil {
				w = firstArg(w)
				continue
			}
			all += d.Len()
			for _, x := range d.Ints {
				if x != 0 {
					nonzero++
				}
			}
			for _, x := range d.Reals {
				if x != 0 {
					nonzero++
				}
			}
			break
		}
	}
	return all, nonzero
}

// firstArg follows a static expression to the constant that it starts from.
func firstArg(v *ir.Value) *ir.Value {
	if len(v.Args) == 0 {
		return nil
	}
	return v.Args[0]
}
