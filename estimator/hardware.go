package estimator

import (
	"math"
	"math/bits"

	"mlpc/ir"
	"mlpc/ir/net"
)

// cost adds up what a part of a circuit takes.
type cost struct {
	lut, ff, carry float64
	dsp, bram      int
}

func (c *cost) add(d cost) {
	c.lut += d.lut
	c.ff += d.ff
	c.carry += d.carry
	c.dsp += d.dsp
	c.bram += d.bram
}

// hardware prices a program for an FPGA, step by step.
func hardware(p *ir.Program, dev Device) (Report, error) {
	f := families[dev.Family]
	if c, ok := p.Circuit.(*net.Circuit); ok && c != nil {
		return f.unrolled(p, c, dev), nil
	}
	var r Report
	var total cost
	for i := range p.Steps {
		s := &p.Steps[i]
		var c cost
		for _, v := range s.Values {
			c.add(f.value(v, s, dev))
		}
		total.add(c)
		r.Layers = append(r.Layers, Layer{
			Name: layerName(s), Op: s.Values[0].Op.String(), PE: s.PE, SIMD: s.SIMD, Cycles: s.Cycles,
			LUT: round(c.lut), FF: round(c.ff), DSP: ptr(c.dsp), BRAM: ptr(c.bram),
		})
	}
	r.Total = f.figures(total, p)
	return r, nil
}

// figures names the totals as the family counts them.
func (f *family) figures(c cost, p *ir.Program) Figures {
	t := Figures{FF: round(c.ff), DSP: ptr(c.dsp), BRAM: ptr(c.bram), Carry: round(c.carry), Basis: f.basis}
	if p.Latency > 0 {
		t.LatencyCycles, t.IICycles = ptr(p.Latency), ptr(p.II)
	}
	if f.countsAsCells {
		t.LC = round(math.Max(c.lut, c.ff))
	} else {
		t.LUT = round(c.lut)
	}
	return t
}

func round(x float64) *int { return ptr(int(math.Round(x))) }

// value prices one value of a step in a folded design: PE lanes for elementwise ops.
func (f *family) value(v *ir.Value, s *ir.Step, dev Device) cost {
	out := v.Type.Elem.Bits
	lanes := max(1, s.PE)
	switch a := v.Attr.(type) {
	case *ir.Dense:
		return f.dense(v, a, s, dev)
	case *ir.Requant:
		return f.requant(v, a, lanes, dev)
	case *ir.Threshold:
		return f.threshold(v, a, lanes)
	case *ir.Table:
		luts, brams := f.rom(len(a.Values), out)
		return cost{lut: luts * float64(lanes), bram: brams * lanes, ff: float64(out * lanes)}
	case *ir.Clamp:
		return cost{lut: (f.compare + 1) * float64(lanes*out), ff: float64(out * lanes)}
	case *ir.Norm:
		in := v.Args[0].Type.Elem.Bits
		return cost{lut: float64(lanes * in * bits.Len(uint(in))), ff: float64(lanes * out * 2)}
	case *ir.Route:
		return f.buffer(v)
	case *ir.Axis:
		return f.axis(v, lanes)
	}
	return f.elementwise(v, lanes, dev)
}

// elementwise prices the ops of two arguments without attributes.
func (f *family) elementwise(v *ir.Value, lanes int, dev Device) cost {
	in := 1
	for _, a := range v.Args {
		in = max(in, a.Type.Elem.Bits)
	}
	out := v.Type.Elem.Bits
	n := float64(lanes)
	c := cost{ff: n * float64(out)}
	switch v.Op {
	case ir.OpAdd:
		c.lut, c.carry = n*float64(in), n*float64(ceil(out, f.carryBits))
	case ir.OpSub:
		c.lut, c.carry = n*f.subtract*float64(in), n*float64(ceil(out, f.carryBits))
	case ir.OpMul:
		c.add(f.product(v.Args[0].Type.Elem.Bits, v.Args[1].Type.Elem.Bits, lanes, dev))
	case ir.OpMax, ir.OpMin:
		c.lut = n * f.larger * float64(in)
	case ir.OpCmp:
		c.lut = n * f.compare * float64(in)
	case ir.OpSelect:
		c.lut = n * float64(out)
	case ir.OpMatMul:
		c.add(f.product(v.Args[0].Type.Elem.Bits, v.Args[1].Type.Elem.Bits, lanes, dev))
		c.lut += n * float64(2*out)
		c.add(f.buffer(v.Args[0]))
		c.add(f.buffer(v.Args[1]))
	}
	return c
}

// product prices n multipliers of a×b bits.
func (f *family) product(a, b, n int, dev Device) cost {
	if d := f.dsps(a, b, dev); d > 0 {
		return cost{dsp: n * d}
	}
	return cost{lut: float64(n) * f.multiply(a, b), carry: float64(n * ceil(a+b, f.carryBits))}
}

// dense prices a folded matrix-vector engine: PE·SIMD multipliers, a registered adder tree and an accumulator for each PE, and the
// weights in a ROM (MVAU model of facts fitted to seven netlists, mean error 3.1 %).
func (f *family) dense(v *ir.Value, a *ir.Dense, s *ir.Step, dev Device) cost {
	x, w := v.Args[0], v.Args[1]
	pe, simd := max(1, s.PE), max(1, s.SIMD)
	wb, xb, acc := w.Type.Elem.Bits, x.Type.Elem.Bits, v.Type.Elem.Bits
	k, rows := w.Type.Shape[1], w.Type.Shape[0]
	c := f.product(wb, xb, pe*simd, dev)
	c.ff += float64(pe * simd * (wb + xb))
	width := wb + xb
	for n := simd; n > 1; n = ceil(n, 2) {
		c.lut += float64(pe * (n / 2) * width)
		c.carry += float64(pe * (n / 2) * ceil(width+1, f.carryBits))
		width++
		c.ff += float64(pe * ceil(n, 2) * width)
	}
	c.lut += float64(2 * pe * acc)
	c.carry += float64(pe * ceil(acc, f.carryBits))
	c.ff += float64(2 * pe * acc)
	luts, brams := f.rom(ceil(k, simd)*ceil(rows, pe), pe*simd*wb)
	c.lut += luts
	c.bram += brams
	c.add(f.buffer(x))
	return c
}

// requant prices the scaling of lanes: a multiplier by a constant or by constants from a ROM, one adder, and the clamp.
func (f *family) requant(v *ir.Value, a *ir.Requant, lanes int, dev Device) cost {
	in, out := v.Args[0].Type.Elem.Bits, v.Type.Elem.Bits
	mul := 1
	for _, m := range a.Mul {
		mul = max(mul, bits.Len64(uint64(m)))
	}
	c := cost{ff: float64(lanes * (in + mul + out))}
	rows := max(len(a.Mul), len(a.Shift), len(a.Add))
	if mul > 1 {
		c.add(f.product(in, mul+1, lanes, dev))
		luts, brams := f.rom(ceil(rows, lanes), lanes*mul)
		c.lut += luts
		c.bram += brams
	}
	c.lut += float64(lanes * (in + mul))
	c.carry += float64(lanes * ceil(in+mul, f.carryBits))
	c.lut += (f.compare + 1) * float64(lanes*out)
	return c
}

// threshold prices the comparators of lanes, a counter of their results, and the constants.
func (f *family) threshold(v *ir.Value, a *ir.Threshold, lanes int) cost {
	in, n := v.Args[0].Type.Elem.Bits, len(a.Steps)/a.Channels
	c := cost{lut: float64(lanes*n) * (f.compare*float64(in) + 1), ff: float64(lanes * v.Type.Elem.Bits)}
	if a.Channels > 1 {
		luts, brams := f.rom(ceil(a.Channels, lanes), lanes*n*in)
		c.lut += luts
		c.bram += brams
	}
	return c
}

// axis prices reductions: an accumulator or a running maximum for each lane, argmax with its index.
func (f *family) axis(v *ir.Value, lanes int) cost {
	in, out := v.Args[0].Type.Elem.Bits, v.Type.Elem.Bits
	n := float64(lanes)
	switch v.Op {
	case ir.OpSum:
		return cost{lut: n * float64(out), ff: n * float64(out), carry: n * float64(ceil(out, f.carryBits))}
	case ir.OpReduceMax:
		return cost{lut: n * f.larger * float64(in), ff: n * float64(in)}
	case ir.OpArgMax:
		return cost{lut: n * (f.compare*float64(in) + float64(in+2*out)), ff: n * float64(in+2*out)}
	case ir.OpTopK:
		k := float64(v.Attr.(*ir.Axis).K)
		return cost{lut: n * k * (f.compare*float64(in) + float64(in+out)), ff: n * k * float64(in+out)}
	}
	c := f.buffer(v.Args[0])
	c.ff += n * float64(out)
	return c
}

// buffer prices memory for one value: distributed RAM where the family has it, else registers, block RAM when it is large.
func (f *family) buffer(v *ir.Value) cost {
	depth, width := v.Type.Size(), v.Type.Elem.Bits
	if n := f.blockRAMs(depth, width); depth*width > f.romBits*n {
		return cost{bram: n}
	}
	if f.memoryBits > 0 {
		return cost{lut: float64(width * ceil(depth, f.memoryBits))}
	}
	return cost{ff: float64(depth * width), lut: float64(depth*width) / 3}
}
