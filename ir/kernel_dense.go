package ir

import (
	"math"

	"mlpc/approx"
)

// kernelDense multiplies a block of rows by W. Exact integer layers whose operands fit in 32 bits take int32 operands and int64 sums.
func kernelDense(v *Value, static []*Tensor) kernel {
	d := v.Attr.(*Dense)
	ws := v.Args[1].Type.Shape
	s := denseShape{groups: max(1, d.Groups), out: ws[0], k: ws[1]}
	w := static[1]
	var b *Tensor
	if len(v.Args) == 3 {
		b = static[2]
	}
	if w.Ints == nil {
		var bias []float64
		if b != nil {
			bias = b.Reals
		}
		return func(a []*Tensor, out *Tensor) { denseRows(s, a[0].Reals, w.Reals, bias, out.Reals) }
	}
	var bias []int64
	if b != nil {
		bias = b.Ints
	}
	if d.Unit != nil {
		return func(a []*Tensor, out *Tensor) { denseUnit(s, d.Unit, a[0].Ints, w.Ints, bias, out.Ints) }
	}
	if narrow, ok := toInt32(w.Ints); ok && fits32(v.Args[0].Type.Elem) {
		return func(a []*Tensor, out *Tensor) {
			x, _ := toInt32(a[0].Ints)
			denseNarrow(s, x, narrow, bias, out.Ints)
		}
	}
	return func(a []*Tensor, out *Tensor) { denseRows(s, a[0].Ints, w.Ints, bias, out.Ints) }
}

// number is what dense layers and products compute with.
type number interface{ int64 | float64 | float32 }

// denseShape: x has rows of groups·k, W is out × k, each group of out/groups rows reads its own k columns.
type denseShape struct{ groups, out, k int }

func fits32(e Elem) bool { return e.Bits <= 32 && (e.Signed || e.Bits < 32) }

// toInt32 narrows a slice; ok is false where an entry does not fit.
func toInt32(x []int64) (y []int32, ok bool) {
	y = make([]int32, len(x))
	for i, v := range x {
		if v < math.MinInt32 || v > math.MaxInt32 {
			return nil, false
		}
		y[i] = int32(v)
	}
	return y, true
}

// rowOf gives the bias of row o, or 0.
func rowOf[T number](b []T, o int) T {
	if b == nil {
		return 0
	}
	return b[o]
}

// denseRows is the plain form; sums run in the order of the columns, so that reals come out the same everywhere.
func denseRows[T number](s denseShape, x, w, b, y []T) {
	per := s.out / s.groups
	for r := 0; r*s.out < len(y); r++ {
		xr := x[r*s.groups*s.k : (r+1)*s.groups*s.k]
		yr := y[r*s.out : (r+1)*s.out]
		for o := range yr {
			g := o / per
			xg := xr[g*s.k : (g+1)*s.k]
			wo := w[o*s.k : (o+1)*s.k]
			sum := rowOf(b, o)
			for i, xi := range xg {
				sum += T(wo[i] * xi) // the conversion keeps Go from fusing the two roundings of reals
			}
			yr[o] = sum
		}
	}
}

// denseNarrow computes four rows of W at once against one row of x.
func denseNarrow(s denseShape, x, w []int32, b, y []int64) {
	per, k := s.out/s.groups, s.k
	for r := 0; r*s.out < len(y); r++ {
		xr := x[r*s.groups*k : (r+1)*s.groups*k]
		yr := y[r*s.out : (r+1)*s.out]
		for g := range s.groups {
			xg := xr[g*k : (g+1)*k]
			o := g * per
			for ; o+4 <= (g+1)*per; o += 4 {
				s0, s1, s2, s3 := dot4(xg, w[o*k:(o+4)*k])
				yr[o], yr[o+1], yr[o+2], yr[o+3] = s0+rowOf(b, o), s1+rowOf(b, o+1), s2+rowOf(b, o+2), s3+rowOf(b, o+3)
			}
			for ; o < (g+1)*per; o++ {
				sum := rowOf(b, o)
				for i, xi := range xg {
					sum += int64(w[o*k+i]) * int64(xi)
				}
				yr[o] = sum
			}
		}
	}
}

// dot4 multiplies x by four consecutive rows.
func dot4(x, w []int32) (s0, s1, s2, s3 int64) {
	k := len(x)
	w0, w1, w2, w3 := w[:k], w[k:2*k], w[2*k:3*k], w[3*k:4*k]
	for i, xi := range x {
		xv := int64(xi)
		s0 += int64(w0[i]) * xv
		s1 += int64(w1[i]) * xv
		s2 += int64(w2[i]) * xv
		s3 += int64(w3[i]) * xv
	}
	return
}

// denseUnit multiplies with an approximate unit.
func denseUnit(s denseShape, u *approx.Unit, x, w, b, y []int64) {
	per := s.out / s.groups
	for r := 0; r*s.out < len(y); r++ {
		for o := range s.out {
			base := r*s.groups*s.k + o/per*s.k
			sum := rowOf(b, o)
			for i, wi := range w[o*s.k : (o+1)*s.k] {
				sum += u.Mul(wi, x[base+i])
			}
			y[r*s.out+o] = sum
		}
	}
}

func kernelMatMul(v *Value, _ []*Tensor) kernel {
	products := matMulBlocks(v)
	return func(a []*Tensor, out *Tensor) {
		products(a, out, func(m, k, n, ao, bo, yo int) {
			if out.Ints != nil {
				matMul(m, k, n, a[0].Ints[ao:], a[1].Ints[bo:], out.Ints[yo:])
			} else {
				matMul(m, k, n, a[0].Reals[ao:], a[1].Reals[bo:], out.Reals[yo:])
			}
		})
	}
}

// matMulBlocks gives a function that calls f for each product of two matrices, m×k by k×n, with where they and the result begin.
func matMulBlocks(v *Value) func(a []*Tensor, out *Tensor, f func(m, k, n, ao, bo, yo int)) {
	as, bs, os := v.Args[0].Type.Shape, v.Args[1].Type.Shape, v.Type.Shape
	lead := os[:len(os)-2]
	m, k, n := as[len(as)-2], as[len(as)-1], bs[len(bs)-1]
	am, bm := broadcastMap(as[:len(as)-2], lead), broadcastMap(bs[:len(bs)-2], lead)
	pick := func(idx []int32, i int) int {
		if idx == nil {
			return i
		}
		return int(idx[i])
	}
	return func(a []*Tensor, out *Tensor, f func(m, k, n, ao, bo, yo int)) {
		for r := range out.Rows {
			for l := range Size(lead) {
				ao := rowStart(a[0], r) + pick(am, l)*m*k
				bo := rowStart(a[1], r) + pick(bm, l)*k*n
				f(m, k, n, ao, bo, (r*Size(lead)+l)*m*n)
			}
		}
	}
}

// rowStart is where row r of a tensor begins; a tensor known beforehand has one row for all.
func rowStart(t *Tensor, r int) int {
	if t.Rows == 1 {
		return 0
	}
	return r * t.Size()
}

func matMul[T number](m, k, n int, a, b, y []T) {
	for i := range m {
		for j := range n {
			var sum T
			for l := range k {
				sum += T(a[i*k+l] * b[l*n+j])
			}
			y[i*n+j] = sum
		}
	}
}
