package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"mlpc/estimator"
	"mlpc/passes"
)

// shownQuantizers is how many quantizers a person wants to read about; report.json has all.
const shownQuantizers = 16

// printPasses writes what the lossy passes cost that changed anything.
func (r *reportFile) printPasses(w io.Writer) {
	var parts []string
	for _, p := range r.Passes {
		if p.SQNR == nil {
			continue
		}
		text := fmt.Sprintf("%s %d rows decided otherwise", p.Name, p.ChangedRows)
		if r.Accuracy != nil && r.Accuracy.Agreement == nil {
			text = p.Name + fmt.Sprintf(" %d rows moved", p.ChangedRows)
		}
		parts = append(parts, fmt.Sprintf("%s, %.1f dB", text, *p.SQNR))
	}
	if len(parts) > 0 {
		fmt.Fprintf(w, "passes    %s\n", strings.Join(parts, "; "))
	}
}

// printQuantizers writes a table of the values that were put on a grid, and of the dense layers.
func printQuantizers(w io.Writer, layers []passes.Layer) {
	if len(layers) == 0 || len(layers) > shownQuantizers {
		return
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "quantizer\tvalue\trange\tbits\tscale\tsaturated\tSQNR\tweights\talone")
	for _, l := range layers {
		grid := "-\t-\t-"
		if l.Bits > 0 {
			grid = fmt.Sprintf("%d\t%.3g\t%.2g %%", l.Bits, l.Scale, 100*l.Saturated)
		}
		fmt.Fprintf(t, "\t%s\t%.3g to %.3g\t%s\t%.1f dB\t%s\t%s\n", printable(l.Name), l.Lo, l.Hi, grid, l.SQNR, l.Weights, aloneText(l.Alone))
	}
	t.Flush()
}

// lastBits gives an error in last bits: two digits behind the point, or three in all where it is huge, as of exp beyond its table.
func lastBits(x float64) string {
	if x < 1e6 {
		return fmt.Sprintf("%.2f", x)
	}
	return fmt.Sprintf("%.3g", x)
}

// printTables writes how large the tables of functions are and how far they are off at worst.
func printTables(w io.Writer, tables []passes.Table) {
	if len(tables) == 0 || len(tables) > shownQuantizers {
		return
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "table\tfunction\tentries\tsaturated\tbits\tlast bit\tworst error\twith the argument rounded")
	for _, x := range tables {
		fmt.Fprintf(t, "\t%s\t%s\t%s\t%d\t%.3g\t%s last bits\t%s last bits\n", printable(x.Name), thousands(int64(x.Entries)), thousands(int64(x.Saturated)), x.Bits, x.Scale, lastBits(x.Worst), lastBits(x.Rounded))
	}
	t.Flush()
}

// aloneText says what quantizing a layer alone costs: its loss, where rows can tell, and how near the outputs stay.
func aloneText(a *passes.Alone) string {
	if a == nil {
		return "-"
	}
	loss := ""
	switch a.Metric {
	case "accuracy":
		loss = fmt.Sprintf("%.2f points, ", 100*a.Loss)
	case "rmse":
		loss = fmt.Sprintf("%.2f %% RMSE, ", 100*a.Loss)
	case "agreement":
		loss = fmt.Sprintf("%.2f %% rows, ", 100*a.Loss)
	}
	return fmt.Sprintf("%s%.1f dB", loss, a.SQNR)
}

// withQuantizers names in each layer the quantizer that says how it was quantized.
func withQuantizers(layers []estimator.Layer, quantizers []passes.Layer) []estimator.Layer {
	for i := range layers {
		for _, q := range quantizers {
			if q.Dense != "" && q.Dense == layers[i].Name {
				layers[i].Quantizer = q.Name
				break
			}
		}
	}
	return layers
}
