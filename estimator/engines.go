package estimator

import (
	"math/bits"
	"slices"

	"mlpc/ir"
	"mlpc/ir/stream"
)

// engine prices the pipeline of a layer: its head and the elementwise ops behind it. node gives the memories of a route or of a
// run-time table; without it they are left out.
func (f *pricer) engine(l *stream.Layer, node *stream.Node) cost {
	c := f.head(l, node)
	for _, v := range l.Step.Values[1:] {
		c.add(f.elementwise(l, v))
	}
	c.add(cost{lut: f.control, ff: float64(l.Stages())})
	return c
}

func (f *pricer) head(l *stream.Layer, node *stream.Node) cost {
	switch l.Step.Engine {
	case stream.MVAU:
		return f.mvau(l)
	case stream.Float32:
		return f.quantizers(l)
	case stream.MatMul:
		return f.dots(l, l.Operands[1].Value.Type.Elem)
	case stream.Reduce:
		return f.reduce(l)
	case stream.TopK:
		return f.topk(l)
	case stream.Norm:
		return f.norm(l)
	case stream.Lookup:
		return f.lookup(l, node)
	case stream.Route:
		if node == nil {
			return cost{}
		}
		return f.banks(node)
	}
	c := f.elementwise(l, l.Head)
	for _, o := range l.Operands {
		c.ff += float64(l.Out.Lanes * o.Value.Type.Elem.Bits)
	}
	return c
}

// mvau prices the rows of a dense layer and the memories of its weights and biases.
func (f *pricer) mvau(l *stream.Layer) cost {
	w := ir.Int(signedBits(f.elem(l.Head.Args[1])))
	c := f.dots(l, w)
	words := l.Blocks * l.Out.GroupBeats()
	word := l.Step.PE * l.Step.SIMD * w.Bits
	switch {
	case l.SignOnly():
		word = l.Step.PE * l.Step.SIMD
	case f.exact:
		word = variableBits(l, w.Bits)
	}
	c.add(f.beatROMIn(l.Step.ROM, words*l.Operands[0].Form.GroupBeats(), word))
	if len(l.Head.Args) == 3 {
		c.add(f.beatROM(words, l.Step.PE*f.elem(l.Head.Args[2]).Bits))
	}
	return c
}

// variableBits counts the bits of a word of weights that are not the same in all words: synthesis takes the others out of the memory.
func variableBits(l *stream.Layer, width int) int {
	pe, simd := l.Step.PE, l.Step.SIMD
	weights, rows := l.Head.Args[1].Const().Ints, l.Head.Args[1].Type.Shape[0]
	ones, zeros := make([]uint64, pe*simd), make([]uint64, pe*simd)
	for r := range rows {
		for c, w := range weights[r*l.Columns : (r+1)*l.Columns] {
			lane := r%l.Rows%pe*simd + c%simd
			ones[lane] |= uint64(w)
			zeros[lane] |= ^uint64(w)
		}
	}
	n := 0
	for lane := range ones {
		if lane/simd >= l.Rows%pe && l.Rows%pe > 0 || lane%simd >= l.Columns%simd && l.Columns%simd > 0 {
			zeros[lane] = ^uint64(0) // words at the end are filled up with zeros
		}
		n += bits.OnesCount64(ones[lane] & zeros[lane] & (1<<width - 1))
	}
	return n
}

// dots prices PE rows of SIMD multipliers with an adder tree and an accumulator each. On Xilinx a DSP block holds the register of its
// product and the first addition, or with SIMD 1 the accumulator.
func (f *pricer) dots(l *stream.Layer, w ir.Elem) cost {
	simd, acc := l.Step.SIMD, l.Head.Type.Elem.Bits
	x := l.Operands[0].Value.Type.Elem
	c := f.product(x, w, simd, f.dev)
	switch s := l.Step.Style; s {
	case "lut", "table":
		c = f.styled(s, x, w).times(simd)
	case "csd":
		c = f.digits(l, x, w)
	}
	inDSP := c.dsp > 0
	width := signedBits(w) + x.Bits
	if !inDSP || !f.registers {
		kept := width
		if width <= 6 { // each bit is one LUT of both operands
			kept = productBits(x, f.factor(l, w))
		}
		c.ff += float64(simd * kept)
	}
	levels := 0
	for n := simd; n > 1; n = ceil(n, 2) {
		absorbed := inDSP && f.postAdder && levels == 0
		if !absorbed {
			c.add(f.sum(width).times(n / 2))
			c.ff += float64(ceil(n, 2) * (width + 1))
		}
		width++
		levels++
	}
	if !inDSP || !f.postAdder || simd > 1 {
		c.add(cost{lut: (f.add + 1) * float64(acc), ff: float64(acc), carry: float64(ceil(acc, f.carryBits))})
	}
	c = c.times(l.Step.PE)
	c.ff += float64(3 * (levels + 1))
	return c
}

// digits prices the products of a row with constant weights, on average: of each weight, a sum for every digit but one that is not 0 in
// canonical signed digit form.
func (f *pricer) digits(l *stream.Layer, x, w ir.Elem) cost {
	sums := 0
	for _, c := range l.Head.Args[1].Const().Ints {
		n := bits.OnesCount64(uint64(c ^ 3*c))
		sums += max(0, n-1)
	}
	c := f.sum(x.Bits + w.Bits).times(sums)
	return cost{lut: c.lut / float64(l.Rows), carry: c.carry / float64(l.Rows)}
}

// reduce prices a tree over the lanes and the register that holds the result so far.
func (f *family) reduce(l *stream.Layer) cost {
	in := l.Operands[0].Form
	x := signedBits(l.Operands[0].Value.Type.Elem)
	place := log2(in.GroupBeats() * in.Lanes)
	packet := log2(in.GroupBeats())
	c := cost{lut: f.control * float64(packet+2), ff: float64(packet)}
	if l.Head.Op == ir.OpSum {
		acc := l.Head.Type.Elem.Bits
		for n, w := in.Lanes, x; n > 1; n, w = ceil(n, 2), w+1 {
			c.add(f.sum(w).times(n / 2))
			c.ff += float64(ceil(n, 2) * (w + 1))
		}
		c.add(cost{lut: (f.add + 1) * float64(acc), ff: float64(acc), carry: float64(ceil(acc, f.carryBits))})
		return c
	}
	entry := float64(1 + place + x)
	for n := in.Lanes; n > 1; n = ceil(n, 2) {
		pair := cost{lut: f.compare*float64(x) + entry, carry: float64(ceil(x, f.carryBits))}
		c.add(pair.times(n / 2))
		c.ff += float64(ceil(n, 2)) * entry
	}
	index := 0
	if l.Head.Op == ir.OpArgMax {
		index = place
	}
	c.add(cost{lut: f.compare*float64(x) + f.control*float64(2*index+3), ff: float64(x + 2*index), carry: float64(ceil(x, f.carryBits))})
	return c
}

// factor is the range of the run-time or constant factors of a layer.
func (f *pricer) factor(l *stream.Layer, w ir.Elem) [2]int64 {
	lo, hi := w.Range()
	if d := l.Head.Args[1].Const(); d != nil {
		lo, hi = f.bounds(l.Head.Args[1])
	}
	return [2]int64{lo, hi}
}

// productBits is the number of different bits of a product: above them, all are copies of the sign, which synthesis merges.
func productBits(x ir.Elem, w [2]int64) int {
	lo, hi := x.Range()
	p := []int64{lo * w[0], lo * w[1], hi * w[0], hi * w[1]}
	return ir.Fit(min(slices.Min(p), -1), slices.Max(p)).Bits
}

// topk prices a sorted list: for each place a comparison, a choice and the registers of number and index.
func (f *pricer) topk(l *stream.Layer) cost {
	x, place := signedBits(l.Operands[0].Value.Type.Elem), log2(l.Operands[0].Form.Length)
	entry := float64(x + place + 1)
	rank := cost{lut: f.compare*float64(x) + entry, ff: entry, carry: float64(ceil(x, f.carryBits))}
	c := rank.times(l.Out.Lanes)
	packet := log2(l.Operands[0].Form.GroupBeats())
	c.add(cost{lut: f.control * float64(place+packet+3), ff: float64(place + packet)})
	return c
}

// norm prices for each lane the search of the leading one and the shift by its place.
func (f *pricer) norm(l *stream.Layer) cost {
	x, m := l.Operands[0].Value.Type.Elem.Bits, l.Head.Attr.(*ir.Norm).Bits
	shift := float64(m*x)/2 + float64(x)
	one := cost{lut: shift, ff: float64(x + 2*l.Head.Type.Elem.Bits)}
	return one.times(l.Operands[0].Form.Lanes)
}

// lookup prices the address of a row and the memory of the table: a ROM, or banks that keep the run-time tables.
func (f *pricer) lookup(l *stream.Layer, node *stream.Node) cost {
	table := l.Head.Args[0].Type
	words := ceil(table.Size(), l.Out.Length) * l.Out.GroupBeats()
	addr := log2(words)
	c := cost{lut: f.control * float64(3*addr+4), ff: float64(2 * addr)}
	switch {
	case !l.HasTable():
		width := l.Out.Lanes * table.Elem.Bits
		c.add(f.rom(words, width))
		c.ff += float64(width)
	case node != nil:
		c.add(f.banks(node))
	}
	return c
}
