package passes

import (
	"slices"

	"mlpc/ir"
	"mlpc/ir/diag"
	"mlpc/ir/stream"
)

// scheduleHLS folds the layers of an HLS design as those of a streaming circuit, to which its processes correspond. Cycles are
// those of Config.Times, since the HLS tool adds its own. A graph with ops that only HLS has processes for is left unfolded.
func scheduleHLS(c *Config, p *ir.Program, o Options) error {
	var lacking diag.List
	if stream.Check(p.Graph, &lacking); len(lacking) > 0 || throughSingles(p.Graph) {
		scheduleSoftware(p)
		p.Arch, p.ClockMHz = "stream", c.ClockMHz
		return nil
	}
	folded := *c
	folded.Arch = "stream"
	return scheduleHardware(&folded, p, o)
}

// throughSingles tells whether sums of a graph go through float32, whose processes are not folded.
func throughSingles(g *ir.Graph) bool {
	return slices.ContainsFunc(g.Values, func(v *ir.Value) bool { return v.Op == ir.OpDenseFloat32 })
}
