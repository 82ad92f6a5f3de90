package estimator

import (
	"math/bits"
	"slices"

	"mlpc/ir"
	"mlpc/ir/num"
	"mlpc/ir/stream"
)

// pricer prices the engines of streaming circuits on one device.
type pricer struct {
	*family
	dev   Device
	elems map[*ir.Value]ir.Elem // narrowest types of constants, which a search asks for again and again
}

func newPricer(dev Device) *pricer {
	return &pricer{families[dev.Family], dev, map[*ir.Value]ir.Elem{}}
}

// elem is the narrowest type that holds a constant's integers.
func (f *pricer) elem(v *ir.Value) ir.Elem {
	e, ok := f.elems[v]
	if !ok {
		e = elemOf(v.Const().Ints)
		f.elems[v] = e
	}
	return e
}

// priceStream prices a streaming network module by module, as the Verilog backend instantiates them.
func priceStream(p *ir.Program, dev Device) Report {
	f := newPricer(dev)
	n := stream.Build(p)
	steps := make([]cost, len(p.Steps))
	var total cost
	for _, node := range n.Nodes {
		var c cost
		if node.Kind == stream.Pipe || node.Kind == stream.Banks && n.Layers[node.Step].Step.Engine == stream.Route {
			c = f.engine(n.Layers[node.Step], node)
		} else {
			c = f.node(node)
		}
		total.add(c)
		if node.Step >= 0 {
			steps[node.Step].add(c)
		}
	}
	r := Report{Total: f.figures(total, p)}
	for i := range p.Steps {
		r.Layers = append(r.Layers, layer(&p.Steps[i], steps[i]))
	}
	return r
}

// LayerCosts prices a folded layer for the search of foldings: its LUTs, DSP blocks and block RAMs. In LUTs, each of the other two
// weighs as one, so that they decide between layers of the same LUTs.
func LayerCosts(dev Device) (luts, dsps, brams func(l *stream.Layer) float64) {
	f := newPricer(dev)
	luts = func(l *stream.Layer) float64 { c := f.layer(l); return c.lut + float64(c.dsp+c.bram) }
	dsps = func(l *stream.Layer) float64 { return float64(f.layer(l).dsp) }
	brams = func(l *stream.Layer) float64 { return float64(f.layer(l).bram) }
	return luts, dsps, brams
}

// layer prices the engine of a layer with the replay memory before it.
func (f *pricer) layer(l *stream.Layer) cost {
	if l.Step.Engine == stream.Wires {
		return cost{}
	}
	c := f.engine(l, nil)
	if l.Step.Engine == stream.MVAU {
		in := l.Operands[0].Form
		c.add(f.streamBuffer(in.Lanes*l.Operands[0].Value.Type.Elem.Bits, in.GroupBeats(), l.Out.GroupBeats(), max(2, 2*in.GroupBeats())))
	}
	return c
}

// node prices the modules that are no engines.
func (f *family) node(n *stream.Node) cost {
	switch n.Kind {
	case stream.Fork:
		return cost{lut: f.control * float64(2*len(n.Outs)), ff: float64(len(n.Outs))}
	case stream.Buffer:
		return f.streamBuffer(n.Ins[0].Width(), n.Length, n.Repeat, n.Depth)
	case stream.Pack:
		count := log2(n.Length)
		wide := float64(n.Outs[0].Width())
		return cost{lut: wide + f.control*float64(count+5), ff: wide + float64(count+n.Ratio+1), carry: float64(ceil(count, f.carryBits))}
	case stream.Unpack:
		count := log2(n.Length)
		wide := float64(n.Ins[0].Width())
		return cost{lut: wide + f.control*float64(count+n.Ratio+5), ff: wide + float64(count+n.Ratio+1), carry: float64(ceil(count, f.carryBits))}
	case stream.Banks:
		return f.banks(n)
	}
	return cost{}
}

// streamBuffer prices a FIFO or replay memory: the memory, its output register, and the control that was fitted to three shapes.
func (f *family) streamBuffer(width, length, repeat, depth int) cost {
	c := f.ram(depth, width)
	addr, count := log2(depth), log2(depth+1)
	if f.lutRAM == nil { // a word that is written and read at once goes around the block
		c.add(cost{lut: float64(width + addr/2), ff: float64(width + addr + 1)})
	}
	word, times := 0, 0
	if length > 1 {
		word = log2(length)
	}
	if repeat > 1 {
		times = log2(repeat)
	}
	c.lut += f.control * float64(3*addr+2*count+2*word+2*times+14)
	c.ff += float64(width + 3*addr + count + word + times + 3)
	c.carry += float64(2*ceil(addr, f.carryBits) + 2*ceil(count, f.carryBits))
	return c
}

// banks prices the memories that keep whole samples, a copy for each lane that reads, and their control.
func (f *family) banks(n *stream.Node) cost {
	out := n.Outs[0]
	var c cost
	candidates := 0
	for i, in := range n.Ins[:len(n.Banks)] {
		depth := n.Banks[i] * in.Form.Beats()
		addr := log2(depth)
		port := f.ram(depth, in.Width())
		port.add(cost{lut: f.control * float64(addr), ff: float64(in.Width())})
		c.add(port.times(out.Form.Lanes))
		c.add(cost{lut: f.control * float64(6*addr+12), ff: float64(3*addr + 2*log2(n.Banks[i]+1)), carry: float64(3 * ceil(addr, f.carryBits))})
		c.add(f.beatROM(out.Form.Beats(), out.Form.Lanes*log2(in.Form.Beats())))
		candidates += in.Form.Lanes
	}
	width := out.Width()
	c.add(f.beatROM(out.Form.Beats(), out.Form.Lanes*log2(candidates)))
	c.add(cost{lut: float64(width*(candidates-1)) / 2, ff: float64(width + 4)})
	return c
}

// engine prices the pipeline of a layer: its head and the elementwise ops behind it. node is needed for a route only.
func (f *pricer) engine(l *stream.Layer, node *stream.Node) cost {
	var c cost
	switch l.Step.Engine {
	case stream.MVAU:
		c = f.mvau(l)
	case stream.Reduce:
		c = f.reduce(l)
	case stream.Route:
		if node != nil {
			c = f.banks(node)
		}
	default:
		for _, o := range l.Operands {
			c.ff += float64(l.Out.Lanes * o.Value.Type.Elem.Bits)
		}
		c.add(f.elementwise(l, l.Head))
	}
	for _, v := range l.Step.Values[1:] {
		c.add(f.elementwise(l, v))
	}
	c.add(cost{lut: f.control, ff: float64(l.Stages())})
	return c
}

// mvau prices PE rows of SIMD multipliers with an adder tree and an accumulator each, and the memories of weights and biases. On
// Xilinx a DSP block holds the register of its product and the first addition, or with SIMD 1 the accumulator.
func (f *pricer) mvau(l *stream.Layer) cost {
	pe, simd := l.Step.PE, l.Step.SIMD
	x, w := l.Operands[0].Value.Type.Elem, signedBits(f.elem(l.Head.Args[1]))
	acc := l.Head.Type.Elem.Bits
	c := f.product(x, ir.Int(w), simd, f.dev)
	inDSP := c.dsp > 0
	width := w + x.Bits
	if !inDSP || !f.registers {
		c.ff += float64(simd * width)
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
	c = c.times(pe)
	words := l.Blocks * l.Out.GroupBeats()
	stored := w
	if l.SignOnly() {
		stored = 1
	}
	c.add(f.beatROM(words*l.Operands[0].Form.GroupBeats(), pe*simd*stored))
	if len(l.Head.Args) == 3 {
		c.add(f.beatROM(words, pe*f.elem(l.Head.Args[2]).Bits))
	}
	c.ff += float64(3 * (levels + 1))
	return c
}

// signedBits is the number of bits of an element read as a signed number.
func signedBits(e ir.Elem) int {
	if e.Signed {
		return e.Bits
	}
	return e.Bits + 1
}

// elemOf is the narrowest element type that holds all integers.
func elemOf(ints []int64) ir.Elem {
	var lo, hi int64
	for _, x := range ints {
		lo, hi = min(lo, x), max(hi, x)
	}
	return ir.Fit(lo, hi)
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

// elementwise prices one op on all lanes with the registers behind it, and the constants that go with the lanes.
func (f *pricer) elementwise(l *stream.Layer, v *ir.Value) cost {
	lanes, out := l.Out.Lanes, v.Type.Elem.Bits
	var one cost
	switch a := v.Attr.(type) {
	case *ir.Requant:
		return f.requant(l, v, a)
	case *ir.Threshold:
		return f.threshold(l, v, a)
	case *ir.Table:
		one = f.rom(len(a.Values), out)
		if one.bram == 0 {
			one.ff = float64(out)
		}
		return one.times(lanes)
	case *ir.Clamp:
		above := max(0, v.Args[0].Type.Elem.Bits-out)
		one = cost{lut: float64(out) + float64(above)/4}
	default:
		one = f.arithmetic(v)
	}
	if v.Op == ir.OpWrap {
		return cost{}
	}
	one.ff += float64(out)
	c := one.times(lanes)
	for _, a := range v.Args {
		if d := a.Const(); d != nil && slices.Min(d.Ints) != slices.Max(d.Ints) {
			c.add(f.beatROM(l.Out.Beats(), lanes*a.Type.Elem.Bits))
		}
	}
	return c
}

// arithmetic prices an op of two or three arguments for one lane, without registers.
func (f *pricer) arithmetic(v *ir.Value) cost {
	in := 1
	for _, a := range v.Args {
		in = max(in, signedBits(a.Type.Elem))
	}
	out := v.Type.Elem.Bits
	carry := float64(ceil(in+1, f.carryBits))
	switch v.Op {
	case ir.OpAdd:
		return f.sum(min(in, out))
	case ir.OpSub:
		return cost{lut: f.subtract * float64(min(in, out)), carry: carry}
	case ir.OpMul:
		if isShift(v.Args[0]) || isShift(v.Args[1]) {
			return cost{}
		}
		return f.product(v.Args[0].Type.Elem, v.Args[1].Type.Elem, 1, f.dev)
	case ir.OpMax, ir.OpMin:
		return cost{lut: f.larger * float64(in), carry: carry}
	case ir.OpCmp:
		return cost{lut: f.compare * float64(in), carry: carry}
	case ir.OpSelect:
		return cost{lut: float64(out)}
	}
	return cost{}
}

// isShift tells whether v is one constant power of two.
func isShift(v *ir.Value) bool {
	d := v.Const()
	return d != nil && slices.Min(d.Ints) == slices.Max(d.Ints) && bits.OnesCount64(uint64(d.Ints[0])) == 1
}

// requant prices the scaling of all lanes: a product with a constant or with constants from a memory, the rounding, and the clamp.
func (f *pricer) requant(l *stream.Layer, v *ir.Value, a *ir.Requant) cost {
	x, out, lanes := signedBits(v.Args[0].Type.Elem), v.Type.Elem.Bits, l.Out.Lanes
	var mul, shift []int64
	for c := range max(len(a.Mul), len(a.Add), len(a.Shift)) {
		m, _, s := a.At(c)
		mul, shift = append(mul, m), append(shift, int64(s))
	}
	beats := l.Out.GroupBeats()
	m := bits.Len64(uint64(slices.Max(mul))) + 1
	var one cost
	if slices.Min(mul) != slices.Max(mul) || bits.OnesCount64(uint64(mul[0])) > 1 {
		one = f.product(v.Args[0].Type.Elem, ir.Uint(m-1), 1, f.dev)
	}
	inDSP := one.dsp > 0
	kept := max(1, x+m-int(slices.Min(shift))) // bits of the product that the shift leaves
	one.lut += float64(2 * out)
	one.ff += float64(out)
	if !inDSP || !f.registers {
		one.ff += float64(kept)
	}
	if !inDSP || !f.postAdder {
		one.add(f.sum(kept))
	}
	if a.Round == num.Float32 {
		one.add(cost{lut: f.control * float64(9*x), carry: float64(2 * ceil(24, f.carryBits))}) // two roundings to 24 bits and the shifts
	}
	c := one.times(lanes)
	if slices.Min(mul) != slices.Max(mul) {
		c.add(f.beatROM(beats, lanes*(m-1)))
	}
	if len(a.Add) > 1 {
		c.add(f.beatROM(beats, lanes*signedBits(elemOf(a.Add))))
	}
	return c
}

// threshold prices a comparator for each step, the counter of their results, and the steps where they differ from lane to lane.
func (f *family) threshold(l *stream.Layer, v *ir.Value, a *ir.Threshold) cost {
	n, out, lanes := len(a.Steps)/a.Channels, v.Type.Elem.Bits, l.Out.Lanes
	w := signedBits(v.Args[0].Type.Elem) + 1
	compare := f.compare * float64(w)
	if a.Channels == 1 {
		compare /= 2 // a constant operand
	}
	count := max(1, 2.7*float64(out)-4)
	one := cost{lut: float64(n) * (compare + f.control*count), ff: float64(out), carry: float64(n * ceil(w, f.carryBits))}
	c := one.times(lanes)
	if a.Channels > 1 {
		c.add(f.beatROM(l.Out.GroupBeats(), lanes*n*w))
	}
	return c
}
