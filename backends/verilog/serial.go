package verilog

import (
	"math/bits"

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
	f := fieldsOf(m)
	rows := make([]string, 0, 1<<f.rowAddr)
	for i := range m.Rows {
		rows = append(rows, f.row(&m.Rows[i]))
	}
	for len(rows) < 1<<f.rowAddr {
		rows = append(rows, rows[0])
	}
	c.files["rtl/"+name+"_rows.hex"] = lines(rows)
	c.files["rtl/"+name+"_weights.hex"] = hexFile(padded(m.Weights, f.weightAddr), f.weight)
	c.files["rtl/"+name+"_tables.hex"] = hexFile(padded(m.Tables, f.tableAddr), m.Word)
	c.files["rtl/"+name+".v"] = []byte(header + f.module(m, name))
	return c
}

// fields holds the widths of everything in a machine's ROMs.
type fields struct {
	word, acc                                 int
	addr, weightAddr, tableAddr, rowAddr      int
	weight, mul, add, shift, limits, rounding int
	pairs                                     bool
}

func fieldsOf(m *serial.Machine) *fields {
	f := &fields{word: m.Word, acc: m.Acc, weight: 1, mul: 2, add: 1, shift: 1, limits: 1}
	f.weight = max(f.weight, signedBits(m.Weights...))
	most := 0
	for _, r := range m.Rows {
		f.acc = max(f.acc, signedBits(r.Bias))
		f.mul = max(f.mul, signedBits(r.Mul))
		f.add = max(f.add, signedBits(r.Add))
		f.limits = max(f.limits, signedBits(r.Zero, r.Lo, r.Hi))
		f.pairs = f.pairs || r.Mode == serial.Pairs
		most = max(most, r.Shift)
	}
	f.shift = max(1, bits.Len(uint(most)))
	f.addr = max(1, bits.Len(uint(m.Words-1)))
	f.weightAddr = max(1, bits.Len(uint(max(0, len(m.Weights)-1))))
	f.tableAddr = max(1, bits.Len(uint(max(0, len(m.Tables)-1))))
	f.rowAddr = max(1, bits.Len(uint(len(m.Rows)-1)))
	f.rounding = max(f.acc+f.mul, f.add, most+1, f.limits, f.word) + 2
	return f
}

// row gives a row of the ROM in hexadecimal, its fields from the low bits on as mlpc_serial takes them.
func (f *fields) row(r *serial.Row) string {
	var b bitString
	for _, x := range []struct {
		value int64
		width int
	}{
		{int64(r.Src), f.addr}, {int64(r.Stride), f.addr}, {int64(r.Src2), f.addr}, {int64(r.Stride2), f.addr},
		{int64(r.Weight), f.weightAddr}, {int64(r.Columns), f.addr + 1}, {int64(r.Mode), 3}, {int64(r.Dst), f.addr},
		{r.Bias, f.acc}, {r.Mul, f.mul}, {r.Add, f.add}, {int64(r.Shift), f.shift},
		{r.Zero, f.limits}, {r.Lo, f.limits}, {r.Hi, f.limits},
		{int64(flag(r.Even)), 1}, {int64(flag(r.Tabled)), 1}, {int64(r.Table), f.tableAddr},
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

// padded fills a ROM up to its depth with zeros, a word a line.
func padded(list []int64, addr int) [][]int64 {
	words := make([][]int64, 1<<addr)
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

// module prints the core: the engine with words of its own width, cut to and from the elements of the ports.
func (f *fields) module(m *serial.Machine, name string) string {
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
	p.P("wire [%d:0] word;", f.word-1)
	p.P("assign out_data = word[%d:0];", out.Elem.Bits-1)
	p.Line("wire unused = &{1'b0, word};")
	p.P("mlpc_serial #(.X(%d), .W(%d), .ACC(%d), .ADDR(%d), .WADDR(%d), .TADDR(%d), .RADDR(%d),", f.word, f.weight, f.acc, f.addr, f.weightAddr, f.tableAddr, f.rowAddr)
	p.P("  .MUL(%d), .ADD(%d), .SHIFT(%d), .LIM(%d), .ROUND(%d),", f.mul, f.add, f.shift, f.limits, f.rounding)
	p.P("  .ROWS(%d), .IN(%d), .OUT(%d), .RESULT(%d), .PAIRS(%d),", len(m.Rows), in.Size(), out.Size(), m.Result, flag(f.pairs))
	p.P("  .ROW_FILE(%q), .WEIGHT_FILE(%q), .TABLE_FILE(%q)) engine (", name+"_rows.hex", name+"_weights.hex", name+"_tables.hex")
	p.P("  .clk(clk), .rst(rst), .in_data(%s), .in_valid(in_valid), .in_ready(in_ready),", resized("in_data", "0", in.Elem, f.word))
	p.Line("  .out_data(word), .out_valid(out_valid), .out_ready(out_ready)")
	p.Line(");")
	p.Out()
	p.Line("endmodule")
	return p.String()
}
