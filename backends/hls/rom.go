package hls

import (
	"fmt"
	"strconv"
	"strings"

	"mlpc/ir"
)

// rom is one constant array, in firmware/weights/NAME.h.
type rom struct {
	name, typ, doc string
	ints           []int64
	row            int  // integers a line
	matrix         bool // two-dimensional, rows of that many integers
}

// romType spells the type of elements of a constant array.
func romType(e ir.Elem) string {
	if e.Signed {
		return fmt.Sprintf("nnet::rom_int<%d>", e.Bits)
	}
	return fmt.Sprintf("nnet::rom_uint<%d>", e.Bits)
}

// perLine is how many integers of an array without rows stand on a line.
const perLine = 16

// addROM adds a constant array of the narrowest type and gives that type.
func (d *design) addROM(name, doc string, ints []int64, row int, matrix bool) string {
	r := rom{name: name, typ: romType(elemOf(ints)), doc: doc, ints: ints, row: row, matrix: matrix}
	d.roms = append(d.roms, r)
	return r.typ
}

// list adds a flat constant array and gives its element type.
func (d *design) list(name, doc string, ints []int64) string {
	if len(ints) == 0 {
		ints = []int64{0}
	}
	return d.addROM(name, doc, ints, perLine, false)
}

// elemOf is the narrowest element type that holds all integers.
func elemOf(ints []int64) ir.Elem {
	var lo, hi int64
	for _, x := range ints {
		lo, hi = min(lo, x), max(hi, x)
	}
	return ir.Fit(lo, hi)
}

// text prints the header of a constant array.
func (r *rom) text(header, design string) []byte {
	var b strings.Builder
	guard := strings.ToUpper(design+"_"+r.name) + "_H_"
	fmt.Fprintf(&b, "// %s\n//\n// %s.\n#ifndef %s\n#define %s\n\n", header, r.doc, guard, guard)
	if r.matrix {
		fmt.Fprintf(&b, "static const %s %s[%d][%d] = {\n", r.typ, r.name, len(r.ints)/r.row, r.row)
	} else {
		fmt.Fprintf(&b, "static const %s %s[%d] = {\n", r.typ, r.name, len(r.ints))
	}
	for rest := r.ints; len(rest) > 0; {
		n := min(r.row, len(rest))
		line := joinInts(rest[:n])
		if r.matrix {
			line = "{" + line + "}"
		}
		b.WriteString("    " + line + ",\n")
		rest = rest[n:]
	}
	b.WriteString("};\n\n#endif\n")
	return []byte(b.String())
}

func joinInts(ints []int64) string {
	b := make([]byte, 0, 4*len(ints))
	for i, x := range ints {
		if i > 0 {
			b = append(b, ", "...)
		}
		b = strconv.AppendInt(b, x, 10)
	}
	return string(b)
}

func widen(xs []int32) []int64 {
	out := make([]int64, len(xs))
	for i, x := range xs {
		out[i] = int64(x)
	}
	return out
}
