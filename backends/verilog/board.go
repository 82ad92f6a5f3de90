package verilog

import (
	"strings"

	"mlpc/backends"
)

// board is what the files of the boards are made from: the core behind a serial line.
type board struct {
	Name                                           string
	InBits, InBytes, InBeats, InLanes, InElem      int // of TDATA of a beat; beats of a sample; lanes of a beat; bytes of a lane
	OutBits, OutBytes, OutBeats, OutLanes, OutElem int
	InSize, OutSize                                int // elements of a sample
	Rows                                           int // vectors that the testbench sends
	TimeLimit                                      int // of the testbench, ns
	Flash, FlashModel                              string
	Boot                                           int // cycles that loading the weights takes
}

// boardRows is how many vectors the testbench of the boards sends.
const boardRows = 4

// hasBoard tells whether a circuit fits behind a serial line: one input, one output.
func hasBoard(c *core) bool { return len(c.ins) == 1 && len(c.outs) == 1 }

// boardFiles adds a top with a serial line, its testbench and the pins of two boards.
func boardFiles(c *core, vectors int, files backends.Files) {
	if !hasBoard(c) {
		return
	}
	in, out := &c.ins[0], &c.outs[0]
	b := &board{
		Name:   c.name,
		InBits: in.axisBits(), InBytes: in.axisBits() / 8, InBeats: in.beats(), InLanes: len(in.lanes), InElem: laneBits(in.lanes[0]) / 8,
		OutBits: out.axisBits(), OutBytes: out.axisBits() / 8, OutBeats: out.beats(), OutLanes: len(out.lanes), OutElem: laneBits(out.lanes[0]) / 8,
		InSize: in.size, OutSize: out.size,
		Rows: min(boardRows, vectors),
	}
	if c.flash != nil {
		b.Flash, b.FlashModel, b.Boot = c.flashWires(), strings.ReplaceAll(c.flashModel(), "\n", "\n  "), c.idle
	}
	const byteNs = 12 * 8 * 10 // bits with stop bits, clock cycles of a bit in the testbench, ns of a cycle
	b.TimeLimit = 1000 + boardRows*((b.InBytes*b.InBeats+b.OutBytes*b.OutBeats)*byteNs+c.idle*10)
	for name, text := range map[string]string{
		"boards/" + c.name + "_uart.v": "uart.tmpl",
		"tb/" + c.name + "_uart_tb.v":  "uart_tb.tmpl",
		"boards/icebreaker.pcf":        "icebreaker.pcf.tmpl",
		"boards/arty_a7.xdc":           "arty.xdc.tmpl",
		"boards/arty_a7.tcl":           "arty.tcl.tmpl",
	} {
		if c.flash != nil && strings.HasPrefix(text, "arty.") {
			continue // it has none of these RAMs
		}
		var t strings.Builder
		if err := projectText.ExecuteTemplate(&t, text, b); err != nil {
			panic("verilog: " + err.Error())
		}
		files[name] = []byte(t.String())
	}
}
