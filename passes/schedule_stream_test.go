package passes_test

import (
	"testing"
	"time"

	"mlpc/backends/backendtest"
	"mlpc/ir"
	"mlpc/passes"
)

func TestStreamTargets(t *testing.T) {
	g := backendtest.MLP(1, true, 64, 48, 24, 10)
	for _, c := range []struct {
		name string
		opt  passes.StreamOptions
		ok   func(p *ir.Program) bool
	}{
		{"default", passes.StreamOptions{}, func(p *ir.Program) bool { return multipliers(p) <= 64 }},
		{"ii 100", passes.StreamOptions{II: 100}, func(p *ir.Program) bool { return p.II <= 100 }},
		{"ii 7", passes.StreamOptions{II: 7}, func(p *ir.Program) bool { return p.II <= 7 }},
		{"ii 1", passes.StreamOptions{II: 1}, func(p *ir.Program) bool { return p.II == 1 }},
		{"latency 200", passes.StreamOptions{Latency: 200}, func(p *ir.Program) bool { return p.Latency <= 200 }},
		{"reuse 8", passes.StreamOptions{Reuse: 8}, func(p *ir.Program) bool { return p.II <= 10 && multipliers(p) <= 600 }},
		{"reuse of layers", passes.StreamOptions{Reuse: 8, LayerReuse: map[string]int{"fc1": 1, "fc3": 24}}, func(p *ir.Program) bool {
			return p.Steps[0].PE*p.Steps[0].SIMD == 64*48 && p.Steps[1].PE*p.Steps[1].SIMD == 48*24/8 && p.Steps[2].PE*p.Steps[2].SIMD == 24*10/24
		}},
		{"8 multipliers", passes.StreamOptions{Multipliers: 8}, func(p *ir.Program) bool { return multipliers(p) <= 8 }},
		{"folding", passes.StreamOptions{Folding: map[string]passes.Fold{"fc2": {PE: 5, SIMD: 7}}}, func(p *ir.Program) bool { return p.Steps[1].PE == 5 && p.Steps[1].SIMD == 7 }},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := &ir.Program{Graph: g, Target: "verilog"}
			start := time.Now()
			if err := passes.Stream(p, c.opt); err != nil {
				t.Fatal(err)
			}
			t.Log(time.Since(start))
			if !c.ok(p) {
				t.Errorf("II %d, latency %d, %d multipliers", p.II, p.Latency, multipliers(p))
			}
			for _, s := range p.Steps {
				t.Log(s.Engine, s.PE, s.SIMD, s.Start, s.Cycles, s.II)
			}
			t.Log("II", p.II, "latency", p.Latency, multipliers(p))
		})
	}
}

func multipliers(p *ir.Program) int {
	n := 0
	for _, s := range p.Steps {
		if s.Engine == "mvau" {
			n += s.PE * s.SIMD
		}
	}
	return n
}
