package passes

import (
	"math"
	"strings"
	"testing"

	"mlpc/ir"
)

// TestOddRows compiles on rows that say little, which must work, and on rows that are wrong, which must be refused.
func TestOddRows(t *testing.T) {
	g := mlp(2, "tanh", 5, 6, 3)
	constant := synthetic(g, 50, [2]float64{})
	for i := range constant.Ins[0].Reals {
		constant.Ins[0].Reals[i] = 0.25
	}
	zero := synthetic(g, 50, [2]float64{})
	clear(zero.Ins[0].Reals)
	for name, rows := range map[string]*Rows{"one": synthetic(g, 1, [2]float64{}), "two": synthetic(g, 2, [2]float64{}), "constant": constant, "zero": zero} {
		for _, use := range []string{"quantize:bits=8", "quantize:w=3", "quantize:w=2", "prune:fraction=0.5", "prune:neurons=0.5"} {
			for _, target := range []string{"c", "verilog", "cmsisnn"} {
				if _, _, err := Compile(g, Config{Target: target, Use: []string{use}, Calib: rows}); err != nil {
					t.Errorf("%s rows, %s, %s: %v", name, use, target, err)
				}
			}
		}
	}
	nan, narrow, none := synthetic(g, 4, [2]float64{}), synthetic(mlp(2, "tanh", 4, 3), 4, [2]float64{}), &Rows{Ins: []*ir.Tensor{ir.NewReals(0, []int{5})}}
	nan.Ins[0].Reals[7] = math.NaN()
	for want, rows := range map[string]*Rows{"NaN in row 1": nan, "the model takes [5] a row": narrow, "no calibration rows": none} {
		if _, _, err := Compile(g, Config{Target: "c", Calib: rows}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
