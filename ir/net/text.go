package net

import (
	"bufio"
	"fmt"
	"strconv"
	"strings"
)

// Print gives the circuit as text, a node a line, which Parse reads back:
//
//	circuit digits inputs 2 stages 0
//	table t0 -1 : 5 6 9
//	n0 = input 0 in [-8, 7] @0 of 0
//	n2 = add n0 n1 << 3 in [-72, 63] @0 of 2
//	out n2
//
// @ is the stage, "of" the graph value that the node belongs to; a number after the op is Imm.
func (c *Circuit) Print() string {
	var b strings.Builder
	fmt.Fprintf(&b, "circuit %s inputs %d stages %d\n", c.Name, c.Inputs, c.Stages)
	for i, t := range c.Tables {
		fmt.Fprintf(&b, "table t%d %d :", i, t.Lo)
		for _, x := range t.Values {
			b.WriteByte(' ')
			b.WriteString(strconv.FormatInt(x, 10))
		}
		b.WriteByte('\n')
	}
	var buf [3]int32
	for i := range c.Nodes {
		n := &c.Nodes[i]
		fmt.Fprintf(&b, "n%d = %s", i, n.Op)
		for _, a := range n.Args(buf[:]) {
			fmt.Fprintf(&b, " n%d", a)
		}
		if n.Imm != 0 || ops[n.Op].args == 0 {
			fmt.Fprintf(&b, " %d", n.Imm)
		}
		if n.Shift != 0 {
			fmt.Fprintf(&b, " << %d", n.Shift)
		}
		known := ""
		if n.Known {
			known = " known"
		}
		fmt.Fprintf(&b, "%s in [%d, %d] @%d of %d\n", known, n.Lo, n.Hi, n.Stage, n.Src)
	}
	for _, o := range c.Outs {
		fmt.Fprintf(&b, "out n%d\n", o)
	}
	return b.String()
}

// Parse reads what Print gives. The result is not verified.
func Parse(text string) (*Circuit, error) {
	c := &Circuit{}
	names := map[string]Op{}
	for i := range ops {
		names[ops[i].name] = Op(i)
	}
	s := bufio.NewScanner(strings.NewReader(text))
	s.Buffer(nil, 1<<28)
	for line := 1; s.Scan(); line++ {
		f := strings.Fields(s.Text())
		if len(f) == 0 {
			continue
		}
		if err := c.parseLine(f, names); err != nil {
			return nil, fmt.Errorf("line %d: %w", line, err)
		}
	}
	return c, s.Err()
}

func (c *Circuit) parseLine(f []string, names map[string]Op) (err error) {
	p := fields{f: f}
	switch p.word() {
	case "circuit":
		c.Name = p.word()
		p.expect("inputs")
		c.Inputs = int(p.int())
		p.expect("stages")
		c.Stages = int(p.int())
	case "table":
		p.expect("t" + strconv.Itoa(len(c.Tables)))
		t := Table{Lo: p.int()}
		p.expect(":")
		for len(p.f) > 0 && p.err == nil {
			t.Values = append(t.Values, p.int())
		}
		c.Tables = append(c.Tables, t)
	case "out":
		c.Outs = append(c.Outs, p.node())
	case "n" + strconv.Itoa(len(c.Nodes)):
		p.expect("=")
		name := p.word()
		op, ok := names[name]
		if !ok {
			return fmt.Errorf("no op %q", name)
		}
		c.Nodes = append(c.Nodes, p.parseNode(op))
	default:
		return fmt.Errorf("%q starts no line here", f[0])
	}
	return p.err
}

func (p *fields) parseNode(op Op) Node {
	n := Node{Op: op}
	for i, a := range []*int32{&n.A, &n.B, &n.C} {
		if i < ops[op].args {
			*a = p.node()
		}
	}
	if w := p.peek(); w != "<<" && w != "in" && w != "known" {
		n.Imm = p.int()
	}
	if p.peek() == "<<" {
		p.word()
		n.Shift = int8(p.int())
	}
	if p.peek() == "known" {
		p.word()
		n.Known = true
	}
	p.expect("in")
	n.Lo = p.trimmed("[", ",")
	n.Hi = p.trimmed("", "]")
	n.Stage = int32(p.trimmed("@", ""))
	p.expect("of")
	n.Src = int32(p.int())
	return n
}

// fields reads the words of a line and keeps the first error.
type fields struct {
	f   []string
	err error
}

func (p *fields) peek() string {
	if len(p.f) == 0 {
		return ""
	}
	return p.f[0]
}

func (p *fields) word() string {
	w := p.peek()
	if len(p.f) > 0 {
		p.f = p.f[1:]
	} else if p.err == nil {
		p.err = fmt.Errorf("the line ends too early")
	}
	return w
}

func (p *fields) expect(w string) {
	if got := p.word(); got != w && p.err == nil {
		p.err = fmt.Errorf("%q where %q belongs", got, w)
	}
}

func (p *fields) int() int64 { return p.trimmed("", "") }

func (p *fields) node() int32 { return int32(p.trimmed("n", "")) }

func (p *fields) trimmed(before, after string) int64 {
	w := p.word()
	s, okB := strings.CutPrefix(w, before)
	s, okA := strings.CutSuffix(s, after)
	x, err := strconv.ParseInt(s, 10, 64)
	if (err != nil || !okA || !okB) && p.err == nil {
		p.err = fmt.Errorf("%q where %sa number%s belongs", w, before, after)
	}
	return x
}
