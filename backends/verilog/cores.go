package verilog

import (
	"mlpc/backends"
	"mlpc/ir"
	"mlpc/ir/stream"
)

// port is one stream of a core: the elements of a sample in row-major order, len(lanes) a beat.
type port struct {
	name  string    // prefix of the signals: "in", "out1"
	lanes []ir.Elem // type of the element in each lane, the first lane in the low bits
	size  int       // elements of a sample
}

// beats is the number of beats of a sample; the last one may be filled up.
func (p *port) beats() int { return (p.size + len(p.lanes) - 1) / len(p.lanes) }

// width is the number of data bits.
func (p *port) width() int {
	n := 0
	for _, t := range p.lanes {
		n += t.Bits
	}
	return n
}

// core is a circuit with streams on both sides: the module has the ports clk, rst and, for each stream, _data, _valid and _ready.
type core struct {
	name      string
	ins, outs []port
	files     backends.Files
	settle    int    // samples after which the pace is steady
	flash     []byte // what the core reads from a SPI flash after reset; nil: it has no flash
	idle      int    // cycles without a beat at any port after which it is held to be in deadlock
}

// streamCore emits the core of a streaming program: the top module and one for each engine.
func streamCore(p *ir.Program, name, header string) *core {
	n := stream.Of(p)
	c := &core{name: name, files: backends.Files{}, settle: n.Settle(), idle: 1000 + 4*(p.Latency+p.II)}
	for i, s := range n.Sources() {
		c.ins = append(c.ins, streamPort(portName("in", i, len(n.Sources())), s.Outs[0]))
	}
	for i, s := range n.Sinks() {
		c.outs = append(c.outs, streamPort(portName("out", i, len(n.Sinks())), s.Ins[0]))
	}
	t := &top{name: name, net: n, files: c.files, header: header}
	t.print(c)
	return c
}

func streamPort(name string, l *stream.Link) port {
	lanes := make([]ir.Elem, l.Form.Lanes)
	for i := range lanes {
		lanes[i] = l.Value.Type.Elem
	}
	return port{name, lanes, l.Form.Groups * l.Form.Length}
}
