package estimator

import (
	"testing"

	"mlpc/backends/backendtest"
	"mlpc/ir"
	"mlpc/ir/diag"
	"mlpc/ir/stream"
	"mlpc/passes"
)

// TestOps prices every op on a device of each family, in streams, unrolled and in HLS.
func TestOps(t *testing.T) {
	for _, c := range backendtest.Ops() {
		for _, name := range []string{"xc7a35t", "xczu3eg", "ice40-hx8k", "ecp5-25k"} {
			dev, err := FindDevice(name)
			if err != nil {
				t.Fatal(err)
			}
			check := func(kind string, p *ir.Program) {
				t.Helper()
				r, err := Estimate(p, dev)
				if err != nil {
					t.Fatalf("%s %s: %v", c.Name, kind, err)
				}
				for figure, x := range r.Total.Map() {
					if x < 0 || x > 1e6 {
						t.Errorf("%s %s on %s: %s is %v", c.Name, kind, name, figure, x)
					}
				}
			}
			check("hls", &ir.Program{Graph: c.Graph, Target: "hls", Steps: stream.Partition(c.Graph)})
			var lacking diag.List
			if stream.Check(c.Graph, &lacking); len(lacking) == 0 {
				p := &ir.Program{Graph: c.Graph, Target: "verilog"}
				if err := passes.Stream(p, passes.StreamOptions{}); err != nil {
					t.Fatalf("%s: %v", c.Name, err)
				}
				check("stream", p)
			}
			if p := (&ir.Program{Graph: c.Graph, Target: "verilog"}); passes.Unrolled(p, passes.UnrolledOptions{}) == nil {
				check("unrolled", p)
			}
		}
	}
}
