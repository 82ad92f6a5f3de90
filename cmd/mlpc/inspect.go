package main

import (
	"fmt"
	"math"
	"strings"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"mlpc/ir"
)

func inspectCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:      "inspect",
		Usage:     "show what a model holds",
		ArgsUsage: "MODEL",
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "ir", Usage: "print the graph in the text form"},
			&cli.BoolFlag{Name: "dot", Usage: "print the graph for Graphviz"},
			&cli.BoolFlag{Name: "json", Usage: "print the layers as JSON"},
		},
		Action: func(ctx *cli.Context) error { return inspect(ctx, c) },
	}
}

// layerInfo is one line of the layers table.
type layerInfo struct {
	Name       string   `json:"name"`
	Op         string   `json:"op"`
	Shape      []int    `json:"shape"`
	Elem       string   `json:"elem"`
	Parameters int64    `json:"parameters,omitempty"`
	MACs       int64    `json:"macs,omitempty"`
	Min        *float64 `json:"weight_min,omitempty"`
	Max        *float64 `json:"weight_max,omitempty"`
	Zeros      *float64 `json:"weight_zeros,omitempty"` // fraction of weights that are zero
}

type inspection struct {
	Model   modelInfo   `json:"model"`
	Inputs  []portInfo  `json:"inputs"`
	Outputs []portInfo  `json:"outputs"`
	Labels  []string    `json:"labels,omitempty"`
	Layers  []layerInfo `json:"layers"`
	Notes   []string    `json:"notes,omitempty"`
}

func inspect(ctx *cli.Context, c *console) error {
	path, err := oneArgument(ctx, "a MODEL")
	if err != nil {
		return err
	}
	m, err := loadModel(path)
	if err != nil {
		return err
	}
	switch {
	case ctx.Bool("ir"):
		fmt.Fprint(c.out, m.graph.Print())
		return nil
	case ctx.Bool("dot"):
		fmt.Fprint(c.out, dot(m.graph))
		return nil
	}
	in := inspection{Model: m.info, Inputs: ports(m.graph.Inputs()), Outputs: ports(m.graph.Outs), Labels: m.labels, Layers: layers(m.graph), Notes: m.notes}
	if ctx.Bool("json") {
		return printJSON(c.out, in)
	}
	return in.print(c)
}

// layers lists the values of a graph that are not constants.
func layers(g *ir.Graph) []layerInfo {
	list := []layerInfo{}
	for _, v := range g.Values {
		if v.Op == ir.OpConst || v.Op == ir.OpInput {
			continue
		}
		l := layerInfo{Name: v.Name, Op: v.Op.String(), Shape: append([]int{}, v.Type.Shape...), Elem: v.Type.Elem.String()}
		if t, ok := v.Attr.(*ir.Table); ok && t.Fn != "" {
			l.Op += " " + t.Fn
		}
		for _, a := range v.Args {
			if d := a.Const(); d != nil {
				l.Parameters += int64(d.Len())
			}
		}
		if v.Op == ir.OpDense {
			l.MACs = int64(v.Type.Size()) * int64(v.Args[1].Type.Shape[1])
			l.weights(v.Args[1].Const())
		}
		list = append(list, l)
	}
	return list
}

// weights sets what the table says of the weights.
func (l *layerInfo) weights(d *ir.Data) {
	if d == nil || d.Len() == 0 {
		return
	}
	lo, hi, zeros := math.Inf(1), math.Inf(-1), 0.0
	for i := range d.Len() {
		x := 0.0
		if d.Ints != nil {
			x = float64(d.Ints[i])
		} else {
			x = d.Reals[i]
		}
		lo, hi = min(lo, x), max(hi, x)
		if x == 0 {
			zeros++
		}
	}
	zeros /= float64(d.Len())
	l.Min, l.Max, l.Zeros = &lo, &hi, &zeros
}

func (in *inspection) print(c *console) error {
	fmt.Fprintf(c.out, "model     %s: %s parameters, %s MACs%s\n", in.Model.Name, thousands(in.Model.Parameters), thousands(in.Model.MACs), origin(in.Model))
	for _, p := range in.Inputs {
		fmt.Fprintf(c.out, "input     %q %v %s\n", p.Name, p.Shape, p.Elem)
	}
	for _, p := range in.Outputs {
		fmt.Fprintf(c.out, "output    %q %v %s\n", p.Name, p.Shape, p.Elem)
	}
	if len(in.Labels) > 0 {
		fmt.Fprintf(c.out, "classes   %q\n", in.Labels)
	}
	w := tabwriter.NewWriter(c.out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "layer\top\tshape\ttype\tparameters\tMACs\tweights")
	for _, l := range in.Layers {
		fmt.Fprintf(w, "%s\t%s\t%v\t%s\t%s\t%s\t%s\n", printable(l.Name), l.Op, l.Shape, l.Elem, thousands(l.Parameters), thousands(l.MACs), l.statistics())
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, n := range in.Notes {
		fmt.Fprintf(c.out, "note      %s\n", n)
	}
	return nil
}

func (l *layerInfo) statistics() string {
	if l.Min == nil {
		return ""
	}
	return fmt.Sprintf("%.3g to %.3g, %.0f %% zero", *l.Min, *l.Max, 100**l.Zeros)
}

// printable keeps names on one line of a table.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x20 || r == 0x7f {
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
