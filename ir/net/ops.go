package net

// row declares an op: its name in the text form, the number of arguments, and the interval of its result.
type row struct {
	name string
	args int
	// bounds gives the interval of node n from those of its arguments; nil where the node states it (input, clamp).
	bounds func(c *Circuit, n *Node) (lo, hi int64)
}

var ops [OpMul + 1]row

func init() {
	ops = [OpMul + 1]row{
		OpInput: {"input", 0, nil},
		OpConst: {"const", 0, func(c *Circuit, n *Node) (int64, int64) { return n.Imm, n.Imm }},
		OpAdd:   {"add", 2, boundsAdd},
		OpSub:   {"sub", 2, boundsSub},
		OpNeg: {"neg", 1, func(c *Circuit, n *Node) (int64, int64) {
			a := &c.Nodes[n.A]
			return -a.Hi, -a.Lo
		}},
		OpAddC: {"addc", 1, func(c *Circuit, n *Node) (int64, int64) {
			a := &c.Nodes[n.A]
			return a.Lo + n.Imm, a.Hi + n.Imm
		}},
		OpShl: {"shl", 1, func(c *Circuit, n *Node) (int64, int64) {
			a := &c.Nodes[n.A]
			return a.Lo << n.Shift, a.Hi << n.Shift
		}},
		OpShr: {"shr", 1, func(c *Circuit, n *Node) (int64, int64) {
			a := &c.Nodes[n.A]
			return a.Lo >> n.Shift, a.Hi >> n.Shift
		}},
		OpWrap:  {"wrap", 1, boundsWrap},
		OpClamp: {"clamp", 1, nil},
		OpMax: {"max", 2, func(c *Circuit, n *Node) (int64, int64) {
			a, b := &c.Nodes[n.A], &c.Nodes[n.B]
			return max(a.Lo, b.Lo), max(a.Hi, b.Hi)
		}},
		OpMin: {"min", 2, func(c *Circuit, n *Node) (int64, int64) {
			a, b := &c.Nodes[n.A], &c.Nodes[n.B]
			return min(a.Lo, b.Lo), min(a.Hi, b.Hi)
		}},
		OpLess: {"less", 2, func(c *Circuit, n *Node) (int64, int64) {
			a, b := &c.Nodes[n.A], &c.Nodes[n.B]
			return bit(a.Hi < b.Lo), bit(a.Lo < b.Hi)
		}},
		OpEqual: {"equal", 2, func(c *Circuit, n *Node) (int64, int64) {
			a, b := &c.Nodes[n.A], &c.Nodes[n.B]
			same := a.Lo == a.Hi && b.Lo == b.Hi && a.Lo == b.Lo
			return bit(same || n.A == n.B), bit(a.Lo <= b.Hi && b.Lo <= a.Hi)
		}},
		OpMux: {"mux", 3, func(c *Circuit, n *Node) (int64, int64) {
			a, b, s := &c.Nodes[n.A], &c.Nodes[n.B], &c.Nodes[n.C]
			switch {
			case s.Lo == 1:
				return a.Lo, a.Hi
			case s.Hi == 0:
				return b.Lo, b.Hi
			}
			return min(a.Lo, b.Lo), max(a.Hi, b.Hi)
		}},
		OpTable: {"table", 1, boundsTable},
		OpMul:   {"mul", 2, boundsMul},
	}
}

// String gives the op's name in the text form.
func (op Op) String() string {
	if int(op) < len(ops) {
		return ops[op].name
	}
	return "?"
}

func bit(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

func boundsAdd(c *Circuit, n *Node) (int64, int64) {
	a, b := &c.Nodes[n.A], &c.Nodes[n.B]
	return a.Lo + b.Lo<<n.Shift, a.Hi + b.Hi<<n.Shift
}

func boundsSub(c *Circuit, n *Node) (int64, int64) {
	a, b := &c.Nodes[n.A], &c.Nodes[n.B]
	if n.Shift < 0 {
		return a.Lo<<-n.Shift - b.Hi + n.Imm, a.Hi<<-n.Shift - b.Lo + n.Imm
	}
	return a.Lo - b.Hi<<n.Shift + n.Imm, a.Hi - b.Lo<<n.Shift + n.Imm
}

// boundsWrap keeps the exact interval where the whole argument wraps by one multiple of 2^Shift, else gives the type's.
func boundsWrap(c *Circuit, n *Node) (int64, int64) {
	a := &c.Nodes[n.A]
	base := int64(0)
	if n.Imm == 1 {
		base = -1 << (n.Shift - 1)
	}
	if (a.Lo-base)>>n.Shift == (a.Hi-base)>>n.Shift {
		k := (a.Lo - base) >> n.Shift << n.Shift
		return a.Lo - k, a.Hi - k
	}
	return base, base + 1<<n.Shift - 1
}

func boundsTable(c *Circuit, n *Node) (int64, int64) {
	a, t := &c.Nodes[n.A], &c.Tables[n.Imm]
	v := t.Values[a.Lo-t.Lo : a.Hi-t.Lo+1]
	lo, hi := v[0], v[0]
	for _, x := range v {
		lo, hi = min(lo, x), max(hi, x)
	}
	return lo, hi
}

func boundsMul(c *Circuit, n *Node) (int64, int64) {
	a, b := &c.Nodes[n.A], &c.Nodes[n.B]
	p, q, r, s := a.Lo*b.Lo, a.Lo*b.Hi, a.Hi*b.Lo, a.Hi*b.Hi
	lo := min(p, q, r, s)
	if n.A == n.B && a.Lo <= 0 && a.Hi >= 0 { // a square
		lo = 0
	} else if n.A == n.B {
		lo = min(p, s)
	}
	return lo, max(p, q, r, s)
}
