package verilog

import (
	"fmt"
	"math/bits"
	"slices"

	"mlpc/ir"
	"mlpc/ir/stream"
)

// route prints the head of an index map. Stage 0 holds addresses, stage 1 the words read from memories that keep whole samples, one
// read port for each lane of the result, stage 2 the element of the word, or a constant, that each lane picks. t is the type of the result.
func (e *engine) route(node *stream.Node, t ir.Elem) bus {
	out := node.Outs[0]
	m := newRouteMap(node)
	has := ""
	for i := range node.Ins {
		e.P("wire has_sample%d;", i)
		if i > 0 {
			has += " && "
		}
		has += fmt.Sprintf("has_sample%d", i)
	}
	e.P("assign enter = %s;", has)
	e.Line("wire first, last;")
	e.packet(out.Form.Beats(), "move && enter")
	e.Line("wire unused_first = first;")
	e.Line("reg last_read;")
	e.Line("always @(posedge clk) if (move) last_read <= last;")
	for i, in := range node.Ins {
		e.memory(m, i, in, node.Banks[i], out.Form.Lanes, portName("in", i, len(node.Ins)))
	}
	if m.candidates > 1 {
		e.rom("picks", m.picks, m.pickBits, e.step(1))
	}
	y := e.pick(m, node, t)
	e.stage = 1
	return e.register(y, t, out.Form.Lanes)
}

// memory prints the memories of one input, with a copy for each lane of the result.
func (e *engine) memory(m *routeMap, i int, in *stream.Link, banks, ports int, port string) {
	addr := m.addrBits[i]
	e.rom(fmt.Sprintf("addr%d", i), m.addrs[i], addr, e.step(0))
	e.P("wire [%d:0] q%d;", ports*in.Width()-1, i)
	e.P("wire unused_q%d = &{1'b0, q%d};", i, i)
	e.P("mlpc_stream_banks #(.WIDTH(%d), .WORDS(%d), .BANKS(%d), .PORTS(%d), .ADDR(%d)) memory%d (",
		in.Width(), in.Form.Beats(), banks, ports, addr, i)
	e.P("  .clk(clk), .rst(rst), .in_data(%s_data), .in_valid(%s_valid), .in_ready(%s_ready),", port, port, port)
	e.P("  .has_sample(has_sample%d), .issued(move && enter && last), .step(move), .addr(addr%d), .q(q%d),", i, i, i)
	e.Line("  .free(move && beat[0] && last_read)")
	e.Line(");")
}

// pick prints the selection of each lane among the lanes of all words that were read, and constants.
func (e *engine) pick(m *routeMap, node *stream.Node, t ir.Elem) string {
	y := e.wire(t.Bits)
	e.lanes("pick")
	e.P("wire [%d:0] from;", m.candidates*t.Bits-1)
	base := 0
	for k, in := range node.Ins {
		from := in.Value.Type.Elem
		for j := range in.Form.Lanes {
			e.P("assign from[%d +: %d] = %s;", base*t.Bits, t.Bits, resized(fmt.Sprintf("q%d", k), fmt.Sprintf("(i*%d + %d)*%d", in.Form.Lanes, j, from.Bits), from, t.Bits))
			base++
		}
	}
	if n := len(m.fills); n > 0 {
		e.P("assign from[%d +: %d] = %d'h%s;", base*t.Bits, n*t.Bits, n*t.Bits, hexWord(m.fills, t.Bits))
	}
	if m.candidates == 1 {
		e.P("assign %s[i*%d +: %d] = from;", y, t.Bits, t.Bits)
	} else {
		e.P("mlpc_pick #(.N(%d), .WIDTH(%d), .INDEX(%d)) op (.x(from), .index(picks[i*%d +: %d]), .y(%s[i*%d +: %d]));",
			m.candidates, t.Bits, m.pickBits, m.pickBits, m.pickBits, y, t.Bits, t.Bits)
	}
	e.done()
	return y
}

// resized spells an element of a bus at a bit offset in so many bits: extended by its sign, or cut.
func resized(name, at string, t ir.Elem, to int) string {
	switch {
	case t.Bits >= to:
		return fmt.Sprintf("%s[%s +: %d]", name, at, to)
	case t.Signed:
		return fmt.Sprintf("{{%d{%s[%s + %d]}}, %s[%s +: %d]}", to-t.Bits, name, at, t.Bits-1, name, at, t.Bits)
	}
	return fmt.Sprintf("{%d'd0, %s[%s +: %d]}", to-t.Bits, name, at, t.Bits)
}

// routeMap is an index map in terms of words: for each beat and lane of the result an address in the memory of each input, and which
// of the candidates to pick: the lanes of the word of the first input, of the second, …, then the constants.
type routeMap struct {
	addrBits   []int
	addrs      [][][]int64 // by input, beat, lane
	pickBits   int
	picks      [][]int64 // by beat, lane
	fills      []int64   // distinct constants
	candidates int
}

func newRouteMap(node *stream.Node) *routeMap {
	out := node.Outs[0].Form
	m := &routeMap{}
	places := map[int32]place{}
	at := int32(0)
	for k, in := range node.Ins {
		f := in.Form
		for beat := range f.Beats() {
			for lane := range f.Lanes {
				if el := f.Element(beat, lane); el >= 0 {
					places[at+int32(el)] = place{k, beat, m.candidates + lane}
				}
			}
		}
		at += int32(f.Groups * f.Length)
		m.candidates += f.Lanes
		m.addrBits = append(m.addrBits, max(1, bits.Len(uint(f.Beats()-1))))
	}
	m.addrs = make([][][]int64, len(node.Ins))
	for beat := range out.Beats() {
		pick := make([]int64, out.Lanes)
		addr := make([][]int64, len(node.Ins))
		for k := range addr {
			addr[k] = make([]int64, out.Lanes)
		}
		for lane := range out.Lanes {
			el := out.Element(beat, lane)
			if el < 0 {
				continue
			}
			if x := node.Index[el]; x >= 0 {
				p := places[x]
				addr[p.input][lane], pick[lane] = int64(p.word), int64(p.candidate)
			} else {
				pick[lane] = int64(m.candidates + m.fill(node.Fill[-1-x]))
			}
		}
		m.picks = append(m.picks, pick)
		for k := range addr {
			m.addrs[k] = append(m.addrs[k], addr[k])
		}
	}
	m.candidates += len(m.fills)
	m.pickBits = max(1, bits.Len(uint(m.candidates-1)))
	return m
}

// place says where an element of an input is kept.
type place struct{ input, word, candidate int }

// fill gives the index of a constant, which it adds where it is new.
func (m *routeMap) fill(x int64) int {
	if i := slices.Index(m.fills, x); i >= 0 {
		return i
	}
	m.fills = append(m.fills, x)
	return len(m.fills) - 1
}
