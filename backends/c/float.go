package cc

import (
	"fmt"
	"math"
	"slices"

	"mlpc/ir"
)

// Networks in float32: mlpc_float.h holds the arithmetic, and dense layers without groups are its kernels'.

// element spells an element of a constant in a work type.
func element(d *ir.Data, i int, work string) string {
	if work == "float" {
		return realLiteral(d.Reals[i])
	}
	return literal(d.Ints[i], work)
}

// realLiteral spells a float32 that may be infinite.
func realLiteral(x float64) string {
	switch {
	case math.IsInf(x, 1):
		return "HUGE_VALF"
	case math.IsInf(x, -1):
		return "-HUGE_VALF"
	}
	return floatLiteral(float32(x))
}

// floatArray prints an array of floats once and gives its name.
func (e *emitter) floatArray(kind string, v *ir.Value, xs []float64) string {
	name := fmt.Sprintf("%s_%d", kind, v.ID)
	if e.done[name] {
		return name
	}
	e.done[name] = true
	words := make([]string, len(xs))
	for i, x := range xs {
		words[i] = realLiteral(x)
	}
	e.constants += 4 * max(1, len(xs))
	return e.words("float", kind, v, words)
}

// declareFloat declares a local variable with a float32 value.
func (s *site) declareFloat(v *ir.Value, name string) {
	arg := func(i int) string { return s.operand(v.Args[i], v, "float") }
	set := func(format string, args ...any) {
		s.P("const float %s = %s;", name, fmt.Sprintf(format, args...))
	}
	switch v.Op {
	case ir.OpAdd:
		set("%s + %s", arg(0), arg(1))
	case ir.OpSub:
		set("%s - %s", arg(0), arg(1))
	case ir.OpMul:
		set("mlpc_mul(%s, %s)", arg(0), arg(1))
	case ir.OpMax, ir.OpMin, ir.OpCmp:
		s.P("const float a%d = %s;", v.ID, arg(0))
		s.P("const float b%d = %s;", v.ID, arg(1))
		if v.Op == ir.OpCmp {
			set("(float)"+floatCompare(v), v.ID)
		} else {
			set(floatCompare(v), v.ID)
		}
	case ir.OpSelect:
		set("%s != 0.0f ? %s : %s", arg(0), arg(1), arg(2))
	case ir.OpClamp:
		s.floatClamp(v, name, arg(0))
	case ir.OpTable:
		set("mlpc_%s(%s)", v.Attr.(*ir.Table).Fn, arg(0))
	}
}

// floatCompare spells max, min and cmp of the locals a and b, whose number is the verb's argument.
func floatCompare(v *ir.Value) string {
	switch v.Op {
	case ir.OpMax:
		return "(a%[1]d > b%[1]d ? a%[1]d : b%[1]d)"
	case ir.OpMin:
		return "(a%[1]d < b%[1]d ? a%[1]d : b%[1]d)"
	}
	rel := map[string]string{"lt": "<", "le": "<=", "eq": "=="}[v.Attr.(*ir.Cmp).Rel]
	return "(a%[1]d " + rel + " b%[1]d ? 1 : 0)"
}

// floatClamp limits from below and then from above.
func (s *site) floatClamp(v *ir.Value, name, x string) {
	c := v.Attr.(*ir.Clamp)
	if !math.IsInf(c.RLo, -1) {
		s.P("const float a%d = %s;", v.ID, x)
		s.P("const float b%[1]d = a%[1]d > %[2]s ? a%[1]d : %[2]s;", v.ID, realLiteral(c.RLo))
		x = fmt.Sprintf("b%d", v.ID)
	}
	if !math.IsInf(c.RHi, 1) {
		s.P("const float c%d = %s;", v.ID, x)
		x = fmt.Sprintf("c%[1]d < %[2]s ? c%[1]d : %[2]s", v.ID, realLiteral(c.RHi))
	}
	s.P("const float %s = %s;", name, x)
}

// floatDense prints the calls of the kernel, then what else is to be done with its results; layers in groups are plain loops.
func (s *site) floatDense(l *Layer) {
	v, d := l.Head, shapeOf(l.Head)
	rest := l.Ops()
	relu := len(rest) > 0 && isRelu(rest[0])
	if relu {
		rest = rest[1:]
	}
	x, size := s.arrayOf(v.Args[0]), v.Type.Size()
	if d.groups > 1 || d.k == 0 {
		s.floatLoops(v, d, x, relu)
	} else {
		w, b := s.interleaved(v, d), s.biases(v, d)
		if d.batch > 1 {
			s.P("for (int n = 0; n < %d; n++) {", d.batch)
			s.In()
			x = fmt.Sprintf("%s + %d * n", x, d.k)
		}
		to := "y"
		if d.batch > 1 {
			to = fmt.Sprintf("y + %d * n", d.out)
		}
		s.P("mlpc_float_dense(%s, %s, %s, %s, %d, %d, %d);", x, to, w, b, d.out, d.k, number(relu))
		if d.batch > 1 {
			s.Out()
			s.Line("}")
		}
	}
	if len(rest) == 0 {
		return
	}
	s.P("for (int i = 0; i < %d; i++) {", size)
	s.In()
	s.flat, s.channel = "i", fmt.Sprintf("i %% %d", d.out)
	s.local[v.ID] = "y[i]"
	if relu {
		s.local[l.Ops()[0].ID] = "y[i]"
	}
	for _, c := range l.Chain {
		if _, done := s.local[c.ID]; !done {
			s.compute(c)
		}
	}
	s.P("y[i] = %s;", s.local[l.Out().ID])
	s.Out()
	s.Line("}")
}

func number(b bool) int {
	if b {
		return 1
	}
	return 0
}

// isRelu tells whether a value is max(x, 0).
func isRelu(v *ir.Value) bool {
	switch a := v.Attr.(type) {
	case *ir.Clamp:
		return a.RLo == 0 && !math.Signbit(a.RLo) && math.IsInf(a.RHi, 1)
	case nil:
		d := (*ir.Data)(nil)
		if v.Op == ir.OpMax {
			d = v.Args[1].Const()
		}
		return d != nil && !slices.ContainsFunc(d.Reals, func(x float64) bool { return x != 0 || math.Signbit(x) })
	}
	return false
}

// interleaved prints the weights as mlpc_float_dense reads them: groups of four rows column by column, then the rows that are left.
func (s *site) interleaved(v *ir.Value, d denseShape) string {
	w := v.Args[1].Const().Reals
	whole := d.out &^ 3
	order := make([]float64, 0, len(w))
	for r := 0; r < whole; r += 4 {
		for c := range d.k {
			for i := range 4 {
				order = append(order, w[(r+i)*d.k+c])
			}
		}
	}
	return s.floatArray("weights", v, append(order, w[whole*d.k:]...))
}

// biases prints the biases of a dense layer, zeros for none.
func (s *site) biases(v *ir.Value, d denseShape) string {
	if len(v.Args) == 3 {
		return s.arrayOf(v.Args[2])
	}
	return s.floatArray("biases", v, make([]float64, d.out))
}

// floatLoops prints a dense layer as plain loops.
func (s *site) floatLoops(v *ir.Value, d denseShape, x string, relu bool) {
	w, b := s.arrayOf(v.Args[1]), s.biases(v, d)
	s.P("for (int n = 0; n < %d; n++) {", d.batch)
	s.In()
	s.P("for (int r = 0; r < %d; r++) {", d.out)
	s.In()
	s.Line("float acc = 0.0f;")
	s.P("for (int c = 0; c < %d; c++) {", d.k)
	s.In()
	s.P("acc += mlpc_mul(%s[%d * r + c], %s[%d * n + r / %d * %d + c]);", w, d.k, x, d.k*d.groups, d.out/d.groups, d.k)
	s.Out()
	s.Line("}")
	s.P("acc += %s[r];", b)
	if relu {
		s.Line("acc = acc > 0.0f ? acc : 0.0f;")
	}
	s.P("y[%d * n + r] = acc;", d.out)
	for range 2 {
		s.Out()
		s.Line("}")
	}
}
