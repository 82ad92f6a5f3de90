package cc

import (
	"fmt"
	"math"
	"math/bits"
	"slices"

	"mlpc/ir"
	"mlpc/ir/num"
)

// requant declares the result of a requant op: scaled and rounded, moved by the zero point, saturated.
func (s *site) requant(v *ir.Value, name string) {
	q := v.Attr.(*ir.Requant)
	work := s.work(v)
	if q.Round == num.Float32 {
		s.requantFloat32(v, name)
		return
	}
	scaled, in := s.scaled(v, q)
	lo, hi := s.scaledBounds(v, q)
	if in == "int32_t" && !fits32(lo+q.Zero, hi+q.Zero) {
		scaled, in = "(int64_t)"+scaled, "int64_t"
	}
	s.P("const %s %s = %s;", work, name, cast(s.saturated(scaled, in, lo, hi, q), in, work))
}

// saturated adds the zero point to a scaled value in [lo, hi] and limits it where it can leave the result's range.
func (s *site) saturated(scaled, in string, lo, hi int64, q *ir.Requant) string {
	scaled += plus(q.Zero, in)
	if lo+q.Zero >= q.Lo && hi+q.Zero <= q.Hi {
		return "(" + scaled + ")"
	}
	return s.limited(scaled, in, q.Lo, q.Hi)
}

// scaledBounds gives the range of the scaled and rounded value before the zero point is added.
func (s *site) scaledBounds(v *ir.Value, q *ir.Requant) (lo, hi int64) {
	x0, x1 := s.bounds(v.Args[0])
	for c := range max(len(q.Mul), len(q.Add), len(q.Shift)) {
		mul, add, shift := q.At(c)
		y0, y1 := num.Requant(x0, mul, add, shift, q.Round), num.Requant(x1, mul, add, shift, q.Round)
		if c == 0 {
			lo, hi = min(y0, y1), max(y0, y1)
		}
		lo, hi = min(lo, y0, y1), max(hi, y0, y1)
	}
	return lo, hi
}

// scaled spells the scaled and rounded value and names its work type.
func (s *site) scaled(v *ir.Value, q *ir.Requant) (expr, work string) {
	x0, x1 := s.bounds(v.Args[0])
	narrow := fits32(x0, x1)
	arg := func(work string) string { return s.operand(v.Args[0], v, work) }
	shift := func() string { return s.constant("shift", v, q.Shift, "int32_t") }
	if q.Round == num.Gemmlowp {
		return fmt.Sprintf("mlpc_requant_gemmlowp(%s, %s, %s)", arg("int32_t"), s.constant("mul", v, q.Mul, "int32_t"), shift()), "int32_t"
	}
	kernel := map[num.Rounding]string{num.HalfUp: "mlpc_requant_half_up", num.HalfEven: "mlpc_requant_half_even"}[q.Round]
	if narrow && s.productBits(x0, x1, q) <= 30 && all32(q.Mul) && all32(q.Add) {
		return fmt.Sprintf("%s_32(%s, %s, %s, %s)", kernel, arg("int32_t"), s.constant("mul", v, q.Mul, "int32_t"),
			s.constant("add", v, q.Add, "int32_t"), shift()), "int32_t"
	}
	if high, bias, ok := highForm(q); narrow && ok && q.Round == num.HalfUp {
		return fmt.Sprintf("mlpc_requant_high(%s, %s, %s, %s)", arg("int32_t"), s.constant("mul", v, q.Mul, "int32_t"),
			s.constant("bias", v, bias, "int64_t"), s.constant("high", v, high, "int32_t")), "int32_t"
	}
	return fmt.Sprintf("%s(%s, %s, %s, %s)", kernel, arg("int64_t"), s.constant("mul", v, q.Mul, "int64_t"),
		s.constant("add", v, q.Add, "int64_t"), shift()), "int64_t"
}

// productBits bounds the size of x·mul + add + rounding for x in [lo, hi]: less than 2^bits.
func (s *site) productBits(lo, hi int64, q *ir.Requant) int {
	n := 0
	for c := range max(len(q.Mul), len(q.Add), len(q.Shift)) {
		mul, add, shift := q.At(c)
		size := math.Max(math.Abs(float64(lo)), math.Abs(float64(hi)))*math.Abs(float64(mul)) + math.Abs(float64(add)) + math.Ldexp(1, shift-1)
		n = max(n, bits.Len64(uint64(size)))
	}
	return n
}

// highForm rewrites half-up constants for mlpc_requant_high: every shift is at least 32, every multiplier has 32 bits.
func highForm(q *ir.Requant) (high, bias []int64, ok bool) {
	for c := range max(len(q.Add), len(q.Shift)) {
		_, add, shift := q.At(c)
		if shift < 32 {
			return nil, nil, false
		}
		high = append(high, int64(shift-32))
		bias = append(bias, add+1<<(shift-1))
	}
	return high, bias, all32(q.Mul)
}

// all32 tells whether int32_t holds every entry.
func all32(xs []int64) bool {
	return !slices.ContainsFunc(xs, func(x int64) bool { return !fits32(x, x) })
}

// floatScale is the scale mul/2^shift of a float32 requant, which a float holds exactly.
func floatScale(mul int64, shift int) float32 { return float32(math.Ldexp(float64(mul), -shift)) }

// requantFloat32 prints both forms: one multiplication on a floating-point unit, and integers without one.
func (s *site) requantFloat32(v *ir.Value, name string) {
	q := v.Attr.(*ir.Requant)
	work := s.work(v)
	x0, x1 := s.bounds(v.Args[0])
	const exact = 1 << 22
	lo, hi := q.Lo-q.Zero, q.Hi-q.Zero
	onFPU := fits32(x0, x1) && lo >= -exact && hi <= exact
	if onFPU {
		s.P("#if MLPC_FPU")
		sum := fmt.Sprintf("mlpc_requant_float32_fpu(%s, %s, %s, %s)%s", s.operand(v.Args[0], v, "int32_t"), s.scales(v, q),
			floatLiteral(float32(lo)), floatLiteral(float32(hi)), plus(q.Zero, "int32_t"))
		s.P("const %s %s = %s;", work, name, cast(sum, "int32_t", work))
		s.Line("#else")
	}
	s.guard = onFPU
	mul, shift := s.constant("mul", v, q.Mul, "int32_t"), s.constant("shift", v, q.Shift, "int32_t")
	s.guard = false
	f, arg := "mlpc_requant_float32", "int64_t"
	shiftsDown := slices.Min(q.Shift) >= 1 && slices.Max(q.Shift) <= 62
	if x0 >= -1<<24 && x1 <= 1<<24 && shiftsDown && lo >= -exact && hi <= exact {
		f, arg = "mlpc_requant_float32_near", "int32_t"
	}
	y := fmt.Sprintf("%s(%s, %s, %s)%s", f, s.operand(v.Args[0], v, arg), mul, shift, plus(q.Zero, "int64_t"))
	s.P("const %s %s = %s;", work, name, cast(s.limited(y, "int64_t", q.Lo, q.Hi), "int64_t", work))
	if onFPU {
		s.P("#endif")
	}
}

// scales spells the scale of a float32 requant at the site.
func (s *site) scales(v *ir.Value, q *ir.Requant) string {
	n := max(len(q.Mul), len(q.Shift))
	words := make([]string, n)
	same := true
	for c := range n {
		mul, _, shift := q.At(c)
		words[c] = floatLiteral(floatScale(mul, shift))
		same = same && words[c] == words[0]
	}
	if same {
		return words[0]
	}
	s.data.Line("#if MLPC_FPU")
	name := s.words("float", "scale", v, words)
	s.data.Line("#endif")
	return name + "[" + s.channel + "]"
}
