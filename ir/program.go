package ir

// Program is a verified graph of integers (or, target c, of float32) with its schedule: what runs when and on how many multipliers. Backends print it and the
// estimator prices it; neither changes it.
type Program struct {
	Graph    *Graph
	Target   string  // verilog, hls, cmsisnn, c or go
	Arch     string  // hardware only: unrolled, stream or serial
	ClockMHz float64 // hardware only: the clock that pipelining aims at
	Stages   int     // unrolled only: registers from input to output, at least 1
	Circuit  Circuit // hardware only: what Graph was lowered to
	ZeroSkip bool    // c and cmsisnn only: layers behind a ReLU spend no time on inputs of 0
	Bytes    bool    // c and cmsisnn only: weights of 4 and 2 bits take a byte each, which is read faster
	Steps    []Step
	Buffers  []Buffer

	// Latency is the number of clock cycles from the edge that accepts the first beat of a sample to the edge that hands over the
	// last beat of its result, with the sink always ready. II is the number of cycles from one sample to the next. Both are exact;
	// 0 for software targets.
	Latency, II int
}

// Step is one engine (hardware) or one loop nest (software): it computes Values, the last of which leaves it.
type Step struct {
	Values []*Value // in order; the values in between stay inside the engine
	Engine string   // see the backends: "mvau", "eltwise", "table", "argmax", "route", …
	PE     int      // rows computed at once
	SIMD   int      // columns computed at once
	Style  string   // of the multipliers of a stream engine: "" as the synthesis likes, "dsp" for blocks, "lut" for rows of adders, "table" for tables of all products, "csd" for sums by the digits of constant weights
	ROM    string   // of the weights of a stream engine: "" as the synthesis likes, "block" for block RAM, "logic" for LUTs
	Start  int      // cycle of its first output beat in an isolated sample, counted as Latency is
	Cycles int      // cycles that it is busy with one sample
	II     int      // cycles from sample to sample if it stood alone
}

// Out is the value that leaves the step.
func (s *Step) Out() *Value { return s.Values[len(s.Values)-1] }

// Buffer is memory for activations.
type Buffer struct {
	Value  *Value
	Bytes  int
	Offset int // in the arena of a software target
}

// Circuit is the form that a program takes in hardware: *net.Circuit for unrolled, *stream.Network for stream. Package ir cannot name
// them, since their packages import it.
type Circuit interface {
	Verify() error
}
