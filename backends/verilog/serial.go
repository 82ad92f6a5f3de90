package verilog

import (
	"fmt"
	"math/bits"
	"strings"

	"mlpc/backends"
	"mlpc/ir"
	"mlpc/ir/serial"
)

// serialCore emits the core of a serial program: an instance of mlpc_serial with its ROM files.
func serialCore(p *ir.Program, name, header string) *core {
	m := p.Circuit.(*serial.Machine)
	c := &core{
		name: name, files: backends.Files{}, settle: 2, idle: 1000 + 4*p.II + m.BootCycles(),
		ins: serialPorts("in", m.Graph.Inputs()), outs: serialPorts("out", m.Graph.Outs),
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
	c.files["rtl/"+name+".v"] = []byte(header + serialModule(m, w, c))
	return c
}

// serialPorts gives streams of one element a beat.
func serialPorts(prefix string, values []*ir.Value) []port {
	var list []port
	for i, v := range values {
		list = append(list, port{portName(prefix, i, len(values)), []ir.Elem{v.Type.Elem}, v.Type.Size()})
	}
	return list
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
func serialModule(m *serial.Machine, w *serial.Widths, c *core) string {
	var p backends.Printer
	p.P("// %d rows for the small engine: %d words of activations, %d weights.", len(m.Rows), m.Words, len(m.Weights))
	p.P("module %s (", c.name)
	p.In()
	p.Line("input  wire clk,")
	p.Line("input  wire rst, // synchronous")
	for _, q := range c.ins {
		p.P("input  wire [%d:0] %s_data,", q.width()-1, q.name)
		p.P("input  wire %s_valid,", q.name)
		p.P("output wire %s_ready,", q.name)
	}
	for _, pin := range flashPins {
		if m.SPRAM {
			p.P("%s wire %s,", pin.direction, pin.name)
		}
	}
	for i, q := range c.outs {
		p.P("output wire [%d:0] %s_data,", q.width()-1, q.name)
		p.P("output wire %s_valid,", q.name)
		p.P("input  wire %s_ready%s", q.name, strings.Repeat(",", min(1, len(c.outs)-1-i)))
	}
	p.Out()
	p.Line(");")
	p.In()
	p.P("wire [%d:0] sample, word;", w.Word-1)
	p.Line("wire sample_valid, sample_ready, word_valid, word_ready;")
	serialStreams(&p, c, w.Word)
	p.Line("wire unused = &{1'b0, word};")
	p.P("wire weight_read;")
	p.P("wire [%d:0] weight_at;", w.WeightAddr-1)
	p.P("wire [%d:0] weights;", m.P*w.Weight-1)
	weightMemory(&p, m, w, c.name)
	engineInstance(&p, m, w, c.name)
	p.Out()
	p.Line("endmodule")
	return p.String()
}

// serialStreams joins the streams of the engine, sample and word, with those of the ports.
func serialStreams(p *backends.Printer, c *core, width int) {
	turns(p, "sample", c.ins)
	turns(p, "word", c.outs)
	for i, q := range c.ins {
		p.P("assign %s_ready = sample_ready%s;", q.name, turnOf("sample", i, c.ins))
	}
	last := c.ins[len(c.ins)-1]
	chosen := resized(last.name+"_data", "0", last.lanes[0], width)
	valid := last.name + "_valid"
	for i := len(c.ins) - 2; i >= 0; i-- {
		q := c.ins[i]
		chosen = fmt.Sprintf("sample_turn[%d] ? %s : %s", i, resized(q.name+"_data", "0", q.lanes[0], width), chosen)
		valid = fmt.Sprintf("sample_turn[%d] ? %s_valid : %s", i, q.name, valid)
	}
	p.P("assign sample = %s;", chosen)
	p.P("assign sample_valid = %s;", valid)
	var ready []string
	for i, q := range c.outs {
		turn := turnOf("word", i, c.outs)
		p.P("assign %s_data = word[%d:0];", q.name, q.width()-1)
		p.P("assign %s_valid = word_valid%s;", q.name, turn)
		ready = append(ready, q.name+"_ready"+turn)
	}
	p.P("assign word_ready = %s;", strings.Join(ready, " || "))
}

// turns prints whose turn it is where the engine's stream of that name goes to or comes from several ports, one after the other.
func turns(p *backends.Printer, name string, ports []port) {
	if len(ports) == 1 {
		return
	}
	total := 0
	for i := range ports {
		total += ports[i].size
	}
	n := bits.Len(uint(total))
	p.P("reg [%d:0] %s_at; // words that have passed", n-1, name)
	p.Line("always @(posedge clk)")
	p.P("  if (rst) %s_at <= %d'd0;", name, n)
	p.P("  else if (%s_valid && %s_ready) %s_at <= %s_at == %d'd%d ? %d'd0 : %s_at + 1'b1;", name, name, name, name, n, total-1, n, name)
	p.P("wire [%d:0] %s_turn;", len(ports)-1, name)
	from := 0
	for i, q := range ports {
		var terms []string
		if i > 0 {
			terms = append(terms, fmt.Sprintf("%s_at >= %d'd%d", name, n, from))
		}
		if from += q.size; i < len(ports)-1 {
			terms = append(terms, fmt.Sprintf("%s_at < %d'd%d", name, n, from))
		}
		p.P("assign %s_turn[%d] = %s;", name, i, strings.Join(terms, " && "))
	}
}

// turnOf is the condition behind a flag that it is the turn of port i.
func turnOf(name string, i int, ports []port) string {
	if len(ports) == 1 {
		return ""
	}
	return fmt.Sprintf(" && %s_turn[%d]", name, i)
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
	p.P("  .ROWS(%d), .TABLES(%d), .STEPS(%d), .STEP(%d), .SORTS(%d), .DROP(%d),", len(m.Rows), len(m.Tables), len(m.Steps), w.Step, flag(w.Sorts), m.Drop)
	p.P("  .IN(%d), .OUT(%d), .RESULT(%d),", m.InWords(), m.OutWords(), m.Result)
	p.P("  .ROW_FILE(%q), .TABLE_FILE(%q), .STEP_FILE(%q)) engine (", name+"_rows.hex", file("tables", m.Tables), file("steps", m.Steps))
	p.P("  .clk(clk), .rst(rst), .loaded(loaded), .weight_read(weight_read), .weight_at(weight_at), .w(weights),")
	p.Line("  .in_data(sample), .in_valid(sample_valid), .in_ready(sample_ready),")
	p.Line("  .out_data(word), .out_valid(word_valid), .out_ready(word_ready)")
	p.Line(");")
}
