package net

// Ref is ±node·2^Shift: a node with a shift and a sign that its user absorbs, so that neither costs anything before it must.
type Ref struct {
	ID    int32
	Shift int8
	Neg   bool
}

// Ref refers to a node as it is, looking through shifts and negations.
func (b *Builder) Ref(i int32) Ref {
	r := Ref{ID: i}
	for {
		switch n := b.Node(r.ID); n.Op {
		case OpShl:
			r.Shift += n.Shift
			r.ID = n.A
		case OpNeg:
			r.Neg = !r.Neg
			r.ID = n.A
		default:
			return r
		}
	}
}

// Times gives r·2^k with the sign flipped when neg.
func (r Ref) Times(k int, neg bool) Ref {
	return Ref{r.ID, r.Shift + int8(k), r.Neg != neg}
}

// Bounds gives the interval of a reference.
func (b *Builder) RefBounds(r Ref) (lo, hi int64) {
	lo, hi = b.Bounds(r.ID)
	lo, hi = lo<<r.Shift, hi<<r.Shift
	if r.Neg {
		lo, hi = -hi, -lo
	}
	return lo, hi
}

// value tells whether the reference is a constant, and which.
func (b *Builder) value(r Ref) (int64, bool) {
	lo, hi := b.RefBounds(r)
	return lo, lo == hi
}

// Force makes the node that a reference stands for.
func (b *Builder) Force(r Ref) int32 {
	i := r.ID
	if r.Neg {
		i = b.Neg(i)
	}
	return b.Shl(i, int(r.Shift))
}

// Add makes x + y with one adder; nothing where one of them is 0.
func (b *Builder) Add(x, y Ref) Ref {
	xc, xk := b.value(x)
	yc, yk := b.value(y)
	switch {
	case xk && yk:
		return b.constRef(xc + yc)
	case xk:
		return b.addConst(y, xc)
	case yk:
		return b.addConst(x, yc)
	}
	k := min(x.Shift, y.Shift)
	x.Shift, y.Shift = x.Shift-k, y.Shift-k
	if x.Neg == y.Neg {
		if y.Shift == 0 && (x.Shift > 0 || x.ID > y.ID) {
			x, y = y, x
		}
		if x.ID == y.ID && y.Shift == 0 {
			return Ref{x.ID, k + 1, x.Neg}
		}
		i := b.make(Node{Op: OpAdd, A: x.ID, B: y.ID, Shift: y.Shift})
		return b.Ref(i).Times(int(k), x.Neg)
	}
	if x.Neg {
		x, y = y, x
	}
	if x.ID == y.ID {
		return b.difference(x, y, k)
	}
	i := b.make(Node{Op: OpSub, A: x.ID, B: y.ID, Shift: y.Shift - x.Shift})
	return b.Ref(i).Times(int(k), false)
}

// difference makes (x − y)·2^k for two shifts of one node.
func (b *Builder) difference(x, y Ref, k int8) Ref {
	switch {
	case x.Shift == y.Shift:
		return b.constRef(0)
	case x.Shift == 1: // 2x − x
		return Ref{x.ID, k, false}
	case y.Shift == 1:
		return Ref{x.ID, k, true}
	}
	i := b.make(Node{Op: OpSub, A: x.ID, B: y.ID, Shift: y.Shift - x.Shift})
	return b.Ref(i).Times(int(k), false)
}

// constRef makes a constant and refers to it.
func (b *Builder) constRef(x int64) Ref { return Ref{ID: b.Const(x)} }

// addConst makes r + x. The bits of x below the shift of r stand beside the sum of the others: they are wires.
func (b *Builder) addConst(r Ref, x int64) Ref {
	if x == 0 {
		return r
	}
	k := int(r.Shift)
	beside := x & (1<<k - 1)
	core := Ref{ID: r.ID, Neg: r.Neg}
	if y := x >> k; y != 0 && r.Neg {
		core = b.Ref(b.make(Node{Op: OpSub, A: b.Const(y), B: r.ID}))
	} else if y != 0 {
		core = b.Ref(b.AddC(r.ID, y))
	}
	if beside == 0 {
		return core.Times(k, false)
	}
	return b.Ref(b.make(Node{Op: OpAdd, A: b.Const(beside), B: b.Force(core), Shift: int8(k)}))
}

// affine writes a reference as another one plus a constant, looking through additions of constants and subtractions from
// them.
func (b *Builder) affine(r Ref) (core Ref, c int64) {
	for {
		n := b.Node(r.ID)
		t := int64(0)
		switch {
		case n.Op == OpAddC:
			t = n.Imm
			core = b.Ref(n.A)
		case n.Op == OpSub && b.isConst(n.A):
			t = b.Node(n.A).Imm<<max(0, -int(n.Shift)) + n.Imm
			core = b.Ref(n.B).Times(max(0, int(n.Shift)), true)
		case n.Op == OpAdd && b.isConst(n.A):
			t = b.Node(n.A).Imm
			core = b.Ref(n.B).Times(int(n.Shift), false)
		default:
			return r, c
		}
		t <<= r.Shift
		if r.Neg {
			t = -t
		}
		c += t
		r = core.Times(int(r.Shift), r.Neg)
	}
}

// Sum adds terms in a tree that is as shallow as their depths allow.
func (b *Builder) Sum(terms []Ref) Ref {
	var c int64
	h := make([]Ref, 0, len(terms))
	for _, t := range terms {
		if x, ok := b.value(t); ok {
			c += x
		} else {
			h = append(h, t)
		}
	}
	if len(h) == 0 {
		return b.constRef(c)
	}
	for len(h) > 1 {
		i, j := b.twoShallowest(h)
		s := b.Add(h[i], h[j])
		h[i] = s
		h = append(h[:j], h[j+1:]...)
	}
	return b.addConst(h[0], c)
}

// twoShallowest gives the indices i < j of the two terms that are ready first; ties go to the narrower, then to the earlier.
func (b *Builder) twoShallowest(h []Ref) (int, int) {
	before := func(x, y Ref) bool {
		dx, dy := b.depth[x.ID], b.depth[y.ID]
		if dx != dy {
			return dx < dy
		}
		return b.Node(x.ID).Width()+int(x.Shift) < b.Node(y.ID).Width()+int(y.Shift)
	}
	i, j := 0, 1
	if before(h[1], h[0]) {
		i, j = 1, 0
	}
	for k := 2; k < len(h); k++ {
		if before(h[k], h[i]) {
			i, j = k, i
		} else if before(h[k], h[j]) {
			j = k
		}
	}
	return min(i, j), max(i, j)
}
