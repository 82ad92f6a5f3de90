package ir

import (
	"math"

	"mlpc/ir/diag"
)

// kernelOf prepares v for running.
func kernelOf(v *Value, static []*Tensor) kernel {
	if v.Type.Elem.Single {
		return kernelSingle(v, static)
	}
	return ops[v.Op].kernel(v, static)
}

// kernelSingle computes over float32. Sums and products of float32 are exact enough in float64 that rounding them once more gives
// the float32 result; sums of more terms are rounded term by term, in the order of the elements.
func kernelSingle(v *Value, static []*Tensor) kernel {
	switch v.Op {
	case OpDense:
		return singleDense(v, static)
	case OpMatMul:
		return singleMatMul(v)
	case OpSum:
		return fold(v, nil, singleSum)
	case OpReduceMax:
		return fold(v, nil, func(e []float64) float64 {
			most := e[0]
			for _, x := range e[1:] {
				most = larger(x, most)
			}
			return most
		})
	case OpMax:
		return binary(v, nil, larger)
	case OpMin:
		return binary(v, nil, smaller)
	case OpClamp:
		c := v.Attr.(*Clamp)
		return eachReal(func(x float64) float64 { return smaller(larger(x, c.RLo), c.RHi) })
	case OpTable:
		f := Singles[v.Attr.(*Table).Fn]
		return eachReal(func(x float64) float64 { return float64(f(float32(x))) })
	}
	k := ops[v.Op].kernel(v, static)
	return func(a []*Tensor, out *Tensor) {
		k(a, out)
		for i, x := range out.Reals {
			out.Reals[i] = float64(float32(x))
		}
	}
}

// larger is a where it exceeds b, else b: of two zeros b.
func larger(a, b float64) float64 {
	if a > b {
		return a
	}
	return b
}

// smaller is a where it is less than b, else b.
func smaller(a, b float64) float64 {
	if a < b {
		return a
	}
	return b
}

func eachReal(f func(float64) float64) kernel {
	return func(a []*Tensor, out *Tensor) {
		for i, x := range a[0].Reals {
			out.Reals[i] = f(x)
		}
	}
}

func singleSum(e []float64) float64 {
	sum := float32(e[0])
	for _, x := range e[1:] {
		sum += float32(x)
	}
	return float64(sum)
}

// singleDense adds the products of a row to 0 in the order of the columns, and the bias last.
func singleDense(v *Value, static []*Tensor) kernel {
	ws := v.Args[1].Type.Shape
	s := denseShape{groups: max(1, v.Attr.(*Dense).Groups), out: ws[0], k: ws[1]}
	w := singles(static[1].Reals)
	return func(a []*Tensor, out *Tensor) {
		y := make([]float32, len(out.Reals))
		denseRows(s, singles(a[0].Reals), w, nil, y)
		for i, x := range y {
			if len(v.Args) == 3 {
				x += float32(static[2].Reals[i%s.out])
			}
			out.Reals[i] = float64(x)
		}
	}
}

func singleMatMul(v *Value) kernel {
	products := matMulBlocks(v)
	return func(a []*Tensor, out *Tensor) {
		x, y, z := singles(a[0].Reals), singles(a[1].Reals), make([]float32, len(out.Reals))
		products(a, out, func(m, k, n, ao, bo, yo int) { matMul(m, k, n, x[ao:], y[bo:], z[yo:]) })
		for i, t := range z {
			out.Reals[i] = float64(t)
		}
	}
}

func singles(x []float64) []float32 {
	y := make([]float32, len(x))
	for i, v := range x {
		y[i] = float32(v)
	}
	return y
}

// verifySingle checks that the numbers of a float32 value are float32.
func verifySingle(v *Value, l *diag.List) {
	var numbers []float64
	switch a := v.Attr.(type) {
	case *Data:
		numbers = a.Reals
	case *Route:
		numbers = a.Reals
	case *Clamp:
		numbers = []float64{a.RLo, a.RHi}
	case *Table:
		if Singles[a.Fn] == nil && Funcs[a.Fn].Eval != nil {
			complain(l, v, diag.CodeAttribute, "function %q is not defined over f32", a.Fn)
		}
	case *Dense:
		if a.Unit != nil {
			complain(l, v, diag.CodeAttribute, "approximate multipliers are not defined over f32")
		}
	}
	for i, x := range numbers {
		if float64(float32(x)) != x || math.IsNaN(x) {
			complain(l, v, diag.CodeValue, "number %d is %v, which is no float32", i, x)
			return
		}
	}
}
