package passes

import (
	"mlpc/ir"
	"mlpc/ir/diag"
	"mlpc/ir/net"
)

// UnrolledOptions says how an unrolled circuit is pipelined. Levels goes before Stages; with neither, the levels follow from the
// program's clock, and without a clock they are defaultLevels.
type UnrolledOptions struct {
	Stages     int      // most ranks of registers from input to output
	Levels     int      // adders between two ranks of registers
	RegisterIO bool     // one more rank right behind the inputs
	Effort     int      // of the search for shared adders: each step from 0 up doubles it
	Work       net.Work // of a longer search, on top
	Alone      bool     // the outputs of a layer share no adders
}

// levelNs is what an adder with its routing takes, about, on a present device: package net's delays are counted in it.
const levelNs = 1.2

// defaultLevels is a cut that reaches some 300 MHz and needs half the registers of one behind every adder.
const defaultLevels = 2

// Unrolled lowers the program's graph to a scalar circuit that takes a sample a clock, and cuts it into stages. It sets Circuit,
// Stages, Latency, II and a step for each value. What no circuit can hold is refused with its place.
func Unrolled(p *ir.Program, opt UnrolledOptions) error {
	c, err := net.LowerWith(p.Graph, net.Options{Effort: net.Effort(opt.Effort), Alone: opt.Alone, Work: opt.Work})
	if err != nil {
		return err
	}
	if err := pipeline(c, p, opt); err != nil {
		return diag.New(diag.CodeOption, diag.Pos{}, "%v", err)
	}
	if err := c.Verify(); err != nil {
		return err
	}
	p.Circuit, p.Stages, p.Latency, p.II = c, c.Stages, c.Stages, 1
	p.Steps = unrolledSteps(p.Graph, c)
	return nil
}

func pipeline(c *net.Circuit, p *ir.Program, opt UnrolledOptions) error {
	io := 0
	if opt.RegisterIO {
		io = 1
	}
	var err error
	switch {
	case opt.Levels > 0:
		err = c.Pipeline(opt.Levels)
	case opt.Stages > 0:
		err = c.PipelineStages(opt.Stages - io)
	case p.ClockMHz > 0:
		err = c.Pipeline(max(1, int(1000/p.ClockMHz/levelNs)))
	default:
		err = c.Pipeline(defaultLevels)
	}
	if err == nil && opt.RegisterIO {
		c.RegisterInputs()
	}
	return err
}

// unrolledSteps makes a step of each value that the circuit computes anything of.
func unrolledSteps(g *ir.Graph, c *net.Circuit) []ir.Step {
	ready := make([]int, len(g.Values)) // stage of the last node of each value, from 1
	for i := range c.Nodes {
		if n := &c.Nodes[i]; n.Op != net.OpConst {
			ready[n.Src] = max(ready[n.Src], int(n.Stage)+1)
		}
	}
	var steps []ir.Step
	for _, v := range g.Values {
		if v.Op == ir.OpInput || v.Op == ir.OpConst || ready[v.ID] == 0 {
			continue
		}
		s := ir.Step{Values: []*ir.Value{v}, Engine: "unrolled", PE: v.Type.Size(), SIMD: 1, Start: ready[v.ID], Cycles: 1, II: 1}
		if v.Op == ir.OpDense {
			s.SIMD = v.Args[1].Type.Shape[1]
		}
		steps = append(steps, s)
	}
	return steps
}
