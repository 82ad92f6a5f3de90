package passes

import (
	"math"
	"testing"

	"mlpc/ir"
)

// What floor gives must stay whole, or a comparison with a whole number fails.
func TestWholeNumbersStayWhole(t *testing.T) {
	g := &ir.Graph{Name: "floor"}
	x := g.Add(ir.OpInput, ir.Type{Shape: []int{3}}, &ir.Input{})
	x.Name = "x"
	scaled := g.New(ir.OpMul, ir.Real, nil, x, g.ConstReal(nil, []float64{13.7}))
	floor := g.New(ir.OpTable, ir.Real, &ir.Table{Fn: "floor"}, scaled)
	g.Outs = []*ir.Value{g.New(ir.OpDense, ir.Real, &ir.Dense{}, floor, g.ConstReal([]int{2, 3}, []float64{1, -2, 3, 4, 5, -6}))}
	if err := ir.Verify(g); err != nil {
		t.Fatal(err)
	}
	rows := synthetic(g, 200, [2]float64{})
	ctx := &Context{Config: &Config{Target: "c", Calib: rows}, Calib: rows}
	g, err := calibrate.Run(ctx, g, Options{"rows": "4096"})
	if err != nil {
		t.Fatal(err)
	}
	runs, err := plan(nil, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range runs {
		if r.pass == quantize {
			if g, err = quantize.Run(ctx, g, r.options); err != nil {
				t.Fatal(err)
			}
		}
	}
	found := false
	for _, v := range g.Values {
		if q, ok := v.Attr.(*ir.Quant); ok && v.Args[0].Op == ir.OpTable {
			found = true
			for n := -30.0; n <= 30; n++ {
				if y := q.Real(q.Integer(n, 0), 0); y != n && math.Abs(y) < 30 {
					t.Errorf("%g became %g", n, y)
				}
			}
		}
	}
	if !found {
		t.Error("no quantizer behind floor")
	}
}
