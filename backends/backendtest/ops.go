// Package backendtest holds what the tests of every backend share: small integer graphs that together use every op in every form,
// vectors for them, and the comparison of emitted files with ir.Run.
package backendtest

import (
	"math/rand/v2"
	"slices"

	"mlpc/approx"
	"mlpc/ir"
	"mlpc/ir/diag"
	"mlpc/ir/num"
)

// Case is one graph with a name for the test.
type Case struct {
	Name  string
	Graph *ir.Graph
}

// builder makes the graph of one case: from an input of the given type to the output.
type builder struct {
	name  string
	elem  ir.Elem
	shape []int
	build func(g *ir.Graph, x *ir.Value) *ir.Value
}

// auto lets New choose the narrowest type.
var auto = ir.Elem{}

func op(o ir.Op, a ir.Attr) func(*ir.Graph, *ir.Value) *ir.Value {
	return func(g *ir.Graph, x *ir.Value) *ir.Value { return g.New(o, auto, a, x) }
}

// Ops gives one graph for each op and form of it.
func Ops() []Case {
	cases := casesOf(slicesOf(denseCases(), elementwiseCases(), axisCases(), routeCases(), narrowCases(), tableCases()))
	cases = append(cases, Case{"two inputs and outputs", twoInputs()})
	return append(cases, casesOf(float32Cases())...)
}

// casesOf builds the graphs.
func casesOf(list []builder) []Case {
	var cases []Case
	for _, b := range list {
		g := &ir.Graph{Name: b.name}
		x := g.Add(ir.OpInput, ir.Type{Shape: b.shape, Elem: b.elem}, &ir.Input{}).Named("x", diag.Pos{})
		g.Outs = []*ir.Value{b.build(g, x).Named(`odd "name" */ \ `+"\n`y`", diag.Pos{})}
		cases = append(cases, Case{b.name, g})
	}
	return cases
}

func slicesOf(lists ...[]builder) []builder {
	var all []builder
	for _, l := range lists {
		all = append(all, l...)
	}
	return all
}

// ints gives n integers of a fixed random sequence in [lo, hi].
func ints(seed uint64, n int, lo, hi int64) []int64 {
	r := rand.New(rand.NewPCG(seed, 7))
	out := make([]int64, n)
	for i := range out {
		out[i] = lo + r.Int64N(hi-lo+1)
	}
	return out
}

// sorted gives n ascending integers of a fixed random sequence in [lo, hi].
func sorted(n int, lo, hi int64) []int64 {
	list := ints(uint64(n), n, lo, hi)
	slices.Sort(list)
	return list
}

func denseCases() []builder {
	dense := func(a *ir.Dense, out, k int, bias bool) func(*ir.Graph, *ir.Value) *ir.Value {
		return func(g *ir.Graph, x *ir.Value) *ir.Value {
			args := []*ir.Value{x, g.Const([]int{out, k}, ints(1, out*k, -128, 127))}
			if bias {
				args = append(args, g.Const([]int{out}, ints(2, out, -5000, 5000)))
			}
			return g.New(ir.OpDense, auto, a, args...)
		}
	}
	return []builder{
		{"dense", ir.Int(8), []int{13}, dense(&ir.Dense{}, 7, 13, true)},
		{"dense without bias", ir.Uint(4), []int{5}, dense(&ir.Dense{}, 3, 5, false)},
		{"dense of tokens", ir.Int(8), []int{3, 4}, dense(&ir.Dense{}, 5, 4, true)},
		{"dense in groups", ir.Int(6), []int{2, 6}, dense(&ir.Dense{Groups: 3}, 6, 2, true)},
		{"dense of signs", ir.Uint(3), []int{6}, func(g *ir.Graph, x *ir.Value) *ir.Value {
			w := ints(9, 5*6, 0, 1)
			for i := range w {
				w[i] = 2*w[i] - 1
			}
			return g.New(ir.OpDense, auto, &ir.Dense{}, x, g.Const([]int{5, 6}, w))
		}},
		{"dense truncated", ir.Int(8), []int{6}, dense(&ir.Dense{Unit: approx.Truncated(3)}, 4, 6, true)},
		{"matmul", ir.Int(8), []int{6}, func(g *ir.Graph, x *ir.Value) *ir.Value {
			a := g.New(ir.OpRoute, auto, &ir.Route{Shape: []int{2, 3}, Index: []int32{0, 1, 2, 3, 4, 5}}, x)
			b := g.New(ir.OpRoute, auto, &ir.Route{Shape: []int{3, 2}, Index: []int32{5, 3, 1, 0, 2, 4}}, x)
			return g.New(ir.OpMatMul, auto, nil, a, b)
		}},
		{"matmul broadcast", ir.Int(5), []int{2, 1, 2, 3}, func(g *ir.Graph, x *ir.Value) *ir.Value {
			b := g.New(ir.OpRoute, auto, &ir.Route{Shape: []int{3, 3, 1}, Index: []int32{0, 1, 2, 3, 4, 5, 6, 7, 8}}, x)
			return g.New(ir.OpMatMul, auto, nil, x, b)
		}},
	}
}

func float32Cases() []builder {
	return []builder{
		{"dense through float32", ir.Int(16), []int{2, 7}, throughFloat32(1, true)},
		{"dense through float32 in groups", ir.Int(16), []int{2, 6}, throughFloat32(3, false)},
	}
}

// throughFloat32 is a dense layer whose sums round in float32: weights of 16 bits, parts of three products, results that saturate.
func throughFloat32(groups int, bias bool) func(*ir.Graph, *ir.Value) *ir.Value {
	return func(g *ir.Graph, x *ir.Value) *ir.Value {
		out, k := 6, x.Type.Shape[1]/groups
		a := &ir.DenseFloat32{Groups: groups, Scale: single(3.1e-5), Zero: -300, Depth: 3, OutScale: single(7.7e-5), OutZero: 11, Lo: -32768, Hi: 32767}
		for i, q := range ints(11, out, 1000, 9000) {
			a.Scales = append(a.Scales, single(float64(q)*1e-8))
			if bias {
				a.Bias = append(a.Bias, single(float64(i-2)/3))
			}
		}
		return g.New(ir.OpDenseFloat32, auto, a, x, g.Const([]int{out, k}, ints(12, out*k, -32768, 32767)))
	}
}

// single rounds to float32.
func single(x float64) float64 { return float64(float32(x)) }

func elementwiseCases() []builder {
	with := func(o ir.Op, a ir.Attr, shape []int) func(*ir.Graph, *ir.Value) *ir.Value {
		return func(g *ir.Graph, x *ir.Value) *ir.Value {
			return g.New(o, auto, a, x, g.Const(shape, ints(3, ir.Size(shape), -100, 100)))
		}
	}
	wide := func(g *ir.Graph, x *ir.Value) *ir.Value { // [3, 1] against [1, 2]: both are expanded
		row := g.New(ir.OpRoute, auto, &ir.Route{Shape: []int{1, 2}, Index: []int32{2, 0}}, x)
		return g.New(ir.OpSub, auto, nil, x, row)
	}
	choose := func(g *ir.Graph, x *ir.Value) *ir.Value {
		c := g.New(ir.OpCmp, auto, &ir.Cmp{Rel: "lt"}, x, g.Const([]int{}, []int64{3}))
		return g.New(ir.OpSelect, auto, nil, c, x, g.Const([]int{4}, ints(4, 4, -9, 9)))
	}
	return []builder{
		{"add", ir.Int(8), []int{2, 5}, with(ir.OpAdd, nil, []int{5})},
		{"sub", ir.Uint(8), []int{2, 5}, with(ir.OpSub, nil, []int{2, 5})},
		{"mul", ir.Int(8), []int{2, 5}, with(ir.OpMul, nil, []int{2, 1})},
		{"max", ir.Int(8), []int{6}, with(ir.OpMax, nil, []int{})},
		{"min", ir.Int(8), []int{6}, with(ir.OpMin, nil, []int{1})},
		{"sub broadcast", ir.Int(8), []int{3, 1}, wide},
		{"square", ir.Int(8), []int{4}, func(g *ir.Graph, x *ir.Value) *ir.Value { return g.New(ir.OpMul, auto, nil, x, x) }},
		{"cmp lt", ir.Int(8), []int{6}, with(ir.OpCmp, &ir.Cmp{Rel: "lt"}, []int{6})},
		{"cmp le", ir.Int(8), []int{6}, with(ir.OpCmp, &ir.Cmp{Rel: "le"}, []int{})},
		{"cmp eq", ir.Int(2), []int{6}, func(g *ir.Graph, x *ir.Value) *ir.Value {
			return g.New(ir.OpCmp, auto, &ir.Cmp{Rel: "eq"}, x, g.Const([]int{}, []int64{1}))
		}},
		{"select", ir.Int(4), []int{2, 4}, choose},
	}
}

func axisCases() []builder {
	return []builder{
		{"sum", ir.Int(8), []int{2, 3, 2}, op(ir.OpSum, &ir.Axis{Axis: 1})},
		{"reduce-max", ir.Int(8), []int{3, 4}, op(ir.OpReduceMax, &ir.Axis{Axis: 0})},
		{"argmax", ir.Int(3), []int{10}, op(ir.OpArgMax, &ir.Axis{})},
		{"argmax of columns", ir.Int(3), []int{2, 5, 2}, op(ir.OpArgMax, &ir.Axis{Axis: 1})},
		{"topk", ir.Int(3), []int{2, 5, 2}, op(ir.OpTopK, &ir.Axis{Axis: 1, K: 3})},
		{"lookup", ir.Uint(2), []int{2, 3}, func(g *ir.Graph, x *ir.Value) *ir.Value {
			return g.New(ir.OpLookup, auto, &ir.Axis{}, g.Const([]int{4, 2}, ints(5, 8, -300, 300)), x)
		}},
		{"lookup in batches", ir.Uint(1), []int{2, 2}, func(g *ir.Graph, x *ir.Value) *ir.Value {
			t := g.New(ir.OpAdd, auto, nil, x, g.Const([]int{2, 2}, []int64{3, 5, 7, 11}))
			return g.New(ir.OpLookup, auto, &ir.Axis{Axis: 1}, t, x)
		}},
	}
}

func routeCases() []builder {
	route := func(shape []int, index []int32, fill ...int64) func(*ir.Graph, *ir.Value) *ir.Value {
		return op(ir.OpRoute, &ir.Route{Shape: shape, Index: index, Fill: fill})
	}
	return []builder{
		{"reshape", ir.Int(8), []int{2, 3}, route([]int{6}, []int32{0, 1, 2, 3, 4, 5})},
		{"slice", ir.Int(8), []int{6}, route([]int{3}, []int32{2, 3, 4})},
		{"transpose and pad", ir.Int(8), []int{2, 2}, route([]int{2, 3}, []int32{0, 2, -1, 1, 3, -2}, 7, -700)},
		{"slice of a sum", ir.Int(8), []int{4}, func(g *ir.Graph, x *ir.Value) *ir.Value {
			y := g.New(ir.OpAdd, auto, nil, x, x)
			part := g.New(ir.OpRoute, auto, &ir.Route{Shape: []int{2}, Index: []int32{1, 2}}, y)
			return g.New(ir.OpMul, auto, nil, part, part)
		}},
		{"concat", ir.Int(8), []int{3}, func(g *ir.Graph, x *ir.Value) *ir.Value {
			y := g.New(ir.OpMul, auto, nil, x, x)
			return g.New(ir.OpRoute, auto, &ir.Route{Shape: []int{7}, Index: []int32{3, 4, 5, 0, 1, 2, 0}}, x, y)
		}},
	}
}

func narrowCases() []builder {
	requant := func(r num.Rounding, mul, add, shift []int64, zero int64) func(*ir.Graph, *ir.Value) *ir.Value {
		return op(ir.OpRequant, &ir.Requant{Mul: mul, Add: add, Shift: shift, Round: r, Zero: zero, Lo: -128, Hi: 127})
	}
	tied := []int64{1 << 20, 3 << 19, 1000001}
	return []builder{
		{"requant half-up", ir.Int(16), []int{2, 3}, requant(num.HalfUp, tied, []int64{0, -5, 1 << 22}, []int64{26, 27, 28}, 3)},
		{"requant without shift", ir.Int(8), []int{3}, requant(num.HalfUp, []int64{3}, nil, nil, 0)},
		{"requant half-even", ir.Int(16), []int{2, 3}, requant(num.HalfEven, tied, []int64{7}, []int64{26}, -3)},
		{"requant gemmlowp", ir.Int(16), []int{2, 3}, requant(num.Gemmlowp, []int64{1 << 30, 3 << 29, 2000000011}, nil, []int64{38, 39, 40}, 1)},
		{"requant gemmlowp left", ir.Int(16), []int{3}, requant(num.Gemmlowp, []int64{1 << 30}, nil, []int64{29}, 0)},
		{"requant float32", ir.Int(30), []int{2, 3}, requant(num.Float32, []int64{1 << 23, 12345677, 16777215}, nil, []int64{46, 47, 48}, -1)},
		{"requant float32 small", ir.Int(12), []int{3}, requant(num.Float32, []int64{1 << 23, 12345677, 16777215}, nil, []int64{27, 28, 29}, 5)},
		{"threshold", ir.Int(8), []int{3}, op(ir.OpThreshold, &ir.Threshold{Channels: 1, Base: -1, Steps: []int64{-100, 3, 3, 90}})},
		{"threshold of channels", ir.Int(8), []int{2, 2}, op(ir.OpThreshold, &ir.Threshold{Channels: 2, Base: -2, Steps: []int64{-60, 0, 5, -9, 1, 100}})},
		{"threshold of many", ir.Int(8), []int{5}, op(ir.OpThreshold, &ir.Threshold{Channels: 1, Base: -8, Steps: sorted(15, -120, 120)})},
		{"threshold of many in channels", ir.Uint(9), []int{2, 3}, op(ir.OpThreshold, &ir.Threshold{Channels: 3, Base: 2,
			Steps: slices.Concat(sorted(20, -5, 500), sorted(20, 0, 40), sorted(20, 300, 600))})},
		{"clamp", ir.Int(8), []int{5}, op(ir.OpClamp, &ir.Clamp{Lo: 0, Hi: 63})},
		{"wrap signed", ir.Int(8), []int{5}, func(g *ir.Graph, x *ir.Value) *ir.Value { return g.New(ir.OpWrap, ir.Int(5), nil, x) }},
		{"wrap unsigned", ir.Int(8), []int{5}, func(g *ir.Graph, x *ir.Value) *ir.Value { return g.New(ir.OpWrap, ir.Uint(6), nil, x) }},
	}
}

func tableCases() []builder {
	return []builder{
		{"table", ir.Int(6), []int{5}, op(ir.OpTable, &ir.Table{Lo: -32, Values: ints(6, 64, -128, 127)})},
		{"table unsigned", ir.Uint(4), []int{2, 2}, op(ir.OpTable, &ir.Table{Values: ints(7, 16, 0, 100000)})},
		{"norm", ir.Uint(20), []int{3}, op(ir.OpNorm, &ir.Norm{Bits: 8})},
	}
}

// twoInputs adds and multiplies two inputs; the first output is also an argument of the second, the third an input itself.
func twoInputs() *ir.Graph {
	g := &ir.Graph{Name: "two inputs and outputs"}
	a := g.Add(ir.OpInput, ir.Type{Shape: []int{2, 3}, Elem: ir.Int(8)}, &ir.Input{}).Named("a", diag.Pos{})
	b := g.Add(ir.OpInput, ir.Type{Shape: []int{3}, Elem: ir.Int(10)}, &ir.Input{Lo: []int64{-100}, Hi: []int64{400}}).Named("b", diag.Pos{})
	sum := g.New(ir.OpAdd, auto, nil, a, b)
	product := g.New(ir.OpMul, auto, nil, sum, sum)
	g.Outs = []*ir.Value{sum, product, b}
	return g
}
