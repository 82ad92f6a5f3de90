package estimator

import (
	"fmt"

	"mlpc/ir"
)

// Roofline says how much arithmetic a streaming or HLS design does for what it moves, and what bounds its pace.
type Roofline struct {
	MACs         int     // multiply-accumulate operations of one sample
	Multipliers  int     // PE·SIMD of all engines: MACs in a cycle at most
	MACsPerCycle float64 // reached: MACs / II
	StreamBits   int     // bits of all inputs and outputs of one sample
	WeightBits   int     // weight bits read a cycle, from memories on the chip
	Intensity    float64 // MACs for each byte that enters or leaves
	Bound        string  // which engine, input or output needs all cycles of the II
}

// RooflineOf measures a scheduled design and its estimate.
func RooflineOf(p *ir.Program, cost *Report) Roofline {
	var r Roofline
	ii, slowest, at := 0, 0, ""
	if c := cost.Total.IICycles; c != nil {
		ii = *c
	}
	for i := range p.Steps {
		s := &p.Steps[i]
		if d := s.Values[0]; d.Op == ir.OpDense || d.Op == ir.OpDenseFloat32 {
			r.MACs += d.Type.Size() * d.Args[1].Type.Shape[1]
			r.Multipliers += max(1, s.PE) * max(1, s.SIMD)
			r.WeightBits += max(1, s.PE) * max(1, s.SIMD) * weightBits(d)
		}
	}
	for _, l := range cost.Layers {
		if l.Cycles > slowest {
			slowest, at = l.Cycles, fmt.Sprintf("%s %s, %d cycles", l.Op, l.Name, l.Cycles)
		}
	}
	for _, v := range append(p.Graph.Inputs(), p.Graph.Outs...) {
		r.StreamBits += v.Type.Size() * v.Type.Elem.Bits
	}
	if ii > 0 {
		r.MACsPerCycle = float64(r.MACs) / float64(ii)
	}
	r.Intensity = float64(8*r.MACs) / float64(max(r.StreamBits, 1))
	switch {
	case at == "":
		r.Bound = "nothing: a sample a clock"
	case slowest < ii:
		r.Bound = fmt.Sprintf("streams: the slowest engine (%s) waits for its neighbours", at)
	default:
		r.Bound = "compute: " + at
	}
	return r
}

// weightBits is the width of the weights of a dense layer in two's complement.
func weightBits(v *ir.Value) int { return signedBits(elemOf(v.Args[1].Const().Ints)) }
