package verilog

import (
	"fmt"
	"math/bits"

	"mlpc/ir"
	"mlpc/ir/stream"
)

// lookup prints the head of a lookup: stage 0 holds the address of a word of the row, stage 1 the word, from a ROM or from the memory
// that keeps a run-time table.
func (e *engine) lookup(l *stream.Layer, node *stream.Node) bus {
	v, table := l.Head, l.Head.Args[0]
	shape, lead := table.Type.Shape, v.Attr.(*ir.Axis).Axis
	batch, rows, beats := ir.Size(shape[:lead]), shape[lead], l.Out.GroupBeats()
	index := l.Operands[len(l.Operands)-1].Value.Type
	addr := max(1, bits.Len(uint(batch*rows*beats-1)))
	port, ready := "in", "move"
	if l.HasTable() {
		e.Line("wire has_sample;")
		port, ready = "in1", "move && has_sample"
		e.Line("assign enter = row_valid && has_sample;")
	} else {
		e.Line("assign enter = row_valid;")
	}
	e.replay("row", node.Ins[len(node.Ins)-1].From, port, ready)
	e.Line("wire unused_row = &{1'b0, row_first, row_last, row_take};")
	e.P("wire [%d:0] addr;", addr-1)
	e.P("reg [%d:0] addr_q;", addr-1)
	e.Line("wire last;")
	e.P("mlpc_row_address #(.INDEX(%d), .ROWS(%d), .WORDS(%d), .PER(%d), .BATCH(%d), .ADDR(%d)) address (",
		index.Elem.Bits, rows, beats, index.Size()/batch, batch, addr)
	e.Line("  .clk(clk), .rst(rst), .step(move && enter), .index(row), .addr(addr), .last(last)")
	e.Line(");")
	e.Line("always @(posedge clk) if (move) addr_q <= addr;")
	from := table.Type.Elem
	e.P("wire [%d:0] q;", l.Out.Lanes*from.Bits-1)
	if l.HasTable() {
		e.tableMemory(node, addr)
	} else {
		e.Line("wire unused_last = last;")
		words := tableWords(l, 1<<addr)
		e.files["rtl/"+e.name+"_rows.hex"] = hexFile(words, from.Bits)
		e.P("mlpc_rom #(.WIDTH(%d), .DEPTH(%d), .ADDR(%d), .FILE(%q)) rows (.clk(clk), .step(move), .addr(addr_q), .q(q));",
			l.Out.Lanes*from.Bits, len(words), addr, e.name+"_rows.hex")
	}
	e.stage = 1
	t := v.Type.Elem
	y := e.wire(t.Bits)
	e.lanes("element")
	e.P("assign %s[i*%d +: %d] = %s;", y, t.Bits, t.Bits, resized("q", fmt.Sprintf("i*%d", from.Bits), from, t.Bits))
	e.done()
	e.Line("wire unused_q = &{1'b0, q};")
	return busOf(y, t)
}

// tableMemory prints the memory of a run-time table.
func (e *engine) tableMemory(node *stream.Node, addr int) {
	in := node.Ins[0]
	e.Line("reg last_read;")
	e.Line("always @(posedge clk) if (move) last_read <= last;")
	e.P("mlpc_stream_banks #(.WIDTH(%d), .WORDS(%d), .BANKS(%d), .PORTS(1), .ADDR(%d)) memory (", in.Width(), in.Form.Beats(), node.Banks[0], addr)
	e.Line("  .clk(clk), .rst(rst), .in_data(in0_data), .in_valid(in0_valid), .in_ready(in0_ready),")
	e.Line("  .has_sample(has_sample), .issued(move && enter && last), .step(move), .addr(addr_q), .q(q),")
	e.Line("  .free(move && beat[0] && last_read)")
	e.Line(");")
}

// tableWords gives a constant table in words of a beat, row after row, filled up to a depth with zeros.
func tableWords(l *stream.Layer, depth int) [][]int64 {
	data := l.Head.Args[0].Const().Ints
	lanes, beats, length := l.Out.Lanes, l.Out.GroupBeats(), l.Out.Length
	words := make([][]int64, depth)
	for i := range words {
		words[i] = make([]int64, lanes)
		row, first := i/beats, i%beats*lanes
		for k := range min(lanes, length-first) {
			if at := row*length + first + k; at < len(data) {
				words[i][k] = data[at]
			}
		}
	}
	return words
}

// norm prints the head of norm: the operands enter registers, then each lane gives a mantissa and an exponent.
func (e *engine) norm(l *stream.Layer) bus {
	x, t := l.Operands[0], l.Head.Type.Elem
	bitsX, mantissa := x.Value.Type.Elem.Bits, l.Head.Attr.(*ir.Norm).Bits
	exponent := signedBits(int64(-mantissa), int64(bitsX))
	lanes := x.Form.Lanes
	e.Line("assign enter = in_valid;")
	e.Line("assign in_ready = move;")
	e.P("reg [%d:0] operand;", lanes*bitsX-1)
	e.Line("always @(posedge clk) if (move) operand <= in_data;")
	y := e.wire(t.Bits)
	e.loop("norm", lanes)
	e.P("wire [%d:0] m;", mantissa-1)
	e.P("wire [%d:0] x;", exponent-1)
	e.P("mlpc_norm #(.X(%d), .M(%d), .E(%d)) op (.x(operand[i*%d +: %d]), .m(m), .e(x));", bitsX, mantissa, exponent, bitsX, bitsX)
	e.extend("mantissa", "{1'b0, m}", mantissa+1, t.Bits)
	e.extend("exponent", "x", exponent, t.Bits)
	e.P("assign %s[i*%d +: %d] = {exponent, mantissa};", y, 2*t.Bits, 2*t.Bits)
	e.done()
	return e.register(y, t, e.form.Lanes)
}
