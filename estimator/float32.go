package estimator

import (
	"math/bits"

	"mlpc/ir"
	"mlpc/ir/stream"
)

// The modules of float32 were fitted to yosys 0.23 at three to four widths each (docs/estimates.md).

// sums prices the sums of a float32 engine: the input as a float32, and for each row at once a product, its place in the sum, and the sum;
// then the weights and the control of the rows that take turns.
func (f *pricer) sums(l *stream.Layer) cost {
	n, chain, pe := l.Format(), l.Chain(), l.Step.PE
	values := 1
	if chain == nil {
		values = pe
	}
	c := f.single(n).times(values)
	row := f.placed(n)
	row.add(f.rounded(n, chain))
	c.add(row.times(pe))
	words, stages := l.Words(), 9
	if chain == nil {
		c.add(f.constantROM("", words, 1+n.WE+n.WM))
		c.add(f.constantROM("", l.Starts(), 1))
	} else {
		slot := log2(chain.Slots)
		c.add(f.constantROM(l.Step.ROM, words, 1+n.WE+n.WM))
		count := slot + log2(chain.Depth+2) + log2(chain.Folds)
		c.add(cost{lut: f.control * float64(2*count+8), ff: float64(count + 2 + 5*(4+slot))})
	}
	c.add(cost{lut: f.control, ff: float64(stages)})
	return c
}

// single prices mlpc_float32_value.
func (f *pricer) single(n *stream.Format) cost {
	scale := bits.Len64(n.Scale)
	c := f.sum(n.Distance).times(2)
	c.add(f.product(ir.Uint(n.Distance), ir.Uint(scale), 1, f.dev))
	c.ff += float64(n.Distance + n.XM + n.XE + 5)
	if c.dsp == 0 || !f.registers {
		c.ff += float64(n.Distance + scale)
	}
	if p := n.Distance + scale; p > 24 {
		c.lut += float64(4 * p)
	}
	return c
}

// placed prices mlpc_float32_product.
func (f *pricer) placed(n *stream.Format) cost {
	c := f.product(ir.Uint(n.XM), ir.Uint(n.WM), 1, f.dev)
	c.lut += float64(n.N*n.E) * 0.45
	c.ff += float64(n.N + n.E + 1)
	if c.dsp == 0 || !f.registers {
		c.ff += float64(n.XM + n.WM)
	}
	return c
}

// rounded prices mlpc_float32_sum.
func (f *pricer) rounded(n *stream.Format, chain *stream.Chain) cost {
	c := f.sum(n.N).times(2)
	c.lut += 2.5 * float64(n.N)
	c.ff += 5 * float64(n.N)
	if chain != nil {
		c.add(f.ram(chain.Slots, n.N))
		if chain.Parts > 1 {
			c.add(f.ram(chain.Slots, n.N))
			c.lut += float64(n.N)
		}
	}
	return c
}

// quantizers prices mlpc_float32_quantize.
func (f *pricer) quantizers(l *stream.Layer) cost {
	n := l.Format()
	c := f.sum(25).times(n.T + 1)
	c.lut += float64(n.N) + 90
	c.ff += float64((n.Stages() - 4) * (n.T + 28))
	return c.times(l.Out.Lanes)
}

// constantROM prices a memory whose words have lanes of so many bits, without the bits that are the same in all words.
func (f *pricer) constantROM(kind string, words [][]int64, width int) cost {
	variable := 0
	for lane := range words[0] {
		ones, zeros := uint64(0), uint64(0)
		for _, w := range words {
			ones |= uint64(w[lane])
			zeros |= ^uint64(w[lane])
		}
		variable += bits.OnesCount64(ones & zeros & (1<<width - 1))
	}
	return f.beatROMIn(kind, len(words), variable)
}
