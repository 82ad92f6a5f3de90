package verilog

import (
	"path/filepath"
	"testing"

	"mlpc/backends/backendtest"
	"mlpc/ir"
	"mlpc/ir/diag"
	"mlpc/ir/serial"
	"mlpc/passes"
	"mlpc/testbench"
)

// TestSerial runs every op that the small engine does, random graphs and perceptrons, with and without stalls; measured cycles are
// those of the schedule.
func TestSerial(t *testing.T) {
	backendtest.Need(t, testbench.Iverilog)
	cases := backendtest.Ops()
	for seed := range uint64(12) {
		g := backendtest.Random(seed)
		cases = append(cases, backendtest.Case{Name: g.Name, Graph: g})
	}
	cases = append(cases, backendtest.Case{Name: "mlp", Graph: backendtest.MLP(1, true, 16, 12, 5)})
	ran := 0
	for _, c := range cases {
		var problems diag.List
		if serial.Check(c.Graph, &problems); len(problems) > 0 {
			continue
		}
		ran++
		t.Run(c.Name, func(t *testing.T) {
			p := &ir.Program{Graph: c.Graph, Target: "verilog"}
			if err := passes.Serial(p); err != nil {
				t.Fatal(err)
			}
			runIcarus(t, p)
			if t.Failed() {
				t.Log(p.Graph.Print())
			}
			if ran%8 == 0 {
				in := backendtest.Input(t, p, 1)
				lint(t, filepath.Join(backendtest.Emit(t, Backend, in), "rtl"), in.Name+"_axis")
			}
		})
	}
	if ran < 30 {
		t.Errorf("only %d graphs go into the engine", ran)
	}
}
