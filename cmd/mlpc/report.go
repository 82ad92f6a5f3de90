package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strings"

	"mlpc/estimator"
	"mlpc/passes"
	"mlpc/testbench"
)

// reportFile is report.json and what --json prints. A field that does not apply is absent.
type reportFile struct {
	Model    modelInfo          `json:"model"`
	Target   string             `json:"target"`
	Arch     string             `json:"arch,omitempty"`
	Device   string             `json:"device,omitempty"`
	ClockMHz float64            `json:"clock_mhz,omitempty"`
	Match    string             `json:"match,omitempty"`
	Accuracy *accuracyReport    `json:"accuracy,omitempty"`
	Passes   []passReport       `json:"passes,omitempty"`
	Estimate *estimator.Figures `json:"estimate,omitempty"`
	Layers   []estimator.Layer  `json:"layers,omitempty"`

	Quantizers []passes.Layer `json:"quantizers,omitempty"`
	Tables     []passes.Table `json:"tables,omitempty"`
	Front      []passes.Point `json:"front,omitempty"`
	Notes      []string       `json:"notes,omitempty"`
	Warnings   []string       `json:"warnings,omitempty"` // what makes the result doubtful; on stderr, so not among what is printed
	Verify     *verifyReport  `json:"verify,omitempty"`
}

type accuracyReport struct {
	Rows      int      `json:"rows"`
	Metric    string   `json:"metric"`
	Float     *float64 `json:"float,omitempty"`
	Quantized *float64 `json:"quantized,omitempty"`
	Final     *float64 `json:"final,omitempty"`
	Agreement *float64 `json:"agreement,omitempty"`
	HeldBack  bool     `json:"held_back"` // measured on rows that were not used for calibration
}

type passReport struct {
	Name           string  `json:"name"`
	Effect         string  `json:"effect"`
	Options        string  `json:"options,omitempty"`
	Seconds        float64 `json:"seconds,omitempty"`
	Values         int     `json:"values"`
	NonzeroWeights int     `json:"nonzero_weights"`
	ChangedRows    int     `json:"changed_rows"`

	Metric *float64 `json:"metric,omitempty"`  // lossy passes: the accuracy's metric behind the pass, on at most 1,000 rows
	SQNR   *float64 `json:"sqnr_db,omitempty"` // lossy passes: of the outputs against the float model, on the same rows
}

type verifyReport struct {
	Runner        string `json:"runner"`
	Tool          string `json:"tool"`
	Vectors       int    `json:"vectors"`
	Mismatches    int    `json:"mismatches"`
	LatencyCycles int    `json:"latency_cycles,omitempty"`
	IICycles      int    `json:"ii_cycles,omitempty"`
	Instructions  int    `json:"instructions,omitempty"`        // mean of the vectors
	Spread        *int   `json:"instructions_spread,omitempty"` // most less least; 0: the same for all vectors
	StackBytes    int    `json:"stack_bytes,omitempty"`
	FirstMismatch string `json:"first_mismatch,omitempty"`
}

// finite drops numbers that JSON has no spelling for.
func finite(x float64) *float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return nil
	}
	return &x
}

func accuracyOf(r *passes.Report) *accuracyReport {
	a := r.Accuracy
	if a == nil {
		return nil
	}
	return &accuracyReport{Rows: a.Rows, Metric: a.Metric, Float: finite(a.Float), Quantized: finite(a.Quantized),
		Final: finite(a.Final), Agreement: finite(a.Agreement), HeldBack: r.EvalOwn}
}

// passesOf lists the passes; seconds differ from run to run, so that files leave them out.
func passesOf(r *passes.Report, seconds bool) []passReport {
	var list []passReport
	for _, p := range r.Passes {
		pr := passReport{Name: p.Name, Effect: p.Effect.String(), Options: p.Options, Values: p.Values, NonzeroWeights: p.Nonzero, ChangedRows: p.Changed}
		if p.Effect == passes.Lossy {
			pr.Metric, pr.SQNR = finite(p.Metric), finite(p.SQNR)
		}
		if seconds {
			pr.Seconds = math.Round(p.Seconds*1e4) / 1e4
		}
		list = append(list, pr)
	}
	return list
}

func verifyOf(r *testbench.Runner, c *testbench.Comparison) *verifyReport {
	v := &verifyReport{Runner: r.Name, Tool: c.Tool, Vectors: c.Vectors, Mismatches: c.Mismatches, LatencyCycles: c.Latency,
		IICycles: c.II, Instructions: c.Instructions, StackBytes: c.StackBytes, FirstMismatch: c.First}
	if c.Instructions > 0 {
		v.Spread = &c.Spread
	}
	return v
}

// printJSON writes one object on a line.
func printJSON(w io.Writer, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%s\n", data)
	return err
}

// print writes the report for a person.
func (r *reportFile) print(w io.Writer) {
	fmt.Fprintf(w, "model     %s: %s parameters, %s MACs%s\n", r.Model.Name, thousands(r.Model.Parameters), thousands(r.Model.MACs), origin(r.Model))
	fmt.Fprintf(w, "target    %s%s\n", r.Target, r.where())
	if a := r.Accuracy; a != nil {
		fmt.Fprintf(w, "accuracy  %s\n", a.text())
	}
	r.printPasses(w)
	if r.Estimate != nil {
		fmt.Fprintf(w, "estimate  %s\n", figuresText(r.Estimate, r.ClockMHz))
	}
	printQuantizers(w, r.Quantizers)
	printTables(w, r.Tables)
	printFront(w, r.Front)
	for _, n := range r.Notes {
		fmt.Fprintf(w, "note      %s\n", n)
	}
}

func origin(m modelInfo) string {
	var parts []string
	if m.Producer != "" {
		parts = append(parts, m.Producer)
	}
	if m.Opset > 0 {
		parts = append(parts, fmt.Sprintf("opset %d", m.Opset))
	}
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, ", ") + ")"
}

func (r *reportFile) where() string {
	s := ""
	if r.Arch != "" {
		s += ", " + r.Arch
	}
	if r.Device != "" {
		s += ", " + r.Device
	}
	if r.ClockMHz > 0 {
		s += fmt.Sprintf(", %g MHz", r.ClockMHz)
	}
	if r.Match != "" && r.Match != string(passes.MatchOwn) {
		s += ", arithmetic of " + r.Match
	}
	return s
}

// text is "float 0.98, final 0.97, agreement 0.99 (200 evaluation rows)", with the metric before it where that is no accuracy.
func (a *accuracyReport) text() string {
	parts := []string{}
	for _, p := range []struct {
		name string
		x    *float64
	}{{"float", a.Float}, {"quantized", a.Quantized}, {"final", a.Final}} {
		if p.x != nil {
			parts = append(parts, fmt.Sprintf("%s %.4g", p.name, *p.x))
		}
	}
	metric := map[string]string{"rmse": "RMSE ", "sqnr_db": "SQNR in dB against the model as it came: "}[a.Metric]
	if len(parts) == 0 {
		metric, parts = "", append(parts, "outputs equal to those of the model as it came")
	}
	if a.Agreement != nil {
		parts = append(parts, fmt.Sprintf("agreement %.4g", *a.Agreement))
	}
	rows := "calibration rows"
	if a.HeldBack {
		rows = "evaluation rows"
	}
	return fmt.Sprintf("%s%s (%s %s)", metric, strings.Join(parts, ", "), thousands(int64(a.Rows)), rows)
}

// figuresText lists the figures that apply.
func figuresText(f *estimator.Figures, mhz float64) string {
	var parts []string
	add := func(p *int, format string) {
		if p != nil {
			parts = append(parts, fmt.Sprintf(format, thousands(int64(*p))))
		}
	}
	add(f.LatencyCycles, "latency %s cycles")
	if f.LatencyCycles != nil && mhz > 0 {
		parts[len(parts)-1] += fmt.Sprintf(" (%s)", duration(float64(*f.LatencyCycles)/mhz*1e-6))
	}
	add(f.IICycles, "II %s")
	add(f.LUT, "%s LUT")
	add(f.FF, "%s FF")
	add(f.DSP, "%s DSP")
	add(f.BRAM, "%s BRAM")
	add(f.LC, "%s LC")
	add(f.FlashBytes, "%s bytes of flash")
	add(f.RAMBytes, "%s bytes of RAM")
	add(f.Instructions, "%s instructions")
	text := strings.Join(parts, ", ")
	if f.Basis != "" {
		text += "; basis: " + f.Basis
	}
	return text
}

func duration(seconds float64) string {
	switch {
	case seconds < 1e-6:
		return fmt.Sprintf("%.3g ns", seconds*1e9)
	case seconds < 1e-3:
		return fmt.Sprintf("%.3g us", seconds*1e6)
	}
	return fmt.Sprintf("%.3g ms", seconds*1e3)
}

// thousands groups digits by three.
func thousands(n int64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
