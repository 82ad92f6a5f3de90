package estimator

import (
	"math"

	"mlpc/ir"
	"mlpc/ir/net"
	"mlpc/ir/serial"
)

// hardware prices a program for an FPGA: an HLS design by its loops, a scalar circuit by its nodes, a streaming one by its modules.
func hardware(p *ir.Program, dev Device) Report {
	f := families[dev.Family]
	if p.Target == "hls" {
		return f.hls(p, dev)
	}
	if c, ok := p.Circuit.(*net.Circuit); ok && c != nil {
		return f.unrolled(p, c, dev)
	}
	if m, ok := p.Circuit.(*serial.Machine); ok {
		return f.serial(p, m, dev)
	}
	return priceStream(p, dev)
}

// figures names the totals as the family counts them.
func (f *family) figures(c cost, p *ir.Program) Figures {
	t := Figures{FF: round(c.ff), DSP: ptr(c.dsp), BRAM: ptr(c.bram), Carry: round(c.carry), Basis: f.basis}
	if p.Latency > 0 {
		t.LatencyCycles, t.IICycles = ptr(p.Latency), ptr(p.II)
	}
	if f.countsAsCells {
		// A flip-flop shares the cell of the LUT before it; those of shift registers and memories have none.
		t.LC = round(math.Max(c.lut, c.ff))
	} else {
		t.LUT = round(c.lut)
	}
	return t
}

func round(x float64) *int { return ptr(int(math.Round(x))) }

// layer describes a step with its cost.
func layer(s *ir.Step, c cost) Layer {
	return Layer{Name: layerName(s), Op: s.Values[0].Op.String(), PE: s.PE, SIMD: s.SIMD, Cycles: s.Cycles,
		LUT: round(c.lut), FF: round(c.ff), DSP: ptr(c.dsp), BRAM: ptr(c.bram)}
}
