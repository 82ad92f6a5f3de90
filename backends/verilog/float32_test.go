package verilog

import (
	"slices"
	"strings"
	"testing"

	"mlpc/backends/backendtest"
	"mlpc/ir"
	"mlpc/passes"
)

// throughFloat32 tells whether integers of a graph go through float32, for which there are no circuits.
func throughFloat32(g *ir.Graph) bool {
	return slices.ContainsFunc(g.Values, func(v *ir.Value) bool { return v.Op == ir.OpDenseFloat32 })
}

// TestFloat32Refused holds that all three architectures refuse such graphs and say what to do.
func TestFloat32Refused(t *testing.T) {
	refused := 0
	for _, c := range backendtest.Ops() {
		if !throughFloat32(c.Graph) {
			continue
		}
		for _, arch := range []string{"stream", "serial", "unrolled"} {
			p := &ir.Program{Graph: c.Graph, Target: "verilog", Arch: arch}
			err := map[string]func() error{
				"stream":   func() error { return passes.Stream(p, passes.StreamOptions{}) },
				"serial":   func() error { return passes.Serial(p, passes.SerialOptions{Multipliers: 1}) },
				"unrolled": func() error { return passes.Unrolled(p, passes.UnrolledOptions{}) },
			}[arch]()
			if err == nil || !strings.Contains(err.Error(), "--match ort") {
				t.Errorf("%s, %s: %v", c.Name, arch, err)
			}
			refused++
		}
	}
	if refused == 0 {
		t.Error("no graph goes through float32")
	}
}
