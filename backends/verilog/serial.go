package verilog

import (
	"mlpc/backends"
	"mlpc/ir"
	"mlpc/ir/serial"
)

// serialCore emits the core of a serial program: an instance of mlpc_serial with its ROM files.
func serialCore(p *ir.Program, name, header string) *core {
	m := p.Circuit.(*serial.Machine)
	in, out := m.Graph.Inputs()[0].Type, m.Graph.Outs[0].Type
	c := &core{
		name: name, files: backends.Files{}, settle: 2, idle: 1000 + 4*p.II,
		ins:  []port{{"in", []ir.Elem{in.Elem}, in.Size()}},
		outs: []port{{"out", []ir.Elem{out.Elem}, out.Size()}},
	}
	w := m.Widths()
	rows := make([]string, 0, max(2, len(m.Rows)))
	for i := range m.Rows {
		rows = append(rows, rowWord(w, &m.Rows[i]))
	}
	for len(rows) < 2 {
		rows = append(rows, rows[0])
	}
	c.files["rtl/"+name+"_rows.hex"] = lines(rows)
	c.files["rtl/"+name+"_weights.hex"] = hexFile(romWords(m.Weights), w.Weight)
	c.files["rtl/"+name+"_tables.hex"] = hexFile(romWords(m.Tables), m.Word)
	c.files["rtl/"+name+".v"] = []byte(header + serialModule(m, w, name))
	return c
}

// rowWord gives a row of the ROM in hexadecimal, its fields from the low bits on as mlpc_serial takes them.
func rowWord(w *serial.Widths, r *serial.Row) string {
	var b bitString
	for _, x := range []struct {
		value int64
		width int
	}{
		{int64(r.Src), w.Addr}, {int64(r.Stride), w.Addr}, {int64(r.Src2), w.Addr}, {int64(r.Stride2), w.Addr},
		{int64(r.Weight), w.WeightAddr}, {int64(r.Columns), w.Addr + 1}, {int64(r.Mode), 3}, {int64(r.Dst), w.Addr},
		{r.Bias, w.Acc}, {r.Mul, w.Mul}, {r.Add, w.Add}, {int64(r.Shift), w.Shift},
		{r.Zero, w.Limits}, {r.Lo, w.Limits}, {r.Hi, w.Limits},
		{int64(flag(r.Even)), 1}, {int64(flag(r.Tabled)), 1}, {int64(r.Table), w.TableAddr},
	} {
		b = append(b, bitsOf64(x.value, x.width)...)
	}
	return hexWord(b, 1)
}

// bitString holds bits, the lowest first.
type bitString []int64

// bitsOf64 gives the low bits of an integer.
func bitsOf64(x int64, width int) bitString {
	b := make(bitString, width)
	for i := range b {
		b[i] = x >> min(i, 63) & 1
	}
	return b
}

// romWords gives a ROM a word a line; it has two words at least.
func romWords(list []int64) [][]int64 {
	words := make([][]int64, max(2, len(list)))
	for i := range words {
		words[i] = []int64{0}
		if i < len(list) {
			words[i][0] = list[i]
		}
	}
	return words
}

// lines joins words, one a line.
func lines(words []string) []byte {
	var b []byte
	for _, w := range words {
		b = append(append(b, w...), '\n')
	}
	return b
}

// serialModule prints the core: the engine with words of its own width, cut to and from the elements of the ports.
func serialModule(m *serial.Machine, w *serial.Widths, name string) string {
	in, out := m.Graph.Inputs()[0].Type, m.Graph.Outs[0].Type
	var p backends.Printer
	p.P("// %d rows for the small engine: %d words of activations, %d weights.", len(m.Rows), m.Words, len(m.Weights))
	p.P("module %s (", name)
	p.In()
	p.Line("input  wire clk,")
	p.Line("input  wire rst, // synchronous")
	p.P("input  wire [%d:0] in_data,", in.Elem.Bits-1)
	p.Line("input  wire in_valid,")
	p.Line("output wire in_ready,")
	p.P("output wire [%d:0] out_data,", out.Elem.Bits-1)
	p.Line("output wire out_valid,")
	p.Line("input  wire out_ready")
	p.Out()
	p.Line(");")
	p.In()
	p.P("wire [%d:0] word;", w.Word-1)
	p.P("assign out_data = word[%d:0];", out.Elem.Bits-1)
	p.Line("wire unused = &{1'b0, word};")
	p.P("mlpc_serial #(.X(%d), .W(%d), .ACC(%d), .ADDR(%d), .WADDR(%d), .TADDR(%d), .RADDR(%d),", w.Word, w.Weight, w.Acc, w.Addr, w.WeightAddr, w.TableAddr, w.RowAddr)
	p.P("  .MUL(%d), .ADD(%d), .SHIFT(%d), .LIM(%d), .ROUND(%d),", w.Mul, w.Add, w.Shift, w.Limits, w.Rounding)
	p.P("  .WEIGHTS(%d), .TABLES(%d),", max(2, len(m.Weights)), max(2, len(m.Tables)))
	p.P("  .ROWS(%d), .IN(%d), .OUT(%d), .RESULT(%d), .PAIRS(%d),", len(m.Rows), in.Size(), out.Size(), m.Result, flag(w.Pairs))
	p.P("  .ROW_FILE(%q), .WEIGHT_FILE(%q), .TABLE_FILE(%q)) engine (", name+"_rows.hex", name+"_weights.hex", name+"_tables.hex")
	p.P("  .clk(clk), .rst(rst), .in_data(%s), .in_valid(in_valid), .in_ready(in_ready),", resized("in_data", "0", in.Elem, w.Word))
	p.Line("  .out_data(word), .out_valid(out_valid), .out_ready(out_ready)")
	p.Line(");")
	p.Out()
	p.Line("endmodule")
	return p.String()
}
