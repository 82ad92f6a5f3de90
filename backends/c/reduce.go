package cc

import (
	"fmt"
	"math"

	"mlpc/ir"
)

// axisLoops are the extents before, along and behind the axis of a reduction.
func axisLoops(v *ir.Value) (outer, n, inner int) {
	shape, axis := v.Args[0].Type.Shape, v.Attr.(*ir.Axis).Axis
	return ir.Size(shape[:axis]), shape[axis], ir.Size(shape[axis+1:])
}

// reduce prints sum, reduce-max and argmax.
func (s *site) reduce(l *Layer) {
	v := l.Head
	outer, n, inner := axisLoops(v)
	s.P("for (int o = 0; o < %d; o++) {", outer)
	s.In()
	s.P("for (int i = 0; i < %d; i++) {", inner)
	s.In()
	s.flat = fmt.Sprintf("%d * o + i", inner)
	s.channel = fmt.Sprintf("(%s) %% %d", s.flat, lastAxis(v.Type.Shape))
	work := s.reduceWork(v, n)
	x := s.arrayOf(v.Args[0])
	at := func(k string) string { return fmt.Sprintf("(%s)%s[%d * o + %d * %s + i]", work, x, n*inner, inner, k) }
	s.P("%s acc = %s;", work, at("0"))
	if v.Op == ir.OpArgMax {
		s.P("int32_t best = 0;")
	}
	s.P("for (int k = 1; k < %d; k++) {", n)
	s.In()
	s.P("const %s e = %s;", work, at("k"))
	switch v.Op {
	case ir.OpSum:
		s.P("acc += e;")
	case ir.OpReduceMax, ir.OpArgMax:
		s.greater(v.Op == ir.OpArgMax, work)
	}
	s.Out()
	s.Line("}")
	result := "acc"
	if v.Op == ir.OpArgMax {
		result, work = "best", "int32_t"
	}
	if narrow := s.work(v); narrow != work {
		s.P("const %s t%d = (%s)%s;", narrow, v.ID, narrow, result)
		result = fmt.Sprintf("t%d", v.ID)
	}
	s.local[v.ID] = result
	s.store(l)
	for range 2 {
		s.Out()
		s.Line("}")
	}
}

// greater prints the step of a search for the greatest element; index: with its place.
func (s *site) greater(index bool, work string) {
	if work == "float" {
		if index {
			s.P("best = e > acc ? k : best;")
		}
		s.P("acc = e > acc ? e : acc;")
		return
	}
	s.P("const int32_t more = %s;", less("acc", "e", work))
	if index {
		s.P("best = %s;", picked("more", "k", "best", "int32_t"))
	}
	s.P("acc = %s;", picked("more", "e", "acc", work))
}

// reduceWork is the work type that holds every partial result of a reduction of n elements.
func (s *site) reduceWork(v *ir.Value, n int) string {
	if v.Type.Elem.Single {
		return "float"
	}
	lo, hi := s.bounds(v.Args[0])
	size := math.Max(math.Abs(float64(lo)), math.Abs(float64(hi)))
	if v.Op == ir.OpSum && size*float64(n) > math.MaxInt32 {
		return "int64_t"
	}
	return workType(lo, hi)
}

// topk prints the selection of the k largest: each is the largest of those that come after the previous one in the order by
// falling value, then by rising index.
func (s *site) topk(v *ir.Value) {
	outer, n, inner := axisLoops(v)
	k := v.Attr.(*ir.Axis).K
	work := s.work(v.Args[0])
	x := s.arrayOf(v.Args[0])
	s.P("for (int o = 0; o < %d; o++) {", outer)
	s.In()
	s.P("for (int i = 0; i < %d; i++) {", inner)
	s.In()
	s.P("%s bound = %s;", work, map[string]string{"int32_t": "INT32_MAX", "int64_t": "INT64_MAX", "float": "FLT_MAX"}[work])
	s.P("int32_t taken = -1;")
	s.P("for (int j = 0; j < %d; j++) {", k)
	s.In()
	s.P("int32_t best = -1;")
	s.P("%s most = 0;", work)
	s.P("for (int32_t k = 0; k < %d; k++) {", n)
	s.In()
	s.P("const %s e = (%s)%s[%d * o + %d * k + i];", work, work, x, n*inner, inner)
	s.later(work)
	s.Out()
	s.Line("}")
	s.P("bound = most;")
	s.P("taken = best;")
	s.P("y[%d * o + %d * j + i] = (%s)best;", k*inner, inner, CType(v.Type.Elem))
	for range 3 {
		s.Out()
		s.Line("}")
	}
}

// later prints the step of a search for the greatest element that comes after the bound.
func (s *site) later(work string) {
	if work == "float" {
		s.P("const int next = (e < bound || (e == bound && k > taken)) && (best < 0 || e > most);")
		s.P("best = next ? k : best;")
		s.P("most = next ? e : most;")
		return
	}
	s.P("const int32_t after = %s | (~%s(e ^ bound) & %s);", less("e", "bound", work), helper("mlpc_any", work), less("taken", "k", "int32_t"))
	s.P("const int32_t next = after & (%s | %s);", less("best", "0", "int32_t"), less("most", "e", work))
	s.P("best = %s;", picked("next", "k", "best", "int32_t"))
	s.P("most = %s;", picked("next", "e", "most", work))
}

// norm prints the leading-one normalisation.
func (s *site) norm(v *ir.Value) {
	x := v.Args[0]
	s.P("for (int i = 0; i < %d; i++) {", x.Type.Size())
	s.In()
	s.P("const uint64_t e = (uint64_t)%s[i];", s.arrayOf(x))
	s.P("const int down = (mlpc_bit_length(e) - %d) & mlpc_any((int64_t)e);", v.Attr.(*ir.Norm).Bits)
	s.P("const uint64_t m = mlpc_shift_left(mlpc_shift_right(e, mlpc_positive(down)), mlpc_positive(-down));")
	ctype := CType(v.Type.Elem)
	s.P("y[2 * i] = (%s)m;", ctype)
	s.P("y[2 * i + 1] = (%s)down;", ctype)
	s.Out()
	s.Line("}")
}

// lookup prints the gathering of rows by run-time index.
func (s *site) lookup(v *ir.Value) {
	t, index := v.Args[0], v.Args[1]
	lead := v.Attr.(*ir.Axis).Axis
	batch := ir.Size(t.Type.Shape[:lead])
	rows, row := t.Type.Shape[lead], ir.Size(t.Type.Shape[lead+1:])
	each := ir.Size(index.Type.Shape[lead:])
	s.P("for (int b = 0; b < %d; b++) {", batch)
	s.In()
	s.P("for (int i = 0; i < %d; i++) {", each)
	s.In()
	if at := fmt.Sprintf("%s[%d * b + i]", s.arrayOf(index), each); index.Type.Elem.Single {
		s.P("const int32_t from = mlpc_index(%s, %d);", at, rows)
	} else {
		s.P("const int32_t from = (int32_t)%s;", at)
	}
	s.P("for (int j = 0; j < %d; j++) {", row)
	s.In()
	s.P("y[%d * (%d * b + i) + j] = (%s)%s[%d * (%d * b + from) + j];", row, each, CType(v.Type.Elem), s.arrayOf(t), row, rows)
	for range 3 {
		s.Out()
		s.Line("}")
	}
}
