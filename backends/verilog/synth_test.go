package verilog

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"mlpc/backends/backendtest"
	"mlpc/testbench"
)

// TestSynthesized simulates what Yosys makes of a circuit, down to gates and flip-flops, in place of the Verilog that it was made from.
func TestSynthesized(t *testing.T) {
	if testing.Short() {
		t.Skip("synthesizes")
	}
	backendtest.Need(t, testbench.Iverilog)
	for _, seed := range []uint64{1, 14} {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			p := folded(t, backendtest.Random(seed), seed)
			in := backendtest.Input(t, p, 12)
			dir := backendtest.Emit(t, Backend, in)
			rtl := filepath.Join(dir, "rtl")
			netlist := filepath.Join(t.TempDir(), in.Name+"_axis.v")
			complaint(t, "yosys", "-q", "-p", "read_verilog "+filepath.Join(rtl, "*.v")+"; synth -flatten -top "+in.Name+"_axis; write_verilog -noattr "+netlist)
			if t.Failed() {
				return
			}
			// The netlist alone stands where the modules and the ROM files were.
			text, err := os.ReadFile(netlist)
			if err == nil {
				err = os.RemoveAll(rtl)
			}
			if err == nil {
				err = os.Mkdir(rtl, 0o755)
			}
			if err == nil {
				err = os.WriteFile(filepath.Join(rtl, in.Name+"_axis.v"), text, 0o644)
			}
			if err != nil {
				t.Fatal(err)
			}
			res, err := testbench.Iverilog.Run(t.Context(), testbench.Job{Dir: dir, Work: t.TempDir(), Program: p, Name: in.Name, Target: "verilog", Vectors: in.Vectors.In})
			if err != nil {
				t.Fatal(err)
			}
			for i, want := range in.Vectors.Out {
				if fmt.Sprint(res.Out[i]) != fmt.Sprint(want) {
					t.Fatalf("vector %d: got %v, want %v", i, res.Out[i], want)
				}
			}
			if res.Latency != p.Latency || res.II != p.II {
				t.Errorf("measured latency %d, II %d; scheduled %d, %d", res.Latency, res.II, p.Latency, p.II)
			}
		})
	}
}
