package passes

import (
	"strings"
	"testing"

	"mlpc/backends/backendtest"
	"mlpc/ir"
	"mlpc/ir/stream"
)

// TestLimits holds the fastest circuit within a budget against the next faster one, and refuses a wish beyond it.
func TestLimits(t *testing.T) {
	products := func(l *stream.Layer) float64 { return multipliers(l) }
	limit := func(most int) []Limit {
		return []Limit{{What: "multipliers", Flag: "--most", Cost: products, Most: most}}
	}
	total := func(p *ir.Program) int {
		n := 0
		for i := range p.Steps {
			if s := &p.Steps[i]; s.Engine == stream.MVAU {
				n += s.PE * s.SIMD
			}
		}
		return n
	}
	for _, most := range []int{2, 5, 17, 100} {
		p := &ir.Program{Graph: backendtest.MLP(1, false, 16, 24, 10), Target: "verilog"}
		if err := Stream(p, StreamOptions{Limits: limit(most)}); err != nil {
			t.Fatal(err)
		}
		if n := total(p); n > most {
			t.Errorf("%d multipliers of %d", n, most)
		}
		faster := &ir.Program{Graph: p.Graph, Target: "verilog"}
		if err := Stream(faster, StreamOptions{II: p.II - 1}); err == nil && total(faster) <= most {
			t.Errorf("II %d with %d multipliers, but II %d needs %d only", p.II, most, faster.II, total(faster))
		}
	}
	p := &ir.Program{Graph: backendtest.MLP(1, false, 16, 24, 10), Target: "verilog"}
	err := Stream(p, StreamOptions{II: 20, Limits: limit(3)})
	if err == nil || !strings.Contains(err.Error(), "multipliers, not 3") {
		t.Errorf("got %v", err)
	}
}
