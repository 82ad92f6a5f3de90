package net

import (
	"math/rand/v2"
	"testing"
)

// TestPipeline checks that stages follow the arguments, that no path inside a stage is longer than asked for, and that the number
// of stages is what the cut needs.
func TestPipeline(t *testing.T) {
	for seed := range 100 {
		r := rand.New(rand.NewPCG(uint64(seed), 9))
		c, err := Lower(randomGraph(r))
		if err != nil {
			t.Fatal(err)
		}
		for _, levels := range []int{1, 2, 3, 5} {
			if err := c.Pipeline(levels); err != nil {
				t.Fatal(err)
			}
			if err := c.Verify(); err != nil {
				t.Fatalf("seed %d, %d levels: %v", seed, levels, err)
			}
			checkPaths(t, c, levels)
			stages, registers := c.Stages, c.Registers()
			if err := c.PipelineStages(stages); err != nil || c.Stages != stages {
				t.Errorf("seed %d: PipelineStages(%d) gives %d stages, %v", seed, stages, c.Stages, err)
			}
			if c.Registers() != registers {
				t.Errorf("seed %d: %d registers, %d for the same number of stages", seed, registers, c.Registers())
			}
		}
	}
}

// checkPaths walks the paths inside each stage.
func checkPaths(t *testing.T, c *Circuit, levels int) {
	t.Helper()
	inside := make([]int, len(c.Nodes))
	var buf [3]int32
	for i := range c.Nodes {
		n := &c.Nodes[i]
		d := 0
		for _, a := range n.Args(buf[:]) {
			if c.Nodes[a].Stage == n.Stage && c.Nodes[a].Op != OpConst {
				d = max(d, inside[a])
			}
		}
		inside[i] = d + min(c.Delay(n), levels)
		if inside[i] > levels {
			t.Errorf("n%d %s ends %d levels into stage %d, with %d allowed", i, n.Op, inside[i], n.Stage, levels)
		}
	}
}
