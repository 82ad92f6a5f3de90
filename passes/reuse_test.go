package passes

import (
	"fmt"
	"strings"
	"testing"
)

// TestReuseOptions folds by hls4ml's reuse factor, general and of a layer, as the command line gives it.
func TestReuseOptions(t *testing.T) {
	g := mlp(4, "relu", 16, 8, 4)
	for i, v := range g.Values {
		if v.Op.String() == "dense" {
			v.Name = fmt.Sprint("fc", 1+i/6)
		}
	}
	for _, target := range []string{"verilog", "hls"} {
		cfg := Config{Target: target, Use: []string{"schedule:reuse=4,fc2.reuse=16"}, Calib: synthetic(g, 50, [2]float64{})}
		p, _, err := Compile(g, cfg)
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range []int{16 * 8 / 4, 8 * 4 / 16} {
			if s := p.Steps[i]; s.PE*s.SIMD != want {
				t.Errorf("%s: layer %d has %d multipliers, want %d", target, i, s.PE*s.SIMD, want)
			}
		}
		cfg.Use = []string{"schedule:x.reuse=4"}
		if _, _, err = Compile(g, cfg); err == nil || !strings.Contains(err.Error(), `no dense layer is named "x"`) {
			t.Errorf("%s: reuse of an input: %v", target, err)
		}
		cfg.Use = []string{"schedule:fc3.reuse=4"}
		if _, _, err = Compile(g, cfg); err == nil || !strings.Contains(err.Error(), `no layer is named "fc3"`) {
			t.Errorf("%s: reuse of nothing: %v", target, err)
		}
	}
}
