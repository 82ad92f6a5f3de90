package cc

import (
	"fmt"
	"math"

	"mlpc/ir"
)

// denseShape is the geometry of a dense value.
type denseShape struct {
	batch, groups, out, k int // samples, groups, rows of all groups, columns of a row
}

func shapeOf(v *ir.Value) denseShape {
	w := v.Args[1].Type.Shape
	return denseShape{
		batch:  v.Type.Size() / max(1, w[0]),
		groups: max(1, v.Attr.(*ir.Dense).Groups),
		out:    w[0],
		k:      w[1],
	}
}

// accumulator is the work type that holds every partial sum of a dense value, whatever the order of the terms.
func (e *emitter) accumulator(v *ir.Value) string {
	lo, hi := e.bounds(v.Args[0])
	size := math.Max(math.Abs(float64(lo)), math.Abs(float64(hi)))
	d, shape := v.Attr.(*ir.Dense), shapeOf(v)
	w := v.Args[1].Const().Ints
	most := 0.0
	for r := range shape.out {
		sum := 0.0
		if len(v.Args) == 3 {
			sum = math.Abs(float64(v.Args[2].Const().Ints[r]))
		}
		for _, x := range w[r*shape.k : (r+1)*shape.k] {
			if d.Unit != nil {
				p, q := d.Unit.Mul(x, lo), d.Unit.Mul(x, hi)
				sum += math.Max(math.Abs(float64(p)), math.Abs(float64(q)))
			} else {
				sum += math.Abs(float64(x)) * size
			}
		}
		most = max(most, sum)
	}
	if most <= math.MaxInt32 {
		return "int32_t"
	}
	return "int64_t"
}

// dense prints rows of sums of products.
func (s *site) dense(l *Layer) {
	v := l.Head
	d := shapeOf(v)
	work := s.accumulator(v)
	x := s.arrayOf(v.Args[0])
	wide := work == "int32_t" && widens(v, d)
	w := ""
	if wide {
		w = s.arrayAs("mlpc_weight", s.prefix+"weights", v, v.Args[1].Const().Ints)
		s.widen(x, w, d)
	} else {
		w = s.arrayOf(v.Args[1])
	}
	row, in := "r", "c"
	s.flat, s.channel = "r", "r"
	if d.batch > 1 {
		s.P("for (int n = 0; n < %d; n++) {", d.batch)
		s.In()
		s.flat = fmt.Sprintf("%d * n + r", d.out)
		in = fmt.Sprintf("%d * n + c", d.k*d.groups)
	}
	s.P("for (int r = 0; r < %d; r++) {", d.out)
	s.In()
	if d.groups > 1 {
		in = fmt.Sprintf("%s + r / %d * %d", in, d.out/d.groups, d.k)
	}
	start := literal(0, work)
	if len(v.Args) == 3 {
		start = fmt.Sprintf("(%s)%s[r]", work, s.arrayOf(v.Args[2]))
	}
	s.P("%s acc = %s;", work, start)
	if wide {
		s.Line("#if MLPC_WIDE")
		s.Line("acc += sums[r];")
		s.Line("#else")
	}
	s.P("for (int c = 0; c < %d; c++) {", d.k)
	s.In()
	weight, input := fmt.Sprintf("%s[%d * %s + c]", w, d.k, row), fmt.Sprintf("%s[%s]", x, in)
	if u := v.Attr.(*ir.Dense).Unit; u != nil {
		s.P("acc += (%s)mlpc_trunc_mul(%s, %s, %d);", work, weight, input, u.Drop)
	} else {
		s.P("acc += %s;", term(weight, input, v.Args[0], work))
	}
	s.Out()
	s.Line("}")
	if wide {
		s.Line("#endif")
	}
	s.local[v.ID] = "acc"
	if narrow := s.work(v); narrow != work {
		s.P("const %s t%d = (%s)acc;", narrow, v.ID, narrow)
		s.local[v.ID] = fmt.Sprintf("t%d", v.ID)
	}
	s.store(l)
	s.Out()
	s.Line("}")
	if d.batch > 1 {
		s.Out()
		s.Line("}")
	}
}

// widens tells whether a dense layer multiplies 8-bit numbers, which processors with vector units do in pairs of 16 bits.
func widens(v *ir.Value, d denseShape) bool {
	w := v.Args[1]
	return v.Attr.(*ir.Dense).Unit == nil && d.batch == 1 && d.groups == 1 && d.k > 0 && w.Op == ir.OpConst && CType(w.Type.Elem) == "int8_t" && ElemBytes(v.Args[0].Type.Elem) == 1
}

// widen prints the inputs as 16 bits and the sums of all rows, for MLPC_WIDE.
func (s *site) widen(x, w string, d denseShape) {
	s.Line("#if MLPC_WIDE")
	s.P("int16_t wide[%d];", d.k)
	s.P("int32_t sums[%d];", d.out)
	s.P("for (int c = 0; c < %d; c++) {", d.k)
	s.In()
	s.P("wide[c] = %s[c];", x)
	s.Out()
	s.Line("}")
	s.P("mlpc_wide_sums(%s, wide, sums, %d, %d);", w, d.out, d.k)
	s.Line("#endif")
}

// convert adds a cast where C's promotions would not give the work type from the element type of a.
func convert(expr string, a *ir.Value, work string) string {
	if CType(a.Type.Elem) == "uint32_t" || ElemBytes(a.Type.Elem) == 8 {
		return fmt.Sprintf("(%s)%s", work, expr)
	}
	return expr
}

// term spells the product of two elements in the work type of their sum; b is the value that the second is an element of.
func term(left, right string, b *ir.Value, work string) string {
	if work == "int64_t" {
		return product("(int64_t)"+left, "(int64_t)"+right, work)
	}
	return fmt.Sprintf("(%s)%s * %s", work, left, convert(right, b, work))
}

// matmul prints the product of two run-time tensors; leading axes broadcast.
func (s *site) matmul(l *Layer) {
	v := l.Head
	a, b := v.Args[0].Type.Shape, v.Args[1].Type.Shape
	rank := len(v.Type.Shape)
	lead := v.Type.Shape[:rank-2]
	m, k, cols := a[len(a)-2], a[len(a)-1], b[len(b)-1]
	strides := func(shape []int) []int {
		st := broadcastStrides(shape[:len(shape)-2], lead)
		for i := range st {
			st[i] *= shape[len(shape)-2] * shape[len(shape)-1]
		}
		return st
	}
	own := rowMajor(lead)
	for i := range own {
		own[i] *= m * cols
	}
	n := newNest(lead, [][]int{own, strides(a), strides(b)})
	n.open(&s.Printer)
	s.P("for (int u = 0; u < %d; u++) {", m)
	s.In()
	s.P("for (int v = 0; v < %d; v++) {", cols)
	s.In()
	work := s.matmulWork(v, k)
	s.P("%s acc = 0;", work)
	s.P("for (int c = 0; c < %d; c++) {", k)
	s.In()
	left := fmt.Sprintf("%s[%s + %d * u + c]", s.arrayOf(v.Args[0]), n.index(1), k)
	right := fmt.Sprintf("%s[%s + %d * c + v]", s.arrayOf(v.Args[1]), n.index(2), cols)
	if work == "float" {
		s.P("acc += mlpc_mul(%s, %s);", left, right)
	} else {
		s.P("acc += %s;", term(left, right, v.Args[1], work))
	}
	s.Out()
	s.Line("}")
	s.flat, s.channel = fmt.Sprintf("%s + %d * u + v", n.index(0), cols), "v"
	s.local[v.ID] = "acc"
	if narrow := s.work(v); narrow != work {
		s.P("const %s t%d = (%s)acc;", narrow, v.ID, narrow)
		s.local[v.ID] = fmt.Sprintf("t%d", v.ID)
	}
	s.store(l)
	for range 2 {
		s.Out()
		s.Line("}")
	}
	n.close(&s.Printer)
}

// matmulWork is the work type that holds every partial sum of a product of two run-time tensors with k terms.
func (s *site) matmulWork(v *ir.Value, k int) string {
	if v.Type.Elem.Single {
		return "float"
	}
	size := float64(k)
	for _, a := range v.Args {
		lo, hi := s.bounds(a)
		size *= math.Max(math.Abs(float64(lo)), math.Abs(float64(hi)))
	}
	if size <= math.MaxInt32 {
		return "int32_t"
	}
	return "int64_t"
}
