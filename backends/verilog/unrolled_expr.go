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

// pick puts the bits of a set side by side.
func (o operand) pick(set uint64) string {
	var parts []string
	for set != 0 {
		top := bits.Len64(set)
		run := bits.LeadingZeros64(^(set << (64 - top)))
		parts = append(parts, o.high(run, top-run))
		set &= 1<<(top-run) - 1
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

// logic gives the expression that computes a node from its operands a, b and s, in exactly the node's width. The low bits of a sum that
// are bits of a, see passing, are not in it.
func logic(n *net.Node, a, b, s operand) string {
	w, k := n.Width(), int(n.Shift)
	switch n.Op {
	case net.OpAdd:
		return sum(w, k, a, b, "+")
	case net.OpSub:
		if n.Complement() > 0 {
			return complemented(n, a, b)
		}
		if k < 0 {
			return a.bits(w, -k) + " - " + b.bits(w, 0)
		}
		return sum(w, k, a, b, "-")
	case net.OpNeg:
		return "-" + a.bits(w, 0)
	case net.OpAddC:
		return sumConst(n, a)
	case net.OpShl:
		return a.bits(w, k)
	case net.OpShr:
		return a.high(w, k)
	case net.OpWrap:
		return a.bits(w, 0)
	case net.OpClamp:
		return clamped(n, a)
	case net.OpMax:
		return fmt.Sprintf("(%s) ? %s : %s", compare(a, b, "<"), b.bits(w, 0), a.bits(w, 0))
	case net.OpMin:
		return fmt.Sprintf("(%s) ? %s : %s", compare(a, b, "<"), a.bits(w, 0), b.bits(w, 0))
	case net.OpLess:
		return compare(a, b, "<")
	case net.OpEqual:
		return compare(a, b, "==")
	case net.OpMux:
		return fmt.Sprintf("%s ? %s : %s", s.bits(1, 0), a.bits(w, 0), b.bits(w, 0))
	case net.OpMul:
		return a.bits(w, 0) + " * " + b.bits(w, 0)
	}
	panic("verilog: no logic for a " + n.Op.String())
}

// passing is the number of low bits of a node's result that are bits of its first operand, since the other one begins above them.
func passing(n *net.Node) int {
	k := 0
	switch n.Op {
	case net.OpAdd, net.OpSub:
		k = max(0, int(n.Shift))
	case net.OpAddC:
		k = bits.TrailingZeros64(uint64(n.Imm))
	}
	if k >= n.Width() {
		return 0
	}
	return k
}

// sum adds or subtracts b·2^k with an adder for the bits from k up only; b itself stands there where a ends below it.
func sum(w, k int, a, b operand, op string) string {
	if k >= w {
		return a.bits(w, 0) + " " + op + " " + b.bits(w, k)
	}
	if op == "+" && !a.signed && a.width <= k {
		return b.bits(w-k, 0)
	}
	return a.high(w-k, k) + " " + op + " " + b.bits(w-k, 0)
}

// complemented adds the complement of b, which is never negative, to a: a − {11…1, b} = a + {00…0, ~b} + 1.
func complemented(n *net.Node, a, b operand) string {
	k, ones := int(n.Shift), n.Complement()
	w := n.Width() - max(0, k)
	first := a.bits(w, max(0, -k))
	if k > 0 {
		first = a.high(w, k)
	}
	second := b.bits(min(w, ones), 0)
	if w > ones {
		second = concat([]string{literal(w-ones, -1), second})
	}
	return first + " - " + second
}

// sumConst adds a constant to the bits from its lowest one up; that one is the carry that enters: x − ~c = x + c + 1.
func sumConst(n *net.Node, a operand) string {
	k := passing(n)
	w := n.Width() - k
	return a.high(w, k) + " - " + literal(w, ^(n.Imm>>k-1))
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
