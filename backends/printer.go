package backends

import (
	"bytes"
	"fmt"
)

// Printer collects indented lines of text. Its methods cannot fail.
type Printer struct {
	Indent string // one level of indentation; empty means two spaces
	buf    bytes.Buffer
	depth  int
}

// P adds one line, formatted like fmt.Sprintf and indented to the current depth.
func (p *Printer) P(format string, args ...any) { p.Line(fmt.Sprintf(format, args...)) }

// Line adds one line of text as it is, indented to the current depth; an empty line stays empty.
func (p *Printer) Line(text string) {
	if text != "" {
		indent := p.Indent
		if indent == "" {
			indent = "  "
		}
		for range p.depth {
			p.buf.WriteString(indent)
		}
		p.buf.WriteString(text)
	}
	p.buf.WriteByte('\n')
}

// Raw adds text as it is: no indentation, no line break of its own.
func (p *Printer) Raw(text string) { p.buf.WriteString(text) }

// In indents the following lines one level more.
func (p *Printer) In() { p.depth++ }

// Out indents the following lines one level less.
func (p *Printer) Out() { p.depth-- }

// Bytes gives the text so far; it stays valid until the next call that adds text.
func (p *Printer) Bytes() []byte { return p.buf.Bytes() }

// String gives the text so far.
func (p *Printer) String() string { return p.buf.String() }
