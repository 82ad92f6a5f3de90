package main

import (
	"fmt"
	"strings"

	"mlpc/backends"
	"mlpc/backends/backendtest"
	"mlpc/ir"
	"mlpc/ir/diag"
	"mlpc/passes"
)

// column is one target, and for hardware one architecture of it.
type column struct {
	backend *backends.Backend
	arch    string
}

func columns() []column {
	var cols []column
	for _, b := range targetList {
		if len(b.Archs) == 0 {
			cols = append(cols, column{b.Backend, ""})
		}
		for _, a := range b.Archs {
			cols = append(cols, column{b.Backend, a})
		}
	}
	return cols
}

func (c column) title() string {
	if c.arch == "" {
		return c.backend.Name
	}
	return c.backend.Name + " " + c.arch
}

// takes tells whether the target compiles the graph.
func (c column) takes(g *ir.Graph) bool {
	p, _, err := passes.Compile(g, passes.Config{Target: c.backend.Name, Arch: c.arch})
	if err != nil {
		return false
	}
	var problems diag.List
	c.backend.Check(p, &problems)
	return problems.Err() == nil
}

// opSupport asks every target about one graph for each op and form of it.
func opSupport() string {
	var b strings.Builder
	b.WriteString("# What each target compiles\n\nOne small integer graph for each op and form of it, as `backends/backendtest` has them.\n\n| op, form |")
	cols := columns()
	for _, c := range cols {
		fmt.Fprintf(&b, " %s |", c.title())
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(cols)) + "\n")
	for _, k := range backendtest.Ops() {
		fmt.Fprintf(&b, "| %s |", k.Name)
		for _, c := range cols {
			if c.takes(k.Graph) {
				b.WriteString(" yes |")
			} else {
				b.WriteString(" – |")
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}
