package estimator

import (
	"math/bits"

	"mlpc/ir"
	"mlpc/ir/stream"
)

// The modules of float32 were fitted to yosys 0.23 synth_xilinx at two to four widths each; of other families the adders, products and
// memories are theirs, the rest is taken from there.

// sums prices the sums of a float32 engine: the input as a float32, and for each row at once a product, its place in the sum, and the sum;
// then the weights and the control of the rows that take turns.
func (f *pricer) sums(l *stream.Layer) cost {
	n, chain, pe := l.Format(), l.Chain(), l.Step.PE
	row := f.placed(n)
	row.add(f.rounded(n, chain))
	c := row.times(pe)
	if chain == nil {
		c.add(f.single(n).times(pe))
		c.add(f.constantROM("", l.Out.GroupBeats(), pe*(1+n.WE+n.WM), l.Words, 1+n.WE+n.WM))
		c.add(f.constantROM("", l.Out.GroupBeats(), pe*n.N, l.Starts, 1))
		c.add(cost{lut: f.control, ff: stream.SumStages})
		return c
	}
	c.add(f.single(n))
	c.add(f.constantROM(l.Step.ROM, l.Blocks*chain.Beats(), pe*(1+n.WE+n.WM), l.Words, 1+n.WE+n.WM))
	slot := log2(chain.Slots)
	count := slot + log2(chain.Depth+2) + log2(chain.Folds)
	c.add(cost{lut: f.control * (1.8*float64(count) + 3), ff: float64(count + 2 + 5*(4+slot) + stream.SumStages)})
	return c
}

// single prices mlpc_float32_value: a difference and its magnitude, the product with the scale, and its rounding.
func (f *pricer) single(n *stream.Format) cost {
	scale := bits.Len64(n.Scale)
	c := f.sum(n.Distance).times(2)
	c.add(f.product(ir.Uint(n.Distance), ir.Uint(scale), 1, f.dev))
	c.ff += float64(n.XM + n.XE + 5)
	if c.dsp == 0 || !f.registers { // the block holds the registers before the product and behind it
		c.ff += float64(2*n.Distance + scale)
	}
	if p := n.Distance + scale; p > 24 {
		c.lut += 5.4 * float64(p)
	}
	return c
}

// placed prices mlpc_float32_product: of a product in several DSP blocks, the low bits stand in registers beside them.
func (f *pricer) placed(n *stream.Format) cost {
	product := n.XM + n.WM
	c := f.product(ir.Uint(n.XM), ir.Uint(n.WM), 1, f.dev)
	switch {
	case n.WM == 1:
		product = n.XM
		c = cost{ff: float64(n.XM)}
	case c.dsp == 0 || !f.registers:
		c.ff += float64(product)
	case c.dsp > 1:
		c.ff += 17
	}
	c.lut += max(0, 0.6*float64(n.N)+37*float64(n.E)-58-1.9*float64(max(0, 48-product)))
	c.ff += float64(min(n.N-1, product+1<<n.E-1) + n.E + 2)
	return c
}

// rounded prices mlpc_float32_sum: two adders, the mask of the bits to drop, and what chooses and keeps sums.
func (f *pricer) rounded(n *stream.Format, chain *stream.Chain) cost {
	c := f.sum(n.N).times(2)
	c.lut += 3*float64(n.N) - 80
	c.ff += 6*float64(n.N) - 52
	if chain == nil {
		return c
	}
	c.lut += float64(n.N + log2(chain.Slots) + 2)
	memories := 1
	if chain.Parts > 1 {
		memories = 2
	}
	if f.lutRAM == nil { // read at once, which block RAM is not
		c.add(cost{lut: float64(chain.Slots * n.N), ff: float64(chain.Slots * n.N)}.times(memories))
		return c
	}
	c.add(f.ram(chain.Slots, n.N).times(memories))
	return c
}

// quantizers prices mlpc_float32_quantize: the magnitude of a sum, an adder for each bit of the quotient, and the last roundings.
func (f *pricer) quantizers(l *stream.Layer) cost {
	n := l.Format()
	stages := n.Stages() - 4
	c := f.sum(25).times(n.T + 1)
	c.lut += 2*float64(n.T+1) + float64(n.N) + 150
	c.ff += float64(25*(stages+1) + 100)
	if !f.shiftLUTs() {
		c.ff += float64(stages * (n.T + 5))
	}
	return c.times(l.Out.Lanes)
}

// shiftLUTs tells whether synthesis makes shift registers of LUTs.
func (f *family) shiftLUTs() bool { return f.lutDepth == 64 }

// constantROM prices a memory of so many words and bits; where every weight is looked at, without the bits that are the same in all words,
// which have lanes of so many bits.
func (f *pricer) constantROM(kind string, depth, width int, list func() [][]int64, lane int) cost {
	if f.exact {
		width = 0
		words := list()
		for i := range words[0] {
			ones, zeros := uint64(0), uint64(0)
			for _, w := range words {
				ones |= uint64(w[i])
				zeros |= ^uint64(w[i])
			}
			width += bits.OnesCount64(ones & zeros & (1<<lane - 1))
		}
	}
	return f.beatROMIn(kind, depth, width)
}
