package net

import "math"

// linear is a value as c + Σ coefficient·node over nodes that are no sums themselves, in ascending order. Sums and differences of values
// that share inputs have narrower intervals than those of their operands tell: x − x is 0.
type linear struct {
	c     int64
	terms []multiple
}

type multiple struct {
	node int32
	c    int64
}

// Limits of a linear form; a sum beyond them is a term of its own.
const (
	mostTerms = 4096
	mostReach = 1 << 40 // of the sum of its terms' sizes, so that what is made of two forms stays inside the arithmetic
)

// form gives the linear form of a node. It looks through sums, differences, shifts to the left and constants.
func (b *Builder) form(i int32) linear {
	if f, ok := b.forms[i]; ok {
		return f
	}
	f, n := linear{}, b.c.Nodes[i]
	switch ka, kb := max(0, -int(n.Shift)), max(0, int(n.Shift)); n.Op {
	case OpConst:
		f.c = n.Imm
	case OpAdd:
		f = b.form(n.A).plus(b.form(n.B), kb, false)
	case OpSub:
		f = linear{c: n.Imm}.plus(b.form(n.A), ka, false).plus(b.form(n.B), kb, true)
	case OpNeg:
		f = f.plus(b.form(n.A), 0, true)
	case OpAddC:
		f = linear{c: n.Imm}.plus(b.form(n.A), 0, false)
	case OpShl:
		f = f.plus(b.form(n.A), kb, false)
	default:
		f.terms = []multiple{{i, 1}}
	}
	if len(f.terms) > mostTerms || !b.small(f) {
		f = linear{terms: []multiple{{i, 1}}}
	}
	b.forms[i] = f
	return f
}

// formOf gives the linear form of a reference.
func (b *Builder) formOf(r Ref) linear { return linear{}.plus(b.form(r.ID), int(r.Shift), r.Neg) }

// plus gives f ± g·2^k.
func (f linear) plus(g linear, k int, neg bool) linear {
	of := func(c int64) int64 {
		if neg {
			c = -c
		}
		return c << k
	}
	s := linear{c: f.c + of(g.c), terms: make([]multiple, 0, len(f.terms)+len(g.terms))}
	i := 0
	for _, t := range g.terms {
		for ; i < len(f.terms) && f.terms[i].node < t.node; i++ {
			s.terms = append(s.terms, f.terms[i])
		}
		c := of(t.c)
		if i < len(f.terms) && f.terms[i].node == t.node {
			c += f.terms[i].c
			i++
		}
		if c != 0 {
			s.terms = append(s.terms, multiple{t.node, c})
		}
	}
	s.terms = append(s.terms, f.terms[i:]...)
	return s
}

// small tells whether a form stays below mostReach.
func (b *Builder) small(f linear) bool {
	reach := math.Abs(float64(f.c))
	for _, t := range f.terms {
		lo, hi := b.Bounds(t.node)
		reach += math.Abs(float64(t.c)) * max(math.Abs(float64(lo)), math.Abs(float64(hi)), 1)
	}
	return reach < mostReach
}

// reach gives the interval of a form, exact where its nodes are independent.
func (b *Builder) reach(f linear) (lo, hi int64) {
	lo, hi = f.c, f.c
	for _, t := range f.terms {
		l, h := b.Bounds(t.node)
		lo, hi = lo+min(t.c*l, t.c*h), hi+max(t.c*l, t.c*h)
	}
	return lo, hi
}

// apart gives the interval of x − y; ok is false where the arithmetic does not hold it.
func (b *Builder) apart(x, y Ref) (lo, hi int64, ok bool) {
	f, g := b.formOf(x), b.formOf(y)
	if !b.small(f) || !b.small(g) {
		return 0, 0, false
	}
	lo, hi = b.reach(f.plus(g, 0, true))
	return lo, hi, true
}

// narrowed gives a sum after narrowing its interval to that of its linear form.
func (b *Builder) narrowed(r Ref) Ref {
	f := b.formOf(r)
	if !b.small(f) {
		return r
	}
	lo, hi := b.reach(f)
	if lo == hi {
		return b.constRef(lo)
	}
	b.KnownRef(r, lo, hi)
	return r
}
