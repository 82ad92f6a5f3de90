package passes

import (
	"math"
	"slices"
	"strings"

	"mlpc/ir"
	"mlpc/ir/diag"
)

var single = &Pass{
	Name: "single", Effect: Lossy,
	Doc: "leaves the network in floating point: every value becomes a float32, and quantize and lower have nothing to do (--bits float)",
	Run: func(c *Context, g *ir.Graph, _ Options) (*ir.Graph, error) {
		s := &singler{}
		if g.IsInteger() {
			s.errs.Addf(diag.CodeTarget, diag.Pos{}, "the model holds integers and cannot be left in floating point")
			return nil, s.errs.Err()
		}
		if c.Config.Goal != nil {
			s.errs.Addf(diag.CodeOption, diag.Pos{}, "a network in floating point has no widths to choose").
				WithHint("leave out --bits float, or the limit on the loss")
			return nil, s.errs.Err()
		}
		if slices.ContainsFunc(c.Config.Use, func(s string) bool { name, _, _ := strings.Cut(s, ":"); return name == "quantize" }) {
			s.errs.Addf(diag.CodeOption, diag.Pos{}, "a network in floating point is not quantized").
				WithHint("leave out --bits float, or -p quantize")
			return nil, s.errs.Err()
		}
		if t := c.Config.Target; t != "" && t != "c" {
			s.errs.Addf(diag.CodeTarget, diag.Pos{}, "target %s computes with integers, not in floating point", t).
				WithHint("take target c, or leave out --bits float")
			return nil, s.errs.Err()
		}
		ng := g.Rewrite(s.value)
		if err := s.errs.Err(); err != nil {
			return nil, err
		}
		return ng, nil
	},
}

// isSingle tells whether g computes in float32.
func isSingle(g *ir.Graph) bool {
	return len(g.Values) > 0 && g.Values[0].Type.Elem.Single
}

// singler rewrites a real graph over float32.
type singler struct {
	errs      diag.List
	quantized bool // the quantizers are complained of
}

// value gives the float32 form of v.
func (s *singler) value(ng *ir.Graph, v *ir.Value, args []*ir.Value) *ir.Value {
	t := v.Type
	t.Elem, t.Scale, t.Zero = ir.Single, nil, 0
	attr := v.Attr
	switch a := v.Attr.(type) {
	case *ir.Quant:
		if marksIntegers(a) {
			return formula{ng}.whole(args[0], a, t)
		}
		if !s.quantized {
			s.errs.Addf(diag.CodeTarget, v.Pos, "the model has quantizers, which have no floating-point form").WithHint("leave out --bits float")
		}
		s.quantized = true
		return ng.Add(ir.OpInput, t, &ir.Input{})
	case *ir.Data:
		attr = &ir.Data{Reals: s.round(v, a.Reals)}
	case *ir.Route:
		attr = &ir.Route{Shape: a.Shape, Index: a.Index, Reals: s.round(v, a.Reals)}
	case *ir.Clamp:
		attr = &ir.Clamp{RLo: float64(float32(a.RLo)), RHi: float64(float32(a.RHi))}
	case *ir.Table:
		f := formula{ng}
		y := f.function(a.Fn, args[0], a.Params)
		if y == nil {
			s.errs.Addf(diag.CodeTarget, v.Pos, "function %s has no float32 form that is the same on every machine", a.Fn).
				WithHint("leave out --bits float: quantized, it becomes a table")
			return ng.Add(ir.OpInput, t, &ir.Input{})
		}
		if y != args[0] {
			y.Type.Range = t.Range
		}
		return y
	}
	return ng.Add(v.Op, t, attr, args...)
}

// round gives the nearest float32 of constants.
func (s *singler) round(v *ir.Value, xs []float64) []float64 {
	ys := make([]float64, len(xs))
	for i, x := range xs {
		if ys[i] = float64(float32(x)); math.IsInf(ys[i], 0) && !math.IsInf(x, 0) {
			s.errs.Addf(diag.CodeValue, v.Pos, "constant %v exceeds float32", x)
			return ys
		}
	}
	return ys
}

// formula spells functions of one variable with the ops and functions that float32 has.
type formula struct{ g *ir.Graph }

func (f formula) op(o ir.Op, args ...*ir.Value) *ir.Value { return f.g.New(o, ir.Single, nil, args...) }

func (f formula) num(x float64) *ir.Value {
	return f.g.Add(ir.OpConst, ir.Type{Elem: ir.Single, Shape: []int{}}, &ir.Data{Reals: []float64{float64(float32(x))}})
}

func (f formula) fn(name string, x *ir.Value) *ir.Value {
	return f.g.New(ir.OpTable, ir.Single, &ir.Table{Fn: name}, x)
}

func (f formula) add(a, b *ir.Value) *ir.Value { return f.op(ir.OpAdd, a, b) }
func (f formula) sub(a, b *ir.Value) *ir.Value { return f.op(ir.OpSub, a, b) }
func (f formula) mul(a, b *ir.Value) *ir.Value { return f.op(ir.OpMul, a, b) }

func (f formula) clamp(x *ir.Value, lo, hi float64) *ir.Value {
	return f.g.New(ir.OpClamp, ir.Single, &ir.Clamp{RLo: float64(float32(lo)), RHi: float64(float32(hi))}, x)
}

// whole is x rounded to a whole number inside the range of a quantizer that marks such numbers.
func (f formula) whole(x *ir.Value, q *ir.Quant, t ir.Type) *ir.Value {
	lo, hi := float32(q.Lo[0]), float32(q.Hi[0])
	return f.g.Add(ir.OpClamp, t, &ir.Clamp{RLo: float64(lo), RHi: float64(hi)}, f.fn("round", x))
}

// choose gives a where c, a relation of x and y, holds, else b.
func (f formula) choose(x *ir.Value, rel string, y, a, b *ir.Value) *ir.Value {
	c := f.g.New(ir.OpCmp, ir.Single, &ir.Cmp{Rel: rel}, x, y)
	return f.op(ir.OpSelect, c, a, b)
}

// softplus is max(x, 0) + ln(1 + e^−|x|).
func (f formula) softplus(x *ir.Value) *ir.Value {
	e := f.fn("exp", f.sub(f.num(0), f.fn("abs", x)))
	return f.add(f.clamp(x, 0, math.Inf(1)), f.fn("log", f.add(f.num(1), e)))
}

// elu is scale·(e^x − 1).
func (f formula) elu(x *ir.Value, scale float64) *ir.Value {
	return f.mul(f.num(scale), f.sub(f.fn("exp", x), f.num(1)))
}

// function spells fn of x; nil: it has no form.
func (f formula) function(fn string, x *ir.Value, p []float64) *ir.Value {
	if ir.Singles[fn] != nil {
		return f.fn(fn, x)
	}
	if len(p) > 0 {
		return f.withParameters(fn, x, p)
	}
	switch fn {
	case "float32":
		return x
	case "square":
		return f.mul(x, x)
	case "rsqrt":
		return f.fn("recip", f.fn("sqrt", x))
	case "not":
		return f.g.New(ir.OpCmp, ir.Single, &ir.Cmp{Rel: "eq"}, x, f.num(0))
	case "erfc":
		return f.sub(f.num(1), f.fn("erf", x))
	case "softplus":
		return f.softplus(x)
	case "logsigmoid":
		return f.sub(f.num(0), f.softplus(f.sub(f.num(0), x)))
	case "softsign":
		return f.mul(x, f.fn("recip", f.add(f.num(1), f.fn("abs", x))))
	case "silu":
		return f.mul(x, f.fn("sigmoid", x))
	case "mish":
		return f.mul(x, f.fn("tanh", f.softplus(x)))
	case "gelu":
		return f.mul(f.mul(f.num(0.5), x), f.add(f.num(1), f.fn("erf", f.mul(x, f.num(math.Sqrt2/2)))))
	case "gelu-tanh":
		cubic := f.add(x, f.mul(f.num(0.044715), f.mul(x, f.mul(x, x))))
		return f.mul(f.mul(f.num(0.5), x), f.add(f.num(1), f.fn("tanh", f.mul(f.num(math.Sqrt(2/math.Pi)), cubic))))
	case "tanhshrink":
		return f.sub(x, f.fn("tanh", x))
	case "hardswish":
		return f.mul(x, f.clamp(f.add(f.mul(x, f.num(1.0/6)), f.num(0.5)), 0, 1))
	}
	return nil
}

// withParameters spells the functions that take parameters.
func (f formula) withParameters(fn string, x *ir.Value, p []float64) *ir.Value {
	zero := f.num(0)
	switch fn {
	case "hardsigmoid":
		return f.clamp(f.add(f.mul(f.num(p[0]), x), f.num(p[1])), 0, 1)
	case "leaky":
		return f.choose(zero, "le", x, x, f.mul(f.num(p[0]), x))
	case "elu":
		return f.choose(zero, "le", x, x, f.elu(x, p[0]))
	case "selu":
		return f.choose(zero, "lt", x, f.mul(f.num(p[1]), x), f.elu(x, p[1]*p[0]))
	case "celu":
		return f.choose(zero, "le", x, x, f.elu(f.mul(x, f.num(1/p[0])), p[0]))
	case "swish":
		return f.mul(x, f.fn("sigmoid", f.mul(f.num(p[0]), x)))
	case "thresholded":
		return f.choose(f.num(p[0]), "lt", x, x, zero)
	case "shrink":
		below := f.choose(x, "lt", f.num(-p[0]), f.add(x, f.num(p[1])), zero)
		return f.choose(f.num(p[0]), "lt", x, f.sub(x, f.num(p[1])), below)
	}
	return nil
}
