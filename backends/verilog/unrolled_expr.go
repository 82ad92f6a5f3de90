package verilog

import (
	"fmt"
	"math/bits"
	"strings"

	"mlpc/ir/net"
)

// operand is a node as the logic of a stage sees it: a named vector or a constant.
type operand struct {
	name   string
	width  int
	signed bool
	lo, hi int64 // interval
}

// value is the operand of a constant, whose name is empty.
func value(x int64) operand {
	return operand{width: net.Width(x, x), signed: x < 0, lo: x, hi: x}
}

// literal is a sized constant in two's complement: "8'hfd".
func literal(width int, x int64) string {
	return fmt.Sprintf("%d'h%x", width, uint64(x)&(1<<width-1))
}

// bits is o·2^shift in exactly width bits, modulo 2^width: sign or zero extended, or cut off.
func (o operand) bits(width, shift int) string {
	if o.name == "" {
		return literal(width, o.lo<<shift)
	}
	if shift >= width {
		return literal(width, 0)
	}
	var parts []string
	keep := min(o.width, width-shift)
	if extend := width - shift - keep; extend > 0 {
		parts = append(parts, o.sign(extend))
	}
	if keep < o.width {
		parts = append(parts, fmt.Sprintf("%s[%d:0]", o.name, keep-1))
	} else {
		parts = append(parts, o.name)
	}
	if shift > 0 {
		parts = append(parts, literal(shift, 0))
	}
	return concat(parts)
}

// sign is what stands above the top bit of o, in n bits.
func (o operand) sign(n int) string {
	switch {
	case !o.signed:
		return literal(n, 0)
	case n == 1:
		return fmt.Sprintf("%s[%d]", o.name, o.width-1)
	}
	return fmt.Sprintf("{%d{%s[%d]}}", n, o.name, o.width-1)
}

// high is floor(o / 2^shift) in exactly width bits.
func (o operand) high(width, shift int) string {
	if o.name == "" {
		return literal(width, o.lo>>shift)
	}
	if shift >= o.width {
		return o.sign(width)
	}
	keep := min(o.width-shift, width)
	var parts []string
	if extend := width - keep; extend > 0 {
		parts = append(parts, o.sign(extend))
	}
	if keep == o.width {
		parts = append(parts, o.name)
	} else {
		parts = append(parts, fmt.Sprintf("%s[%d:%d]", o.name, shift+keep-1, shift))
	}
	return concat(parts)
}

func concat(parts []string) string {
	if len(parts) == 1 {
		return parts[0]
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

// compare is an expression for a rel b, with both in a width that holds them.
func compare(a, b operand, rel string) string {
	if !a.signed && !b.signed {
		w := max(a.width, b.width)
		return a.bits(w, 0) + " " + rel + " " + b.bits(w, 0)
	}
	w := max(a.width+flag(!a.signed), b.width+flag(!b.signed))
	return fmt.Sprintf("$signed(%s) %s $signed(%s)", a.bits(w, 0), rel, b.bits(w, 0))
}

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}

// assign is a right-hand side for the low lines of a node: pairs of target slice and expression, low bits first.
type assign struct{ target, value string }

// logic gives the assignments that compute a node named y from its operands a, b and s.
func logic(n *net.Node, y string, a, b, s operand) []assign {
	w, k := n.Width(), int(n.Shift)
	whole := func(format string, args ...any) []assign { return []assign{{y, fmt.Sprintf(format, args...)}} }
	switch n.Op {
	case net.OpAdd:
		return sum(n, y, a, b, "+")
	case net.OpSub:
		if k < 0 {
			return whole("%s - %s", a.bits(w, -k), b.bits(w, 0))
		}
		return sum(n, y, a, b, "-")
	case net.OpNeg:
		return whole("-%s", a.bits(w, 0))
	case net.OpAddC:
		return sumConst(n, y, a)
	case net.OpShl:
		return whole("%s", a.bits(w, k))
	case net.OpShr:
		return whole("%s", a.high(w, k))
	case net.OpWrap:
		return whole("%s", a.bits(w, 0))
	case net.OpClamp:
		return whole("%s", clamped(n, a))
	case net.OpMax:
		return whole("(%s) ? %s : %s", compare(a, b, "<"), b.bits(w, 0), a.bits(w, 0))
	case net.OpMin:
		return whole("(%s) ? %s : %s", compare(a, b, "<"), a.bits(w, 0), b.bits(w, 0))
	case net.OpLess:
		return whole("%s", compare(a, b, "<"))
	case net.OpEqual:
		return whole("%s", compare(a, b, "=="))
	case net.OpMux:
		return whole("%s ? %s : %s", s.bits(1, 0), a.bits(w, 0), b.bits(w, 0))
	case net.OpMul:
		return whole("%s * %s", a.bits(w, 0), b.bits(w, 0))
	}
	panic("verilog: no logic for a " + n.Op.String())
}

// sum adds or subtracts b·2^k with an adder for the bits from k up only: the low bits of a pass through.
func sum(n *net.Node, y string, a, b operand, op string) []assign {
	w, k := n.Width(), int(n.Shift)
	if k == 0 || k >= w {
		return []assign{{y, a.bits(w, 0) + " " + op + " " + b.bits(w, k)}}
	}
	low := assign{fmt.Sprintf("%s[%d:0]", y, k-1), a.bits(k, 0)}
	high := fmt.Sprintf("%s %s %s", a.high(w-k, k), op, b.bits(w-k, 0))
	if op == "+" && !a.signed && a.width <= k {
		high = b.bits(w-k, 0)
	}
	return []assign{low, {fmt.Sprintf("%s[%d:%d]", y, w-1, k), high}}
}

// sumConst adds a constant to the bits from its lowest one up; the bits below pass through.
func sumConst(n *net.Node, y string, a operand) []assign {
	w, k := n.Width(), bits.TrailingZeros64(uint64(n.Imm))
	if k == 0 || k >= w {
		return []assign{{y, a.bits(w, 0) + " + " + literal(w, n.Imm)}}
	}
	return []assign{
		{fmt.Sprintf("%s[%d:0]", y, k-1), a.bits(k, 0)},
		{fmt.Sprintf("%s[%d:%d]", y, w-1, k), a.high(w-k, k) + " + " + literal(w-k, n.Imm>>k)},
	}
}

// clamped saturates a to the interval of n.
func clamped(n *net.Node, a operand) string {
	w := n.Width()
	x := a.bits(w, 0)
	if a.hi > n.Hi {
		over := compare(value(n.Hi), a, "<")
		if k := net.Width(0, n.Hi); n.Lo >= 0 && n.Hi == 1<<k-1 { // the bits above tell, and a negative a does not get here
			over = fmt.Sprintf("|%s[%d:%d]", a.name, a.width-1-flag(a.signed), k)
		}
		x = fmt.Sprintf("%s ? %s : %s", over, literal(w, n.Hi), x)
	}
	if a.lo < n.Lo {
		under := compare(a, value(n.Lo), "<")
		if n.Lo == 0 {
			under = fmt.Sprintf("%s[%d]", a.name, a.width-1)
		}
		x = fmt.Sprintf("%s ? %s : %s", under, literal(w, n.Lo), x)
	}
	return x
}
