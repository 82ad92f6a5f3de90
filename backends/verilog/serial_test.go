package verilog

import (
	"os"
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
// those of the schedule. MLPC_LONG=1 runs all, else every fourth.
func TestSerial(t *testing.T) {
	backendtest.Need(t, testbench.Iverilog)
	cases := backendtest.Ops()
	for seed := range uint64(12) {
		g := backendtest.Random(seed)
		cases = append(cases, backendtest.Case{Name: g.Name, Graph: g})
	}
	cases = append(cases, backendtest.Case{Name: "mlp", Graph: backendtest.MLP(1, true, 16, 12, 5)})
	every := 4
	if os.Getenv("MLPC_LONG") != "" {
		every = 1
	}
	fit := 0
	for _, c := range cases {
		var problems diag.List
		if serial.Check(c.Graph, &problems); len(problems) > 0 {
			continue
		}
		if fit++; fit%every != 0 {
			continue
		}
		t.Run(c.Name, func(t *testing.T) {
			p := &ir.Program{Graph: c.Graph, Target: "verilog"}
			if err := passes.Serial(p); err != nil {
				t.Fatal(err)
			}
			runIcarus(t, p)
			if t.Failed() {
				t.Log(p.Graph.Print())
			}
			if fit%8 == 0 {
				in := backendtest.Input(t, p, 1)
				lint(t, filepath.Join(backendtest.Emit(t, Backend, in), "rtl"), in.Name+"_axis")
			}
		})
	}
	if fit < 30 {
		t.Errorf("only %d graphs go into the engine", fit)
	}
}
