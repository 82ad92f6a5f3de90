package passes

import (
	"fmt"
	"math"

	"mlpc/ir"
)

// meter compares graphs with the float model.
type meter struct {
	rows  *Rows
	kind  decision
	ref   []*ir.Tensor // outputs of the reference on rows
	float []*ir.Tensor // outputs of the model as it came
	quant float64      // metric after quantize; NaN before
}

// decision says how a class is read from the first output of a row.
type decision uint8

const (
	noDecision decision = iota // a regression: nothing to decide
	byLargest                  // index of the largest element
	byHalf                     // one element, a probability
	bySign                     // one element, a score
	byValue                    // the output is a class already
)

// newMeter runs the model as it came.
func newMeter(g *ir.Graph, rows *Rows) (*meter, error) {
	m := &meter{rows: rows, quant: math.NaN()}
	if rows.Len() == 0 {
		return m, nil
	}
	outs, err := runReal(g, rows.Ins)
	if err != nil {
		return nil, err
	}
	m.ref, m.float = outs, outs
	m.kind = decisionOf(g, outs[0], rows)
	return m, nil
}

// decisionOf finds out how the first output of g decides.
func decisionOf(g *ir.Graph, out *ir.Tensor, rows *Rows) decision {
	if rows.Targets != nil {
		return noDecision
	}
	v := g.Outs[0]
	for v.Op == ir.OpRoute && len(v.Args) == 1 {
		v = v.Args[0]
	}
	switch v.Op {
	case ir.OpArgMax, ir.OpTopK, ir.OpCmp, ir.OpLookup:
		return byValue
	}
	if out.Size() > 1 {
		return byLargest
	}
	if rows.Labels == nil {
		return noDecision
	}
	for _, x := range out.Reals {
		if x < 0 || x > 1 {
			return bySign
		}
	}
	return byHalf
}

// class reads the decision of row i; −1: none.
func (m *meter) class(out *ir.Tensor, i int) int64 {
	n := out.Size()
	row := out.Reals[i*n : (i+1)*n]
	switch m.kind {
	case byLargest:
		best := 0
		for k, x := range row {
			if x > row[best] {
				best = k
			}
		}
		return int64(best)
	case byHalf:
		return boolClass(row[0] > 0.5)
	case bySign:
		return boolClass(row[0] > 0)
	case byValue:
		return int64(math.Round(row[0]))
	}
	return -1
}

func boolClass(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// metric gives the name of what the rows allow to measure, and its value for outputs.
func (m *meter) metric(outs []*ir.Tensor) (string, float64) {
	switch {
	case m.rows.Labels != nil && m.kind != noDecision:
		right, all := 0, 0
		for i := range outs[0].Rows {
			if l := m.rows.Labels[i]; l >= 0 {
				all++
				if m.class(outs[0], i) == l {
					right++
				}
			}
		}
		return "accuracy", float64(right) / float64(max(1, all))
	case m.rows.Targets != nil:
		n := min(m.rows.Targets.Rows, outs[0].Rows) * outs[0].Size()
		sum := 0.0
		for i, t := range m.rows.Targets.Reals[:n] {
			d := outs[0].Reals[i] - t
			sum += float64(d * d)
		}
		return "rmse", math.Sqrt(sum / float64(max(1, n)))
	}
	return "sqnr_db", sqnr(m.ref, outs)
}

// sqnr gives 10·log10 of the energy of ref over the energy of the difference, over all outputs; +Inf where they are equal.
func sqnr(ref, got []*ir.Tensor) float64 {
	signal, noise := 0.0, 0.0
	for k := range ref {
		for i, x := range got[k].Reals {
			r := ref[k].Reals[i]
			signal += float64(r * r)
			noise += float64((x - r) * (x - r))
		}
	}
	if noise == 0 {
		return math.Inf(1)
	}
	return 10 * math.Log10(signal/noise)
}

// agreement is the fraction of rows that a and b decide alike; NaN where nothing is decided.
func (m *meter) agreement(a, b *ir.Tensor) float64 {
	if m.kind == noDecision {
		return math.NaN()
	}
	same := 0
	for i := range b.Rows {
		if m.class(a, i) == m.class(b, i) {
			same++
		}
	}
	return float64(same) / float64(max(1, b.Rows))
}

// head gives a meter over the leading rows.
func (m *meter) head(n int) *meter {
	h := *m
	h.rows = m.rows.Head(n)
	h.ref = nil
	for _, t := range m.ref {
		h.ref = append(h.ref, t.Slice(0, h.rows.Len()))
	}
	h.float = nil
	for _, t := range m.float {
		h.float = append(h.float, t.Slice(0, h.rows.Len()))
	}
	return &h
}

// record measures a lossy pass on the leading rows.
func (m *meter) record(before, after *ir.Graph, effect Effect, rec *Record) error {
	h := m.head(measureRows)
	if h.rows.Len() == 0 {
		return nil
	}
	old, err := runReal(before, h.rows.Ins)
	if err != nil {
		return err
	}
	got, err := runReal(after, h.rows.Ins)
	if err != nil {
		return err
	}
	if effect == Monotone {
		if i := h.moved(old[0], got[0]); i >= 0 {
			return fmt.Errorf("the decision on row %d changed", i)
		}
		m.ref, err = runReal(after, m.rows.Ins)
		return err
	}
	rec.Changed = h.changed(old[0], got[0])
	_, rec.Metric = h.metric(got)
	rec.SQNR = sqnr(h.ref, got)
	if rec.Name == "quantize" {
		all, err := runReal(after, m.rows.Ins)
		if err != nil {
			return err
		}
		_, m.quant = m.metric(all)
	}
	return nil
}

// moved gives the first row whose new decision is not among the largest elements of the old output, or −1.
func (m *meter) moved(old, got *ir.Tensor) int {
	if m.kind != byLargest {
		return -1
	}
	n := old.Size()
	for i := range got.Rows {
		row := old.Reals[i*n : (i+1)*n]
		if _, hi := bounds(row); row[m.class(got, i)] < hi {
			return i
		}
	}
	return -1
}

// changed counts rows with another decision, or, for regressions, with a first output that moved by more than 1 % of its size.
func (m *meter) changed(old, got *ir.Tensor) int {
	n := 0
	for i := range got.Rows {
		if m.kind != noDecision {
			if m.class(old, i) != m.class(got, i) {
				n++
			}
			continue
		}
		size := got.Size()
		for k := i * size; k < (i+1)*size; k++ {
			if math.Abs(got.Reals[k]-old.Reals[k]) > 0.01*math.Abs(old.Reals[k]) {
				n++
				break
			}
		}
	}
	return n
}

// same checks an exact pass: integers equal, reals within 1e-9 of the largest of the output.
func (m *meter) same(before, after *ir.Graph, rows *Rows) error {
	ins, err := samples(before, rows)
	if err != nil {
		return err
	}
	old, err := ir.Run(before, ins)
	if err != nil {
		return err
	}
	got, err := ir.Run(after, ins)
	if err != nil {
		return err
	}
	for k, v := range before.Outs {
		for i, x := range old[k].Ints {
			if y := got[k].Ints[i]; x != y {
				return fmt.Errorf("element %d of output %q was %d and became %d", i, v.Name, x, y)
			}
		}
		largest := 0.0
		for _, x := range old[k].Reals {
			largest = max(largest, math.Abs(x))
		}
		for i, x := range old[k].Reals {
			if y := got[k].Reals[i]; math.Abs(x-y) > 1e-9*largest {
				return fmt.Errorf("element %d of output %q was %g and became %g", i, v.Name, x, y)
			}
		}
	}
	return nil
}

// accuracy measures the final graph on all rows.
func (m *meter) accuracy(g *ir.Graph) (*Accuracy, error) {
	if m.rows.Len() == 0 {
		return nil, nil
	}
	outs, err := runReal(g, m.rows.Ins)
	if err != nil {
		return nil, err
	}
	a := &Accuracy{Rows: m.rows.Len(), Quantized: m.quant}
	a.Metric, a.Final = m.metric(outs)
	if a.Float = math.Inf(1); a.Metric != "sqnr_db" {
		_, a.Float = m.metric(m.float)
	}
	a.Agreement = m.agreement(m.ref[0], outs[0])
	return a, nil
}

// Measure runs a graph on rows and gives its outputs as reals (see Decode), and how good they are: "accuracy" against labels,
// "rmse" against targets, or "" and NaN where the rows have neither.
func Measure(g *ir.Graph, rows *Rows) (outs []*ir.Tensor, metric string, value float64, err error) {
	if err := rows.check(g, "data"); err != nil {
		return nil, "", math.NaN(), err
	}
	if outs, err = runReal(g, rows.Ins); err != nil {
		return nil, "", math.NaN(), err
	}
	if rows.Labels == nil && rows.Targets == nil {
		return outs, "", math.NaN(), nil
	}
	m := &meter{rows: rows}
	m.kind = decisionOf(g, outs[0], rows)
	if m.kind == noDecision && rows.Targets == nil {
		return outs, "", math.NaN(), nil
	}
	metric, value = m.metric(outs)
	return outs, metric, value, nil
}
