package passes

import "mlpc/ir"

// Measure runs a graph on real rows and gives its real outputs, and how well they do: "accuracy" against labels (a fraction),
// "rmse" against targets, or "" where the rows have neither.
func Measure(g *ir.Graph, rows *Rows) (outs []*ir.Tensor, metric string, value float64, err error) {
	if err := rows.check(g, "input"); err != nil {
		return nil, "", 0, err
	}
	m, err := newMeter(g, rows)
	if err != nil {
		return nil, "", 0, err
	}
	if rows.Labels == nil && rows.Targets == nil || rows.Targets == nil && m.kind == noDecision {
		return m.float, "", 0, nil
	}
	metric, value = m.metric(m.float)
	return m.float, metric, value, nil
}
