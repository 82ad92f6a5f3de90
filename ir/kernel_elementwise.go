package ir

import (
	"slices"

	"mlpc/ir/num"
)

// broadcastMap gives for each element of shape to the element of shape from that broadcasts there; nil: the same element.
func broadcastMap(from, to []int) []int32 {
	if Size(from) == Size(to) {
		return nil
	}
	m := make([]int32, Size(to))
	off := len(to) - len(from)
	idx := make([]int, len(to))
	for e := range m {
		at := 0
		for i, d := range from {
			at *= d
			if d > 1 {
				at += idx[off+i]
			}
		}
		m[e] = int32(at)
		for i := len(to) - 1; i >= 0; i-- {
			if idx[i]++; idx[i] < to[i] {
				break
			}
			idx[i] = 0
		}
	}
	return m
}

// arithmetic makes a kernel of an operation: whole runs where nothing broadcasts, which most of the time goes into.
func arithmetic(v *Value, fi func(a, b int64) int64, fr func(a, b float64) float64, runs func(x, y, z []float64)) kernel {
	any := binary(v, fi, fr)
	if !slices.Equal(v.Args[0].Type.Shape, v.Type.Shape) || !slices.Equal(v.Args[1].Type.Shape, v.Type.Shape) {
		return any
	}
	return func(a []*Tensor, out *Tensor) {
		if a[0].Ints != nil || a[0].Rows != out.Rows || a[1].Rows != out.Rows {
			any(a, out)
			return
		}
		runs(a[0].Reals, a[1].Reals, out.Reals)
	}
}

// binary makes a kernel of two functions of two numbers.
func binary(v *Value, fi func(a, b int64) int64, fr func(a, b float64) float64) kernel {
	am, bm := broadcastMap(v.Args[0].Type.Shape, v.Type.Shape), broadcastMap(v.Args[1].Type.Shape, v.Type.Shape)
	return func(a []*Tensor, out *Tensor) {
		if a[0].Ints != nil {
			apply2(a[0], a[1], out, a[0].Ints, a[1].Ints, out.Ints, am, bm, fi)
		} else {
			apply2(a[0], a[1], out, a[0].Reals, a[1].Reals, out.Reals, am, bm, fr)
		}
	}
}

func apply2[T int64 | float64](a, b, out *Tensor, x, y, z []T, am, bm []int32, f func(a, b T) T) {
	n := out.Size()
	for r := range out.Rows {
		xr, yr, zr := x[rowStart(a, r):], y[rowStart(b, r):], z[r*n:(r+1)*n]
		for e := range zr {
			i, j := e, e
			if am != nil {
				i = int(am[e])
			}
			if bm != nil {
				j = int(bm[e])
			}
			zr[e] = f(xr[i], yr[j])
		}
	}
}

func add[T int64 | float64](a, b T) T { return a + b }
func sub[T int64 | float64](a, b T) T { return a - b }
func mul[T int64 | float64](a, b T) T { return T(a * b) }

func kernelAdd(v *Value, _ []*Tensor) kernel {
	return arithmetic(v, add[int64], add[float64], func(x, y, z []float64) {
		for i := range z {
			z[i] = x[i] + y[i]
		}
	})
}

func kernelSub(v *Value, _ []*Tensor) kernel {
	return arithmetic(v, sub[int64], sub[float64], func(x, y, z []float64) {
		for i := range z {
			z[i] = x[i] - y[i]
		}
	})
}

func kernelMul(v *Value, _ []*Tensor) kernel {
	return arithmetic(v, mul[int64], mul[float64], func(x, y, z []float64) {
		for i := range z {
			z[i] = x[i] * y[i]
		}
	})
}

func kernelMax(v *Value, _ []*Tensor) kernel {
	return binary(v, func(a, b int64) int64 { return max(a, b) }, func(a, b float64) float64 { return max(a, b) })
}

func kernelMin(v *Value, _ []*Tensor) kernel {
	return binary(v, func(a, b int64) int64 { return min(a, b) }, func(a, b float64) float64 { return min(a, b) })
}

// relation gives 1 where the relation holds.
func relation[T int64 | float64](rel string) func(a, b T) T {
	holds := map[string]func(a, b T) bool{
		"lt": func(a, b T) bool { return a < b },
		"le": func(a, b T) bool { return a <= b },
		"eq": func(a, b T) bool { return a == b },
	}[rel]
	return func(a, b T) T {
		if holds(a, b) {
			return 1
		}
		return 0
	}
}

func kernelCmp(v *Value, _ []*Tensor) kernel {
	rel := v.Attr.(*Cmp).Rel
	return binary(v, relation[int64](rel), relation[float64](rel))
}

func kernelSelect(v *Value, _ []*Tensor) kernel {
	var maps [3][]int32
	for i, a := range v.Args {
		maps[i] = broadcastMap(a.Type.Shape, v.Type.Shape)
	}
	return func(a []*Tensor, out *Tensor) {
		n := out.Size()
		for r := range out.Rows {
			for e := range n {
				var at [3]int
				for i := range at {
					at[i] = rowStart(a[i], r) + e
					if maps[i] != nil {
						at[i] = rowStart(a[i], r) + int(maps[i][e])
					}
				}
				from := 2
				if a[0].Ints != nil && a[0].Ints[at[0]] != 0 || a[0].Reals != nil && a[0].Reals[at[0]] != 0 {
					from = 1
				}
				if out.Ints != nil {
					out.Ints[r*n+e] = a[from].Ints[at[from]]
				} else {
					out.Reals[r*n+e] = a[from].Reals[at[from]]
				}
			}
		}
	}
}

func kernelTable(v *Value, _ []*Tensor) kernel {
	t := v.Attr.(*Table)
	if v.Type.Elem.IsReal() {
		f := Funcs[t.Fn].Eval
		return func(a []*Tensor, out *Tensor) {
			for i, x := range a[0].Reals {
				out.Reals[i] = f(x, t.Params)
			}
		}
	}
	return func(a []*Tensor, out *Tensor) {
		for i, x := range a[0].Ints {
			out.Ints[i] = t.Values[x-t.Lo]
		}
	}
}

func kernelRequant(v *Value, _ []*Tensor) kernel {
	q, last := v.Attr.(*Requant), lastAxis(v.Type.Shape)
	return func(a []*Tensor, out *Tensor) {
		c := 0
		for i, x := range a[0].Ints {
			m, s, h := q.At(c)
			out.Ints[i] = num.Clamp(num.Requant(x, m, s, h, q.Round)+q.Zero, q.Lo, q.Hi)
			if c++; c == last {
				c = 0
			}
		}
	}
}

func kernelThreshold(v *Value, _ []*Tensor) kernel {
	t, last := v.Attr.(*Threshold), lastAxis(v.Type.Shape)
	return func(a []*Tensor, out *Tensor) {
		for i, x := range a[0].Ints {
			out.Ints[i] = t.Base + countSteps(t.Row(i%last), x)
		}
		for i, x := range a[0].Reals {
			out.Reals[i] = float64(t.Base + countSteps(t.RealRow(i%last), x))
		}
	}
}

func kernelClamp(v *Value, _ []*Tensor) kernel {
	c := v.Attr.(*Clamp)
	return func(a []*Tensor, out *Tensor) {
		for i, x := range a[0].Ints {
			out.Ints[i] = num.Clamp(x, c.Lo, c.Hi)
		}
		for i, x := range a[0].Reals {
			out.Reals[i] = min(max(x, c.RLo), c.RHi)
		}
	}
}

func kernelWrap(v *Value, _ []*Tensor) kernel {
	e := v.Type.Elem
	return func(a []*Tensor, out *Tensor) {
		for i, x := range a[0].Ints {
			out.Ints[i] = num.Wrap(x, e.Bits, e.Signed)
		}
	}
}
