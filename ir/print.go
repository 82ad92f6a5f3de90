package ir

import (
	"fmt"
	"strconv"
	"strings"

	"mlpc/approx"
	"mlpc/ir/diag"
	"mlpc/ir/num"
)

// Print gives the text form of g, which Parse reads back to an equal graph. docs/ir.md has the grammar.
func (g *Graph) Print() string {
	var b strings.Builder
	fmt.Fprintf(&b, "graph %s\n", strconv.Quote(g.Name))
	for _, v := range g.Values {
		v.print(&b)
	}
	b.WriteString("return")
	for _, o := range g.Outs {
		fmt.Fprintf(&b, " %%%d", o.ID)
	}
	b.WriteByte('\n')
	return b.String()
}

// String gives the line of the text form.
func (v *Value) String() string {
	var b strings.Builder
	v.print(&b)
	return strings.TrimSuffix(b.String(), "\n")
}

func (v *Value) print(b *strings.Builder) {
	fmt.Fprintf(b, "%%%d = %s", v.ID, v.Op)
	for _, a := range v.Args {
		fmt.Fprintf(b, " %%%d", a.ID)
	}
	if v.Attr != nil {
		for _, f := range v.Attr.fields() {
			printField(b, f)
		}
	}
	fmt.Fprintf(b, " : %s%s", v.Type.Elem, shapeText(v.Type.Shape))
	if v.Type.Scale != nil {
		b.WriteString(" scale=" + listText(v.Type.Scale, appendReal))
	}
	if v.Type.Zero != 0 {
		fmt.Fprintf(b, " zero=%d", v.Type.Zero)
	}
	if v.Type.Offset != nil {
		b.WriteString(" offset=" + listText(v.Type.Offset, appendReal))
	}
	if v.Type.Range != nil {
		b.WriteString(" range=" + listText(v.Type.Range[:], appendReal))
	}
	if v.Name != "" {
		b.WriteString(" name=" + strconv.Quote(v.Name))
	}
	printPos(b, v.Pos)
	b.WriteByte('\n')
}

func printPos(b *strings.Builder, p diag.Pos) {
	if p.Node != "" {
		b.WriteString(" node=" + strconv.Quote(p.Node))
	}
	if p.Op != "" {
		b.WriteString(" op=" + strconv.Quote(p.Op))
	}
}

func shapeText(s []int) string {
	parts := make([]string, len(s))
	for i, d := range s {
		parts[i] = strconv.Itoa(d)
	}
	return "[" + strings.Join(parts, ",") + "]"
}

// printField writes " key=value", or nothing for a zero value.
func printField(b *strings.Builder, f field) {
	if text := fieldText(f.ptr); text != "" {
		b.WriteString(" " + f.key + "=" + text)
	}
}

// fieldText spells the attribute that ptr points to; "" for the zero value.
func fieldText(ptr any) string {
	switch p := ptr.(type) {
	case *int:
		return nonZero(*p, strconv.Itoa)
	case *int64:
		return nonZero(*p, func(x int64) string { return strconv.FormatInt(x, 10) })
	case *float64:
		return nonZero(*p, realText)
	case *bool:
		return nonZero(*p, strconv.FormatBool)
	case *string:
		return nonZero(*p, strconv.Quote)
	case *num.Rounding:
		return nonZero(*p, num.Rounding.String)
	case **approx.Unit:
		return nonZero(*p, func(u *approx.Unit) string { return u.Name })
	case *[]int64:
		return listText(*p, func(b []byte, x int64) []byte { return strconv.AppendInt(b, x, 10) })
	case *[]int32:
		return listText(*p, func(b []byte, x int32) []byte { return strconv.AppendInt(b, int64(x), 10) })
	case *[]float64:
		return listText(*p, appendReal)
	}
	return ""
}

func nonZero[T comparable](x T, text func(T) string) string {
	var zero T
	if x == zero {
		return ""
	}
	return text(x)
}

// listText spells a list in brackets; "" for nil.
func listText[T any](s []T, appendTo func([]byte, T) []byte) string {
	if s == nil {
		return ""
	}
	b := []byte{'['}
	for i, x := range s {
		if i > 0 {
			b = append(b, ' ')
		}
		b = appendTo(b, x)
	}
	return string(append(b, ']'))
}

// appendReal spells x as the shortest decimal that reads back to the same float64.
func appendReal(b []byte, x float64) []byte { return strconv.AppendFloat(b, x, 'g', -1, 64) }

func realText(x float64) string { return string(appendReal(nil, x)) }
