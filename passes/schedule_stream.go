package passes

import (
	"mlpc/ir"
	"mlpc/ir/diag"
	"mlpc/ir/stream"
)

// Fold is how many rows (PE) and columns (SIMD) of a layer are computed at once; for elementwise layers, how many lanes.
type Fold struct{ PE, SIMD int }

// StreamOptions says how much hardware a streaming circuit gets. The first of II, Latency, MaxCost and Multipliers that is set counts;
// with none of them, layers follow the pace of those with a given folding, or the circuit gets 64 multipliers.
type StreamOptions struct {
	II          int               // most cycles from sample to sample; the cheapest circuit that reaches it is taken
	Latency     int               // most cycles of one sample; the cheapest circuit
	Multipliers int               // most multipliers; the fastest circuit
	MaxCost     float64           // most of Cost; the fastest circuit
	Reuse       int               // uses of each multiplier for a group of columns (hls4ml's ReuseFactor)
	LayerReuse  map[string]int    // the same for single layers, by name of the dense value
	Folding     map[string]Fold   // by name of a layer's dense (or first) value: taken as it is
	Style       map[string]string // by name of a layer's dense value: see ir.Step.Style
	ROM         map[string]string // by name of a layer's dense value: see ir.Step.ROM
	Cost        Cost              // nil: RoughLUTs
	Limits      []Limit           // budgets that hold beside all of these, at most two
	Untimed     bool              // folding only: cycles of the network are not simulated
	Times       Times             // cycles of a network that is not simulated
}

// asks tells whether a pace or a budget is wished.
func (o *StreamOptions) asks() bool { return o.II > 0 || o.Latency > 0 || o.MaxCost > 0 }

// Limit is a budget of one kind of resource.
type Limit struct {
	What  string // "DSP blocks"
	Flag  string // the option that the user sets it with
	Cost  Cost
	Most  int
	Spare bool // what the device has: choices by price stay within it, but a circuit that needs more is no error
}

// Times gives the latency and the II of a folded program, in cycles.
type Times func(p *ir.Program) (latency, ii int)

// Cost gives what a layer takes, in a unit of the caller's choice; it reads the folding in Layer.Step.
type Cost func(l *stream.Layer) float64

// defaultMultipliers keeps the default circuit small enough for the smallest present FPGAs with DSP blocks.
const defaultMultipliers = 64

// mostEngines bounds the time that the exact simulation of a network takes; no device holds so many.
const mostEngines = 2000

// Stream schedules a program for the architecture stream: it groups the values into engines, chooses the folding and sets Steps,
// Buffers, Latency and II by an exact simulation of the network. What the architecture cannot do is refused with its place.
func Stream(p *ir.Program, opt StreamOptions) error {
	var problems diag.List
	if stream.Check(p.Graph, &problems); len(problems) > 0 {
		return problems
	}
	if opt.Cost == nil {
		opt.Cost = RoughLUTs
	}
	if n := len(opt.Limits); n > mostLimits {
		return diag.New(diag.CodeOption, diag.Pos{}, "%d budgets are given, and a search holds %d", n, mostLimits)
	}
	p.Arch = "stream"
	p.Steps = stream.Partition(p.Graph)
	if len(p.Steps) > mostEngines {
		return diag.New(diag.CodeLimit, diag.Pos{}, "the architecture stream would need %d engines; at most %d fit a schedule", len(p.Steps), mostEngines).
			WithHint("use --arch serial, whose one engine runs all layers")
	}
	f, err := newFoldSearch(p, opt)
	if err != nil {
		return err
	}
	if err := f.choose(); err != nil {
		return err
	}
	if opt.Untimed {
		for i, l := range f.layers {
			p.Steps[i].Cycles = l.Cycles()
		}
		return nil
	}
	n := stream.Build(p)
	t, ok := n.Simulate()
	if !ok {
		return diag.New(diag.CodeTarget, diag.Pos{}, "the streaming network runs into a deadlock").WithHint("report this as a bug with the model's .mlpc file")
	}
	p.Circuit, p.Latency, p.II = n, t.Latency, t.II
	for i, l := range n.Layers {
		s := &p.Steps[i]
		s.Start, s.Cycles, s.II = t.Start[i], l.Cycles(), n.StepII(i)
	}
	p.Buffers = n.Buffers()
	return nil
}
