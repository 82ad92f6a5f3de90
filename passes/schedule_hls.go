package passes

import (
	"mlpc/ir"
	"mlpc/ir/diag"
	"mlpc/ir/stream"
)

// HLSStart is about what an HLS process takes beside the iterations of its loop: its start and the depth of its pipeline, in cycles.
const HLSStart = 10

// scheduleHLS folds the layers of an HLS design as those of a streaming circuit, to which its processes correspond. Cycles are left
// to the estimator, since the HLS tool adds its own. A graph with ops that only HLS has processes for is left unfolded.
func scheduleHLS(c *Config, p *ir.Program, o Options) error {
	var lacking diag.List
	if stream.Check(p.Graph, &lacking); len(lacking) > 0 {
		scheduleSoftware(p)
		p.Arch, p.ClockMHz = "stream", c.ClockMHz
		return nil
	}
	folded := *c
	folded.Arch = "stream"
	if c.II > 0 {
		folded.II = max(1, c.II-HLSStart)
	}
	return scheduleHardware(&folded, p, o)
}
