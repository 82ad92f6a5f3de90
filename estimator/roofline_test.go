package estimator

import "testing"

func TestRoofline(t *testing.T) {
	p := design("16 24 10", 2, 4)
	p.Steps[0].Cycles, p.Steps[1].Cycles = 48, 30
	p.Latency, p.II = 90, 48
	cost, err := Estimate(p, DefaultDevice("verilog"))
	if err != nil {
		t.Fatal(err)
	}
	r := RooflineOf(p, &cost)
	if r.MACs != 16*24+24*10 || r.Multipliers != 16 || r.MACsPerCycle != float64(r.MACs)/48 || r.Bound != "compute: dense fc1, 48 cycles" {
		t.Errorf("got %+v", r)
	}
}
