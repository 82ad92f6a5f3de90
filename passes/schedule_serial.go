package passes

import (
	"mlpc/ir"
	"mlpc/ir/diag"
	"mlpc/ir/serial"
)

// Serial schedules a program for the small engine: it lowers the graph to rows and sets Circuit, Steps, Buffers, Latency and II. What the
// engine cannot do is refused with its place.
func Serial(p *ir.Program) error {
	var problems diag.List
	if serial.Check(p.Graph, &problems); len(problems) > 0 {
		return problems
	}
	m := serial.Lower(p.Graph)
	p.Arch, p.Circuit = "serial", m
	p.Latency, p.II = m.Timing()
	in := p.Graph.Inputs()[0].Type.Size()
	for i, s := range m.Starts {
		end := len(m.Rows)
		if i+1 < len(m.Starts) {
			end = m.Starts[i+1].Row
		}
		cycles := m.Cycles(s.Row, end)
		p.Steps = append(p.Steps, ir.Step{Values: []*ir.Value{s.Value}, Engine: "serial", PE: 1, SIMD: 1,
			Start: in + m.Cycles(0, s.Row+1) - 1, Cycles: cycles, II: cycles})
	}
	p.Buffers = []ir.Buffer{{Value: p.Graph.Inputs()[0], Bytes: (m.Words*m.Word + 7) / 8}}
	return nil
}
