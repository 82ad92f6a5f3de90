package estimator

import (
	"math/bits"

	"mlpc/ir"
	"mlpc/ir/num"
)

// hlsBasis says what the figures of an HLS design rest on.
const hlsBasis = "trip counts; DSP and BRAM by rules from 925 Vivado and Vitis HLS reports, LUT and FF rough; no HLS tool was run"

// hls prices an HLS design with io_parallel ports.
func (f *family) hls(p *ir.Program, dev Device) Report {
	var r Report
	var total cost
	for i := range p.Steps {
		s := &p.Steps[i]
		var c cost
		for _, v := range s.Values {
			c.add(f.process(v, s, dev))
		}
		total.add(c)
		l := layer(s, c)
		_, l.Cycles = processes(s)
		r.Layers = append(r.Layers, l)
	}
	latency, ii := HLSTimes(p)
	r.Total = f.figures(total, p)
	r.Total.LatencyCycles, r.Total.IICycles, r.Total.Basis = ptr(latency), ptr(ii), hlsBasis
	return r
}

// HLSTimes gives the latency and the II of an HLS design in cycles. Its processes run as a dataflow region: the slowest sets the pace, and
// a sample passes them one after the other, since arrays between them are handed over whole.
func HLSTimes(p *ir.Program) (latency, ii int) {
	ii = 1
	for i := range p.Steps {
		all, longest := processes(&p.Steps[i])
		latency, ii = latency+all, max(ii, longest)
	}
	return latency, ii
}

// processes gives the cycles of all processes of a step together, and of the longest.
func processes(s *ir.Step) (all, longest int) {
	for _, v := range s.Values {
		trips, depth := loop(v, s)
		all, longest = all+trips+depth, max(longest, trips+depth)
	}
	return all, longest
}

// A sum in float32 waits for the one before it: five additions in double one after the other, of 7 cycles each as the tool's library has
// them by default, and two conversions. Before and behind the sums of a row stand three products, a sum and a division.
const float32Sum, float32Row = 40, 40

// loop gives the iterations of a value's pipelined loop, each begun a cycle after the last, and the cycles around them: the depth of
// the pipeline and the start of the process.
func loop(v *ir.Value, s *ir.Step) (trips, depth int) {
	columns := 1
	if n := len(v.Type.Shape); n > 0 {
		columns = v.Type.Shape[n-1]
	}
	rows := v.Type.Size() / columns
	lanes := min(max(1, s.PE), columns)
	switch a := v.Attr.(type) {
	case *ir.Dense:
		w := v.Args[1].Type.Shape
		simd := min(max(1, s.SIMD), w[1])
		return rows * ceil(w[0], min(lanes, w[0])) * ceil(w[1], simd), 4 + bits.Len(uint(simd-1))
	case *ir.DenseFloat32:
		return v.Type.Size() * (v.Args[1].Type.Shape[1]*float32Sum + float32Row), 16
	case *ir.Requant:
		if a.Round == num.Float32 {
			return rows * ceil(columns, lanes), 12
		}
		return rows * ceil(columns, lanes), 6
	case *ir.Route:
		return v.Type.Size(), 3
	case *ir.Norm:
		return v.Args[0].Type.Size() * 2, 4
	case *ir.Axis:
		if v.Op == ir.OpLookup {
			return v.Type.Size(), 3
		}
		x := v.Args[0].Type
		n := x.Shape[a.Axis]
		return x.Size() + x.Size()/n*3, 2 // the loop over the axis fills anew for each line
	}
	if v.Op == ir.OpMatMul {
		x := v.Args[0].Type.Shape
		return v.Type.Size() * (x[len(x)-1] + 4), 2
	}
	return rows * ceil(columns, lanes), 4
}

// process prices one process.
func (f *family) process(v *ir.Value, s *ir.Step, dev Device) cost {
	lanes, out := max(1, s.PE), v.Type.Elem.Bits
	c := cost{ff: float64(2 * lanes * out), lut: float64(40 + lanes*out)}
	switch a := v.Attr.(type) {
	case *ir.Dense:
		pe, simd := min(lanes, v.Args[1].Type.Shape[0]), min(max(1, s.SIMD), v.Args[1].Type.Shape[1])
		wb, xb := elemOf(v.Args[1].Const().Ints).Bits, v.Args[0].Type.Elem.Bits
		c.add(f.hlsStyled(s.Style, wb, xb, pe*simd, dev))
		c.add(f.sum(wb + xb).times(pe * (simd - 1)))
		c.lut += float64(pe * out)
		shape := v.Args[1].Type.Shape
		c.add(f.hlsROMIn(s.ROM, ceil(shape[0], pe)*ceil(shape[1], simd), pe*simd*wb))
	case *ir.DenseFloat32: // a product and six sums in double, two products in float (UltraScale+ and 7 series alike: PG060)
		c.dsp, c.lut = c.dsp+11+6*3+2*3, c.lut+6*700
		w := v.Args[1]
		c.add(f.hlsROM(w.Type.Size(), elemOf(w.Const().Ints).Bits))
	case *ir.Requant:
		m := 1
		for i := range a.Mul {
			m = max(m, bits.Len64(uint64(a.Mul[i])))
		}
		c.add(f.hlsProduct(v.Args[0].Type.Elem.Bits, m, lanes, dev))
		if len(a.Mul) > 1 {
			c.add(f.hlsROM(ceil(len(a.Mul), lanes), lanes*m))
		}
	case *ir.Table:
		c.add(f.hlsROM(len(a.Values), out).times(lanes))
	case *ir.Threshold:
		n := len(a.Steps) / a.Channels
		c.lut += float64(lanes*bits.Len(uint(n))) * f.compare * float64(v.Args[0].Type.Elem.Bits)
	}
	if v.Op == ir.OpMul || v.Op == ir.OpMatMul {
		c.add(f.hlsProduct(v.Args[0].Type.Elem.Bits, v.Args[1].Type.Elem.Bits, lanes, dev))
	}
	return c
}

// hlsStyled prices n multipliers of a style that ir.Step.Style may have.
func (f *family) hlsStyled(style string, a, b, n int, dev Device) cost {
	switch style {
	case "dsp":
		return cost{dsp: n * max(1, f.dsps(a, b, dev))}
	case "lut", "table", "csd":
		return cost{lut: float64(n) * f.multiply(a, b)}
	}
	return f.hlsProduct(a, b, n, dev)
}

// hlsProduct prices n multipliers. The tool takes DSP blocks for operands of 8 bits (all of 497 reports) and none for 4 bits (all of
// 250); between, about half.
func (f *family) hlsProduct(a, b, n int, dev Device) cost {
	if a+b < 13 {
		return cost{lut: float64(n) * f.multiply(a, b)}
	}
	return cost{dsp: n * max(1, f.dsps(a, b, dev))}
}

// hlsROMIn prices a constant array of a kind that ir.Step.ROM may have.
func (f *family) hlsROMIn(kind string, depth, width int) cost {
	switch {
	case kind == "block" && depth > 1:
		return cost{bram: f.blockRAMs(depth, width)}
	case kind == "logic":
		return cost{lut: f.romLUTs(depth, width)}
	}
	return f.hlsROM(depth, width)
}

// hlsROM prices a constant array: logic up to 1,024 bits, else block RAMs of the widest geometry for its depth.
func (f *family) hlsROM(depth, width int) cost {
	if depth*width <= 1024 || depth <= 2 {
		return cost{lut: f.romLUTs(depth, width)}
	}
	for i := len(f.blocks) - 1; i >= 0; i-- {
		if b := f.blocks[i]; depth <= b.depth {
			return cost{bram: ceil(width, b.width)}
		}
	}
	return cost{bram: f.blockRAMs(depth, width)}
}
