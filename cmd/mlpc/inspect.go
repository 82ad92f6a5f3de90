package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"unicode"

	"github.com/urfave/cli/v2"

	"mlpc/ir"
	"mlpc/ir/diag"
	"mlpc/ir/onnx"
)

func inspectCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:      "inspect",
		Usage:     "show what a model holds, and which targets take it",
		ArgsUsage: "MODEL",
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "all", Usage: "print every layer of a long table"},
			&cli.BoolFlag{Name: "check", Usage: "ask each target whether it takes the model, however large"},
			&cli.BoolFlag{Name: "ir", Usage: "print the graph in the text form"},
			&cli.BoolFlag{Name: "dot", Usage: "print the graph for Graphviz"},
			&cli.BoolFlag{Name: "json", Usage: "print everything as JSON"},
		},
		Action: func(ctx *cli.Context) error { return inspect(ctx, c) },
	}
}

// inspection is what inspect --json prints.
type inspection struct {
	Model   modelInfo     `json:"model"`
	Inputs  []portInfo    `json:"inputs"`
	Outputs []portInfo    `json:"outputs"`
	Labels  []string      `json:"labels,omitempty"`
	Layers  []layerInfo   `json:"layers"`
	Notes   []string      `json:"notes,omitempty"` // what the importer rewrote
	Targets []targetCheck `json:"targets,omitempty"`
}

func inspect(ctx *cli.Context, c *console) error {
	path, err := oneArgument(ctx, "a MODEL")
	if err != nil {
		return err
	}
	m, err := loadModel(path)
	if err != nil {
		return c.survey(ctx, path, err)
	}
	switch {
	case ctx.Bool("ir"):
		fmt.Fprint(c.out, m.graph.Print())
		return nil
	case ctx.Bool("dot"):
		fmt.Fprint(c.out, dot(m.graph))
		return nil
	}
	in := inspection{Model: m.info, Inputs: ports(m.graph.Inputs()), Outputs: ports(m.graph.Outs), Labels: m.labels, Notes: m.notes}
	if in.Layers, err = layers(m.graph); err != nil {
		return err
	}
	if quicklyChecked(m) || ctx.Bool("check") {
		in.Targets = checkTargets(m)
	}
	if ctx.Bool("json") {
		return printJSON(c.out, in)
	}
	return in.print(c, ctx.Bool("all"))
}

// survey lists the operators of a model that the importer refuses, and gives the refusal.
func (c *console) survey(ctx *cli.Context, path string, refusal error) error {
	var l diag.List
	var e *diag.Error
	switch {
	case errors.As(refusal, &l) && len(l) > 0:
		e = l[0]
	case !errors.As(refusal, &e):
		return refusal
	}
	if e.Code == diag.CodeFile || e.Code == diag.CodeFormat || ctx.Bool("json") || ctx.Bool("ir") || ctx.Bool("dot") {
		return refusal
	}
	uses, err := onnx.Survey(path)
	if err != nil || len(uses) == 0 {
		return refusal
	}
	w := tabwriter.NewWriter(c.out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "operator\tnodes\tread")
	for _, u := range uses {
		read := "yes"
		if !u.Known {
			read = "no"
			if u.Why != "" {
				read += ": " + u.Why
			}
		}
		fmt.Fprintf(w, "%s\t%d\t%s\n", printable(u.Name), u.Count, read)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return refusal
}

// The table shows at most longTable layers, of a longer one the first shortTable.
const (
	longTable  = 60
	shortTable = 40
)

func (in *inspection) print(c *console, all bool) error {
	fmt.Fprintf(c.out, "model     %s: %s parameters, %s MACs%s\n", in.Model.Name, thousands(in.Model.Parameters), thousands(in.Model.MACs), origin(in.Model))
	for _, p := range in.Inputs {
		fmt.Fprintf(c.out, "input     %q %v %s\n", tail(p.Name), p.Shape, p.Elem)
	}
	for _, p := range in.Outputs {
		fmt.Fprintf(c.out, "output    %q %v %s\n", tail(p.Name), p.Shape, p.Elem)
	}
	if len(in.Labels) > 0 {
		fmt.Fprintf(c.out, "classes   %q\n", in.Labels)
	}
	if err := in.printLayers(c, all); err != nil {
		return err
	}
	for _, n := range in.Notes {
		fmt.Fprintf(c.out, "note      %s\n", n)
	}
	for _, t := range in.Targets {
		fmt.Fprintf(c.out, "target    %-8s %s\n", t.Target, t.summary())
	}
	if in.Targets == nil {
		fmt.Fprintln(c.out, "targets   not asked, as the model is large; --check asks them")
	}
	return nil
}

func (in *inspection) printLayers(c *console, all bool) error {
	shown := in.Layers
	if len(shown) > longTable && !all {
		shown = shown[:shortTable]
	}
	w := tabwriter.NewWriter(c.out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "layer\top\tshape\tactivation\tparameters\tMACs\tbits\tweights")
	for _, l := range shown {
		fmt.Fprintf(w, "%s\t%s\t%v\t%s\t%s\t%s\t%s\t%s\n", tail(printable(l.Name)), printable(l.Op), l.Shape, printable(l.Activation), count(l.Parameters), count(l.MACs), l.bits(), l.Weights.statistics())
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if rest := in.Layers[len(shown):]; len(rest) > 0 {
		number := map[string]int{}
		for _, l := range rest {
			number[printable(l.Op)]++
		}
		var kinds []string
		for _, op := range slices.Sorted(maps.Keys(number)) {
			kinds = append(kinds, fmt.Sprintf("%d %s", number[op], op))
		}
		fmt.Fprintf(c.out, "and %d more (%s); --all prints them\n", len(rest), strings.Join(kinds, ", "))
	}
	return nil
}

// count leaves zeros out of the table.
func count(n int64) string {
	if n == 0 {
		return ""
	}
	return thousands(n)
}

// tail keeps the end of a long name, which tells it from others.
func tail(name string) string {
	const most = 36
	if r := []rune(name); len(r) > most {
		return "…" + string(r[len(r)-most+1:])
	}
	return name
}

// printable keeps names on one line of a table: control characters and those that turn the direction of writing become ?.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, s)
}

// dot gives the graph in Graphviz's language.
func dot(g *ir.Graph) string {
	var b strings.Builder
	b.WriteString("digraph model {\n  rankdir=TB;\n  node [shape=box];\n")
	for _, v := range g.Values {
		fmt.Fprintf(&b, "  v%d [label=%q];\n", v.ID, fmt.Sprintf("%%%d %s %s%v", v.ID, v.Op, v.Type.Elem, v.Type.Shape))
		for _, a := range v.Args {
			fmt.Fprintf(&b, "  v%d -> v%d;\n", a.ID, v.ID)
		}
	}
	for i, o := range g.Outs {
		fmt.Fprintf(&b, "  out%d [shape=ellipse];\n  v%d -> out%d;\n", i, o.ID, i)
	}
	b.WriteString("}\n")
	return b.String()
}
