package ir

import (
	"fmt"
	"strconv"
	"strings"

	"mlpc/approx"
	"mlpc/ir/diag"
	"mlpc/ir/num"
)

// Parse reads the text form that Print gives; file names it in errors. Empty lines and lines that start with "//" are skipped.
// The graph is not verified. Errors are of type *diag.Error and carry the line.
func Parse(file, text string) (*Graph, error) {
	p := &parser{g: &Graph{}, pos: diag.Pos{File: file}}
	done := false
	for line := range strings.Lines(text) {
		p.pos.Line++
		p.s = strings.TrimSpace(line)
		switch {
		case p.s == "" || strings.HasPrefix(p.s, "//"):
			continue
		case done:
			p.fail("text after return")
		case p.word("graph"):
			p.g.Name = p.quoted()
		case p.word("return"):
			done = true
			for p.err == nil && p.s != "" {
				if v := p.ref(); v != nil {
					p.g.Outs = append(p.g.Outs, v)
				}
			}
		default:
			p.value()
		}
		if p.err == nil && p.s != "" {
			p.fail("unexpected %q", p.s)
		}
		if p.err != nil {
			return nil, p.err
		}
	}
	if !done {
		p.fail("the graph does not end with return")
		return nil, p.err
	}
	return p.g, nil
}

// parser reads one line at a time; the first error sticks.
type parser struct {
	g   *Graph
	pos diag.Pos
	s   string // rest of the line
	err error
}

func (p *parser) fail(format string, args ...any) {
	if p.err == nil {
		msg := fmt.Sprintf(format, args...)
		if len(msg) > 160 {
			msg = msg[:160] + "…"
		}
		p.err = diag.New(diag.CodeSyntax, p.pos, "%s", msg)
	}
}

// word takes the next word if it is w.
func (p *parser) word(w string) bool {
	rest, ok := strings.CutPrefix(p.s, w)
	if !ok || rest != "" && rest[0] != ' ' {
		return false
	}
	p.s = strings.TrimLeft(rest, " ")
	return true
}

// token takes the text up to the next space.
func (p *parser) token() string {
	t, rest, _ := strings.Cut(p.s, " ")
	p.s = strings.TrimLeft(rest, " ")
	return t
}

func (p *parser) quoted() string {
	q, err := strconv.QuotedPrefix(p.s)
	if err != nil {
		p.fail("expected a quoted string")
		p.s = ""
		return ""
	}
	p.s = strings.TrimLeft(p.s[len(q):], " ")
	t, _ := strconv.Unquote(q)
	return t
}

// ref takes a reference to an earlier value.
func (p *parser) ref() *Value {
	t := p.token()
	n, err := strconv.Atoi(strings.TrimPrefix(t, "%"))
	if err != nil || !strings.HasPrefix(t, "%") || n < 0 || n >= len(p.g.Values) {
		p.fail("%q is not an earlier value", t)
		return nil
	}
	return p.g.Values[n]
}

// value reads "%n = op args key=value.. : type key=value..".
func (p *parser) value() {
	if t := p.token(); t != "%"+strconv.Itoa(len(p.g.Values)) {
		p.fail("expected %%%d, not %q", len(p.g.Values), t)
		return
	}
	if !p.word("=") {
		p.fail("expected =")
		return
	}
	name := p.token()
	op, ok := ParseOp(name)
	if !ok {
		p.fail("unknown op %q", name)
		return
	}
	v := &Value{ID: len(p.g.Values), Op: op}
	for p.err == nil && strings.HasPrefix(p.s, "%") {
		v.Args = append(v.Args, p.ref())
	}
	p.attributes(v)
	if p.err == nil && !p.word(":") {
		p.fail("expected : and a type")
	}
	p.typ(v)
	if p.err != nil {
		return
	}
	if r, ok := v.Attr.(*Route); ok {
		r.Shape = v.Type.Shape
	}
	p.g.Values = append(p.g.Values, v)
}

func (p *parser) attributes(v *Value) {
	var fields []field
	if f := ops[v.Op].attr; f != nil {
		v.Attr = f()
		fields = v.Attr.fields()
	}
	for p.err == nil && p.s != "" && p.s[0] != ':' {
		key, ok := p.key()
		if !ok {
			return
		}
		found := false
		for _, f := range fields {
			if f.key == key {
				found = true
				p.field(f.ptr)
			}
		}
		if !found {
			p.fail("op %s has no attribute %q", v.Op, key)
		}
	}
}

// key takes "key=".
func (p *parser) key() (string, bool) {
	i := strings.IndexAny(p.s, "= ")
	if i <= 0 || p.s[i] != '=' {
		p.fail("expected key=value")
		return "", false
	}
	k := p.s[:i]
	p.s = p.s[i+1:]
	return k, true
}

// typ reads the element type, the shape and what explains the value.
func (p *parser) typ(v *Value) {
	t := p.token()
	name, shape, ok := strings.Cut(t, "[")
	elem, err := ParseElem(name)
	if !ok || err != nil || !strings.HasSuffix(shape, "]") {
		p.fail("%q is not a type such as s8[64]", t)
		return
	}
	v.Type.Elem = elem
	p.shape(v, strings.TrimSuffix(shape, "]"))
	for p.err == nil && p.s != "" {
		key, ok := p.key()
		if !ok {
			return
		}
		switch key {
		case "scale":
			p.field(&v.Type.Scale)
		case "zero":
			p.field(&v.Type.Zero)
		case "offset":
			p.field(&v.Type.Offset)
		case "range":
			var r []float64
			if p.field(&r); len(r) != 2 {
				p.fail("range needs two numbers")
				return
			}
			v.Type.Range = &[2]float64{r[0], r[1]}
		case "name":
			v.Name = p.quoted()
		case "node":
			v.Pos.Node = p.quoted()
		case "op":
			v.Pos.Op = p.quoted()
		default:
			p.fail("unknown key %q", key)
		}
	}
}

// maxElements bounds the shape of a parsed value, so that text cannot ask for memory that its length does not pay for.
const maxElements = 1 << 28

func (p *parser) shape(v *Value, s string) {
	if s == "" {
		return
	}
	n := 1
	for part := range strings.SplitSeq(s, ",") {
		d, err := strconv.Atoi(part)
		if err != nil || d < 0 || d > maxElements || n*max(d, 1) > maxElements {
			p.fail("dimension %q", part)
			return
		}
		n *= max(d, 1)
		v.Type.Shape = append(v.Type.Shape, d)
	}
}

// field reads a value into the variable that ptr points to.
func (p *parser) field(ptr any) {
	switch x := ptr.(type) {
	case *string:
		*x = p.quoted()
	case *[]int64:
		*x = list(p, func(t string) (int64, error) { return strconv.ParseInt(t, 10, 64) })
	case *[]int32:
		*x = list(p, func(t string) (int32, error) { n, err := strconv.ParseInt(t, 10, 32); return int32(n), err })
	case *[]float64:
		*x = list(p, func(t string) (float64, error) { return strconv.ParseFloat(t, 64) })
	default:
		p.scalar(ptr)
	}
}

func (p *parser) scalar(ptr any) {
	t := p.token()
	var err error
	switch x := ptr.(type) {
	case *int:
		*x, err = strconv.Atoi(t)
	case *int64:
		*x, err = strconv.ParseInt(t, 10, 64)
	case *float64:
		*x, err = strconv.ParseFloat(t, 64)
	case *bool:
		*x, err = strconv.ParseBool(t)
	case *num.Rounding:
		*x, err = num.ParseRounding(t)
	case **approx.Unit:
		*x, err = approx.Parse(t)
	}
	if err != nil {
		p.fail("bad value %q", t)
	}
}

// list takes "[a b c]".
func list[T any](p *parser, parse func(string) (T, error)) []T {
	end := strings.IndexByte(p.s, ']')
	if end < 0 || p.s[0] != '[' {
		p.fail("expected a list in brackets")
		return nil
	}
	body := p.s[1:end]
	p.s = strings.TrimLeft(p.s[end+1:], " ")
	out := make([]T, 0, strings.Count(body, " ")+1)
	for t := range strings.FieldsSeq(body) {
		x, err := parse(t)
		if err != nil {
			p.fail("bad number %q in a list", t)
			return nil
		}
		out = append(out, x)
	}
	return out
}
