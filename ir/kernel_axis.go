package ir

import (
	"math"
	"math/bits"
	"slices"
)

// alongAxis calls f for each line along the axis of v's argument: the index of the line in the result, and its elements.
func alongAxis[T int64 | float64](v *Value, rows int, x []T, f func(line int, elems []T)) {
	s, axis := v.Args[0].Type.Shape, v.Attr.(*Axis).Axis
	outer, n, inner := Size(s[:axis]), s[axis], Size(s[axis+1:])
	elems := make([]T, n)
	for o := range rows * outer {
		for i := range inner {
			for k := range n {
				elems[k] = x[(o*n+k)*inner+i]
			}
			f(o*inner+i, elems)
		}
	}
}

// fold makes a kernel that reduces each line to one element.
func fold(v *Value, fi func([]int64) int64, fr func([]float64) float64) kernel {
	return func(a []*Tensor, out *Tensor) {
		if a[0].Ints != nil {
			alongAxis(v, out.Rows, a[0].Ints, func(l int, e []int64) { out.Ints[l] = fi(e) })
		} else {
			alongAxis(v, out.Rows, a[0].Reals, func(l int, e []float64) { out.Reals[l] = fr(e) })
		}
	}
}

func total[T int64 | float64](e []T) T {
	var s T
	for _, x := range e {
		s += x
	}
	return s
}

// first gives the index of the largest element, the lowest of equals.
func first[T int64 | float64](e []T) T {
	at := 0
	for i, x := range e {
		if x > e[at] {
			at = i
		}
	}
	return T(at)
}

func kernelSum(v *Value, _ []*Tensor) kernel { return fold(v, total[int64], total[float64]) }
func kernelReduceMax(v *Value, _ []*Tensor) kernel {
	return fold(v, slices.Max[[]int64], slices.Max[[]float64])
}
func kernelArgMax(v *Value, _ []*Tensor) kernel { return fold(v, first[int64], first[float64]) }

func kernelTopK(v *Value, _ []*Tensor) kernel {
	s, ax := v.Args[0].Type.Shape, v.Attr.(*Axis)
	inner := Size(s[ax.Axis+1:])
	return func(a []*Tensor, out *Tensor) {
		if a[0].Ints != nil {
			alongAxis(v, out.Rows, a[0].Ints, func(l int, e []int64) { putTop(e, ax.K, inner, l, out.Ints) })
		} else {
			alongAxis(v, out.Rows, a[0].Reals, func(l int, e []float64) { putTop(e, ax.K, inner, l, out.Reals) })
		}
	}
}

// putTop writes the indexes of the k largest elements of a line, largest first.
func putTop[T int64 | float64](e []T, k, inner, line int, out []T) {
	idx := make([]int, len(e))
	for i := range idx {
		idx[i] = i
	}
	slices.SortStableFunc(idx, func(a, b int) int {
		switch {
		case e[a] > e[b]:
			return -1
		case e[a] < e[b]:
			return 1
		}
		return 0
	})
	for j := range k {
		out[(line/inner*k+j)*inner+line%inner] = T(idx[j])
	}
}

func kernelRoute(v *Value, _ []*Tensor) kernel {
	r := v.Attr.(*Route)
	if len(v.Args) == 1 {
		return func(a []*Tensor, out *Tensor) {
			n, m := a[0].Size(), len(r.Index)
			for row := range out.Rows {
				if out.Ints != nil {
					gather(r.Index, a[0].Ints[row*n:(row+1)*n], r.Fill, out.Ints[row*m:(row+1)*m])
				} else {
					gather(r.Index, a[0].Reals[row*n:(row+1)*n], r.Reals, out.Reals[row*m:(row+1)*m])
				}
			}
		}
	}
	ends := argEnds(v)
	return func(a []*Tensor, out *Tensor) {
		m := len(r.Index)
		ints, reals := make([]int64, 0, ends[len(ends)-1]), make([]float64, 0, ends[len(ends)-1])
		for row := range out.Rows {
			ints, reals = ints[:0], reals[:0]
			for _, t := range a {
				at := rowStart(t, row)
				if t.Ints != nil {
					ints = append(ints, t.Ints[at:at+t.Size()]...)
				} else {
					reals = append(reals, t.Reals[at:at+t.Size()]...)
				}
			}
			if out.Ints != nil {
				gather(r.Index, ints, r.Fill, out.Ints[row*m:(row+1)*m])
			} else {
				gather(r.Index, reals, r.Reals, out.Reals[row*m:(row+1)*m])
			}
		}
	}
}

func gather[T int64 | float64](index []int32, x, fill, y []T) {
	for i, at := range index {
		if at >= 0 {
			y[i] = x[at]
		} else {
			y[i] = fill[-1-at]
		}
	}
}

func kernelLookup(v *Value, _ []*Tensor) kernel {
	ts, is, lead := v.Args[0].Type.Shape, v.Args[1].Type.Shape, v.Attr.(*Axis).Axis
	batch, n, width := Size(ts[:lead]), ts[lead], Size(ts[lead+1:])
	per := Size(is[lead:])
	return func(a []*Tensor, out *Tensor) {
		for row := range out.Rows {
			for b := range batch {
				for i := range per {
					from := rowStart(a[1], row) + b*per + i
					to := ((row*batch+b)*per + i) * width
					at := rowStart(a[0], row) + (b*n+pickIndex(a[1], from, n))*width
					if out.Ints != nil {
						copy(out.Ints[to:to+width], a[0].Ints[at:at+width])
					} else {
						copy(out.Reals[to:to+width], a[0].Reals[at:at+width])
					}
				}
			}
		}
	}
}

// pickIndex reads an index; a real one is truncated and kept inside [0, n).
func pickIndex(t *Tensor, at, n int) int {
	if t.Ints != nil {
		return int(t.Ints[at])
	}
	x := t.Reals[at]
	if math.IsNaN(x) {
		return 0
	}
	return int(min(max(x, 0), float64(n-1)))
}

func kernelNorm(v *Value, _ []*Tensor) kernel {
	b := v.Attr.(*Norm).Bits
	return func(a []*Tensor, out *Tensor) {
		for i, x := range a[0].Ints {
			if x <= 0 {
				continue
			}
			e := bits.Len64(uint64(x)) - b
			if e >= 0 {
				x >>= e
			} else {
				x <<= -e
			}
			out.Ints[2*i], out.Ints[2*i+1] = x, int64(e)
		}
	}
}
