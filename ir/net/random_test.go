package net

import (
	"math/rand/v2"

	"mlpc/approx"
	"mlpc/ir"
	"mlpc/ir/num"
)

// randomGraph makes an integer graph of a few values that uses every integer op sooner or later.
func randomGraph(r *rand.Rand) *ir.Graph {
	g := &ir.Graph{Name: "random"}
	n := 2 + r.IntN(5)
	in := g.Add(ir.OpInput, ir.Type{Shape: []int{n}, Elem: ir.Elem{Bits: 2 + r.IntN(6), Signed: r.IntN(3) > 0}}, &ir.Input{})
	vs := []*ir.Value{in, g.Add(ir.OpInput, ir.Type{Shape: []int{n}, Elem: ir.Int(3 + r.IntN(3))}, &ir.Input{Lo: []int64{-3}, Hi: []int64{2}})}
	for range 6 {
		vs = append(vs, randomValue(g, r, vs[r.IntN(len(vs))], vs[r.IntN(len(vs))]))
	}
	g.Outs = []*ir.Value{vs[len(vs)-1], vs[len(vs)-2]}
	return g
}

// narrow limits a value to a few bits, so that later products stay small.
func narrow(g *ir.Graph, r *rand.Rand, v *ir.Value) *ir.Value {
	if v.Type.Elem.Bits <= 8 {
		return v
	}
	return g.New(ir.OpWrap, ir.Int(3+r.IntN(5)), nil, v)
}

func randomInts(r *rand.Rand, n, span int) []int64 {
	x := make([]int64, n)
	for i := range x {
		x[i] = int64(r.IntN(2*span+1) - span)
	}
	return x
}

// randomValue adds one op over a and b, or gives a back where the op does not fit its shape.
func randomValue(g *ir.Graph, r *rand.Rand, a, b *ir.Value) *ir.Value {
	auto := ir.Elem{}
	a, b = narrow(g, r, a), narrow(g, r, b)
	last := 1
	if s := a.Type.Shape; len(s) > 0 {
		last = s[len(s)-1]
	}
	lo, hi := a.Type.Elem.Range()
	switch r.IntN(19) {
	case 0, 1:
		if len(a.Type.Shape) == 0 {
			return a
		}
		out := 1 + r.IntN(6)
		w := g.Const([]int{out, last}, randomInts(r, out*last, 1<<r.IntN(8)))
		bias := g.Const([]int{out}, randomInts(r, out, 100))
		d := &ir.Dense{}
		if r.IntN(3) == 0 {
			d.Unit = approx.Truncated(1 + r.IntN(4))
		}
		return g.New(ir.OpDense, auto, d, a, w, bias)
	case 2, 3, 4, 5, 6:
		op := []ir.Op{ir.OpAdd, ir.OpSub, ir.OpMul, ir.OpMax, ir.OpMin}[r.IntN(5)]
		return elementwiseOr(g, op, nil, a, b)
	case 7:
		return elementwiseOr(g, ir.OpCmp, &ir.Cmp{Rel: []string{"lt", "le", "eq"}[r.IntN(3)]}, a, b)
	case 8:
		c := g.Const(nil, []int64{int64(r.IntN(5) - 2)})
		return g.New(ir.OpSelect, auto, nil, g.New(ir.OpCmp, auto, &ir.Cmp{Rel: "le"}, a, c), a, g.New(ir.OpMul, auto, nil, a, c))
	case 9:
		if len(a.Type.Shape) == 0 {
			return a
		}
		op := []ir.Op{ir.OpSum, ir.OpReduceMax, ir.OpArgMax}[r.IntN(3)]
		return g.New(op, auto, &ir.Axis{Axis: r.IntN(len(a.Type.Shape))}, a)
	case 10:
		if len(a.Type.Shape) == 0 {
			return a
		}
		axis := r.IntN(len(a.Type.Shape))
		return g.New(ir.OpTopK, auto, &ir.Axis{Axis: axis, K: 1 + r.IntN(a.Type.Shape[axis])}, a)
	case 11:
		m, all := 1+r.IntN(6), a.Type.Size()+b.Type.Size()
		route := &ir.Route{Shape: []int{m}, Fill: []int64{7, -2}}
		for range m {
			route.Index = append(route.Index, int32(r.IntN(all+2)-2))
		}
		return g.New(ir.OpRoute, auto, route, a, b)
	case 12:
		n := int(hi - lo + 1)
		return g.New(ir.OpTable, auto, &ir.Table{Lo: lo, Values: randomInts(r, n, 20)}, a)
	case 13:
		return g.New(ir.OpNorm, auto, &ir.Norm{Bits: 1 + r.IntN(6)}, g.New(ir.OpClamp, ir.Uint(9), &ir.Clamp{Lo: 0, Hi: 300}, a))
	case 14:
		steps := make([]int64, 1+r.IntN(20))
		at := lo - 2
		for i := range steps {
			at += int64(r.IntN(3))
			steps[i] = at
		}
		return g.New(ir.OpThreshold, auto, &ir.Threshold{Channels: 1, Base: -3, Steps: steps}, a)
	case 15:
		n := 1 + r.IntN(6)
		t := g.Const([]int{n, 2}, randomInts(r, 2*n, 30))
		i := g.New(ir.OpClamp, ir.Fit(0, int64(n-1)), &ir.Clamp{Lo: 0, Hi: int64(n - 1)}, a)
		if r.IntN(2) == 0 {
			t = g.New(ir.OpRoute, auto, &ir.Route{Shape: []int{n}, Index: make([]int32, n)}, b)
		}
		return g.New(ir.OpLookup, auto, &ir.Axis{}, t, i)
	case 16:
		if len(a.Type.Shape) != 1 || len(b.Type.Shape) != 1 {
			return a
		}
		k := a.Type.Size()
		x := g.New(ir.OpRoute, auto, sameOrder(1, k), a)
		y := g.New(ir.OpRoute, auto, &ir.Route{Shape: []int{k, 2}, Index: make([]int32, 2*k)}, b)
		return g.New(ir.OpMatMul, auto, nil, x, y)
	case 17:
		return g.New(ir.OpClamp, ir.Int(6), &ir.Clamp{Lo: int64(-r.IntN(9)), Hi: int64(r.IntN(20))}, a)
	}
	return randomRequant(g, r, a, last)
}

func sameOrder(shape ...int) *ir.Route {
	rt := &ir.Route{Shape: shape, Index: make([]int32, ir.Size(shape))}
	for i := range rt.Index {
		rt.Index[i] = int32(i)
	}
	return rt
}

func elementwiseOr(g *ir.Graph, op ir.Op, attr ir.Attr, a, b *ir.Value) *ir.Value {
	if _, err := ir.Broadcast(a.Type.Shape, b.Type.Shape); err != nil {
		b = a
	}
	return g.New(op, ir.Elem{}, attr, a, b)
}

// randomRequant widens the argument first, so that the cheapest circuit is not always a table.
func randomRequant(g *ir.Graph, r *rand.Rand, a *ir.Value, last int) *ir.Value {
	auto := ir.Elem{}
	if r.IntN(2) == 0 {
		a = g.New(ir.OpMul, auto, nil, a, g.New(ir.OpMul, auto, nil, a, g.Const(nil, []int64{int64(3 + r.IntN(40))})))
	}
	q := &ir.Requant{Round: num.Rounding(r.IntN(4)), Zero: int64(r.IntN(9) - 4), Lo: -128, Hi: 127}
	if r.IntN(3) == 0 {
		q.Lo = 0
	}
	for range last {
		mul, add, shift := int64(1+r.IntN(1<<(1+r.IntN(12)))), int64(0), r.IntN(14)
		switch q.Round {
		case num.Gemmlowp:
			mul, shift = 1<<30+r.Int64N(1<<30), 31+r.IntN(8)
		case num.Float32:
			mul, shift = 1<<23+r.Int64N(1<<23), 23+r.IntN(10)
		default:
			add = r.Int64N(200) - 100
			if r.IntN(4) == 0 {
				mul = -mul
			}
		}
		q.Mul, q.Add, q.Shift = append(q.Mul, mul), append(q.Add, add), append(q.Shift, int64(shift))
	}
	return g.New(ir.OpRequant, ir.Int(8), q, a)
}

// randomRows makes rows for all inputs of a graph: corners first, then random.
func randomRows(r *rand.Rand, g *ir.Graph, rows int) []*ir.Tensor {
	var ts []*ir.Tensor
	for _, v := range g.Inputs() {
		t, step := ir.NewInts(rows, v.Type.Shape), v.InputStep()
		n := v.Type.Size()
		for i := range t.Ints {
			lo, hi := v.InputRangeAt(i % n)
			switch i / n {
			case 0:
				t.Ints[i] = lo
			case 1:
				t.Ints[i] = hi
			default:
				t.Ints[i] = lo + step*r.Int64N((hi-lo)/step+1)
			}
		}
		ts = append(ts, t)
	}
	return ts
}

// flatten puts the elements of all tensors of a row side by side.
func flatten(ts []*ir.Tensor, rows int) []int64 {
	var x []int64
	for r := range rows {
		for _, t := range ts {
			n := t.Size()
			if t.Rows == 1 {
				x = append(x, t.Ints...)
			} else {
				x = append(x, t.Ints[r*n:(r+1)*n]...)
			}
		}
	}
	return x
}
