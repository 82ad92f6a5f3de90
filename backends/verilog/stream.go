package verilog

import (
	"fmt"
	"slices"
	"strings"

	"mlpc/backends"
	"mlpc/ir/stream"
)

// top prints the module that joins the nodes of a network.
type top struct {
	backends.Printer
	name   string
	header string
	net    *stream.Network
	files  backends.Files
}

func (t *top) print(c *core) {
	t.P("module %s (", t.name)
	t.In()
	t.Line("input  wire clk,")
	t.Line("input  wire rst, // synchronous")
	for _, p := range c.ins {
		t.P("input  wire [%d:0] %s_data,", p.width()-1, p.name)
		t.P("input  wire %s_valid,", p.name)
		t.P("output wire %s_ready,", p.name)
	}
	for i, p := range c.outs {
		t.P("output wire [%d:0] %s_data,", p.width()-1, p.name)
		t.P("output wire %s_valid,", p.name)
		t.P("input  wire %s_ready%s", p.name, strings.Repeat(",", min(1, len(c.outs)-1-i)))
	}
	t.Out()
	t.Line(");")
	t.In()
	for _, l := range t.net.Links {
		if l.From.Kind == stream.Buffer && l.From.Step >= 0 {
			continue // inside an engine
		}
		t.P("wire [%d:0] s%d_data;", l.Width()-1, l.ID)
		t.P("wire s%d_valid, s%d_ready;", l.ID, l.ID)
	}
	clocked := false
	for _, n := range t.net.Nodes {
		t.node(n, c)
		clocked = clocked || n.Kind != stream.Source && n.Kind != stream.Sink && n.Kind != stream.Drain
	}
	if !clocked {
		t.Line("wire unused_clock = &{1'b0, clk, rst}; // the outputs are the inputs")
	}
	t.Out()
	t.Line("endmodule")
	t.files["rtl/"+t.name+".v"] = append([]byte(t.header), t.Bytes()...)
}

// node prints one node of the network.
func (t *top) node(n *stream.Node, c *core) {
	switch n.Kind {
	case stream.Source:
		t.source(n.Outs[0].ID, c.ins[n.Port].name)
	case stream.Sink:
		l, p := n.Ins[0].ID, c.outs[n.Port].name
		t.P("assign %s_data = s%d_data;", p, l)
		t.P("assign %s_valid = s%d_valid;", p, l)
		t.P("assign s%d_ready = %s_ready;", l, p)
	case stream.Drain:
		l := n.Ins[0].ID
		t.P("assign s%d_ready = 1'b1; // no output needs this value", l)
		t.P("wire unused_s%d = &{1'b0, s%d_data, s%d_valid};", l, l, l)
	case stream.Fork:
		t.fork(n)
	case stream.Buffer:
		if n.Step < 0 {
			t.fifo(n)
		}
	case stream.Pack, stream.Unpack:
		t.convert(n)
	case stream.Pipe, stream.Banks:
		t.engine(n)
	}
}

// source connects an input port to a stream.
func (t *top) source(l int, p string) {
	t.P("assign s%d_data = %s_data;", l, p)
	t.P("assign s%d_valid = %s_valid;", l, p)
	t.P("assign %s_ready = s%d_ready;", p, l)
}

func (t *top) fork(n *stream.Node) {
	in := n.Ins[0].ID
	var valid, ready []string
	for i := len(n.Outs) - 1; i >= 0; i-- {
		valid = append(valid, fmt.Sprintf("s%d_valid", n.Outs[i].ID))
		ready = append(ready, fmt.Sprintf("s%d_ready", n.Outs[i].ID))
	}
	t.P("mlpc_stream_fork #(.N(%d)) fork%d (", len(n.Outs), n.ID)
	t.P("  .clk(clk), .rst(rst), .in_valid(s%d_valid), .in_ready(s%d_ready),", in, in)
	t.P("  .out_valid({%s}), .out_ready({%s})", strings.Join(valid, ", "), strings.Join(ready, ", "))
	t.Line(");")
	for _, o := range n.Outs {
		t.P("assign s%d_data = s%d_data;", o.ID, in)
	}
}

func (t *top) fifo(n *stream.Node) {
	t.P("wire [2:0] unused_fifo%d;", n.ID)
	t.P("mlpc_stream_buffer #(.WIDTH(%d), .LENGTH(1), .REPEAT(1), .DEPTH(%d)) fifo%d (", n.Ins[0].Width(), n.Depth, n.ID)
	t.P("  .clk(clk), .rst(rst), %s, %s,", handshake("in", n.Ins[0]), handshake("out", n.Outs[0]))
	t.P("  .out_first(unused_fifo%d[0]), .out_last(unused_fifo%d[1]), .take(unused_fifo%d[2])", n.ID, n.ID, n.ID)
	t.Line(");")
}

func (t *top) convert(n *stream.Node) {
	kind, narrow := "pack", n.Ins[0]
	if n.Kind == stream.Unpack {
		kind, narrow = "unpack", n.Outs[0]
	}
	t.P("mlpc_stream_%s #(.WIDTH(%d), .RATIO(%d), .LENGTH(%d)) %s%d (", kind, narrow.Width(), n.Ratio, n.Length, kind, n.ID)
	t.P("  .clk(clk), .rst(rst), %s, %s", handshake("in", n.Ins[0]), handshake("out", n.Outs[0]))
	t.Line(");")
}

// handshake connects a stream to the ports of an instance.
func handshake(port string, l *stream.Link) string {
	return fmt.Sprintf(".%s_data(s%d_data), .%s_valid(s%d_valid), .%s_ready(s%d_ready)", port, l.ID, port, l.ID, port, l.ID)
}

// engine prints the module of an engine and its instance.
func (t *top) engine(n *stream.Node) {
	l := t.net.Layers[n.Step]
	out := n.Outs[0]
	ins := slices.Clone(n.Ins)
	for i, in := range ins {
		if in.From.Kind == stream.Buffer && in.From.Step >= 0 {
			ins[i] = in.From.Ins[0] // the replay memory is inside the engine
		}
	}
	e := &engine{files: t.files, form: out.Form}
	adapter := t.net.IsAdapter(n)
	switch {
	case adapter:
		e.name = fmt.Sprintf("%s_order%d", t.name, n.ID)
	case n.Inner:
		e.name = fmt.Sprintf("%s_e%d_sums", t.name, n.Step)
	default:
		e.name = fmt.Sprintf("%s_e%d_%s", t.name, n.Step, l.Step.Engine)
	}
	e.open(t.header, engineDoc(l, n, adapter), ins, out)
	stages := n.Stages
	switch {
	case n.Kind != stream.Pipe:
	case l.Step.Engine == stream.MVAU, l.Step.Engine == stream.MatMul, l.Step.Engine == stream.Reduce, l.Step.Engine == stream.TopK:
		stages -= l.HeadStages() - 1 // before the accumulator, words move that are not beats yet
	}
	e.pipe(stages)
	var x bus
	switch {
	case adapter:
		x = e.route(n, out.Value.Type.Elem)
	case n.Inner:
		x = e.sums(l, n)
	case l.Step.Engine == stream.Float32:
		x = e.quantize(l)
	case l.Step.Engine == stream.Route:
		x = e.route(n, l.Head.Type.Elem)
	case l.Step.Engine == stream.MVAU:
		x = e.mvau(l, n)
	case l.Step.Engine == stream.MatMul:
		x = e.matmul(l, n)
	case l.Step.Engine == stream.Reduce:
		x = e.reduce(l)
	case l.Step.Engine == stream.TopK:
		x = e.topk(l)
	case l.Step.Engine == stream.Lookup:
		x = e.lookup(l, n)
	case l.Step.Engine == stream.Norm:
		x = e.norm(l)
	default:
		x = e.eltwise(l)
	}
	if !adapter && !n.Inner {
		x = e.chain(l.Step.Values[1:], x, l.Head)
	}
	e.close(x)

	t.P("%s %s (", e.name, strings.TrimPrefix(e.name, t.name+"_"))
	t.Line("  .clk(clk), .rst(rst),")
	for i, in := range ins {
		t.P("  %s,", handshake(portName("in", i, len(ins)), in))
	}
	t.P("  %s", handshake("out", out))
	t.Line(");")
}

// engineDoc describes an engine in one line.
func engineDoc(l *stream.Layer, n *stream.Node, adapter bool) string {
	if adapter {
		return fmt.Sprintf("Brings the elements of a value into another order, %d a beat.", n.Outs[0].Form.Lanes)
	}
	ops := ""
	for _, v := range l.Step.Values[1:] {
		ops += ", " + v.Op.String()
	}
	switch l.Step.Engine {
	case stream.Float32:
		if n.Inner {
			return fmt.Sprintf("Sums in float32 of a dense layer of %d columns and %d rows, %d rows at once.", l.Columns, l.Rows*l.Blocks, l.Step.PE)
		}
		return fmt.Sprintf("Quantizer of sums in float32, %d at once%s.", n.Outs[0].Form.Lanes, ops)
	case stream.MatMul:
		return fmt.Sprintf("Product of matrices, %d columns by %d rows at once%s.", l.Step.PE, l.Step.SIMD, ops)
	case stream.TopK, stream.Lookup, stream.Norm:
		return fmt.Sprintf("%s%s, %d elements a beat.", l.Head.Op, ops, l.Out.Lanes)
	case stream.MVAU:
		return fmt.Sprintf("Dense layer of %d columns and %d rows, %d columns by %d rows at once%s.", l.Columns, l.Rows*l.Blocks, l.Step.SIMD, l.Step.PE, ops)
	case stream.Reduce:
		return fmt.Sprintf("%s of %d elements, %d at once%s.", strings.ToUpper(l.Head.Op.String()[:1])+l.Head.Op.String()[1:], l.Operands[0].Form.Length, l.Step.SIMD, ops)
	case stream.Route:
		return fmt.Sprintf("Index map, %d elements a beat%s.", l.Step.PE, ops)
	}
	return fmt.Sprintf("Elementwise %s%s, %d elements a beat.", l.Head.Op, ops, l.Step.PE)
}
