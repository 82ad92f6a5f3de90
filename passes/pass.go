// Package passes turns a real graph into a scheduled integer program.
//
// Compile is the way in. It runs the passes of one visible list (list.go), verifies the graph after each of them, checks that exact
// passes change no result and measures what lossy ones cost. A pass is a function from a graph to a new graph; it never changes the
// graph that it got.
package passes

import (
	"time"

	"mlpc/ir"
	"mlpc/ir/diag"
)

// Effect says what a pass may do to the results.
type Effect uint8

const (
	Exact    Effect = iota // integer results stay equal, real ones within 1e-9 of the largest: checked on samples
	Lossy                  // results may change: the loss is measured
	Monotone               // outputs change and decisions (the largest output) do not: checked on samples; the new outputs become the reference
)

// String gives the word used in tables and reports.
func (e Effect) String() string {
	return [...]string{"exact", "lossy", "monotone"}[e]
}

// Pass is one rewriting step.
type Pass struct {
	Name    string
	Doc     string // one sentence
	Effect  Effect
	Default bool // runs without being asked for
	Options []Option
	Layers  []string // options that may be given for one layer: "fc1.bits=4"
	Run     func(c *Context, g *ir.Graph, o Options) (*ir.Graph, error)
}

// Context is what passes share besides the graph.
type Context struct {
	Config    *Config
	Model     *ir.Graph           // the model as it came; nil: unknown
	Calib     *Rows               // real calibration rows
	Synthetic bool                // the user gave none: Calib was drawn
	Imported  bool                // the model came with quantizers
	Match     Match               // whose arithmetic the steps of quantizers follow
	Out       *ir.Program         // set by schedule
	Layers    []Layer             // set by quantize
	Tables    []Table             // set by lower
	meter     *meter              // of the rows that the loss is measured on; nil in a search
	Front     []Point             // set by quantize where it searched
	solved    map[int]solved      // of the search, see quantizer.solver
	grids     map[int]*inputGrids // likewise, see quantizer.learnedGrids
	Notes     []string            // remarks for the report: what was dropped or chosen, one sentence each
	Warnings  diag.List           // what makes the result doubtful, for the report too
}

// Note adds a remark for the report.
func (c *Context) Note(s string) { c.Notes = append(c.Notes, s) }

// Config says how to compile.
type Config struct {
	Use  []string // "-p": "quantize:bits=4,per=row" sets options of a pass and runs it even where it is not a default; the later item counts, and in one item nothing may be said twice
	Drop []string // "-x": names of passes to leave out

	Calib *Rows // rows for ranges and for the choices of quantize; nil: synthetic rows over InputRange
	Eval  *Rows // rows that the loss is measured on; nil: Calib

	InputRange [2]float64 // of the synthetic rows; both 0: standard normal clipped at ±4
	Match      Match      // "": own for a float graph, ort or exact for a graph with quantizers

	Target   string  // verilog, hls, cmsisnn, c or go
	Arch     string  // hardware: unrolled, stream, serial or auto
	ClockMHz float64 // hardware: the clock that pipelining aims at
	II       int     // hardware: wanted cycles from sample to sample; 0: the default of the architecture
	Latency  int     // hardware: wanted cycles of one sample; 0: any
	MaxLUTs  int     // hardware: limit; 0: none
	Cost     Cost    // hardware: what a layer takes, in the unit of MaxLUTs; nil: RoughLUTs
	Limits   []Limit // hardware: budgets of other resources
	Times    Times   // hardware: cycles of designs whose tool adds its own; nil: the network is simulated
	// SolverTime is what the search for shared adders of an unrolled circuit may take beyond its default, in processor time of one core,
	// about: it is counted in steps, so that the result does not depend on the machine.
	SolverTime time.Duration
	RoomLUTs   int // hardware: what the device has of the unit of MaxLUTs; a circuit without a wish stays within it where it can; 0: unknown

	// InputType is the type of all inputs, as ParsePrecision reads it; "": chosen from the data.
	InputType string

	// Goal, where set, lets quantize choose the width of each layer's weights.
	Goal *Goal

	// Dump, where set, gets the graph after each pass: its index in the run from 1, and the pass's name.
	Dump func(index int, pass string, g *ir.Graph) error
}

// Hardware tells whether the target is a circuit.
func (c *Config) Hardware() bool { return c.Target == "verilog" || c.Target == "hls" }

// unrolled tells whether the target is a circuit without loops, as scheduleHardware decides it.
func (c *Config) unrolled() bool {
	return c.Target == "verilog" && (c.Arch == "unrolled" || (c.Arch == "" || c.Arch == "auto") && c.II == 1)
}

// Match names the arithmetic that an integer graph repeats.
type Match string

const (
	MatchAuto   Match = ""
	MatchOwn    Match = "own"    // mlpc quantized the model: requant's own rounding is the definition
	MatchORT    Match = "ort"    // ONNX Runtime: int32 accumulator times float32 scale, half to even
	MatchExact  Match = "exact"  // rational arithmetic
	MatchTFLite Match = "tflite" // gemmlowp double rounding, as CMSIS-NN and TFLite Micro
)

// Report is what Compile found out, for report.json and the table that users see.
type Report struct {
	Match     Match
	Synthetic bool // calibrated on synthetic rows: no data was given
	EvalOwn   bool // the loss was measured on rows that were not used for calibration
	Accuracy  *Accuracy
	Passes    []Record
	Front     []Point // what a search for widths came across: the best loss for each cost, by falling cost
	Layers    []Layer // what quantize chose, in order of computation
	Tables    []Table // what lower tabulated, in order of computation
	Notes     []string
	Warnings  diag.List // what makes the result doubtful
}

// Accuracy compares the float model with what was made of it. With labels Metric is "accuracy" (a fraction), with targets "rmse",
// else "sqnr_db" (of the outputs against the float model; Float is then +Inf and not printed).
type Accuracy struct {
	Rows      int
	Metric    string
	Float     float64
	Quantized float64 // after the pass quantize, in real arithmetic; NaN where it did not run
	Final     float64 // the integer graph
	Agreement float64 // fraction of rows with the same decision as the float model; NaN for regression
}

// Record is what one pass did.
type Record struct {
	Name    string
	Effect  Effect
	Options string // as typed or by default, "bits=8 per=row"
	Seconds float64
	Values  int     // in the graph after the pass
	Nonzero int     // weights of dense layers that are not zero
	Weights int     // weights of dense layers
	Changed int     // measured rows whose decision (or rounded output) differs from before the pass; exact passes: 0
	Metric  float64 // of the graph after the pass on the measured rows; NaN for exact passes
	SQNR    float64 // dB of the outputs against the float model on the measured rows; NaN for exact passes
}

// Bug is a panic inside a pass, or a pass that broke a rule: a fault of mlpc, not of its input.
type Bug struct {
	Pass   string
	Why    string    // the panic or the broken rule
	Before *ir.Graph // the graph that the pass got
	Stack  []byte    // of the panic; nil otherwise
}

// Error names the pass.
func (b *Bug) Error() string { return "bug in pass " + b.Pass + ": " + b.Why }
