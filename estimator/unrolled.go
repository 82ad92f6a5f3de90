package estimator

import (
	"math/bits"

	"mlpc/ir"
	"mlpc/ir/net"
)

// unrolled prices a scalar circuit node by node: an adder by the bits that it really adds, its registers exactly.
func (f *family) unrolled(p *ir.Program, c *net.Circuit, dev Device) Report {
	perValue := map[int32]*cost{}
	ff, live, absorbed := c.FlipFlops(), c.LiveBits(), c.Absorbed()
	for i := range c.Nodes {
		n := &c.Nodes[i]
		made := live[i]
		if n.Op == net.OpClamp && f.add > 0 && !f.countsAsCells { // the LUT in front of a carry chain takes it in
			made &^= absorbed[i]
		}
		k := f.scalar(c, n, made, dev)
		k.ff = float64(ff[i])
		if perValue[n.Src] == nil {
			perValue[n.Src] = &cost{}
		}
		perValue[n.Src].add(k)
	}
	total := cost{ff: float64(c.Stages), lut: 1} // the flag of each rank, and the condition to move
	var r Report
	for i := range p.Graph.Values {
		v := p.Graph.Values[i]
		k := perValue[int32(v.ID)]
		if k == nil {
			continue
		}
		total.add(*k)
		if v.Op == ir.OpInput && k.ff == 0 {
			continue
		}
		r.Layers = append(r.Layers, Layer{Name: valueName(v), Op: v.Op.String(), Cycles: 1,
			LUT: round(k.lut), FF: round(k.ff), DSP: ptr(k.dsp), BRAM: ptr(0)})
	}
	r.Total = f.figures(total, p)
	return r
}

// scalar prices one node without its registers. Only the live bits of the result are made, and of adders those below them.
func (f *family) scalar(c *net.Circuit, n *net.Node, live uint64, dev Device) cost {
	if live == 0 {
		return cost{}
	}
	w := bits.OnesCount64(live)
	width := func(i int32) int { return c.Nodes[i].Width() }
	switch n.Op {
	case net.OpAdd, net.OpSub:
		return f.adder(c, n, bits.Len64(live))
	case net.OpNeg:
		top := bits.Len64(live)
		return cost{lut: f.subtract * float64(top-1), carry: float64(ceil(top, f.carryBits))}
	case net.OpAddC:
		return f.addConstant(n, bits.Len64(live))
	case net.OpClamp:
		return f.clamp(&c.Nodes[n.A], n, w)
	case net.OpMax, net.OpMin:
		k := max(width(n.A), width(n.B))
		return cost{lut: f.larger * float64(k), carry: float64(ceil(k, f.carryBits))}
	case net.OpLess:
		k := max(width(n.A), width(n.B))
		if c.Nodes[n.A].Op == net.OpConst || c.Nodes[n.B].Op == net.OpConst {
			return cost{lut: f.compare * float64(k) / 2}
		}
		return cost{lut: f.compare * float64(k), carry: float64(ceil(k, f.carryBits))}
	case net.OpEqual:
		return cost{lut: float64(ceil(max(width(n.A), width(n.B)), 3))}
	case net.OpMux:
		return cost{lut: float64(w)}
	case net.OpTable:
		k, luts := c.Contents(n, live), 0.0
		for _, size := range k.Functions(live) {
			luts += f.romLUTs(1<<size, 1)
		}
		return cost{lut: luts}
	case net.OpMul:
		return f.product(elem(&c.Nodes[n.A]), elem(&c.Nodes[n.B]), 1, dev)
	}
	return cost{} // inputs, constants and wires
}

// elem is the narrowest element type of a node.
func elem(n *net.Node) ir.Elem { return ir.Fit(n.Lo, n.Hi) }

// adder prices the w low bits of A ± B·2^k: the low k bits of A pass through, and sign extension beyond both operands is free.
func (f *family) adder(c *net.Circuit, n *net.Node, w int) cost {
	a, b, k := &c.Nodes[n.A], &c.Nodes[n.B], int(n.Shift)
	if n.Op == net.OpSub && a.Op == net.OpConst && !f.countsAsCells { // a bit of B is inverted where the constant has a zero
		reach := min(w, b.Width())
		zeros := reach - bits.OnesCount64(uint64(a.Imm)&(1<<reach-1))
		return cost{lut: float64(zeros), carry: float64(ceil(w, f.carryBits))}
	}
	if n.Complement() > 0 {
		return cost{lut: f.subtract * float64(min(b.Width(), w-max(0, k))), carry: float64(ceil(max(0, w-max(0, k)), f.carryBits))}
	}
	if k < 0 { // A·2^−k − B: every bit of B counts
		top := min(max(a.Width()-k, b.Width()), w)
		return cost{lut: float64(top) + (f.subtract-f.add)*float64(b.Width()), carry: float64(ceil(w, f.carryBits))}
	}
	if n.Op == net.OpAdd && !a.Signed() && a.Width() <= k {
		return cost{} // the operands do not overlap
	}
	top := min(max(a.Width(), b.Width()+k), w)
	if n.Op == net.OpAdd { // above an unsigned operand the carry passes along the other one
		if !a.Signed() {
			top = min(top, a.Width())
		}
		if !b.Signed() {
			top = min(top, b.Width()+k)
		}
	}
	lut := f.add * float64(max(0, top-k))
	if f.countsAsCells {
		lut = float64(w - k)
	}
	if n.Op == net.OpSub {
		lut += (f.subtract - f.add) * float64(b.Width())
	}
	return cost{lut: lut, carry: float64(ceil(max(0, w-k), f.carryBits))}
}

// addConstant prices the w low bits of A + Imm: a bit of the sum needs a LUT where the constant has a one above its lowest, the carry
// chain does the rest.
func (f *family) addConstant(n *net.Node, w int) cost {
	low := bits.TrailingZeros64(uint64(n.Imm))
	if low >= w {
		return cost{}
	}
	ones := bits.OnesCount64(uint64(n.Imm)&(1<<w-1)) - 1 // the lowest one is a carry
	if f.countsAsCells {
		ones = w - low
	}
	return cost{lut: float64(ones), carry: float64(ceil(w-low, f.carryBits))}
}

// clamp prices saturation: detection by the bits above, where there is an upper limit, and a choice for each of w bits of the result.
func (f *family) clamp(a, n *net.Node, w int) cost {
	above := 0
	if a.Hi > n.Hi {
		above = max(0, a.Width()-n.Width())
	}
	return cost{lut: float64(w) + float64(above)/4}
}
