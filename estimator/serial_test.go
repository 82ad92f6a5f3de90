package estimator

import (
	"math"
	"testing"

	"mlpc/backends/backendtest"
	"mlpc/ir"
	"mlpc/passes"
)

// TestSerial holds the price of the serial engine to what yosys 0.23 makes of perceptrons with random weights: blocks exactly, LUTs and
// flip-flops roughly.
func TestSerial(t *testing.T) {
	for _, c := range []struct {
		device               string
		multipliers          int
		widths               []int
		lut, ff, dsps, brams int
	}{
		{"xc7a35t", 1, []int{16, 24, 10}, 531, 318, 2, 0}, {"xc7a35t", 4, []int{64, 32, 10}, 464, 323, 5, 2},
		{"ice40-hx8k", 1, []int{16, 24, 10}, 2026, 395, 0, 4}, {"ice40-hx8k", 4, []int{64, 32, 10}, 2723, 429, 0, 14},
	} {
		p := &ir.Program{Graph: backendtest.MLP(1, c.multipliers == 1, c.widths...), Target: "verilog"}
		if err := passes.Serial(p, passes.SerialOptions{Multipliers: c.multipliers}); err != nil {
			t.Fatal(err)
		}
		got := figures(t, p, c.device)
		near := func(what string, estimate, counted int, most float64) {
			if e := float64(estimate)/float64(counted) - 1; math.Abs(e) > most {
				t.Errorf("%s, %v: %d %s estimated, %d counted", c.device, c.widths, estimate, what, counted)
			}
		}
		near("LUTs", got[0], c.lut, 0.4)
		near("flip-flops", got[1], c.ff, 0.25)
		if got[2] != c.dsps || got[3] != c.brams {
			t.Errorf("%s, %v: %d DSP blocks and %d block RAMs estimated, %d and %d counted", c.device, c.widths, got[2], got[3], c.dsps, c.brams)
		}
	}
}
