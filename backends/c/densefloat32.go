package cc

import (
	"fmt"

	"mlpc/ir"
)

// denseFloat32 prints a dense layer of integers through float32, with the functions of mlpc_float32.h.
func (s *site) denseFloat32(l *Layer) {
	v := l.Head
	d, out, k := v.Attr.(*ir.DenseFloat32), v.Args[1].Type.Shape[0], v.Args[1].Type.Shape[1]
	x, w := s.arrayOf(v.Args[0]), s.arrayOf(v.Args[1])
	scales := s.floatArray(s.prefix+"scales", v, d.Scales)
	start := "0.0f"
	if len(d.Bias) > 0 {
		start = s.floatArray(s.prefix+"bias", v, d.Bias) + "[r]"
	}
	groups, at := max(1, d.Groups), "c"
	if groups > 1 {
		at = fmt.Sprintf("r / %d * %d + c", out/groups, k)
	}
	s.P("float wide[%d];", groups*k)
	s.P("for (int n = 0; n < %d; n++) {", v.Type.Size()/out)
	s.In()
	s.P("for (int c = 0; c < %d; c++) {", groups*k)
	s.In()
	s.P("wide[c] = mlpc_dequantize32((int32_t)%s[%d * n + c] - (%d), %s);", x, groups*k, d.Zero, realLiteral(d.Scale))
	s.Out()
	s.Line("}")
	s.P("for (int r = 0; r < %d; r++) {", out)
	s.In()
	s.P("float sum = %s;", start)
	s.P("for (int from = 0; from < %d; from += %d) {", k, d.Depth)
	s.In()
	s.P("const int end = from + %d < %d ? from + %d : %d;", d.Depth, k, d.Depth, k)
	s.Line("float part = 0.0f;")
	s.Line("for (int c = from; c < end; c++) {")
	s.In()
	s.P("part = mlpc_fma32(wide[%s], mlpc_dequantize32(%s[%d * r + c], %s[r]), part);", at, w, k, scales)
	s.Out()
	s.Line("}")
	s.Line("sum += part;")
	s.Out()
	s.Line("}")
	s.flat, s.channel = fmt.Sprintf("%d * n + r", out), "r"
	s.local[v.ID] = "acc"
	s.P("const %s acc = mlpc_quantize32(sum, %s, %d, %d, %d);", s.work(v), realLiteral(d.OutScale), d.OutZero, d.Lo, d.Hi)
	s.store(l)
	for range 2 {
		s.Out()
		s.Line("}")
	}
}

// throughFloat32 tells whether integers of the plan go through float32.
func (p *Plan) throughFloat32() bool {
	for _, v := range p.Graph.Values {
		if v.Op == ir.OpDenseFloat32 {
			return true
		}
	}
	return false
}
