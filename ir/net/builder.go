package net

import (
	"encoding/binary"
	"slices"
)

// Builder makes a circuit node by node. Equal nodes are made once, nodes with one possible value become constants, and operations
// that do nothing give their argument.
type Builder struct {
	c      *Circuit
	seen   map[Node]int32
	tables map[string]int64
	plans  map[string]*Plan
	forms  map[int32]linear // of the nodes that were asked for, see form
	share  share            // of the work that each matrix may take
	depth  []int32          // levels of logic from the inputs, see Delay
	src    int32            // stamped on new nodes
}

// NewBuilder starts an empty circuit.
func NewBuilder(name string) *Builder {
	return &Builder{c: &Circuit{Name: name}, seen: map[Node]int32{}, tables: map[string]int64{}, plans: map[string]*Plan{}, forms: map[int32]linear{}}
}

// At says which graph value the nodes made from now on belong to.
func (b *Builder) At(src int) { b.src = int32(src) }

// Circuit ends the construction: outs are the outputs, and nodes that none of them needs are dropped.
func (b *Builder) Circuit(outs []int32) *Circuit {
	b.c.Outs = outs
	return b.c.Prune()
}

// Node gives the node of an index; the pointer holds until the next node is made.
func (b *Builder) Node(i int32) *Node { return &b.c.Nodes[i] }

// Bounds gives the interval of a node.
func (b *Builder) Bounds(i int32) (lo, hi int64) { return b.c.Nodes[i].Lo, b.c.Nodes[i].Hi }

// Input makes the next scalar input.
func (b *Builder) Input(lo, hi int64) int32 {
	b.c.Inputs++
	return b.add(Node{Op: OpInput, Imm: int64(b.c.Inputs - 1), Lo: lo, Hi: hi})
}

// Const makes a constant.
func (b *Builder) Const(x int64) int32 {
	return b.add(Node{Op: OpConst, Imm: x, Lo: x, Hi: x})
}

// add appends a node whose interval is set, or finds its twin.
func (b *Builder) add(n Node) int32 {
	key := n
	if i, ok := b.seen[key]; ok {
		return i
	}
	i := int32(len(b.c.Nodes))
	b.seen[key] = i
	n.Src = b.src
	b.c.Nodes = append(b.c.Nodes, n)
	d := int32(0)
	var buf [3]int32
	for _, a := range n.Args(buf[:]) {
		d = max(d, b.depth[a])
	}
	b.depth = append(b.depth, d+int32(b.c.Delay(&n)))
	return i
}

// make appends a node after working out its interval; a node with one possible value becomes a constant.
func (b *Builder) make(n Node) int32 {
	n.Lo, n.Hi = ops[n.Op].bounds(b.c, &n)
	if n.Lo == n.Hi {
		return b.Const(n.Lo)
	}
	return b.add(n)
}

// Known narrows the interval of a node to what a proof outside the circuit says of it: the ranges of the graph, or the exact range
// of a linear form whose terms share inputs. What the node only shifts, negates or moves by a constant is narrowed with it.
func (b *Builder) Known(i int32, lo, hi int64) {
	n := b.Node(i)
	if n.Op == OpInput || lo <= n.Lo && hi >= n.Hi {
		return
	}
	n.Lo, n.Hi, n.Known = max(lo, n.Lo), min(hi, n.Hi), n.Op != OpClamp
	if core, c := b.affine(b.Ref(i)); core.ID != i {
		b.KnownRef(core, n.Lo-c, n.Hi-c)
	}
}

// KnownRef is Known for a reference.
func (b *Builder) KnownRef(r Ref, lo, hi int64) {
	if r.Neg {
		lo, hi = -hi, -lo
	}
	b.Known(r.ID, (lo+1<<r.Shift-1)>>r.Shift, hi>>r.Shift)
}

// isConst tells whether the node has one possible value.
func (b *Builder) isConst(i int32) bool { return b.c.Nodes[i].Op == OpConst }

// Shl makes a·2^k, k ≥ 0.
func (b *Builder) Shl(a int32, k int) int32 {
	if n := b.Node(a); n.Op == OpShl {
		a, k = n.A, k+int(n.Shift)
	}
	if k == 0 {
		return a
	}
	return b.make(Node{Op: OpShl, A: a, Shift: int8(k)})
}

// Shr makes floor(a / 2^k), k ≥ 0.
func (b *Builder) Shr(a int32, k int) int32 {
	switch n := b.Node(a); n.Op {
	case OpShr:
		a, k = n.A, k+int(n.Shift)
	case OpShl:
		if s := int(n.Shift); s > k {
			return b.Shl(n.A, s-k)
		} else {
			a, k = n.A, k-s
		}
	}
	if k == 0 {
		return a
	}
	return b.make(Node{Op: OpShr, A: a, Shift: int8(min(k, 63))})
}

// Wrap makes the low bits of a, read as two's complement when signed.
func (b *Builder) Wrap(a int32, bits int, signed bool) int32 {
	switch n := b.Node(a); {
	case n.Op == OpShl && int(n.Shift) >= bits:
		return b.Const(0)
	case n.Op == OpShl:
		return b.Shl(b.Wrap(n.A, bits-int(n.Shift), signed), int(n.Shift))
	case n.Op == OpWrap && int(n.Shift) >= bits:
		a = n.A
	case n.Op == OpAddC: // of the constant only its low bits matter, and a half only moves the type's range
		all, half := int64(1)<<bits, int64(1)<<(bits-1)
		switch n.Imm & (all - 1) {
		case 0:
			return b.Wrap(n.A, bits, signed)
		case half:
			if signed {
				half = -half
			}
			return b.AddC(b.Wrap(n.A, bits, !signed), half)
		}
	}
	n := Node{Op: OpWrap, A: a, Shift: int8(bits), Imm: bit(signed)}
	lo, hi := boundsWrap(b.c, &n)
	if l, h := b.Bounds(a); l == lo && h == hi {
		return a
	}
	return b.make(n)
}

// Neg makes −a.
func (b *Builder) Neg(a int32) int32 {
	if n := b.Node(a); n.Op == OpNeg {
		return n.A
	}
	return b.make(Node{Op: OpNeg, A: a})
}

// AddC makes a + x.
func (b *Builder) AddC(a int32, x int64) int32 {
	if n := b.Node(a); n.Op == OpAddC {
		a, x = n.A, x+n.Imm
	}
	if x == 0 {
		return a
	}
	if n := b.Node(a); n.Op == OpShr { // two constants around a shift are one
		if m := b.Node(n.A); m.Op == OpAddC && m.Width()+int(n.Shift) < maxOffset && Width(min(x, 0), max(x, 0)) < maxOffset-int(n.Shift) {
			return b.Shr(b.AddC(n.A, x<<n.Shift), int(n.Shift))
		}
	}
	return b.make(Node{Op: OpAddC, A: a, Imm: x})
}

// Clamp saturates a to [lo, hi].
func (b *Builder) Clamp(a int32, lo, hi int64) int32 {
	if n := b.Node(a); n.Op == OpClamp {
		lo, hi = min(max(n.Lo, lo), hi), min(max(n.Hi, lo), hi)
		a = n.A
	}
	l, h := b.Bounds(a)
	nl, nh := min(max(l, lo), hi), min(max(h, lo), hi)
	if n := b.Node(a); n.Op == OpShl && nl&(1<<n.Shift-1) == 0 && nh&(1<<n.Shift-1) == 0 {
		k := int(n.Shift)
		return b.Shl(b.Clamp(n.A, nl>>k, nh>>k), k)
	}
	if nl == nh {
		return b.Const(nl)
	}
	if nl == l && nh == h {
		return a
	}
	return b.add(Node{Op: OpClamp, A: a, Lo: nl, Hi: nh})
}

// Max makes the larger of a and c.
func (b *Builder) Max(a, c int32) int32 {
	al, ah := b.Bounds(a)
	cl, ch := b.Bounds(c)
	switch {
	case a == c || al >= ch:
		return a
	case cl >= ah:
		return c
	case al == ah:
		return b.Clamp(c, al, ch)
	case cl == ch:
		return b.Clamp(a, cl, ah)
	}
	return b.make(Node{Op: OpMax, A: min(a, c), B: max(a, c)})
}

// Min makes the smaller of a and c.
func (b *Builder) Min(a, c int32) int32 {
	al, ah := b.Bounds(a)
	cl, ch := b.Bounds(c)
	switch {
	case a == c || ah <= cl:
		return a
	case ch <= al:
		return c
	case al == ah:
		return b.Clamp(c, cl, ah)
	case cl == ch:
		return b.Clamp(a, al, ch)
	}
	return b.make(Node{Op: OpMin, A: min(a, c), B: max(a, c)})
}

// Less makes 1 where a < c, else 0.
func (b *Builder) Less(a, c int32) int32 {
	if a == c {
		return b.Const(0)
	}
	return b.make(Node{Op: OpLess, A: a, B: c})
}

// Equal makes 1 where a = c, else 0.
func (b *Builder) Equal(a, c int32) int32 {
	return b.make(Node{Op: OpEqual, A: min(a, c), B: max(a, c)})
}

// Not makes 1 − a of a node that is 0 or 1.
func (b *Builder) Not(a int32) int32 { return b.Equal(a, b.Const(0)) }

// Mux makes a where s is 1, c where s is 0.
func (b *Builder) Mux(s, a, c int32) int32 {
	n := b.Node(s)
	switch {
	case a == c || n.Lo == 1:
		return a
	case n.Hi == 0:
		return c
	}
	if b.isConst(a) && b.isConst(c) && b.Node(a).Imm == 1 && b.Node(c).Imm == 0 {
		return s
	}
	return b.make(Node{Op: OpMux, A: a, B: c, C: s})
}

// Mul makes the product of two nodes that are not constant.
func (b *Builder) Mul(a, c int32) int32 {
	return b.make(Node{Op: OpMul, A: min(a, c), B: max(a, c)})
}

// Table makes f(a), f called once for each integer in the interval of a.
func (b *Builder) Table(a int32, f func(x int64) int64) int32 {
	lo, hi := b.Bounds(a)
	if core, c := b.affine(b.Ref(a)); core.ID != a && !core.Neg {
		l, h := b.Bounds(core.ID)
		if l<<core.Shift+c == lo && h<<core.Shift+c == hi { // f is known for no other argument
			return b.Table(core.ID, func(x int64) int64 { return f(x<<core.Shift + c) })
		}
	}
	values := make([]int64, hi-lo+1)
	for i := range values {
		values[i] = f(lo + int64(i))
	}
	if n := len(values); n > 1 {
		if step := values[1] - values[0]; step == 1 || step == -1 {
			line := true
			for i := 2; i < n && line; i++ {
				line = values[i]-values[i-1] == step
			}
			if line && step == 1 {
				return b.AddC(a, values[0]-lo)
			}
			if line && n > 2 {
				return b.AddC(b.Neg(a), values[0]+lo)
			}
		}
	}
	return b.make(Node{Op: OpTable, A: a, Imm: b.table(lo, values)})
}

// table gives the index of a table, an old one where the contents are equal.
func (b *Builder) table(lo int64, values []int64) int64 {
	key := binary.AppendVarint(nil, lo)
	for _, x := range values {
		key = binary.AppendVarint(key, x)
	}
	if i, ok := b.tables[string(key)]; ok {
		return i
	}
	i := int64(len(b.c.Tables))
	b.tables[string(key)] = i
	b.c.Tables = append(b.c.Tables, Table{lo, slices.Clone(values)})
	return i
}
