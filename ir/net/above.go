package net

// signs gives for each step the sign in which its result should stand: 1, −1, or 0 where either will do. An output that stands with a
// minus sign is subtracted from its constant, which costs a look-up table a bit.
func (p *Plan) signs() []int8 {
	want := make([]int8, len(p.Steps))
	set := func(id int32, s int8) {
		if k := int(id) - p.Inputs; k >= 0 && want[k] == 0 {
			want[k] = s
		}
	}
	for _, o := range p.Outs {
		if o.Neg {
			set(o.ID, -1)
		} else {
			set(o.ID, 1)
		}
	}
	for k := len(p.Steps) - 1; k >= 0; k-- {
		if s := p.Steps[k]; !s.Sub {
			set(s.A, want[k])
			set(s.B, want[k])
		}
	}
	return want
}

// above is Ref + c, where the node is never negative. Sums of such values need no sign bits: an adder works only where both operands
// have bits, and a difference adds the complement of one of them. All constants meet at the end of the sum.
type above struct {
	Ref
	c int64
}

func (x above) times(k int, neg bool) above {
	c := x.c << k
	if neg {
		c = -c
	}
	return above{x.Times(k, neg), c}
}

// unsigned moves a value that can be negative up by turning its sign bit around.
func (b *Builder) unsigned(r Ref) above {
	if n := b.Node(r.ID); n.Lo < 0 && n.Width() < maxOffset {
		half := int64(1) << (n.Width() - 1)
		return above{Ref{ID: b.AddC(r.ID, half)}, -half}.times(int(r.Shift), r.Neg)
	}
	return above{Ref: r}
}

// maxOffset is the width from which sums are made with their signs, so that constants stay inside the arithmetic.
const maxOffset = 56

// liftCost is what an output must save, in one-bit adders, for its constant at the end: matrices that save less are made with signs.
const liftCost = 1

// signCost is what it costs, in look-up tables, that a result stands in the other sign than the wanted one.
const signCost = 4

// sum adds two values. Where one counts negative, the narrower of the two is the one that is complemented, and the result stands in the
// sign that this gives; a wanted sign, see Plan.signs, counts signCost. Of equals it is the one that ends higher, so that bits of the
// other pass by.
func (b *Builder) sum(x, y above, want int8) above {
	c := x.c + y.c
	p, n := x.Ref, y.Ref
	if p.Neg == n.Neg {
		return above{b.Add(p, n), c}
	}
	if p.Neg {
		p, n = n, p
	}
	if p.ID == n.ID { // the larger multiple less the smaller one
		if p.Shift >= n.Shift {
			return above{b.Add(p, n), c}
		}
		return above{b.Add(n.Times(0, true), p.Times(0, true)).Times(0, true), c}
	}
	pw, nw := b.Node(p.ID).Width(), b.Node(n.ID).Width()
	if b.Node(p.ID).Lo < 0 || b.Node(n.ID).Lo < 0 || max(pw+int(p.Shift), nw+int(n.Shift)) > maxOffset {
		return above{b.Add(p, n), c}
	}
	neg, gain := false, nw-pw-int(want)*signCost // of the result with a minus sign
	if gain > 0 || gain == 0 && p.Shift > n.Shift {
		p, n, pw, nw, neg = n, p, nw, pw, true
	}
	k := min(p.Shift, n.Shift)
	offset := int64(1) << (nw + int(n.Shift-k)) // of the complement, carry included
	r := b.Ref(b.make(Node{Op: OpSub, A: p.ID, B: n.ID, Shift: n.Shift - p.Shift, Imm: offset})).Times(int(k), neg)
	if offset <<= k; !neg {
		offset = -offset
	}
	return above{r, c + offset}
}
