package stream

import (
	"fmt"

	"mlpc/ir"
)

// unlimited is the depth of a FIFO whose size is yet to be found.
const unlimited = 1 << 30

// Build makes the network of a program whose graph passed Check and whose steps are those of Partition with a folding chosen:
// PE and SIMD from 1 to the number of rows and columns (lanes: to the last axis). FIFOs at branches get their size from simulation.
func Build(p *ir.Program) *Network {
	return sizeFIFOs(p)
}

// Of gives the network that a program was scheduled as, or builds it.
func Of(p *ir.Program) *Network {
	if n, ok := p.Circuit.(*Network); ok && n.Program == p {
		return n
	}
	return Build(p)
}

// Verify checks that every stream has two ends and every FIFO a size.
func (n *Network) Verify() error {
	for _, l := range n.Links {
		if l.From == nil || l.To == nil {
			return fmt.Errorf("stream %d of %q has no end", l.ID, l.Value.Name)
		}
	}
	for _, node := range n.Nodes {
		if node.Kind == Buffer && (node.Depth < 2 || node.Depth == unlimited) {
			return fmt.Errorf("FIFO %d has %d words", node.ID, node.Depth)
		}
	}
	return nil
}

// builder makes a network.
type builder struct {
	*Network
	consumers []int                 // by value ID
	free      map[*ir.Value][]*Link // streams that wait for a consumer
	depths    []int                 // of the FIFOs at branches, in order; beyond the end: unlimited
	branches  int                   // FIFOs so far
}

// build makes the network with the given depths of the FIFOs at branches, in order; 0: none.
func build(p *ir.Program, depths []int) *Network {
	g := p.Graph
	b := &builder{Network: &Network{Program: p}, consumers: make([]int, len(g.Values)), free: map[*ir.Value][]*Link{}, depths: depths}
	fixed := constants(g)
	for i := range p.Steps {
		l := newLayer(&p.Steps[i], fixed)
		b.Layers = append(b.Layers, l)
		for _, o := range l.Operands {
			b.consumers[o.Value.ID]++
		}
	}
	for _, o := range g.Outs {
		b.consumers[o.ID]++
	}
	for i, v := range g.Inputs() {
		source := b.node(Source, -1)
		source.Port = i
		b.publish(b.link(source, v, b.inputForm(v)))
	}
	for i, l := range b.Layers {
		b.layer(i, l)
	}
	for i, o := range g.Outs {
		in := b.take(o)
		in = b.reform(in, flat(in.Form), -1)
		sink := b.node(Sink, -1)
		sink.Port = i
		b.join(in, sink)
	}
	return b.Network
}

func (b *builder) node(k Kind, step int) *Node {
	n := &Node{Kind: k, ID: len(b.Nodes), Step: step}
	b.Nodes = append(b.Nodes, n)
	return n
}

// link begins a stream at a node; join ends it.
func (b *builder) link(from *Node, v *ir.Value, f Form) *Link {
	l := &Link{ID: len(b.Links), From: from, Value: v, Form: f}
	b.Links = append(b.Links, l)
	from.Outs = append(from.Outs, l)
	return l
}

func (b *builder) join(l *Link, to *Node) {
	l.To = to
	to.Ins = append(to.Ins, l)
}

// publish makes a stream available to all consumers of its value.
func (b *builder) publish(l *Link) {
	v := l.Value
	switch n := b.consumers[v.ID]; n {
	case 0:
		b.join(l, b.node(Drain, -1))
	case 1:
		b.free[v] = []*Link{l}
	default:
		fork := b.node(Fork, -1)
		b.join(l, fork)
		for range n {
			b.free[v] = append(b.free[v], b.fifo(b.link(fork, v, l.Form)))
		}
	}
}

// fifo puts a FIFO behind a branch of a fork.
func (b *builder) fifo(l *Link) *Link {
	depth := unlimited
	if b.branches < len(b.depths) {
		depth = b.depths[b.branches]
	}
	b.branches++
	if depth == 0 {
		return l
	}
	n := b.node(Buffer, -1)
	n.Length, n.Repeat, n.Depth = 1, 1, depth
	b.join(l, n)
	return b.link(n, l.Value, l.Form)
}

// take gives the next free stream of a value.
func (b *builder) take(v *ir.Value) *Link {
	l := b.free[v][0]
	b.free[v] = b.free[v][1:]
	return l
}

// layer adds the nodes of a step.
func (b *builder) layer(i int, l *Layer) {
	out := l.Step.Out()
	if l.Step.Engine == Wires {
		in := b.take(l.Operands[0].Value)
		in.Value = out
		b.publish(in)
		return
	}
	var ins []*Link
	for _, o := range l.Operands {
		ins = append(ins, b.operand(i, o))
	}
	switch l.Step.Engine {
	case MVAU:
		ins[0] = b.replay(i, ins[0], ins[0].Form.GroupBeats(), l.Out.GroupBeats())
	case MatMul:
		ins[0] = b.replay(i, ins[0], ins[0].Form.GroupBeats(), l.Out.GroupBeats())
		ins[1] = b.replay(i, ins[1], ins[1].Form.Beats()/l.Blocks, l.Repeat)
	case Lookup:
		last := len(ins) - 1
		ins[last] = b.replay(i, ins[last], 1, l.Out.GroupBeats())
	}
	if l.Step.Engine == Float32 {
		ins[0] = b.sums(i, l, ins[0])
	}
	n := b.node(Pipe, i)
	n.Every, n.Stages = 1, l.Stages()
	switch l.Step.Engine {
	case Reduce, TopK, MVAU, MatMul:
		n.Every = l.Operands[0].Form.GroupBeats()
	case Route:
		n.Kind = Banks
		n.Index, n.Fill = routeMap(l.Head, l.Operands)
		n.bank(l.Operands, l.Out)
	case Lookup:
		if l.HasTable() {
			n.Kind = Banks
			n.bank(l.Operands[:1], l.Out)
		}
	}
	for _, in := range ins {
		b.join(in, n)
	}
	made := b.link(n, out, l.Out)
	if isReordered(l.Head) {
		made = b.sorted(i, made, l.Head)
	}
	b.publish(made)
}

// sums adds the sums of a float32 engine, and brings them into the lanes of its quantizer. Sums leave row after row, and then none for
// long; a FIFO lets them go on while a quantizer of fewer lanes works.
func (b *builder) sums(i int, l *Layer, in *Link) *Link {
	chain := l.Chain()
	if chain != nil {
		in = b.replay(i, in, l.Columns, chain.Folds)
	}
	n := b.node(Pipe, i)
	n.Chain, n.Inner, n.Every, n.Stages = chain, true, 1, SumStages
	b.join(in, n)
	out := b.link(n, l.Step.Out(), l.Out)
	out.sums = l
	out.Form.Lanes = l.Step.PE
	if out.Form.Lanes == l.Out.Lanes {
		return out
	}
	fifo := b.node(Buffer, -1)
	fifo.Length, fifo.Repeat, fifo.Depth = 1, 1, chain.Slots
	b.join(out, fifo)
	return b.reform(b.follow(fifo, out, out.Form), l.Out, i)
}

// sorted brings the places of a topk, which leave its engine line by line, into the order of the result.
func (b *builder) sorted(step int, in *Link, v *ir.Value) *Link {
	axis := v.Attr.(*ir.Axis)
	inner := ir.Size(v.Type.Shape[axis.Axis+1:])
	n := b.node(Banks, step)
	n.Stages = 3
	for e := range v.Type.Size() {
		outer, k, i := e/(axis.K*inner), e/inner%axis.K, e%inner
		n.Index = append(n.Index, int32((outer*inner+i)*axis.K+k))
	}
	to := formOf(v, 1)
	n.bank([]Operand{{v, nil, in.Form}}, to)
	b.join(in, n)
	return b.link(n, v, to)
}

// operand brings a run-time value into the form and order that an engine wants.
func (b *builder) operand(step int, o Operand) *Link {
	in := b.take(o.Value)
	if o.Index == nil {
		return b.reform(in, o.Form, step)
	}
	from := formOf(o.Value, min(o.Form.Lanes, LastAxis(o.Value)))
	in = b.reform(in, from, step)
	n := b.node(Banks, step)
	n.Index, n.Fill, n.Stages = o.Index(), []int64{0}, 3
	n.bank([]Operand{{o.Value, nil, from}}, o.Form)
	b.join(in, n)
	return b.link(n, o.Value, o.Form)
}

// replay puts a memory before an engine that gives each packet of so many words several times: the input of an MVAU once for every
// fold of the rows. It has room for the next packet, so that the engine before need not wait.
func (b *builder) replay(step int, in *Link, words, times int) *Link {
	n := b.node(Buffer, step)
	n.Length, n.Repeat, n.Depth = words, times, 2
	if times > 1 {
		n.Depth = max(2, 2*n.Length)
	}
	b.join(in, n)
	return b.link(n, in.Value, in.Form)
}

// bank chooses how many samples of each operand a route engine keeps: the least number with which it is as fast as the longer of
// writing and reading, which overlap but for two cycles.
func (n *Node) bank(operands []Operand, out Form) {
	for _, o := range operands {
		write, read := o.Form.Beats(), out.Beats()
		longest := max(write, read)
		n.Banks = append(n.Banks, max(2, (write+read+2+longest-1)/longest))
	}
}

// routeMap gives the index map of a route over its run-time operands only; elements of constants become fills.
func routeMap(v *ir.Value, operands []Operand) ([]int32, []int64) {
	r := v.Attr.(*ir.Route)
	fill := append([]int64{}, r.Fill...)
	start := map[*ir.Value]int32{}
	n := int32(0)
	for _, o := range operands {
		start[o.Value] = n
		n += int32(o.Value.Type.Size())
	}
	var places []int32 // of each element of the arguments laid end to end
	for _, a := range v.Args {
		base, isRun := start[a]
		for e := range a.Type.Size() {
			if isRun {
				places = append(places, base+int32(e))
				continue
			}
			fill = append(fill, a.Const().Ints[e])
			places = append(places, -int32(len(fill)))
		}
	}
	index := make([]int32, len(r.Index))
	for i, x := range r.Index {
		index[i] = x
		if x >= 0 {
			index[i] = places[x]
		}
	}
	return index, fill
}

// inputForm chooses how an input arrives: in the lanes that its first consumer takes.
func (b *builder) inputForm(v *ir.Value) Form {
	for _, l := range b.Layers {
		for _, o := range l.Operands {
			switch {
			case o.Value != v:
			case l.Step.Engine == Wires:
				return b.inputForm(l.Step.Out())
			case o.Index != nil:
				return flat(formOf(v, min(o.Form.Lanes, LastAxis(v))))
			default:
				return flat(o.Form)
			}
		}
	}
	return flat(formOf(v, 1))
}

// flat gives a form of one group that carries the same elements, with as many lanes as leave no beat filled up in between.
func flat(f Form) Form {
	lanes := f.Lanes
	if f.Groups > 1 {
		lanes = gcd(f.Lanes, f.Length)
	}
	return Form{1, f.Groups * f.Length, lanes}
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
