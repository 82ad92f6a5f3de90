package passes

import (
	"testing"

	"mlpc/ir"
)

// TestTruncateWithin checks that a budget gives coarse multipliers and is kept to on the rows that it was measured on.
func TestTruncateWithin(t *testing.T) {
	g := mlp(6, "relu", 12, 16, 5)
	p, rep, err := Compile(g, Config{Target: "verilog", Use: []string{"approximate:loss=3"}, Calib: synthetic(g, 600, [2]float64{})})
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, v := range p.Graph.Values {
		if d, ok := v.Attr.(*ir.Dense); ok && d.Unit != nil && d.Unit.Drop > 1 {
			found++
		}
	}
	exact, _, err := Compile(g, Config{Target: "verilog", Calib: synthetic(g, 600, [2]float64{})})
	if err != nil {
		t.Fatal(err)
	}
	rows := synthetic(g, 600, [2]float64{})
	m, err := newMeter(exact.Graph, rows)
	if err != nil {
		t.Fatal(err)
	}
	outs, err := runReal(p.Graph, rows.Ins)
	if err != nil {
		t.Fatal(err)
	}
	if loss := m.loss(outs); found == 0 || loss > 0.03 {
		t.Errorf("%d layers truncated, %g lost; agreement with float %g", found, loss, rep.Accuracy.Agreement)
	}
}
