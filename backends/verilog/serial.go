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
		name: name, files: backends.Files{}, settle: 2, idle: 1000 + 4*p.II + m.BootCycles(),
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
	if m.SPRAM {
		c.flash = m.FlashImage()
	} else {
		c.files["rtl/"+name+"_weights.hex"] = hexFile(romWords(m.Weights, m.P), w.Weight)
	}
	if len(m.Tables) > 0 {
		c.files["rtl/"+name+"_tables.hex"] = hexFile(romWords(m.Tables, 1), w.Word)
	}
	if len(m.Steps) > 0 {
		c.files["rtl/"+name+"_steps.hex"] = hexFile(romWords(m.Steps, 1), w.Step)
	}
	c.files["rtl/"+name+".v"] = []byte(header + serialModule(m, w, name))
	return c
}

// rowWord gives a row of the ROM in hexadecimal, its fields from the low bits on as mlpc_serial takes them.
func rowWord(w *serial.Widths, r *serial.Row) string {
	var b bitString
	for _, f := range w.Fields(r) {
		b = append(b, bitsOf64(f.Value, f.Width)...)
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

// romWords gives a ROM words of so many numbers, a word a line; it has two words at least.
func romWords(list []int64, lanes int) [][]int64 {
	words := make([][]int64, max(2, len(list)/lanes))
	for i := range words {
		words[i] = make([]int64, lanes)
		if (i+1)*lanes <= len(list) {
			copy(words[i], list[i*lanes:])
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
	for _, pin := range flashPins {
		if m.SPRAM {
			p.P("%s wire %s,", pin.direction, pin.name)
		}
	}
	p.Line("input  wire out_ready")
	p.Out()
	p.Line(");")
	p.In()
	p.P("wire [%d:0] word;", w.Word-1)
	p.P("assign out_data = word[%d:0];", out.Elem.Bits-1)
	p.Line("wire unused = &{1'b0, word};")
	p.P("wire weight_read;")
	p.P("wire [%d:0] weight_at;", w.WeightAddr-1)
	p.P("wire [%d:0] weights;", m.P*w.Weight-1)
	weightMemory(&p, m, w, name)
	engineInstance(&p, m, w, name)
	p.Out()
	p.Line("endmodule")
	return p.String()
}

// weightMemory prints the memory of the weights, and the loader that fills it.
func weightMemory(p *backends.Printer, m *serial.Machine, w *serial.Widths, name string) {
	width, depth := m.P*w.Weight, len(m.Weights)/m.P
	if !m.SPRAM {
		p.Line("wire loaded = 1'b1;")
		p.P("mlpc_rom #(.WIDTH(%d), .DEPTH(%d), .ADDR(%d), .FILE(%q)) weight_rom (", width, max(2, depth), w.WeightAddr, name+"_weights.hex")
		p.Line("  .clk(clk), .step(weight_read), .addr(weight_at), .q(weights)")
		p.Line(");")
		return
	}
	bytes := m.WordBytes()
	p.Line("wire loaded, put;")
	p.P("wire [%d:0] put_at;", w.WeightAddr-1)
	p.P("wire [%d:0] put_data;", 8*bytes-1)
	if 8*bytes > width {
		p.P("wire unused_bits = &{1'b0, put_data[%d:%d]};", 8*bytes-1, width)
	}
	p.P("mlpc_flash_loader #(.WORDS(%d), .BYTES(%d), .ADDR(%d), .BASE(%d)) loader (", depth, bytes, w.WeightAddr, serial.FlashBase)
	p.Line("  .clk(clk), .rst(rst), .cs_n(flash_cs_n), .sck(flash_sck), .mosi(flash_mosi), .miso(flash_miso),")
	p.Line("  .put(put), .put_at(put_at), .put_data(put_data), .done(loaded)")
	p.Line(");")
	p.P("mlpc_spram #(.WIDTH(%d), .DEPTH(%d), .ADDR(%d)) weight_ram (", width, depth, w.WeightAddr)
	p.P("  .clk(clk), .put(put), .put_at(put_at), .put_data(put_data[%d:0]), .step(weight_read), .at(weight_at), .q(weights)", width-1)
	p.Line(");")
}

// engineInstance prints the engine with its parameters.
func engineInstance(p *backends.Printer, m *serial.Machine, w *serial.Widths, name string) {
	in, out := m.Graph.Inputs()[0].Type, m.Graph.Outs[0].Type
	file := func(kind string, list []int64) string {
		if len(list) == 0 {
			return ""
		}
		return name + "_" + kind + ".hex"
	}
	lanes := bits.Len(uint(m.P)) - 1
	p.P("mlpc_serial #(.X(%d), .XL(%d), .W(%d), .P(%d), .LANES(%d), .ACC(%d),", w.Word, w.Lane, w.Weight, m.P, lanes, w.Acc)
	p.P("  .ADDR(%d), .ADDR2(%d), .LADDR(%d), .WADDR(%d), .SADDR(%d), .PLACE(%d), .TADDR(%d), .RADDR(%d), .COLS(%d),", w.Addr, w.Addr2, w.ListAddr(), w.WeightAddr, w.StepAddr, w.Place, w.TableAddr, w.RowAddr, w.Columns)
	p.P("  .MUL(%d), .ADD(%d), .SHIFT(%d), .LIM(%d), .ROUND(%d), .FITS(%d), .UP(%d), .M(%d),", w.Mul, w.Add, w.Shift, w.Limits, w.Rounding, w.Fits, w.Up, m.Mantissa)
	p.P("  .ROWS(%d), .TABLES(%d), .STEPS(%d), .STEP(%d), .SORTS(%d),", len(m.Rows), len(m.Tables), len(m.Steps), w.Step, flag(w.Sorts))
	p.P("  .IN(%d), .OUT(%d), .RESULT(%d),", in.Size(), out.Size(), m.Result)
	p.P("  .ROW_FILE(%q), .TABLE_FILE(%q), .STEP_FILE(%q)) engine (", name+"_rows.hex", file("tables", m.Tables), file("steps", m.Steps))
	p.P("  .clk(clk), .rst(rst), .loaded(loaded), .weight_read(weight_read), .weight_at(weight_at), .w(weights),")
	p.P("  .in_data(%s), .in_valid(in_valid), .in_ready(in_ready),", resized("in_data", "0", in.Elem, w.Word))
	p.Line("  .out_data(word), .out_valid(out_valid), .out_ready(out_ready)")
	p.Line(");")
}
