// Package diag holds what mlpc says about bad input: a place, a code, one sentence and the next step.
//
// Functions that can find several problems take a *List and add to it; the caller asks Err once.
package diag

import (
	"fmt"
	"strings"
)

// Pos is a place in the user's input. Every field may be empty.
type Pos struct {
	File string // base name of the model or text file
	Line int    // line of a text file, from 1; 0: none
	Node string // name of the node in the model, as the model spells it
	Op   string // operator of that node, as the model spells it
}

// String gives "file:line: node "x" (Op)" with the parts that are known.
func (p Pos) String() string {
	var parts []string
	if p.File != "" {
		f := p.File
		if p.Line > 0 {
			f = fmt.Sprintf("%s:%d", f, p.Line)
		}
		parts = append(parts, f)
	} else if p.Line > 0 {
		parts = append(parts, fmt.Sprintf("line %d", p.Line))
	}
	node := ""
	if p.Node != "" {
		node = fmt.Sprintf("node %q", clip(p.Node))
	}
	if p.Op != "" {
		node = strings.TrimSpace(node + " (" + clip(p.Op) + ")")
	}
	if node != "" {
		parts = append(parts, node)
	}
	return strings.Join(parts, ": ")
}

// clip shortens names from a model so that a message stays one readable line.
func clip(s string) string {
	const limit = 80
	r := []rune(s)
	if len(r) <= limit {
		return s
	}
	return string(r[:limit-1]) + "…"
}

// Error is one problem.
type Error struct {
	Code Code
	Pos  Pos
	Msg  string // what is wrong, one sentence without a final full stop
	Hint string // the next step, one imperative sentence; may be empty
}

// Error gives the message on one line: place, sentence, code, hint.
func (e *Error) Error() string {
	var b strings.Builder
	if p := e.Pos.String(); p != "" {
		b.WriteString(p)
		b.WriteString(": ")
	}
	fmt.Fprintf(&b, "%s [%s]", oneLine(e.Msg), e.Code)
	if e.Hint != "" {
		b.WriteString("; ")
		b.WriteString(oneLine(e.Hint))
	}
	return b.String()
}

// oneLine removes line breaks and other control characters, which model text may bring in.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x20 || r == 0x7f {
			return ' '
		}
		return r
	}, s)
}

// New makes an error.
func New(code Code, pos Pos, format string, args ...any) *Error {
	return &Error{Code: code, Pos: pos, Msg: fmt.Sprintf(format, args...)}
}

// WithHint sets the next step and returns e.
func (e *Error) WithHint(format string, args ...any) *Error {
	e.Hint = fmt.Sprintf(format, args...)
	return e
}

// List collects problems; it is an error when it holds any.
type List []*Error

// limit is how many problems a printed list shows.
const limit = 10

// Addf appends a problem and returns it, so that the caller can set its hint.
func (l *List) Addf(code Code, pos Pos, format string, args ...any) *Error {
	e := New(code, pos, format, args...)
	*l = append(*l, e)
	return e
}

// Error gives one problem a line, ten at most.
func (l List) Error() string {
	var b strings.Builder
	for i, e := range l {
		if i == limit {
			fmt.Fprintf(&b, "\nand %d more", len(l)-limit)
			break
		}
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(e.Error())
	}
	return b.String()
}

// Err is nil when the list is empty.
func (l List) Err() error {
	if len(l) == 0 {
		return nil
	}
	return l
}
