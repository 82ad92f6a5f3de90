package ir

import (
	"math"

	"mlpc/ir/num"
)

// RunFloat32 computes the outputs of a graph of reals in float32, as ONNX Runtime 1.32 does on x86-64. Inputs, constants and every
// result are rounded to float32; the products of a dense layer are added one by one, each with one rounding, the bias last; sigmoid
// and log are that library's approximations. Its sigmoid is accurate to 2⁻²⁵, not relative to its result: where an exporter wrote
// log(sigmoid(x)), that error shows for x < −10, and below −17 the result is −∞. Run, in float64, has neither.
//
// It tells the rounding of a reference from a misread model; nothing is compiled by it.
func RunFloat32(g *Graph, inputs []*Tensor) ([]*Tensor, error) {
	rounded := make([]*Tensor, len(inputs))
	for i, in := range inputs {
		rounded[i] = toFloat32(in)
	}
	return newRunner(g, true).Run(rounded)
}

// toFloat32 gives t with its reals rounded.
func toFloat32(t *Tensor) *Tensor {
	r := *t
	if t.Reals != nil {
		r.Reals = make([]float64, len(t.Reals))
		for i, x := range t.Reals {
			r.Reals[i] = float64(float32(x))
		}
	}
	return &r
}

// float32Kernel gives the kernel of v in float32; exact is its kernel over the reals.
func float32Kernel(v *Value, static []*Tensor, exact kernel) kernel {
	if !v.Type.Elem.IsReal() {
		return exact
	}
	switch {
	case v.Op == OpDense:
		return denseFloat32(v, static)
	case v.Op == OpTable && floats32[v.Attr.(*Table).Fn] != nil:
		f := floats32[v.Attr.(*Table).Fn]
		return func(a []*Tensor, out *Tensor) {
			for i, x := range a[0].Reals {
				out.Reals[i] = float64(f(float32(x)))
			}
		}
	}
	return func(a []*Tensor, out *Tensor) {
		exact(a, out)
		for i, x := range out.Reals {
			out.Reals[i] = float64(float32(x))
		}
	}
}

// SGEMMDepth is how many products ONNX Runtime's matrix product adds before it adds the sum to the result, for n results and k
// products each: 256 for constant weights, which it packs before. For others, dequantized ones, it splits the work as it comes: 128,
// and twice as many for each time that 128 can be halved and still holds n, down to 16.
func SGEMMDepth(constant bool, n, k int) int {
	if constant {
		return 256
	}
	depth := 128
	for width := 128; n < k && width > 16 && width/2 >= n; width /= 2 {
		depth *= 2
	}
	return depth
}

func denseFloat32(v *Value, static []*Tensor) kernel {
	ws := v.Args[1].Type.Shape
	groups := max(1, v.Attr.(*Dense).Groups)
	rows, k := ws[0], ws[1]
	w := static[1].Reals
	var b []float64
	if len(v.Args) == 3 {
		b = static[2].Reals
	}
	depth := SGEMMDepth(v.Args[1].Op == OpConst, rows/groups, k)
	return func(a []*Tensor, out *Tensor) {
		for i := range out.Reals {
			r, o := i/rows, i%rows
			x := a[0].Reals[(r*groups+o/(rows/groups))*k:][:k]
			term := func(i int) (float32, float32) { return float32(x[i]), float32(w[o*k+i]) }
			out.Reals[i] = float64(num.Dot32(k, depth, float32(rowOf(b, o)), term))
		}
	}
}

// floats32 are the functions whose float32 form is not the rounded real one. The operations and coefficients are those of MLAS
// (compute/logistic, with fused multiply-adds) and of Eigen (plog_float, without).
var floats32 = map[string]func(float32) float32{"sigmoid": sigmoid32, "log": log32}

// horner32 gives the polynomial with coefficients c, the highest power first.
func horner32(x float32, c []float32) float32 {
	y := c[0]
	for _, a := range c[1:] {
		y = num.FMA32(y, x, a)
	}
	return y
}

// sigmoid32 is 1/2 plus an odd rational function of x limited to ±18.
func sigmoid32(x float32) float32 {
	x = min(max(x, -18), 18)
	s := x * x
	p := x * horner32(s, []float32{4.37031012579801e-11, 1.15627324459942e-07, 6.08574864600143e-05, 8.51377133304701e-03, 2.48287947061529e-01})
	q := horner32(s, []float32{6.10247389755681e-13, 5.76102136993427e-09, 6.29106785017040e-06, 1.70198817374094e-03, 1.16817656904453e-01, 9.93151921023180e-01})
	return min(max(p/q+0.5, 0), 1)
}

// log32 writes x as m·2^e with m in [√½, √2) and takes a rational function of m − 1.
func log32(x float32) float32 {
	if !(x > 0) || math.IsInf(float64(x), 1) {
		return float32(math.Log(float64(x)))
	}
	frac, e := math.Frexp(float64(x))
	m := float32(frac)
	if m < math.Sqrt2/2 {
		e--
		m += m
	}
	m--
	p := float32(m*0.18256296349849254) + 1.0000000190281063
	p = float32(m*p) + 1.0000000190281136
	p *= m
	q := float32(m*0.049616247954120038) + 0.59923249590823520
	q = float32(m*q) + 1.4999999999999927
	q = float32(m*q) + 1
	return float32(float32(e)*math.Ln2) + p/q
}
