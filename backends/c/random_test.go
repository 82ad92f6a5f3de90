package cc_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"mlpc/approx"
	cc "mlpc/backends/c"
	"mlpc/ir"
	"mlpc/ir/num"
	"mlpc/testbench"
)

// grower appends random values to a graph.
type grower struct {
	*rand.Rand
	g *ir.Graph
}

func (r *grower) elem() ir.Elem {
	return ir.Elem{Bits: 1 + r.IntN([]int{8, 16, 20, 34}[r.IntN(4)]), Signed: r.IntN(2) == 0}
}

// ints gives n integers of a random size up to 2^bits.
func (r *grower) ints(n, bits int) []int64 {
	size := int64(1) << r.IntN(bits+1)
	xs := make([]int64, n)
	for i := range xs {
		xs[i] = r.Int64N(2*size+1) - size
	}
	return xs
}

func (r *grower) pick() *ir.Value { return r.g.Values[r.IntN(len(r.g.Values))] }

// partner gives an operand that broadcasts with x.
func (r *grower) partner(x *ir.Value) *ir.Value {
	shape := slices.Clone(x.Type.Shape)
	for i := range shape {
		if r.IntN(3) == 0 {
			shape[i] = 1
		}
	}
	if len(shape) > 0 && r.IntN(3) == 0 {
		shape = shape[r.IntN(len(shape)):]
	}
	for range 5 {
		if p := r.pick(); r.IntN(2) == 0 {
			if _, err := ir.Broadcast(p.Type.Shape, x.Type.Shape); err == nil {
				return p
			}
		}
	}
	return r.g.Const(shape, r.ints(ir.Size(shape), 10))
}

func last(x *ir.Value) int {
	if s := x.Type.Shape; len(s) > 0 {
		return s[len(s)-1]
	}
	return 1
}

// clamped brings a value into a small range.
func (r *grower) clamped(x *ir.Value, lo, hi int64) *ir.Value {
	return r.g.New(ir.OpClamp, ir.Elem{}, &ir.Clamp{Lo: lo, Hi: hi}, x)
}

// grow appends one random op; its name is returned.
func (r *grower) grow() string {
	g, x := r.g, r.pick()
	rank := len(x.Type.Shape)
	axis := func() int { return r.IntN(max(rank, 1)) }
	switch ops := []ir.Op{ir.OpDense, ir.OpMatMul, ir.OpAdd, ir.OpSub, ir.OpMul, ir.OpMax, ir.OpMin, ir.OpCmp, ir.OpSelect, ir.OpSum, ir.OpReduceMax,
		ir.OpArgMax, ir.OpTopK, ir.OpRoute, ir.OpLookup, ir.OpTable, ir.OpNorm, ir.OpRequant, ir.OpRequant, ir.OpRequant, ir.OpThreshold, ir.OpClamp, ir.OpWrap}; ops[r.IntN(len(ops))] {
	case ir.OpDense:
		if rank == 0 {
			return "none"
		}
		k, groups := last(x), 1
		if k%2 == 0 && r.IntN(3) == 0 {
			groups = 2
		}
		out := groups * (1 + r.IntN(5))
		args := []*ir.Value{x, g.Const([]int{out, k / groups}, r.ints(out*k/groups, 8))}
		if r.IntN(2) == 0 {
			args = append(args, g.Const([]int{out}, r.ints(out, 12)))
		}
		d := &ir.Dense{Groups: groups}
		if r.IntN(4) == 0 {
			d.Unit = approx.Truncated(1 + r.IntN(4))
		}
		g.New(ir.OpDense, ir.Elem{}, d, args...)
	case ir.OpMatMul:
		if rank < 2 {
			return "none"
		}
		k := last(x)
		shape := []int{k, 1 + r.IntN(3)}
		b := g.Const(shape, r.ints(ir.Size(shape), 6))
		g.New(ir.OpMatMul, ir.Elem{}, nil, x, b)
	case ir.OpAdd, ir.OpSub, ir.OpMul, ir.OpMax, ir.OpMin:
		op := []ir.Op{ir.OpAdd, ir.OpSub, ir.OpMul, ir.OpMax, ir.OpMin}[r.IntN(5)]
		g.New(op, ir.Elem{}, nil, x, r.partner(x))
	case ir.OpCmp:
		g.New(ir.OpCmp, ir.Elem{}, &ir.Cmp{Rel: []string{"lt", "le", "eq"}[r.IntN(3)]}, x, r.partner(x))
	case ir.OpSelect:
		c := g.New(ir.OpCmp, ir.Elem{}, &ir.Cmp{Rel: "lt"}, x, g.Const(nil, r.ints(1, 10)))
		g.New(ir.OpSelect, ir.Elem{}, nil, c, x, r.partner(x))
	case ir.OpSum, ir.OpReduceMax, ir.OpArgMax:
		if rank == 0 {
			return "none"
		}
		g.New([]ir.Op{ir.OpSum, ir.OpReduceMax, ir.OpArgMax}[r.IntN(3)], ir.Elem{}, &ir.Axis{Axis: axis()}, x)
	case ir.OpTopK:
		if rank == 0 {
			return "none"
		}
		a := axis()
		g.New(ir.OpTopK, ir.Elem{}, &ir.Axis{Axis: a, K: 1 + r.IntN(x.Type.Shape[a])}, x)
	case ir.OpRoute:
		r.route(x)
	case ir.OpLookup:
		if rank == 0 {
			return "none"
		}
		index := r.clamped(r.pick(), 0, int64(x.Type.Shape[0]-1))
		g.New(ir.OpLookup, ir.Elem{}, &ir.Axis{}, x, index)
	case ir.OpTable:
		lo := r.Int64N(50) - 30
		n := 1 + r.IntN(60)
		g.New(ir.OpTable, ir.Elem{}, &ir.Table{Lo: lo, Values: r.ints(n, 20)}, r.clamped(x, lo, lo+int64(n)-1))
	case ir.OpNorm:
		g.New(ir.OpNorm, ir.Elem{}, &ir.Norm{Bits: 1 + r.IntN(12)}, r.clamped(x, 0, 1<<r.IntN(30)))
	case ir.OpRequant:
		r.requant(x)
	case ir.OpThreshold:
		channels := []int{1, last(x)}[r.IntN(2)]
		n := r.IntN(20)
		var steps []int64
		for range channels {
			row := r.ints(n, 20)
			slices.Sort(row)
			steps = append(steps, row...)
		}
		g.New(ir.OpThreshold, ir.Elem{}, &ir.Threshold{Channels: channels, Base: r.Int64N(100) - 50, Steps: steps}, x)
	case ir.OpClamp:
		lo := r.Int64N(2000) - 1000
		r.clamped(x, lo, lo+r.Int64N(1000))
	case ir.OpWrap:
		g.New(ir.OpWrap, r.elem(), nil, x)
	}
	return g.Values[len(g.Values)-1].Op.String()
}

// route appends a slice, a transposition, a concatenation or a random index map with fill.
func (r *grower) route(x *ir.Value) {
	n := x.Type.Size()
	y := r.pick()
	var index []int32
	fill := r.ints(2, 10)
	shape := []int{}
	switch r.IntN(4) {
	case 0:
		from := r.IntN(n)
		for i := from; i < n; i++ {
			index = append(index, int32(i))
		}
	case 1:
		c := last(x)
		for i := range c {
			for j := range n / c {
				index = append(index, int32(j*c+i))
			}
		}
		shape = []int{c, n / c}
	case 2:
		for i := range n + y.Type.Size() {
			index = append(index, int32(i))
		}
	default:
		for range 1 + r.IntN(40) {
			index = append(index, int32(r.IntN(n+y.Type.Size()+2)-2))
		}
	}
	if len(shape) == 0 {
		shape = []int{len(index)}
	}
	r.g.New(ir.OpRoute, ir.Elem{}, &ir.Route{Shape: shape, Index: index, Fill: fill}, x, y)
}

// requant appends a requant with each of the roundings.
func (r *grower) requant(x *ir.Value) {
	q := &ir.Requant{Round: num.Rounding(r.IntN(4)), Zero: r.Int64N(40) - 20}
	q.Lo = r.Int64N(300) - 200
	q.Hi = q.Lo + r.Int64N(300)
	n := []int{1, last(x)}[r.IntN(2)]
	for range n {
		switch q.Round {
		case num.Gemmlowp:
			q.Mul = append(q.Mul, 1<<30+r.Int64N(1<<30))
			q.Shift = append(q.Shift, 28+r.Int64N(14))
		case num.Float32:
			q.Mul = append(q.Mul, 1<<23+r.Int64N(1<<23))
			q.Shift = append(q.Shift, 20+r.Int64N(16))
		default:
			bits := []int{8, 24}[r.IntN(2)]
			q.Mul = append(q.Mul, 1+r.Int64N(1<<bits))
			q.Shift = append(q.Shift, int64(bits)+r.Int64N(14))
			q.Add = append(q.Add, r.Int64N(1<<20)-1<<19)
		}
	}
	if n > 1 && r.IntN(2) == 0 {
		q.Shift = q.Shift[:1]
	}
	if q.Round == num.Gemmlowp {
		x = r.clamped(x, -1<<20, 1<<20)
	}
	r.g.New(ir.OpRequant, ir.Elem{}, q, x)
}

// randomGraph makes a valid graph of about n ops from a seed.
func randomGraph(seed uint64, n int) *ir.Graph {
	r := &grower{rand.New(rand.NewPCG(seed, 7)), &ir.Graph{Name: "random"}}
	shapes := [][]int{{}, {5}, {8}, {3, 4}, {2, 3, 4}, {1, 6}}
	for range 1 + r.IntN(3) {
		r.g.Add(ir.OpInput, ir.Type{Shape: shapes[r.IntN(len(shapes))], Elem: r.elem()}, &ir.Input{})
	}
	for range n {
		r.grow()
	}
	for range 1 + r.IntN(3) {
		if o := r.pick(); !slices.Contains(r.g.Outs, o) {
			r.g.Outs = append(r.g.Outs, o)
		}
	}
	r.g.Outs = append(r.g.Outs, r.g.Values[len(r.g.Values)-1])
	return r.g.Prune()
}

// TestRandomGraphs compares emitted C with ir.Run on graphs that use every op, built by gcc, and by clang with sanitizers.
func TestRandomGraphs(t *testing.T) {
	seeds := 40
	if testing.Short() {
		seeds = 10
	}
	used := map[ir.Op]int{}
	for seed := range seeds {
		g := randomGraph(uint64(seed), 14)
		if ir.Verify(g) != nil {
			continue
		}
		for _, v := range g.Values {
			used[v.Op]++
		}
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			r := []*testbench.Runner{testbench.GCC, testbench.Sanitized}[seed%2]
			needTool(t, r)
			t.Parallel()
			same(t, r, cc.Backend, g, 20)
		})
	}
	t.Log(used)
}
