package cc

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"mlpc/backends"
	"mlpc/ir"
)

// CType is the narrowest integer type of <stdint.h> that holds every value of an element type; float for float32.
func CType(e ir.Elem) string {
	if e.Single {
		return "float"
	}
	if e.Signed {
		return fmt.Sprintf("int%d_t", 8*ElemBytes(e))
	}
	return fmt.Sprintf("uint%d_t", 8*ElemBytes(e))
}

// ElemBytes is the size of CType(e): 1, 2, 4 or 8.
func ElemBytes(e ir.Elem) int {
	switch {
	case e.Single:
		return 4
	case e.Bits <= 8:
		return 1
	case e.Bits <= 16:
		return 2
	case e.Bits <= 32:
		return 4
	}
	return 8
}

// fits32 tells whether int32_t holds every integer in [lo, hi].
func fits32(lo, hi int64) bool { return lo >= math.MinInt32 && hi <= math.MaxInt32 }

// workType is the type in which emitted code computes with integers in [lo, hi].
func workType(lo, hi int64) string {
	if fits32(lo, hi) {
		return "int32_t"
	}
	return "int64_t"
}

// literal spells a constant so that it has the given work type and no value is the negation of a literal that does not fit.
func literal(x int64, work string) string {
	switch {
	case work != "int64_t" && x == math.MinInt32:
		return "INT32_MIN"
	case work != "int64_t":
		return strconv.FormatInt(x, 10)
	case x == math.MinInt64:
		return "INT64_MIN"
	}
	return fmt.Sprintf("INT64_C(%d)", x)
}

// floatLiteral spells a float constant with as many digits as it takes to read back the same bits.
func floatLiteral(x float32) string {
	return strconv.FormatFloat(float64(x), 'e', -1, 32) + "f"
}

// PortNames names the inputs ("in") or outputs ("out") of a model: the word alone when there is one, else numbered from 0. The C
// types are NAME_in_t, the macros NAME_IN_SIZE and so on.
func PortNames(word string, n int) []string {
	if n == 1 {
		return []string{word}
	}
	names := make([]string, n)
	for i := range names {
		names[i] = word + strconv.Itoa(i)
	}
	return names
}

// comment makes model text harmless inside a C comment: characters that could end it, or that are not printable, become '?'.
func comment(text string) string {
	const limit = 60
	clean := strings.Map(func(r rune) rune {
		legal := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune(" _.:-+()[],", r)
		if !legal {
			return '?'
		}
		return r
	}, strings.ReplaceAll(text, "/", "."))
	if len(clean) > limit {
		clean = clean[:limit]
	}
	return clean
}

// array prints a constant array, as many entries a line as fit into 120 columns.
func array(p *backends.Printer, ctype, name string, xs []int64) {
	p.P("static const %s %s[%d] = {", ctype, name, max(1, len(xs)))
	if len(xs) == 0 {
		xs = []int64{0}
	}
	p.In()
	var line strings.Builder
	for i, x := range xs {
		word := literal(x, wordType(ctype))
		if i < len(xs)-1 {
			word += ","
		}
		if line.Len()+len(word) > 112 {
			p.Line(line.String())
			line.Reset()
		}
		if line.Len() > 0 {
			line.WriteByte(' ')
		}
		line.WriteString(word)
	}
	p.Line(line.String())
	p.Out()
	p.Line("};")
}

// wordType is the work type whose literals initialise a type.
func wordType(ctype string) string {
	if strings.HasSuffix(ctype, "64_t") || ctype == "uint32_t" {
		return "int64_t"
	}
	return "int32_t"
}

// fitting is the narrowest C type that holds all entries.
func fitting(xs []int64) string {
	var lo, hi int64
	for _, x := range xs {
		lo, hi = min(lo, x), max(hi, x)
	}
	switch { // unsigned words as wide as the work type would not convert to it silently
	case hi > math.MaxUint16 && fits32(lo, hi):
		return "int32_t"
	case hi > math.MaxUint32:
		return "int64_t"
	}
	return CType(ir.Fit(lo, hi))
}
