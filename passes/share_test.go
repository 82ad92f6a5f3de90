package passes

import (
	"slices"
	"testing"

	"mlpc/ir"
)

// TestSharedScales gives rows one weight scale each, one for each two or three, the last group being shorter, and one for the tensor, by every
// method: the more rows share, the worse the outputs, and no method parts the rows of a group.
func TestSharedScales(t *testing.T) {
	g := mlp(6, "relu", 6, 11, 3)
	for _, v := range g.Values {
		if v.Op == ir.OpDense && v.Type.Size() == 11 {
			for i := range v.Args[1].Const().Reals {
				v.Args[1].Const().Reals[i] *= float64(1 + i/6) // rows of different reach
			}
		}
	}
	rows := synthetic(g, 300, [2]float64{-1, 1})
	last := 1e9
	for _, c := range []struct {
		per    string
		groups int
	}{{"row", 11}, {"2", 6}, {"3", 4}, {"tensor", 1}, {"100", 1}} {
		sqnr := 0.0
		for _, method := range []string{"nearest", "gptq", "descent", "learned"} {
			var scales []float64
			dump := func(_ int, pass string, g *ir.Graph) error {
				for _, v := range g.Values {
					if pass == "quantize" && v.Op == ir.OpDense && v.Type.Size() == 11 {
						scales = v.Args[1].Args[1].Const().Reals
					}
				}
				return nil
			}
			_, rep, err := Compile(g, Config{Target: "c", Calib: rows, Use: []string{"quantize:w=4,per=" + c.per + ",method=" + method}, Dump: dump})
			if err != nil {
				t.Fatal(err)
			}
			if runs := slices.Compact(slices.Clone(scales)); len(runs) != c.groups {
				t.Errorf("per=%s, %s: %d scales, want %d: %v", c.per, method, len(runs), c.groups, scales)
			}
			if method == "nearest" {
				sqnr = rep.Accuracy.Final
			}
		}
		if sqnr > last {
			t.Errorf("per=%s: %.1f dB, with more scales %.1f dB", c.per, sqnr, last)
		}
		last = sqnr
	}
	for _, bad := range []string{"0", "layer", "-2"} {
		if _, _, err := Compile(g, Config{Target: "c", Calib: rows, Use: []string{"quantize:per=" + bad}}); err == nil {
			t.Errorf("per=%s is taken", bad)
		}
	}
}
