package verilog

import (
	"fmt"

	"mlpc/backends"
	"mlpc/ir"
	"mlpc/ir/stream"
)

// engine prints the module of one step of a streaming circuit.
//
// Every engine is a pipeline whose registers all load when move is set. The head (a dense layer, a reduction, a route or the operands of
// an elementwise op) ends in stage 0 of a mlpc_pipe, or, for a route, in its last; the elementwise ops that follow add stages.
// beat[k] tells that the registers of stage k hold a beat, enter that one comes into stage 0.
type engine struct {
	backends.Printer
	name  string // of the module
	files backends.Files
	form  stream.Form // of the beats in the pipeline
	stage int         // last stage printed
	count int         // signals named so far
	head  string      // header comment and ports
	loops bool        // a loop over lanes was printed
}

// signal makes a new name.
func (e *engine) signal(prefix string) string {
	e.count++
	return fmt.Sprintf("%s%d", prefix, e.count)
}

// bus is a signal that holds the lanes of a beat.
type bus struct {
	name  string
	elem  ir.Elem
	fixed string // where not empty: one signed constant for all lanes, of `width` bits
	width int
}

// signedWidth is the number of bits of an element read as a signed number.
func signedWidth(t ir.Elem) int {
	if t.Signed {
		return t.Bits
	}
	return t.Bits + 1
}

// busOf is a bus of a value.
func busOf(name string, t ir.Elem) bus { return bus{name: name, elem: t, width: signedWidth(t)} }

// lane is lane i of a bus as a signed number of b.width bits.
func (b bus) lane() string {
	switch {
	case b.fixed != "":
		return b.fixed
	case b.elem.Signed:
		return fmt.Sprintf("%s[i*%d +: %d]", b.name, b.elem.Bits, b.elem.Bits)
	}
	return fmt.Sprintf("{1'b0, %s[i*%d +: %d]}", b.name, b.elem.Bits, b.elem.Bits)
}

// step is the condition at which a ROM whose word goes with the registers of a stage steps.
func (e *engine) step(stage int) string {
	if stage == 0 {
		return "move && enter"
	}
	return fmt.Sprintf("move && beat[%d]", stage-1)
}

// constant makes constants available beside the registers of the current stage.
func (e *engine) constant(c constants) bus {
	b := bus{elem: ir.Int(c.width), width: c.width}
	if c.single() {
		b.fixed = sized(c.words[0][0], c.width)
		return b
	}
	b.name = e.signal("k")
	e.rom(b.name, c.words, c.width, e.step(e.stage))
	return b
}

// rom declares a wire that carries the words in turn: a ROM that steps at a condition, or, where there is one word only, a constant.
func (e *engine) rom(name string, words [][]int64, width int, step string) {
	e.romIn(automatic, name, words, width, step)
}

// romStyle says what a ROM is made of, as mlpc_rom's STYLE.
type romStyle int

const (
	automatic romStyle = iota
	blockRAM
	logicCells
)

// romStyles are those of the values of ir.Step.ROM.
var romStyles = map[string]romStyle{"": automatic, "block": blockRAM, "logic": logicCells}

// romIn declares a ROM as rom does, in a style.
func (e *engine) romIn(style romStyle, name string, words [][]int64, width int, step string) {
	total := len(words[0]) * width
	if len(words) == 1 {
		e.P("wire [%d:0] %s = %d'h%s;", total-1, name, total, hexWord(words[0], width))
		return
	}
	file := e.name + "_" + name + ".hex"
	e.files["rtl/"+file] = hexFile(words, width)
	e.P("wire [%d:0] %s;", total-1, name)
	e.P("mlpc_beat_rom #(.WIDTH(%d), .DEPTH(%d), .FILE(%q), .STYLE(%d)) rom_%s (", total, len(words), file, style, name)
	e.P("  .clk(clk), .rst(rst), .step(%s), .q(%s)", step, name)
	e.Line(");")
}

// open begins the module with the given input streams.
func (e *engine) open(header, doc string, ins []*stream.Link, out *stream.Link) {
	var p backends.Printer
	p.Raw(header)
	p.P("// %s", doc)
	p.P("module %s (", e.name)
	p.In()
	p.Line("input  wire clk,")
	p.Line("input  wire rst,")
	for i, l := range ins {
		name := portName("in", i, len(ins))
		p.P("input  wire [%d:0] %s_data,", l.Width()-1, name)
		p.P("input  wire %s_valid,", name)
		p.P("output wire %s_ready,", name)
	}
	p.P("output wire [%d:0] out_data,", out.Width()-1)
	p.Line("output wire out_valid,")
	p.Line("input  wire out_ready")
	p.Out()
	p.Line(");")
	e.head = p.String()
	e.In()
}

// pipe declares the flags of a pipeline.
func (e *engine) pipe(stages int) {
	e.Line("wire enter, move;")
	e.P("wire [%d:0] beat;", stages-1)
	e.P("mlpc_pipe #(.STAGES(%d)) pipe (", stages)
	e.Line("  .clk(clk), .rst(rst), .enter(enter), .move(move), .beat(beat), .out_valid(out_valid), .out_ready(out_ready)")
	e.Line(");")
	e.Line("wire unused_beat = &{1'b0, beat};")
}

// close ends the module: the last registers are the output.
func (e *engine) close(out bus) {
	e.P("assign out_data = %s;", out.name)
	e.Out()
	e.Line("endmodule")
	text := e.head
	if e.loops {
		text += "  genvar i;\n"
	}
	e.files["rtl/"+e.name+".v"] = []byte(text + e.String())
}

// register loads a wire into the registers of the next stage and gives them.
func (e *engine) register(wire string, t ir.Elem, lanes int) bus {
	name := e.signal("r")
	e.P("reg [%d:0] %s;", lanes*t.Bits-1, name)
	e.P("always @(posedge clk) if (move) %s <= %s;", name, wire)
	e.stage++
	return busOf(name, t)
}

// portName names a port: "in", or "in0", "in1" where there are several.
func portName(prefix string, i, n int) string {
	if n == 1 {
		return prefix
	}
	return fmt.Sprintf("%s%d", prefix, i)
}
