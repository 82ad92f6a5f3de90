package stream

import (
	"math/bits"
	"slices"

	"mlpc/ir"
	"mlpc/ir/num"
)

// Operand is a run-time value that enters a step.
type Operand struct {
	Value *ir.Value
	Index func() []int32 // elements of Value in the order that the engine wants, −1 for a zero; nil: as they are
	Form  Form           // as the engine takes it
}

// Layer is what a step's engine does.
type Layer struct {
	Step     *ir.Step
	Head     *ir.Value
	Operands []Operand
	Out      Form // as it leaves the engine

	// MVAU, MatMul and Float32: the input in groups of Columns elements, each of which gives Rows elements. MVAU and Float32: weights repeat after Blocks
	// groups. MatMul: each of Blocks matrices serves Repeat groups one after the other.
	Columns, Rows, Blocks, Repeat int

	Single bool // Float32: each result is one product, which is not rounded, and a bias
	format *Format
}

// newLayer derives the layer of a step.
func newLayer(s *ir.Step, fixed []bool) *Layer {
	l := &Layer{Step: s, Head: s.Values[0]}
	v := l.Head
	switch s.Engine {
	case MVAU:
		l.Blocks = max(1, v.Attr.(*ir.Dense).Groups)
		l.Columns = v.Args[1].Type.Shape[1]
		l.Rows = LastAxis(v) / l.Blocks
		groups := v.Args[0].Type.Size() / l.Columns
		l.Operands = []Operand{{v.Args[0], nil, Form{groups, l.Columns, s.SIMD}}}
		l.Out = Form{groups, l.Rows, s.PE}
	case Float32:
		l.float32()
	case Reduce:
		shape, axis := v.Args[0].Type.Shape, v.Attr.(*ir.Axis).Axis
		n := shape[axis]
		l.Operands = []Operand{{v.Args[0], axisLast(shape, axis), Form{v.Type.Size(), n, s.SIMD}}}
		l.Out = Form{v.Type.Size(), 1, 1}
	case TopK:
		shape, axis := v.Args[0].Type.Shape, v.Attr.(*ir.Axis)
		groups := v.Type.Size() / axis.K
		l.Operands = []Operand{{v.Args[0], axisLast(shape, axis.Axis), Form{groups, shape[axis.Axis], 1}}}
		l.Out = Form{groups, axis.K, axis.K}
	case Norm:
		n := v.Args[0].Type.Size()
		l.Operands = []Operand{{v.Args[0], nil, Form{1, n, s.PE}}}
		l.Out = Form{1, 2 * n, 2 * s.PE}
	case MatMul:
		l.matmul()
	case Lookup:
		l.lookup(fixed)
	case Eltwise:
		l.Out = formOf(v, s.PE)
		for _, a := range v.Args {
			if index := broadcast(a.Type.Shape, v.Type.Shape); !fixed[a.ID] && !l.takes(a) {
				l.Operands = append(l.Operands, Operand{a, index, l.Out})
			}
		}
	case Route:
		l.Out = formOf(v, s.PE)
		for _, a := range v.Args {
			if !fixed[a.ID] && !l.takes(a) {
				l.Operands = append(l.Operands, Operand{a, nil, formOf(a, min(s.SIMD, LastAxis(a)))})
			}
		}
	case Wires:
		l.Operands = []Operand{{Value: v.Args[0]}}
	}
	return l
}

func (l *Layer) takes(v *ir.Value) bool {
	for _, o := range l.Operands {
		if o.Value == v {
			return true
		}
	}
	return false
}

// axisLast gives the index map that brings an axis to the end, nil where it is there already.
func axisLast(shape []int, axis int) func() []int32 {
	if axis == len(shape)-1 {
		return nil
	}
	return func() []int32 {
		outer, n, inner := ir.Size(shape[:axis]), shape[axis], ir.Size(shape[axis+1:])
		index := make([]int32, 0, outer*n*inner)
		for o := range outer {
			for i := range inner {
				for k := range n {
					index = append(index, int32((o*n+k)*inner+i))
				}
			}
		}
		return index
	}
}

// broadcast gives for each element of `to` the element of `from` that numpy broadcasting puts there, nil where all are their own.
func broadcast(from, to []int) func() []int32 {
	if ir.Size(from) == ir.Size(to) {
		return nil
	}
	return func() []int32 {
		index := make([]int32, ir.Size(to))
		for e := range index {
			at, rest, stride := 0, e, 1
			for i := len(to) - 1; i >= 0; i-- {
				pos := rest % to[i]
				rest /= to[i]
				if f := i - (len(to) - len(from)); f >= 0 {
					if from[f] > 1 {
						at += pos * stride
					}
					stride *= from[f]
				}
			}
			index[e] = int32(at)
		}
		return index
	}
}

// Broadcast gives element e of a value of shape `to` as an element of a constant that broadcasts to it.
func Broadcast(from, to []int) func(e int) int {
	list := broadcast(from, to)
	if list == nil {
		return func(e int) int { return e }
	}
	index := list()
	return func(e int) int { return int(index[e]) }
}

// HeadStages is the number of pipeline registers of the head of a layer.
func (l *Layer) HeadStages() int {
	switch l.Step.Engine {
	case MVAU, MatMul:
		return 1 + clog2(l.Step.SIMD) + 1 // products, adder tree, accumulator
	case TopK:
		return 1
	case Float32:
		return l.Format().Stages() // of the quantizer; the sums are a pipe of their own
	case Norm, Lookup:
		return 2 // operands or address, result
	case Reduce:
		return clog2(l.Step.SIMD) + 1 // tree, accumulator
	case Route:
		return 3 // addresses, memory, selection
	}
	return 1 + OpStages(l.Head) // operands, op
}

// Stages is the number of pipeline registers of the whole layer.
func (l *Layer) Stages() int {
	n := l.HeadStages()
	for _, v := range l.Step.Values[1:] {
		n += OpStages(v)
	}
	return n
}

// OpStages is the number of pipeline registers of an elementwise op.
func OpStages(v *ir.Value) int {
	if t, ok := v.Attr.(*ir.Threshold); ok && SearchLevels(t) > 0 {
		return SearchLevels(t) + 1
	}
	switch q, _ := v.Attr.(*ir.Requant); {
	case v.Op == ir.OpWrap:
		return 0
	case q != nil && (q.Round == num.HalfUp || q.Round == num.HalfEven):
		return 2 // product, rounding
	}
	return 1
}

// SearchLevels is the number of steps of a binary search among the thresholds of a channel, one pipeline stage each; 0 where they are
// so few that x is compared with all at once.
func SearchLevels(t *ir.Threshold) int {
	const few = 7
	n := len(t.Steps) / t.Channels
	if n <= few {
		return 0
	}
	return bits.Len(uint(n))
}

// Cycles is the number of cycles that the engine is busy with one sample.
func (l *Layer) Cycles() int {
	switch l.Step.Engine {
	case MVAU, MatMul:
		return l.Operands[0].Form.Beats() * l.Out.GroupBeats()
	case Float32:
		if c := l.Chain(); c != nil {
			return l.Operands[0].Form.Groups * c.Beats()
		}
	case Wires:
		return 0
	}
	n := l.Out.Beats()
	for _, o := range l.Operands {
		n = max(n, o.Form.Beats())
	}
	return n
}

// clog2 is the number of levels of a binary tree with n leaves.
func clog2(n int) int { return bits.Len(uint(n - 1)) }

// SignOnly tells whether all weights of an MVAU are −1 or 1 and no word of columns is filled up, so that a bit holds a weight.
func (l *Layer) SignOnly() bool {
	if l.Step.Engine != MVAU || l.Columns%l.Step.SIMD != 0 {
		return false
	}
	for _, w := range l.Head.Args[1].Const().Ints {
		if w != 1 && w != -1 {
			return false
		}
	}
	return true
}

// MostTableBits is the number of bits of both operands up to which products may come from a table: with 6, each bit of the product is
// one LUT of Xilinx.
const MostTableBits = 6

// ProductBits gives the bits of both operands of the products of a matrix engine: the value, and the signed weight.
func (l *Layer) ProductBits() (x, w int) {
	x, factor := l.Operands[0].Value.Type.Elem.Bits, l.Head.Args[1].Type.Elem
	if d := l.Head.Args[1].Const(); d != nil {
		factor = ir.Fit(slices.Min(d.Ints), slices.Max(d.Ints))
	}
	if !factor.Signed {
		return x, factor.Bits + 1
	}
	return x, factor.Bits
}

// HasConstantWeights tells whether the engine of a dense layer computes all of it at once, so that its weights never change.
func (l *Layer) HasConstantWeights() bool {
	return l.Step.Engine == MVAU && l.Blocks == 1 && l.Step.PE == l.Rows && l.Step.SIMD == l.Columns
}
