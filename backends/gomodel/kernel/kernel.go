// Package kernel holds the loops of emitted Go models, one function an op. Emitted packages repeat the functions that they need
// word for word, so that what is tested here is what users get.
//
// Tensors are flat slices in row-major order of any integer types that hold their values; sums and products are int64, which the
// compiler has proven wide enough. Every kernel writes all of y.
package kernel

import (
	"math/bits"

	"mlpc/ir/num"
)

// integer is any element type of a tensor.
type integer interface {
	int8 | int16 | int32 | int64 | uint8 | uint16 | uint32 | uint64
}

// dense gives y = x·Wᵀ + b along the last axis. W has len(b) rows; x and the rows of W fall into the given number of groups, and
// rows of a group see only its part of x. Further elements of x are further vectors.
func dense[Y, X, W, B integer](y []Y, x []X, w []W, b []B, groups int) {
	n := len(w) / len(b)
	rows := len(b) / groups
	for len(y) > 0 {
		for r := 0; r < len(b); {
			xs := x[r/rows*n:][:n]
			if r%rows+4 <= rows {
				s0, s1, s2, s3 := dot4(xs, w[r*n:][:4*n])
				y[r], y[r+1], y[r+2], y[r+3] = Y(int64(b[r])+s0), Y(int64(b[r+1])+s1), Y(int64(b[r+2])+s2), Y(int64(b[r+3])+s3)
				r += 4
				continue
			}
			acc := int64(b[r])
			for i, k := range w[r*n:][:n] {
				acc += int64(k) * int64(xs[i])
			}
			y[r] = Y(acc)
			r++
		}
		y, x = y[len(b):], x[n*groups:]
	}
}

// dot4 multiplies four rows of weights, end to end, by x: each element of x is read once for all.
func dot4[X, W integer](x []X, w []W) (s0, s1, s2, s3 int64) {
	n := len(x)
	w0, w1, w2, w3 := w[:n], w[n:][:n], w[2*n:][:n], w[3*n:][:n]
	for i, v := range x {
		k := int64(v)
		s0 += int64(w0[i]) * k
		s1 += int64(w1[i]) * k
		s2 += int64(w2[i]) * k
		s3 += int64(w3[i]) * k
	}
	return s0, s1, s2, s3
}

// denseTruncated is dense with multipliers that drop the lowest columns of the partial-product array.
func denseTruncated[Y, X, W, B integer](y []Y, x []X, w []W, b []B, groups, drop int) {
	n := len(w) / len(b)
	rows := len(b) / groups
	for len(y) > 0 {
		for r := range b {
			acc := int64(b[r])
			for i, k := range w[r*n : (r+1)*n] {
				acc += mulTruncated(int64(k), int64(x[r/rows*n+i]), drop)
			}
			y[r] = Y(acc)
		}
		y, x = y[len(b):], x[n*groups:]
	}
}

// through32 says how a dense layer goes through float32: the scales of x, of the rows of W and of y, and the bias.
type through32 struct {
	scale, outScale float32
	scales, bias    []float32 // one for each row; bias may be nil
	groups          int       // as of dense
	depth           int       // products that are added before their sum goes to the bias
	zero            int64
	outZero, lo, hi int64
}

// denseFloat32 is dense in float32 between integers.
func denseFloat32[Y, X, W integer](y []Y, x []X, w []W, t through32) {
	rows := len(t.scales)
	k := len(w) / rows
	wide := make([]float32, k*t.groups)
	for len(y) > 0 {
		for i, q := range x[:len(wide)] {
			wide[i] = num.Dequantize32(int64(q), t.zero, t.scale)
		}
		for r, scale := range t.scales {
			sum := float32(0)
			if t.bias != nil {
				sum = t.bias[r]
			}
			xs, ws := wide[r/(rows/t.groups)*k:], w[r*k:]
			sum = num.Dot32(k, t.depth, sum, func(i int) (a, b float32) { return xs[i], num.Dequantize32(int64(ws[i]), 0, scale) })
			y[r] = Y(num.Quantize32(sum, t.outScale, t.outZero, t.lo, t.hi))
		}
		y, x = y[rows:], x[len(wide):]
	}
}

// mulTruncated multiplies w by x as a truncated array multiplier does: each partial product x·2^i, one for each set bit i of |w|,
// loses its bits below 2^drop.
func mulTruncated(w, x int64, drop int) int64 {
	neg := w < 0
	if neg {
		w = -w
	}
	var p int64
	for i := 0; w>>i != 0; i++ {
		if w>>i&1 == 1 {
			p += x << i >> drop << drop
		}
	}
	if neg {
		return -p
	}
	return p
}

// zip gives y[i] = f(a[i], b[i]); a shorter argument repeats.
func zip[Y, A, B integer](y []Y, a []A, b []B, f func(a, b int64) int64) {
	ia, ib := 0, 0
	for i := range y {
		y[i] = Y(f(int64(a[ia]), int64(b[ib])))
		if ia++; ia == len(a) {
			ia = 0
		}
		if ib++; ib == len(b) {
			ib = 0
		}
	}
}

func add(a, b int64) int64 { return a + b }

func sub(a, b int64) int64 { return a - b }

func mul(a, b int64) int64 { return a * b }

func larger(a, b int64) int64 { return max(a, b) }

func smaller(a, b int64) int64 { return min(a, b) }

func less(a, b int64) int64 { return truth(a < b) }

func lessEqual(a, b int64) int64 { return truth(a <= b) }

func equal(a, b int64) int64 { return truth(a == b) }

func truth(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// choose gives y[i] = a[i] where c[i] is 1, else b[i]; a shorter argument repeats.
func choose[Y, C, A, B integer](y []Y, c []C, a []A, b []B) {
	for i := range y {
		if c[i%len(c)] != 0 {
			y[i] = Y(a[i%len(a)])
		} else {
			y[i] = Y(b[i%len(b)])
		}
	}
}

// expand repeats x along axes: element (i, j, …) of the shape is element i·strides[0] + j·strides[1] + … of x.
func expand[Y, X integer](y []Y, x []X, shape, strides []int) {
	at := make([]int, len(shape))
	k := 0
	for i := range y {
		y[i] = Y(x[k])
		for d := len(shape) - 1; d >= 0; d-- {
			at[d]++
			k += strides[d]
			if at[d] < shape[d] {
				break
			}
			k -= at[d] * strides[d]
			at[d] = 0
		}
	}
}

// route gives y[i] = x[index[i] - base] wherever index[i] is one of base, …, base + len(x) - 1; the rest of y stays.
func route[Y, X integer](y []Y, x []X, index []int32, base int) {
	for i, j := range index {
		if k := int(j) - base; k >= 0 && k < len(x) {
			y[i] = Y(x[k])
		}
	}
}

// routeFill gives y[i] = fill[-1-index[i]] wherever index[i] is negative; the rest of y stays.
func routeFill[Y, F integer](y []Y, fill []F, index []int32) {
	for i, j := range index {
		if j < 0 {
			y[i] = Y(fill[-1-j])
		}
	}
}

// matmul gives the product of a (m×k) and b (k×n) for each of the matrices laid end to end.
func matmul[Y, A, B integer](y []Y, a []A, b []B, m, k, n int) {
	for len(y) > 0 {
		for i := range m {
			for j := range n {
				var acc int64
				for t := range k {
					acc += int64(a[i*k+t]) * int64(b[t*n+j])
				}
				y[i*n+j] = Y(acc)
			}
		}
		y, a, b = y[m*n:], a[m*k:], b[k*n:]
	}
}

// sum adds up along the middle axis of x, which has length n and stride inner.
func sum[Y, X integer](y []Y, x []X, n, inner int) {
	for i := range y {
		first := i/inner*n*inner + i%inner
		var acc int64
		for j := range n {
			acc += int64(x[first+j*inner])
		}
		y[i] = Y(acc)
	}
}

// reduceMax takes the largest along the middle axis of x, which has length n and stride inner.
func reduceMax[Y, X integer](y []Y, x []X, n, inner int) {
	for i := range y {
		first := i/inner*n*inner + i%inner
		best := x[first]
		for j := 1; j < n; j++ {
			best = max(best, x[first+j*inner])
		}
		y[i] = Y(best)
	}
}

// argmax gives the index of the largest along the middle axis of x, the lowest such index; the axis has length n and stride inner.
func argmax[Y, X integer](y []Y, x []X, n, inner int) {
	for i := range y {
		first := i/inner*n*inner + i%inner
		best := 0
		for j := 1; j < n; j++ {
			if x[first+j*inner] > x[first+best*inner] {
				best = j
			}
		}
		y[i] = Y(best)
	}
}

// topk gives the indexes of the k largest along the middle axis of x, largest first, ties to the lower index; the axis has length n
// and stride inner.
func topk[Y, X integer](y []Y, x []X, n, inner, k int) {
	for o := range len(x) / (n * inner) {
		for i := range inner {
			xs := x[o*n*inner+i:]
			ys := y[o*k*inner+i:]
			for r := range k {
				best := -1
				for j := range n {
					if follows(xs, j, ys, r, inner) && (best < 0 || xs[j*inner] > xs[best*inner]) {
						best = j
					}
				}
				ys[r*inner] = Y(best)
			}
		}
	}
}

// follows tells whether element j of xs ranks after the element that took rank r-1.
func follows[Y, X integer](xs []X, j int, ys []Y, r, inner int) bool {
	if r == 0 {
		return true
	}
	last := int(ys[(r-1)*inner])
	a, b := xs[j*inner], xs[last*inner]
	return a < b || a == b && j > last
}

// lookup copies rows of t: for each of the leading batches, t has n rows of the given width and index has s entries.
func lookup[Y, T, I integer](y []Y, t []T, index []I, n, s, width int) {
	for at, row := range index {
		first := (at/s*n + int(row)) * width
		for i, v := range t[first : first+width] {
			y[at*width+i] = Y(v)
		}
	}
}

// norm gives the mantissa of exactly the given number of bits, and the exponent, of each x ≥ 0; 0 gives (0, 0).
func norm[Y, X integer](y []Y, x []X, mantissa int) {
	for i, v := range x {
		m, e := int64(v), 0
		if m != 0 {
			e = bits.Len64(uint64(m)) - mantissa
			m = m >> max(e, 0) << max(-e, 0)
		}
		y[2*i], y[2*i+1] = Y(m), Y(e)
	}
}

// table gives y[i] = values[x[i] - lo].
func table[Y, X, V integer](y []Y, x []X, values []V, lo int64) {
	for i, v := range x {
		y[i] = Y(values[int64(v)-lo])
	}
}

// requant scales by mul/2^shift, rounds, adds zero and clamps to [lo, hi]; the constants have one entry, or one for each index of
// the last axis.
func requant[Y, X integer](y []Y, x []X, mul, add []int64, shift []int, round num.Rounding, zero, lo, hi int64) {
	c := 0
	for i, v := range x {
		y[i] = Y(num.Clamp(num.Requant(int64(v), mul[c], add[c], shift[c], round)+zero, lo, hi))
		if c++; c == len(mul) {
			c = 0
		}
	}
}

// threshold gives base + the number of steps that are ≤ x; steps holds one ascending list, or one for each index of the last axis.
func threshold[Y, X integer](y []Y, x []X, steps []int64, channels int, base int64) {
	n := len(steps) / channels
	for i, v := range x {
		row := steps[i%channels*n:][:n]
		from, to := 0, n
		for from < to {
			mid := (from + to) / 2
			if row[mid] <= int64(v) {
				from = mid + 1
			} else {
				to = mid
			}
		}
		y[i] = Y(base + int64(from))
	}
}

// clamp limits to [lo, hi].
func clamp[Y, X integer](y []Y, x []X, lo, hi int64) {
	for i, v := range x {
		y[i] = Y(num.Clamp(int64(v), lo, hi))
	}
}

// wrap keeps the low bits, read as two's complement when signed.
func wrap[Y, X integer](y []Y, x []X, bits int, signed bool) {
	for i, v := range x {
		y[i] = Y(num.Wrap(int64(v), bits, signed))
	}
}
