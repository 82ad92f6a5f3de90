// Package serial lowers a graph to a program for the small engine of the architecture serial: a memory of activations, some multipliers,
// and rows that each make one word. The engine is templates/verilog/mlpc_serial.v; its header says what a row does.
package serial

import (
	"math/bits"

	"mlpc/ir"
	"mlpc/ir/diag"
)

// The modes of a row: what it does with its columns.
const (
	Dot       = iota // sum of x·w
	Pairs            // sum of x·x2
	Count            // number of x ≥ threshold
	Max              // largest x·w, or the bias
	ArgMax           // column of the largest x·w
	Next             // the same among the columns that come behind the one that the row before found
	Truncated        // sum of truncated products x·w, see approx.Unit
)

// Fit says how the sum of a row becomes a word, the field fit of mlpc_serial_fit.
type Fit int

// The fits of a row.
const (
	Plain    Fit = iota // the sum, limited
	HalfUp              // scaled, shifted and rounded, limited
	HalfEven            // the same, ties to even
	High                // the same, as gemmlowp with a shift above 31
	Single              // the same, as float32
	Zero                // 1 where the sum is 0, else 0
	Wrap                // low bits of the sum
	Norm                // mantissa or exponent of the sum
)

// Where the word of a row comes from.
const (
	Direct = iota
	Table  // word of the table ROM, which the result of the fit points to
	Memory // word of the memory, which it points to
)

// Row makes one word of the memory.
type Row struct {
	Src, Stride, Src2, Stride2, Weight, Columns, Mode, Dst int
	Still, Wide                                            bool // the weight is the same for all columns; P columns at once
	Bias, Mul, Add, Zero, Lo, Hi                           int64
	Shift                                                  int
	Fit                                                    Fit
	From, Place                                            int // Place is added to the result of the fit to point into the table ROM or the memory
}

// Machine is a program with the contents of its ROMs. The input lies at address 0.
type Machine struct {
	Graph    *ir.Graph
	P        int // multipliers
	Rows     []Row
	Starts   []Start // where the rows of each value begin
	Weights  []int64 // words of P weights
	Steps    []int64 // thresholds
	Tables   []int64
	Words    int  // of the memory
	Result   int  // address of the output
	Word     int  // bits of a word, signed
	Lane     int  // bits of the words that wide rows read, signed
	Acc      int  // bits of the accumulator, signed
	Mantissa int  // bits of the longest mantissa
	Drop     int  // columns that truncated products leave out; 0: there are none
	SPRAM    bool // weights lie in the RAMs of an iCE40 UltraPlus, filled from a flash after reset
}

// Start says at which row a value begins to be computed.
type Start struct {
	Value *ir.Value
	Row   int
}

// Verify is part of ir.Circuit; a machine is right by construction.
func (m *Machine) Verify() error { return nil }

// Cycles is the number of cycles of rows [from, to).
func (m *Machine) Cycles(from, to int) int {
	n := 0
	for i := range m.Rows[from:to] {
		n += m.cycles(&m.Rows[from+i])
	}
	return n
}

// cycles is the number of cycles of a row: START, its columns with the pipeline behind them, the fit, STORE, and From more.
func (m *Machine) cycles(r *Row) int {
	n := 1 + r.Fit.cycles() + 1 + r.From
	switch {
	case r.Columns == 0:
		return n
	case r.Wide:
		n += (r.Columns + m.P - 1) / m.P
	default:
		n += r.Columns
	}
	if m.P > 1 {
		return n + 3
	}
	return n + 2
}

// cycles is the number of cycles of mlpc_serial_fit.
func (f Fit) cycles() int {
	switch f {
	case HalfUp, HalfEven, High:
		return 5
	case Single:
		return 13
	}
	return 2
}

// InWords is the number of words of all inputs, which are loaded one input after the other.
func (m *Machine) InWords() int { return words(m.Graph.Inputs()) }

// OutWords is the number of words of all outputs, given in the same way.
func (m *Machine) OutWords() int { return words(m.Graph.Outs) }

func words(list []*ir.Value) int {
	n := 0
	for _, v := range list {
		n += v.Type.Size()
	}
	return n
}

// Timing gives the latency of a sample and the number of cycles from sample to sample, as ir.Program counts them: the input word by word,
// the rows, two cycles for each word of the result.
func (m *Machine) Timing() (latency, ii int) {
	ii = m.InWords() + m.Cycles(0, len(m.Rows)) + 2*m.OutWords()
	return ii - 1, ii
}

// Check adds to the list everything that the engine cannot do.
func Check(g *ir.Graph, l *diag.List) {
	for _, o := range g.Outs {
		if o.Op == ir.OpConst {
			l.Addf(diag.CodeTarget, o.Pos, "output %q is constant and needs no circuit", o.Name)
		}
	}
	drop := 0
	for _, v := range g.Values {
		if a, ok := v.Attr.(*ir.Dense); ok && a.Unit != nil {
			if drop != 0 && a.Unit.Drop != drop {
				l.Addf(diag.CodeTarget, v.Pos, "serial has one kind of truncated multipliers: %s %q leaves out %d columns, and one before it %d", v.Op, v.Name, a.Unit.Drop, drop).
					WithHint("use one for all, -p approximate:unit=trunc:%d, or --arch stream", drop)
			}
			drop = a.Unit.Drop
		}
		if problem := unsupported(v); problem != "" {
			hint := "use --arch stream"
			if v.Op == ir.OpDenseFloat32 {
				hint = ir.HintFloat32
			}
			l.Addf(diag.CodeTarget, v.Pos, "serial cannot do %s %q: %s", v.Op, v.Name, problem).WithHint("%s", hint)
		}
	}
}

// unsupported tells why the engine cannot compute a value, "" where it can.
func unsupported(v *ir.Value) string {
	if v.Type.Elem.IsReal() || v.Type.Size() == 0 {
		return "it is not an integer, or has no elements"
	}
	if v.Op == ir.OpDenseFloat32 {
		return "it adds in float32"
	}
	return ""
}

// signedBits is the number of bits that hold an integer in two's complement.
func signedBits(x int64) int {
	if x < 0 {
		x = ^x
	}
	return bits.Len64(uint64(x)) + 1
}

// elemBits is the number of bits of an element read as a signed number.
func elemBits(e ir.Elem) int {
	if e.Signed {
		return e.Bits
	}
	return e.Bits + 1
}
