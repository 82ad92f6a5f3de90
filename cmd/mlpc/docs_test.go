package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mlpc/ir"
	"mlpc/ir/diag"
	"mlpc/passes"
)

var update = flag.Bool("update", false, "rewrite the generated documents and golden files")

// TestGenerated keeps the generated documents equal to the code; `make docs` rewrites them.
func TestGenerated(t *testing.T) {
	for name, make := range map[string]func() string{"ir-ops.md": irOps, "passes.md": passTable, "errors.md": errorTable, "op-support.md": opSupport} {
		t.Run(name, func(t *testing.T) {
			want := "<!-- Generated from the code by `make docs`. Do not edit. -->\n" + make()
			if *update {
				if err := os.WriteFile(filepath.Join("../../docs", name), []byte(want), 0o666); err != nil {
					t.Fatal(err)
				}
				return
			}
			got, err := os.ReadFile(filepath.Join("../../docs", name))
			if err != nil || !bytes.Equal(got, []byte(want)) {
				t.Errorf("docs/%s is not what the code gives; run make docs", name)
			}
		})
	}
}

// cell keeps text inside one cell of a table.
func cell(s string) string { return strings.ReplaceAll(s, "|", "\\|") }

func irOps() string {
	var b strings.Builder
	b.WriteString("# Ops of the IR\n\n| op | arguments | over | attributes | meaning |\n|---|---|---|---|---|\n")
	over := map[ir.Domain]string{ir.Both: "reals, integers", ir.RealsOnly: "reals", ir.IntsOnly: "integers"}
	for _, d := range ir.OpDocs() {
		args := fmt.Sprint(d.MinArgs)
		switch {
		case d.MaxArgs < 0:
			args += " or more"
		case d.MaxArgs > d.MinArgs:
			args += fmt.Sprintf(" to %d", d.MaxArgs)
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", d.Name, args, over[d.Domain], strings.Join(d.Attributes, ", "), cell(d.Doc))
	}
	b.WriteString("\n## Functions of `table` over the reals\n\n| function | parameters | definition | monotone |\n|---|---|---|---|\n")
	monotone := map[int]string{1: "rises", -1: "falls", 0: ""}
	for _, n := range ir.FuncNames() {
		f := ir.Funcs[n]
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", n, strings.Join(f.Params, ", "), cell(f.Doc), monotone[f.Monotone])
	}
	return b.String()
}

func passTable() string {
	var b strings.Builder
	b.WriteString("# Passes, in the order they run\n\n| pass | effect | runs | what it does | options (default) |\n|---|---|---|---|---|\n")
	for _, p := range passes.All {
		runs := "on request"
		if p.Default {
			runs = "by default"
		}
		var options []string
		for _, o := range p.Options {
			options = append(options, fmt.Sprintf("`%s` (%s): %s", o.Name, o.Default, o.Doc))
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", p.Name, p.Effect, runs, cell(p.Doc), cell(strings.Join(options, "<br>")))
	}
	b.WriteString("\n## Why this order\n\n")
	for _, o := range passes.Order() {
		fmt.Fprintf(&b, "- `%s` before `%s`: %s.\n", o.Before, o.After, o.Why)
	}
	return b.String()
}

func errorTable() string {
	var b strings.Builder
	b.WriteString("# Error codes\n\n`mlpc explain CODE` prints the same. A test runs each example that is a command.\n")
	for _, d := range diag.Codes {
		fmt.Fprintf(&b, "\n## `%s`\n\n%s\n\n```\n%s\n```\n\n%s\n", d.Code, d.Means, strings.TrimSpace(d.Example), d.Remedy)
	}
	return b.String()
}
