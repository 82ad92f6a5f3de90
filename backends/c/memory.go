package cc

import (
	"cmp"
	"slices"

	"mlpc/backends"
	"mlpc/ir"
)

// place says where the elements of a value lie: at an offset, in elements, of an array.
type place struct {
	array  string // C name: a port of the model, a constant, or an arena
	ctype  string // of the array
	offset int
}

// buffer is a piece of an arena while layers are running.
type buffer struct {
	class      int // bytes of an element: 1, 2, 4 or 8
	count      int // elements
	first, end int // layers at whose run it is in use, end included
	offset     int // in elements
}

// Plan is the program as loop nests with a place for every stored value.
//
// Values of different element sizes lie in different arenas, so that no memory is ever accessed as two incompatible C types.
type Plan struct {
	Graph  *ir.Graph
	Ranges []ir.Interval // by value ID; nil for float32
	Layers []*Layer
	Arena  [4]int // elements of 1, 2, 4 and 8 bytes
	Skip   bool   // layers behind a ReLU spend no time on inputs of 0
	Bytes  bool   // weights of 4 and 2 bits take a byte each

	places []place // by value ID
	copies []port  // outputs that no layer writes: copied at the end
}

// port is an output of the model and the value that leaves through it.
type port struct {
	name  string
	value *ir.Value
}

// classes are the element sizes of the arenas, in bytes.
var classes = [4]int{1, 2, 4, 8}

// NewPlan groups the values of a verified graph of integers or of float32 into loop nests and places them in memory.
func NewPlan(g *ir.Graph) (*Plan, error) {
	p := &Plan{Graph: g, Layers: layers(g, g.Uses()), places: make([]place, len(g.Values))}
	if !p.single() {
		var err error
		if p.Ranges, err = ir.Ranges(g); err != nil {
			return nil, err
		}
	}
	p.placePorts()
	p.placeArenas()
	for _, v := range g.Values {
		if start, ok := viewStart(v); ok {
			at := p.places[v.Args[0].ID]
			at.offset += start
			p.places[v.ID] = at
		}
	}
	return p, nil
}

// single tells whether the program computes in float32.
func (p *Plan) single() bool { return p.Graph.Outs[0].Type.Elem.Single }

// RAMBytes is the size of the arenas: all memory that the emitted model uses besides its stack.
func (p *Plan) RAMBytes() int {
	n := 0
	for i, c := range classes {
		n += c * p.Arena[i]
	}
	return n
}

// placePorts places inputs, constants, and the outputs that a layer can write directly.
func (p *Plan) placePorts() {
	ins := p.Graph.Inputs()
	for i, name := range PortNames("in", len(ins)) {
		p.places[ins[i].ID] = place{array: name, ctype: CType(ins[i].Type.Elem)}
	}
	for _, v := range p.Graph.Values {
		if v.Op == ir.OpConst {
			p.places[v.ID] = place{array: constName(v), ctype: CType(v.Type.Elem)}
		}
	}
	for i, name := range PortNames("out", len(p.Graph.Outs)) {
		o := p.Graph.Outs[i]
		root := rootOf(o)
		whole := root.Type.Size() == o.Type.Size() && CType(root.Type.Elem) == CType(o.Type.Elem)
		if root.Op != ir.OpInput && root.Op != ir.OpConst && whole && p.places[root.ID].array == "" {
			p.places[root.ID] = place{array: name, ctype: CType(o.Type.Elem)}
		} else {
			p.copies = append(p.copies, port{name, o})
		}
	}
}

// rootOf follows views to the value whose memory they show.
func rootOf(v *ir.Value) *ir.Value {
	for isView(v) {
		v = v.Args[0]
	}
	return v
}

// placeArenas gives every other stored value a piece of an arena that is free while the value is needed.
func (p *Plan) placeArenas() {
	pieces, of := p.buffers()
	slices.SortStableFunc(pieces, func(a, b *buffer) int {
		return cmp.Or(b.count*b.class-a.count*a.class, a.first-b.first)
	})
	for i, b := range pieces {
		b.offset = lowestFree(b, pieces[:i])
		at := slices.Index(classes[:], b.class)
		p.Arena[at] = max(p.Arena[at], b.offset+b.count)
	}
	for at, class := range classes {
		if n, ok := bothEnds(pieces, class, p.Arena[at]); ok {
			p.Arena[at] = n
		}
	}
	for id, b := range of {
		if b != nil {
			p.places[id] = place{array: arenaName(b.class), ctype: p.arenaType(b.class), offset: b.offset}
		}
	}
}

// buffers lists the pieces of arena that are needed, and gives the piece of each value by its ID. A layer that may work in place
// extends the life of its argument's piece instead of having its own.
func (p *Plan) buffers() (pieces []*buffer, of []*buffer) {
	last := p.lastUse()
	of = make([]*buffer, len(p.Graph.Values))
	for i, l := range p.Layers {
		out := rootOf(l.Out())
		if p.places[out.ID].array != "" {
			continue
		}
		if from := inPlace(l, last, i); from != nil && of[from.ID] != nil {
			of[out.ID] = of[from.ID]
			of[from.ID].end = last[out.ID]
			continue
		}
		count := out.Type.Size()
		if ElemBytes(out.Type.Elem) == 1 {
			count = max(count, 4) // kernels write four results at least
		}
		of[out.ID] = &buffer{class: ElemBytes(out.Type.Elem), count: count, first: i, end: last[out.ID]}
		pieces = append(pieces, of[out.ID])
	}
	return pieces, of
}

// lastUse gives for each stored value the last layer that reads it or a view of it; a value that nobody reads is in use while it
// is made.
func (p *Plan) lastUse() []int {
	last := make([]int, len(p.Graph.Values))
	for i, l := range p.Layers {
		last[rootOf(l.Out()).ID] = i
		for _, a := range l.args() {
			last[rootOf(a).ID] = i
		}
	}
	for _, c := range p.copies {
		last[rootOf(c.value).ID] = len(p.Layers)
	}
	return last
}

// inPlace gives the argument whose memory layer i may overwrite with its result, or nil: it is read element by element in step
// with the writing, by no other path, has elements of the same size, and is not needed afterwards.
func inPlace(l *Layer, last []int, i int) *ir.Value {
	if !isElementwise(l.Head.Op) {
		return nil
	}
	out := l.Out()
	for _, a := range l.Head.Args {
		fits := a.Type.Size() == out.Type.Size() && ElemBytes(a.Type.Elem) == ElemBytes(out.Type.Elem)
		otherPath := slices.ContainsFunc(l.args(), func(b *ir.Value) bool { return b != a && rootOf(b) == a })
		if fits && !otherPath && !isView(a) && last[a.ID] == i {
			return a
		}
	}
	return nil
}

// lowestFree finds the lowest offset at which b overlaps no piece of the same arena that is in use at the same time.
func lowestFree(b *buffer, placed []*buffer) int {
	var busy []*buffer
	for _, o := range placed {
		if o.class == b.class && o.first <= b.end && b.first <= o.end {
			busy = append(busy, o)
		}
	}
	slices.SortFunc(busy, func(x, y *buffer) int { return cmp.Or(x.offset-y.offset, x.count-y.count) })
	at := 0
	for _, o := range busy {
		if at+b.count <= o.offset {
			break
		}
		at = max(at, o.offset+o.count)
	}
	return at
}

// bothEnds places the pieces of a class by turns at the beginning and at the end of an arena, in the order in which they come into use,
// where that takes less than most elements: where each is in use together with its neighbours in time only.
func bothEnds(pieces []*buffer, class, most int) (n int, ok bool) {
	list := slices.DeleteFunc(slices.Clone(pieces), func(b *buffer) bool { return b.class != class })
	slices.SortStableFunc(list, func(a, b *buffer) int { return a.first - b.first })
	for i, b := range list {
		n = max(n, b.count)
		for j, o := range list[:i] {
			switch together := o.end >= b.first; {
			case together && j == i-1:
				n = max(n, o.count+b.count)
			case together:
				return 0, false
			}
		}
	}
	if n >= most {
		return 0, false
	}
	for i, b := range list {
		b.offset = i % 2 * (n - b.count)
	}
	return n, true
}

func arenaName(class int) string {
	return map[int]string{1: "arena8", 2: "arena16", 4: "arena32", 8: "arena64"}[class]
}

// arenaType is the C type of an arena's elements.
func (p *Plan) arenaType(class int) string {
	if p.single() {
		return "float"
	}
	return map[int]string{1: "int8_t", 2: "int16_t", 4: "int32_t", 8: "int64_t"}[class]
}

// unread lists the inputs that neither a layer nor an output needs.
func (p *Plan) unread() []*ir.Value {
	read := map[*ir.Value]bool{}
	for _, l := range p.Layers {
		for _, a := range l.args() {
			read[rootOf(a)] = true
		}
	}
	for _, c := range p.copies {
		read[rootOf(c.value)] = true
	}
	return slices.DeleteFunc(p.Graph.Inputs(), func(v *ir.Value) bool { return read[v] })
}

// printArenas declares the arenas.
func (p *Plan) printArenas(w *backends.Printer) {
	for i, c := range classes {
		if p.Arena[i] > 0 {
			w.P("static %s %s[%d];", p.arenaType(c), arenaName(c), p.Arena[i])
		}
	}
}
