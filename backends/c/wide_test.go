package cc_test

import (
	"testing"

	"mlpc/ir"
	"mlpc/ir/num"
)

// TestWideCompiles compiles layers of 16-bit inputs of many shapes for M55, alone and several of one kernel: a load that widens takes few registers as
// its address, and which ones the compiler has to spare depends on what it knows of the layers.
func TestWideCompiles(t *testing.T) {
	widths := [][]int{{1, 16, 16, 1}, {16, 16}, {1, 4}, {4, 1}, {16, 64, 32, 32, 5}, {64, 8, 3}, {32, 2}, {128, 16, 1}, {64, 32, 10}}
	if testing.Short() {
		widths = widths[:1]
	}
	for _, w := range widths {
		for _, perRow := range []bool{false, true} {
			g := variantNet(w, 8, 16, 16, perRow, num.HalfUp, ir.Int(16), 1)
			if err := ir.Verify(g); err != nil {
				t.Fatal(err)
			}
			compileFor(t, "cortex-m55", g, "-O2")
		}
	}
}
