package estimator

import (
	"slices"

	"mlpc/ir"
	"mlpc/ir/stream"
)

// pricer prices the engines of streaming circuits on one device.
type pricer struct {
	*family
	dev   Device
	ends  map[*ir.Value][2]int64 // least and largest integer of constants, which a search asks for again and again
	exact bool                   // look at every weight
}

func newPricer(dev Device) *pricer {
	return &pricer{family: families[dev.Family], dev: dev, ends: map[*ir.Value][2]int64{}}
}

// bounds gives the least and the largest of a constant's integers.
func (f *pricer) bounds(v *ir.Value) (lo, hi int64) {
	e, ok := f.ends[v]
	if !ok {
		ints := v.Const().Ints
		e = [2]int64{slices.Min(ints), slices.Max(ints)}
		f.ends[v] = e
	}
	return e[0], e[1]
}

// elem is the narrowest type that holds a constant's integers.
func (f *pricer) elem(v *ir.Value) ir.Elem { return ir.Fit(f.bounds(v)) }

// priceStream prices a streaming network module by module, as the Verilog backend instantiates them.
func priceStream(p *ir.Program, dev Device) Report {
	f := newPricer(dev)
	f.exact = true
	n := stream.Of(p)
	steps := make([]cost, len(p.Steps))
	var total cost
	for _, node := range n.Nodes {
		var c cost
		if node.Inner {
			c = f.sums(n.Layers[node.Step])
		} else if node.Kind == stream.Pipe || node.Kind == stream.Banks && !n.IsAdapter(node) {
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
	in := l.Operands[0].Form
	replay := func(times, depth int) {
		c.add(f.streamBuffer(in.Lanes*l.Operands[0].Value.Type.Elem.Bits, in.GroupBeats(), times, depth))
	}
	switch l.Step.Engine {
	case stream.MVAU:
		replay(l.Out.GroupBeats(), max(2, 2*in.GroupBeats()))
	case stream.Float32:
		c.add(f.sums(l))
		if chain := l.Chain(); chain != nil && chain.Folds > 1 {
			replay(chain.Folds, 2*in.GroupBeats())
		} else if chain != nil {
			replay(1, 2)
		}
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
