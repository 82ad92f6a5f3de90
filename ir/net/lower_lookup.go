package net

import (
	"math/bits"

	"mlpc/ir"
)

// lookup lowers the choice of a row of a tensor: a table where the column is constant, else a tree of multiplexers.
func (l *lowering) lookup(v *ir.Value) []Ref {
	b := l.b
	t, idx := l.arg(v, 0), l.arg(v, 1)
	ts, is, lead := v.Args[0].Type.Shape, v.Args[1].Type.Shape, v.Attr.(*ir.Axis).Axis
	batch, n, width := ir.Size(ts[:lead]), ts[lead], ir.Size(ts[lead+1:])
	per := ir.Size(is[lead:])
	y := make([]Ref, 0, v.Type.Size())
	for k := range batch * per {
		i := b.Force(idx[k])
		for w := range width {
			column := make([]int32, n)
			for r := range column {
				column[r] = b.Force(t[(k/per*n+r)*width+w])
			}
			y = append(y, b.Ref(l.choose(column, i)))
		}
	}
	return y
}

// choose makes column[i].
func (l *lowering) choose(column []int32, i int32) int32 {
	b := l.b
	constant := true
	for _, c := range column {
		constant = constant && b.isConst(c)
	}
	if constant {
		return b.Table(i, func(x int64) int64 { return b.Node(column[x]).Imm })
	}
	lo, hi := b.Bounds(i)
	return l.chooseBits(column, i, int(lo), int(hi), b.Node(i).Width()-1)
}

// chooseBits makes column[i] for i in [lo, hi], whose bits above bit are the same throughout.
func (l *lowering) chooseBits(column []int32, i int32, lo, hi, bit int) int32 {
	if lo == hi {
		return column[lo]
	}
	mid := hi >> bit << bit
	if mid <= lo { // the bit is the same throughout too
		return l.chooseBits(column, i, lo, hi, bit-1)
	}
	s := l.b.Wrap(l.b.Shr(i, bit), 1, false)
	return l.b.Mux(s, l.chooseBits(column, i, mid, hi, bit-1), l.chooseBits(column, i, lo, mid-1, bit-1))
}

// norm lowers leading-one normalisation: a barrel shifter that moves the leading one to the top, from the largest step down.
func (l *lowering) norm(v *ir.Value) []Ref {
	b, m := l.b, v.Attr.(*ir.Norm).Bits
	var y []Ref
	for _, r := range l.arg(v, 0) {
		x := b.Clamp(b.Force(r), 0, 1<<62)
		zero := b.Equal(x, b.Const(0))
		_, hi := b.Bounds(x)
		w := bits.Len64(uint64(hi))
		moved := Ref{ID: b.Const(0)}
		for k := bits.Len(uint(max(w-1, 0))) - 1; k >= 0; k-- {
			step := 1 << k
			if step >= w {
				continue
			}
			low := b.Less(x, b.Const(1<<(w-step)))
			x = b.Mux(low, b.Wrap(b.Shl(x, step), w, false), x)
			moved = b.Add(moved, b.Ref(low).Times(k, false))
		}
		mant := b.Shl(b.Shr(x, max(w-m, 0)), max(m-w, 0))
		exp := b.Force(b.addConst(moved.Times(0, true), int64(w-m)))
		y = append(y, b.Ref(mant), b.Ref(b.Mux(zero, b.Const(0), exp)))
	}
	return y
}
