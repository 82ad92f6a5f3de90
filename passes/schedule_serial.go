package passes

import (
	"slices"

	"mlpc/ir"
	"mlpc/ir/diag"
	"mlpc/ir/serial"
)

// SerialOptions say how large the small engine is; all zero: one multiplier.
type SerialOptions struct {
	Multipliers int  // 1, 2, 4 or 8; 0: the fewest that meet II and Latency
	II, Latency int  // most cycles; 0: any
	SPRAM       bool // weights lie in the single-port RAMs of an iCE40 UltraPlus
}

// serialMultipliers are the engines that there are.
var serialMultipliers = []int{1, 2, 4, 8}

// Serial schedules a program for the small engine: it lowers the graph to rows and sets Circuit, Steps, Buffers, Latency and II. What the
// engine cannot do is refused with its place.
func Serial(p *ir.Program, o SerialOptions) error {
	var problems diag.List
	if serial.Check(p.Graph, &problems); len(problems) > 0 {
		return problems
	}
	engines := serialMultipliers
	if o.Multipliers != 0 {
		if !slices.Contains(engines, o.Multipliers) {
			return diag.New(diag.CodeOption, diag.Pos{}, "serial has 1, 2, 4 or 8 multipliers, not %d", o.Multipliers)
		}
		engines = []int{o.Multipliers}
	}
	var m *serial.Machine
	for _, n := range engines {
		m = serial.Lower(p.Graph, n)
		p.Latency, p.II = m.Timing()
		if meets(p.II, o.II) && meets(p.Latency, o.Latency) {
			break
		}
	}
	m.SPRAM = o.SPRAM
	if n := m.SPRAMs(); m.SPRAM && n > serial.MostSPRAMs {
		return diag.New(diag.CodeOption, diag.Pos{}, "the weights take %d single-port RAMs, and an iCE40UP5K has %d", n, serial.MostSPRAMs).
			WithHint("use fewer bits: -p quantize:bits=4")
	}
	p.Arch, p.Circuit = "serial", m
	p.Steps = serialSteps(m)
	if !meets(p.II, o.II) || !meets(p.Latency, o.Latency) {
		return serialTooSlow(p, m)
	}
	p.Buffers = []ir.Buffer{{Value: p.Graph.Inputs()[0], Bytes: (m.Words*m.Word + 7) / 8}}
	return nil
}

// meets tells whether a number of cycles is within a limit, 0 being none.
func meets(cycles, limit int) bool { return limit == 0 || cycles <= limit }

// serialSteps lists when each value is computed.
func serialSteps(m *serial.Machine) []ir.Step {
	var steps []ir.Step
	in := m.InWords()
	for i, s := range m.Starts {
		end := len(m.Rows)
		if i+1 < len(m.Starts) {
			end = m.Starts[i+1].Row
		}
		cycles := m.Cycles(s.Row, end)
		steps = append(steps, ir.Step{Values: []*ir.Value{s.Value}, Engine: "serial", PE: 1, SIMD: m.P,
			Start: in + m.Cycles(0, s.Row+1) - 1, Cycles: cycles, II: cycles})
	}
	return steps
}

// serialTooSlow tells what the engine reaches, and which layer takes longest.
func serialTooSlow(p *ir.Program, m *serial.Machine) error {
	slowest := slices.MaxFunc(p.Steps, func(a, b ir.Step) int { return a.Cycles - b.Cycles })
	return diag.New(diag.CodeOption, slowest.Values[0].Pos, "serial with %d multipliers takes %d cycles a sample, %d of them in %q", m.P, p.II, slowest.Cycles,
		slowest.Values[0].Name).WithHint("allow --ii %d and --latency %d, or use --arch stream", p.II, p.Latency)
}
