package verilog

import (
	"fmt"
	"math/bits"

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
	address := u.operand(n.A, s).pick(k.Address)
	if bits.OnesCount64(k.Address) <= plainInputs {
		truthTables(p, k, w, address, y)
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
	p.P("%s %s_table (.a(%s), .y(%s[%d:0]));", module, y, address, y, bits.Len64(live)-1)
}

// truthTables prints a table of few arguments as a constant a bit of the result, which the argument indexes. Of a case statement yosys
// makes a memory: it moves the registers of the address behind it and does not see what the bits have in common.
func truthTables(p *backends.Printer, k net.Contents, w int, address, y string) {
	if k.Address == 0 {
		p.P("wire %s %s = %s;", vector(w), y, literal(w, k.Values[0]))
		return
	}
	var parts []string
	for b := w - 1; b >= 0; b-- {
		p.P("localparam %s %s_lut%d = %s;", vector(len(k.Values)), y, b, column(k.Values, b))
		parts = append(parts, fmt.Sprintf("%s_lut%d[%s]", y, b, address))
	}
	p.P("wire %s %s = %s;", vector(w), y, concat(parts))
}

// column is bit b of all values as a constant.
func column(values []int64, b int) string {
	digits := make([]byte, 0, len(values)/4+1)
	for at := (len(values) - 1) / 4 * 4; at >= 0; at -= 4 {
		d := 0
		for i := at; i < min(at+4, len(values)); i++ {
			d |= int(values[i]>>b&1) << (i - at)
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
