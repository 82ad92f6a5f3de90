package backendtest

import (
	"fmt"
	"math/rand/v2"

	"mlpc/ir"
	"mlpc/ir/diag"
	"mlpc/ir/num"
)

// Random gives a small integer graph with tokens, branches and joins, the same one for a seed: dense layers, elementwise ops with
// constants and between branches, reductions and index maps, ending in one or two outputs.
func Random(seed uint64) *ir.Graph {
	b := &randomBuilder{r: rand.New(rand.NewPCG(seed, 3)), g: &ir.Graph{Name: fmt.Sprintf("random %d", seed)}}
	shape := []int{2 + b.r.IntN(7)}
	if b.r.IntN(3) == 0 {
		shape = []int{1 + b.r.IntN(3), 2 + b.r.IntN(5)}
	}
	elem := ir.Int(2 + b.r.IntN(7))
	if b.r.IntN(3) == 0 {
		elem = ir.Uint(1 + b.r.IntN(8))
	}
	x := b.g.Add(ir.OpInput, ir.Type{Shape: shape, Elem: elem}, &ir.Input{}).Named("x", diag.Pos{})
	b.values = []*ir.Value{x}
	for len(b.values) < 3+b.r.IntN(6) {
		if v := b.op(); v != nil {
			b.values = append(b.values, b.narrow(v))
		}
	}
	last := b.values[len(b.values)-1]
	b.g.Outs = []*ir.Value{last}
	if b.r.IntN(3) == 0 {
		b.g.Outs = append(b.g.Outs, b.values[len(b.values)-2])
	}
	g := b.g.Prune()
	if err := ir.Verify(g); err != nil {
		panic(err)
	}
	return g
}

// randomBuilder collects the values that later ops may use, all of at most 8 bits.
type randomBuilder struct {
	r      *rand.Rand
	g      *ir.Graph
	values []*ir.Value
}

// pick gives a value, the later ones more often.
func (b *randomBuilder) pick() *ir.Value {
	n := len(b.values)
	return b.values[max(b.r.IntN(n), b.r.IntN(n))]
}

// ints gives random integers.
func (b *randomBuilder) ints(n int, lo, hi int64) []int64 {
	list := make([]int64, n)
	for i := range list {
		list[i] = lo + b.r.Int64N(hi-lo+1)
	}
	return list
}

// op adds one op; nil where the choice did not fit.
func (b *randomBuilder) op() *ir.Value {
	x := b.pick()
	shape := x.Type.Shape
	if len(shape) == 0 {
		shape = []int{1}
		x = b.g.New(ir.OpRoute, ir.Elem{}, &ir.Route{Shape: shape, Index: []int32{0}}, x)
	}
	last := shape[len(shape)-1]
	switch b.r.IntN(9) {
	case 0, 1, 2:
		out := 1 + b.r.IntN(8)
		args := []*ir.Value{x, b.g.Const([]int{out, last}, b.ints(out*last, -8, 7))}
		if b.r.IntN(3) > 0 {
			args = append(args, b.g.Const([]int{out}, b.ints(out, -50, 50)))
		}
		return b.g.New(ir.OpDense, ir.Elem{}, &ir.Dense{}, args...)
	case 3:
		op := []ir.Op{ir.OpAdd, ir.OpSub, ir.OpMul, ir.OpMax, ir.OpMin}[b.r.IntN(5)]
		for _, y := range b.values {
			if _, err := ir.Broadcast(shape, y.Type.Shape); err == nil && b.r.IntN(2) == 0 {
				return b.g.New(op, ir.Elem{}, nil, x, y)
			}
		}
		return b.g.New(op, ir.Elem{}, nil, x, b.g.Const([]int{last}, b.ints(last, -20, 20)))
	case 4:
		op := []ir.Op{ir.OpSum, ir.OpReduceMax, ir.OpArgMax}[b.r.IntN(3)]
		return b.g.New(op, ir.Elem{}, &ir.Axis{Axis: b.r.IntN(len(shape))}, x)
	case 5, 6:
		return b.route(x)
	case 7:
		lo, hi := x.Type.Elem.Range()
		return b.g.New(ir.OpTable, ir.Elem{}, &ir.Table{Lo: lo, Values: b.ints(int(hi-lo+1), -128, 127)}, x)
	}
	lo, hi := x.Type.Elem.Range()
	return b.g.New(ir.OpClamp, ir.Elem{}, &ir.Clamp{Lo: lo / 2, Hi: (hi + 1) / 2}, x)
}

// route mixes the elements of one or two values with constants.
func (b *randomBuilder) route(x *ir.Value) *ir.Value {
	args := []*ir.Value{x}
	if y := b.pick(); b.r.IntN(2) == 0 && y != x {
		args = append(args, y)
	}
	n := 0
	for _, a := range args {
		n += a.Type.Size()
	}
	shape := []int{1 + b.r.IntN(8)}
	if b.r.IntN(3) == 0 {
		shape = []int{1 + b.r.IntN(3), shape[0]}
	}
	index := make([]int32, ir.Size(shape))
	for i := range index {
		if index[i] = int32(b.r.IntN(n)); b.r.IntN(8) == 0 {
			index[i] = int32(-1 - b.r.IntN(2))
		}
	}
	return b.g.New(ir.OpRoute, ir.Elem{}, &ir.Route{Shape: shape, Index: index, Fill: []int64{5, -3}}, args...)
}

// narrow brings a value of more than 8 bits back to 8, in one of the ways that there are.
func (b *randomBuilder) narrow(x *ir.Value) *ir.Value {
	bits := x.Type.Elem.Bits
	if bits <= 8 {
		return x
	}
	n := 1
	if s := x.Type.Shape; len(s) > 0 && b.r.IntN(2) == 0 {
		n = s[len(s)-1]
	}
	switch b.r.IntN(3) {
	case 0:
		half := []num.Rounding{num.HalfUp, num.HalfEven}[b.r.IntN(2)]
		q := &ir.Requant{Mul: b.ints(n, 1<<9, 1<<10), Add: b.ints(n, -300, 300), Shift: b.ints(n, int64(bits), int64(bits+4)), Round: half, Zero: int64(b.r.IntN(5)), Lo: -128, Hi: 127}
		return b.g.New(ir.OpRequant, ir.Int(8), q, x)
	case 1:
		lo, hi := x.Type.Elem.Range()
		steps := make([]int64, 0, 3*n)
		for range n {
			mid := lo/2 + b.r.Int64N((hi-lo)/2)
			steps = append(steps, lo/3, min(mid, hi/3), hi/3)
			row := steps[len(steps)-3:]
			row[1] = max(row[0], row[1])
		}
		return b.g.New(ir.OpThreshold, ir.Elem{}, &ir.Threshold{Channels: n, Base: -1, Steps: steps}, x)
	}
	return b.g.New(ir.OpWrap, ir.Int(3+b.r.IntN(6)), nil, x)
}
