package verilog

import (
	"fmt"
	"math/bits"
	"slices"
	"strings"

	"mlpc/backends"
	"mlpc/ir/net"
)

// plainInputs is the number of address bits up to which a table stands in the stage itself: four look-up tables of six inputs and two
// multiplexers make one bit of it.
const plainInputs = 8

// tableKey tells modules of tables apart: the entries, and which bits of them are read.
type tableKey struct {
	table int64
	live  uint64
}

// lookup prints a table in place, or an instance of its module where it is long.
func (u *unroller) lookup(p *backends.Printer, i int32, y string, s int) {
	n := &u.c.Nodes[i]
	k, w, live := u.c.Contents(n, u.needed[i]), n.Width(), u.needed[i]
	a := u.operand(n.A, s)
	if short := !slices.ContainsFunc(k.Columns, func(c net.Column) bool { return len(c.Values) > 1<<plainInputs }); short {
		truthTables(p, k.Columns, w, a, y)
		return
	}
	key := tableKey{n.Imm, live}
	module, ok := u.tables[key]
	if !ok {
		module = fmt.Sprintf("%s_table%d", u.core.name, len(u.tables))
		u.tables[key] = module
		u.table(module, k, bits.Len64(live))
	}
	p.P("wire %s %s;", vector(w), y)
	if dead := w - bits.Len64(live); dead > 0 {
		p.P("assign %s[%d:%d] = %s;", y, w-1, w-dead, literal(dead, 0))
	}
	p.P("%s %s_table (.a(%s), .y(%s[%d:0]));", module, y, a.pick(k.Address), y, bits.Len64(live)-1)
}

// truthTables prints the bits of a table of w bits over a. A bit of few arguments is a constant that they index. Of a case statement yosys
// makes a memory: it moves the registers of the address behind it and does not see what the bits have in common.
func truthTables(p *backends.Printer, columns []net.Column, w int, a operand, y string) {
	parts := make([]string, w) // from the top
	for b := range w {
		parts[w-1-b] = literal(1, 0) // nothing reads it
	}
	for _, c := range columns {
		text := fmt.Sprintf("%s_lut%d[%s]", y, c.Bit, a.pick(c.Address))
		switch {
		case c.Address == 0:
			text = literal(1, c.Values[0])
		case len(c.Values) == 2:
			text = strings.Repeat("~", int(c.Values[0])) + a.pick(c.Address)
		default:
			p.P("localparam %s %s_lut%d = %s;", vector(len(c.Values)), y, c.Bit, truthTable(c.Values))
		}
		parts[w-1-c.Bit] = text
	}
	p.P("wire %s %s = %s;", vector(w), y, concat(parts))
}

// truthTable is a constant of bits, the first one lowest: "4'h6".
func truthTable(values []int64) string {
	digits := make([]byte, 0, len(values)/4+1)
	for at := (len(values) - 1) / 4 * 4; at >= 0; at -= 4 {
		d := 0
		for i, x := range values[at:min(at+4, len(values))] {
			d |= int(x) << i
		}
		digits = append(digits, "0123456789abcdef"[d])
	}
	return fmt.Sprintf("%d'h%s", len(values), digits)
}

// table prints the module of a table with results of w bits.
func (u *unroller) table(module string, k net.Contents, w int) {
	aw := bits.OnesCount64(k.Address)
	var p backends.Printer
	p.P("module %s (", module)
	p.P("  input  wire %s a,", vector(aw))
	p.P("  output reg  %s y", vector(w))
	p.P(");")
	p.In()
	p.P("always @(*)")
	p.In()
	p.P("case (a)")
	p.In()
	last := len(k.Values) - 1
	for at, x := range k.Values[:last] {
		p.P("%s: y = %s;", literal(aw, int64(at)), literal(w, x))
	}
	p.P("default: y = %s;", literal(w, k.Values[last]))
	p.Out()
	p.Line("endcase")
	p.Out()
	p.Out()
	p.P("endmodule")
	u.put(module, &p)
}
