package verilog

import (
	"math/bits"

	"mlpc/ir"
	"mlpc/ir/stream"
)

// lookup prints the head of a lookup in a constant table: stage 0 holds the address of a word of the row, stage 1 the word.
func (e *engine) lookup(l *stream.Layer, node *stream.Node) bus {
	v, t := l.Head, l.Head.Type.Elem
	table, lead := v.Args[0], v.Attr.(*ir.Axis).Axis
	shape := table.Type.Shape
	batch, rows, length := ir.Size(shape[:lead]), shape[lead], ir.Size(shape[lead+1:])
	lanes, beats := l.Out.Lanes, l.Out.GroupBeats()
	var words [][]int64
	for row := range batch * rows {
		for beat := range beats {
			word := make([]int64, lanes)
			for i := range min(lanes, length-beat*lanes) {
				word[i] = table.Const().Ints[row*length+beat*lanes+i]
			}
			words = append(words, word)
		}
	}
	addr := max(1, bits.Len(uint(len(words)-1)))
	for len(words) < 1<<addr {
		words = append(words, make([]int64, lanes))
	}
	e.files["rtl/"+e.name+"_rows.hex"] = hexFile(words, t.Bits)

	e.replay("row", node.Ins[0].From, "in", "move")
	index := l.Operands[0].Value.Type
	e.Line("wire unused_row = &{1'b0, row_first, row_last, row_take};")
	e.Line("assign enter = row_valid;")
	e.P("wire [%d:0] addr;", addr-1)
	e.P("reg [%d:0] addr_q;", addr-1)
	e.Line("wire unused_last;")
	e.P("mlpc_row_address #(.INDEX(%d), .ROWS(%d), .WORDS(%d), .PER(%d), .BATCH(%d), .ADDR(%d)) address (",
		index.Elem.Bits, rows, beats, index.Size()/batch, batch, addr)
	e.Line("  .clk(clk), .rst(rst), .step(move && row_valid), .index(row), .addr(addr), .last(unused_last)")
	e.Line(");")
	e.Line("always @(posedge clk) if (move) addr_q <= addr;")
	y := e.signal("w")
	e.P("wire [%d:0] %s;", lanes*t.Bits-1, y)
	e.P("mlpc_rom #(.WIDTH(%d), .DEPTH(%d), .ADDR(%d), .FILE(%q)) rows (.clk(clk), .step(move), .addr(addr_q), .q(%s));",
		lanes*t.Bits, len(words), addr, e.name+"_rows.hex", y)
	e.stage = 1
	return busOf(y, t)
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
