package cc

import (
	"fmt"
	"slices"
	"strings"

	"mlpc/backends"
)

// section is what a kind of core needs of the packed layers: the kernels, and the constants of its layers.
type section struct {
	kind    *coreKind
	kernels map[*Layer]*kernel // of the layers that it computes
	lines   []string           // that define the kernels
	chains  []chain
	wide    int // bytes for inputs in the form that a kernel reads
}

// chain is a run of packed layers that one kernel computes, each on the results of the one before.
type chain struct {
	layers []*Layer
	kernel *kernel
}

// sections prepares the packed layers for all kinds of cores.
func (e *emitter) sections() []*section {
	var list []*section
	for _, kind := range coreKinds {
		s := &section{kind: kind, kernels: map[*Layer]*kernel{}}
		for _, l := range e.plan.Layers {
			if p := e.packed[l]; p != nil {
				if k := kernelOf(p, kind); k != nil {
					s.add(e.plan, l, p, k)
				}
			}
		}
		list = append(list, s)
	}
	return list
}

// add appends a layer to the last chain, or to a new one.
func (s *section) add(plan *Plan, l *Layer, p *packed, k *kernel) {
	s.kernels[l] = k
	if !slices.Contains(s.lines, k.line) {
		s.lines = append(s.lines, k.line)
	}
	if wide := k.layout.wide; wide != nil {
		s.wide = max(s.wide, (wide(p, k.sparse)+3)&^3)
	}
	if n := len(s.chains); n > 0 {
		c := &s.chains[n-1]
		if c.kernel.line == k.line && p.shape.batch == 1 && plan.follows(c.layers[len(c.layers)-1], l) {
			c.layers = append(c.layers, l)
			return
		}
	}
	s.chains = append(s.chains, chain{[]*Layer{l}, k})
}

// follows tells whether layer b can be the next of a chain after layer a: it runs right after it on its results, which lie in the arena.
func (p *Plan) follows(a, b *Layer) bool {
	i := slices.Index(p.Layers, a)
	at, from := p.places[a.Out().ID], p.places[b.Head.Args[0].ID]
	return i+1 < len(p.Layers) && p.Layers[i+1] == b && at == from && p.inArena(a) && shapeOf(a.Head).batch == 1
}

// inArena tells whether a layer's results lie in the arena of bytes, where a chain can name the place.
func (p *Plan) inArena(l *Layer) bool {
	at := p.places[l.Out().ID]
	return at.array == arenaName(1) && at.offset < outPlace
}

// outPlace is MLPC_OUT.
const outPlace = 0xFFFF

// print prints the kernels and the constants of a section.
func (s *section) print(p *backends.Printer, e *emitter) {
	for _, line := range s.lines {
		p.Line(line)
	}
	if s.wide > 0 {
		p.P("static uint32_t wide[%d];", s.wide/4)
	}
	p.Line("")
	for _, c := range s.chains {
		for _, l := range c.layers {
			p.P("/* %s */", comment(describe(l)))
			printWords(p, fmt.Sprintf("words_%d", l.Head.ID), s.kernels[l].words)
		}
		p.P("static const mlpc_dense %s[%d] = {", c.table(), len(c.layers))
		p.In()
		for _, l := range c.layers {
			pk, k, to := e.packed[l], s.kernels[l], outPlace
			if e.plan.inArena(l) {
				to = e.plan.places[l.Out().ID].offset
			}
			p.P("{words_%d, %d, %d, %d, %d, %d, %d, %d, %d},", l.Head.ID, pk.shape.k, max(pk.shape.out, 4), to, k.zero(pk), pk.step(), k.down(pk), bit(byRow(k.form)), k.zeroByte(pk))
		}
		p.Out()
		p.Line("};")
		p.Line("")
	}
}

// table is the name of a chain's layers.
func (c *chain) table() string { return fmt.Sprintf("layers_%d", c.layers[0].Head.ID) }

// printWords prints words in hexadecimal.
func printWords(p *backends.Printer, name string, words []uint32) {
	p.P("static const uint32_t %s[%d] = {", name, len(words))
	p.In()
	var line strings.Builder
	for part := range slices.Chunk(words, 9) {
		line.Reset()
		for i, w := range part {
			if i > 0 {
				line.WriteByte(' ')
			}
			fmt.Fprintf(&line, "0x%08xu,", w)
		}
		p.Line(line.String())
	}
	p.Out()
	p.Line("};")
}

// call spells the statements that run a chain.
func (c *chain) call(e *emitter, s *section) []string {
	first, last := c.layers[0], c.layers[len(c.layers)-1]
	p := e.packed[last]
	x, y := e.plan.at(first.Head.Args[0], true), e.plan.at(last.Out(), false)
	arena, wide := "NULL", "NULL"
	if e.plan.Arena[0] > 0 {
		arena = arenaName(1)
	}
	if s.wide > 0 {
		wide = "wide"
	}
	if p.shape.batch > 1 || p.shape.out < 4 && !e.plan.inArena(last) {
		// Kernels write four results at least, and know one sample.
		return c.apart(e, p, x, y, arena, wide)
	}
	return c.run(e, x, y, arena, wide)
}

// fewLayers is how many layers are called one by one, which takes less time than a loop over them.
const fewLayers = 4

// run spells the statements that run the layers of a chain from x to y.
func (c *chain) run(e *emitter, x, y, arena, wide string) []string {
	if len(c.layers) > fewLayers {
		return []string{fmt.Sprintf("mlpc_dense_chain(%s, %s, %d, %s, %s, %s, %s);", c.kernel.name, c.table(), len(c.layers), x, arena, y, wide)}
	}
	var lines []string
	for i, l := range c.layers {
		to := y
		if i+1 < len(c.layers) {
			to = e.plan.at(l.Out(), false)
		}
		lines = append(lines, fmt.Sprintf("%s(%s, %s, &%s[%d], %s);", c.kernel.name, x, to, c.table(), i, wide))
		x = to
	}
	return lines
}

// apart spells the statements that run a chain whose results are copied, or of one layer on several samples.
func (c *chain) apart(e *emitter, p *packed, x, y, arena, wide string) []string {
	to, t := y, CType(p.layer.Out().Type.Elem)
	var lines []string
	if p.shape.batch > 1 {
		lines = append(lines, fmt.Sprintf("for (int n = 0; n < %d; n++) {", p.shape.batch))
		x, to = fmt.Sprintf("%s + %d * n", x, p.shape.k), fmt.Sprintf("%s + %d * n", y, p.shape.out)
	} else {
		lines = append(lines, "{")
	}
	if p.shape.out < 4 {
		lines = append(lines, fmt.Sprintf("    %s four[4];", t))
	}
	target := to
	if p.shape.out < 4 {
		target = "four"
	}
	if p.shape.batch > 1 {
		lines = append(lines, fmt.Sprintf("    %s(%s, %s, %s, %s);", c.kernel.name, x, target, c.table(), wide))
	} else {
		for _, line := range c.run(e, x, target, arena, wide) {
			lines = append(lines, "    "+line)
		}
	}
	if p.shape.out < 4 {
		for i := range p.shape.out {
			lines = append(lines, fmt.Sprintf("    (%s)[%d] = four[%d];", to, i, i))
		}
	}
	return append(lines, "}")
}

// plainCondition spells the condition under which a packed layer is plain loops.
func plainCondition(l *Layer, sections []*section) string {
	var with []string
	for _, s := range sections {
		if s.kernels[l] != nil {
			with = append(with, s.kind.condition)
		}
	}
	if len(with) == len(sections) {
		return "!defined(MLPC_MVE) && !defined(MLPC_DSP) && !defined(MLPC_THUMB)"
	}
	for i, c := range with {
		with[i] = "(" + c + ")"
	}
	return "!(" + strings.Join(with, " || ") + ")"
}
