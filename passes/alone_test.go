package passes

import (
	"math"
	"strings"
	"testing"

	"mlpc/ir"
)

// TestAlone measures layers alone, and says so where it does not.
func TestAlone(t *testing.T) {
	g := mlp(4, "relu", 8, 16, 4)
	g.Outs[0].Name = "fc2"
	rows := synthetic(g, 400, [2]float64{})
	_, rep, err := Compile(g, Config{Target: "c", Use: []string{"quantize:dense_0.w=8,dense_1.w=2,a=12"}, Calib: rows})
	if err != nil {
		t.Fatal(err)
	}
	if len(rep.Layers) != 3 {
		t.Fatalf("%d layers, want the input and two dense ones", len(rep.Layers))
	}
	in, first, second := rep.Layers[0].Alone, rep.Layers[1].Alone, rep.Layers[2].Alone
	if in.Rows != 400 || in.Metric != "agreement" {
		t.Errorf("measured on %d rows by %s", in.Rows, in.Metric)
	}
	whole := rep.Passes[len(rep.Passes)-1].SQNR
	for _, p := range rep.Passes {
		if p.Name == "quantize" {
			whole = p.SQNR
		}
	}
	if !(second.SQNR < first.SQNR-6 && second.SQNR < in.SQNR-6) || math.Abs(second.SQNR-whole) > 3 {
		t.Errorf("input %.1f dB, 8 bits %.1f dB, 2 bits %.1f dB alone, all %.1f dB: the layer of 2 bits is to cost nearly all", in.SQNR, first.SQNR, second.SQNR, whole)
	}
	if _, rep, err = Compile(g, Config{Target: "c", Use: []string{"quantize:alone=no"}, Calib: rows}); err != nil || rep.Layers[1].Alone != nil {
		t.Errorf("alone=no measures: %v", err)
	}
}

// TestAloneAsWhole: where one layer is all there is to quantize, it costs alone what it costs in the whole.
func TestAloneAsWhole(t *testing.T) {
	g := mlp(5, "relu", 6, 5)
	rows := synthetic(g, 200, [2]float64{})
	_, rep, err := Compile(g, Config{Target: "c", Use: []string{"quantize:w=3,in=16,correct=yes"}, Calib: rows})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range rep.Passes {
		if p.Name == "quantize" && math.Abs(p.SQNR-rep.Layers[1].Alone.SQNR) > 0.1 {
			t.Errorf("alone %.2f dB, in the whole %.2f dB", rep.Layers[1].Alone.SQNR, p.SQNR)
		}
	}
}

// TestAloneTooLarge leaves the measurement out where it would take long.
func TestAloneTooLarge(t *testing.T) {
	g := &ir.Graph{}
	x := g.Add(ir.OpInput, ir.Type{Shape: []int{2048}}, &ir.Input{})
	g.Outs = []*ir.Value{g.New(ir.OpDense, ir.Real, &ir.Dense{}, x, g.ConstReal([]int{1500, 2048}, make([]float64, 1500*2048)))}
	rows := synthetic(g, 40, [2]float64{})
	m, err := newMeter(g, rows)
	if err != nil {
		t.Fatal(err)
	}
	c := &Context{Config: &Config{}, Calib: rows}
	q := &quantizer{c: c, g: g}
	if err := q.measureAlone(make([]Layer, 2), nil, m); err != nil || len(c.Notes) != 1 || !strings.Contains(c.Notes[0], "not measured") {
		t.Errorf("%v, notes %q", err, c.Notes)
	}
}
