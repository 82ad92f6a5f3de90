package gomodel

import (
	"strconv"
	"strings"

	"github.com/dave/jennifer/jen"

	"mlpc/ir"
)

// goType gives the narrowest integer type of Go that holds an element type.
func goType(e ir.Elem) string {
	for _, bits := range []int{8, 16, 32, 64} {
		if e.Bits <= bits {
			if e.Signed {
				return "int" + strconv.Itoa(bits)
			}
			return "uint" + strconv.Itoa(bits)
		}
	}
	panic("element type " + e.String() + " has more than 64 bits")
}

// perLine is how many integers of a list without rows of its own stand on a line.
const perLine = 16

// literal gives []typ{…} with one line for each row of the given length.
func literal(typ string, ints []int64, row int) *jen.Statement {
	lines := jen.Options{Open: "{", Close: "}", Separator: ",", Multi: true}
	if len(ints) <= perLine {
		lines.Multi = false
	}
	return jen.Index().Id(typ).CustomFunc(lines, func(g *jen.Group) {
		for len(ints) > 0 {
			n := min(row, len(ints))
			g.Op(joinInts(ints[:n]))
			ints = ints[n:]
		}
	})
}

// floatLiteral gives []float32{…}.
func floatLiteral(xs []float64) *jen.Statement {
	words := make([]string, len(xs))
	for i, x := range xs {
		words[i] = strconv.FormatFloat(x, 'g', -1, 32)
	}
	return jen.Index().Float32().Values(jen.Op(strings.Join(words, ", ")))
}

func joinInts(ints []int64) string {
	var b strings.Builder
	for i, x := range ints {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(strconv.FormatInt(x, 10))
	}
	return b.String()
}

// elemOf gives the narrowest element type that holds all integers.
func elemOf(ints []int64) ir.Elem {
	var lo, hi int64
	for _, x := range ints {
		lo, hi = min(lo, x), max(hi, x)
	}
	return ir.Fit(lo, hi)
}

func widen[T int | int32](xs []T) []int64 {
	out := make([]int64, len(xs))
	for i, x := range xs {
		out[i] = int64(x)
	}
	return out
}
