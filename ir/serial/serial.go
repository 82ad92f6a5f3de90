// Package serial lowers a graph to a program for the small engine of the architecture serial: a memory of activations, one multiplier,
// and rows that each make one word. The engine is templates/verilog/mlpc_serial.v; its header says what a row does.
package serial

import (
	"math/bits"

	"mlpc/ir"
	"mlpc/ir/diag"
	"mlpc/ir/num"
)

// The modes of a row: what it does with its columns.
const (
	Dot    = iota // sum of x·w
	Pairs         // sum of x·x2
	Count         // number of x ≥ w
	Max           // largest x·w, or the bias
	ArgMax        // column of the largest x·w
)

// Row makes one word of the memory.
type Row struct {
	Src, Stride, Src2, Stride2, Weight, Columns, Mode, Dst int
	Bias, Mul, Add, Zero, Lo, Hi                           int64
	Shift                                                  int
	Even, Tabled                                           bool
	Table                                                  int // added to the result to address the table ROM

	limited bool // Lo and Hi are set
}

// Machine is a program with the contents of its ROMs. The input lies at address 0.
type Machine struct {
	Graph   *ir.Graph
	Rows    []Row
	Starts  []Start // where the rows of each value begin
	Weights []int64
	Tables  []int64
	Words   int // of the memory
	Result  int // address of the output
	Word    int // bits of a word, signed
	Acc     int // bits of the accumulator, signed
}

// Start says at which row a value begins to be computed.
type Start struct {
	Value *ir.Value
	Row   int
}

// Verify is part of ir.Circuit; a machine is right by construction.
func (m *Machine) Verify() error { return nil }

// overhead is the number of cycles of a row besides its columns.
const overhead = 8

// Cycles is the number of cycles of rows [from, to).
func (m *Machine) Cycles(from, to int) int {
	n := 0
	for _, r := range m.Rows[from:to] {
		n += r.Columns + overhead
		if r.Tabled {
			n++
		}
	}
	return n
}

// Timing gives the latency of a sample and the number of cycles from sample to sample, as ir.Program counts them: the input word by word,
// the rows, two cycles for each word of the result.
func (m *Machine) Timing() (latency, ii int) {
	in, out := m.Graph.Inputs()[0].Type.Size(), m.Graph.Outs[0].Type.Size()
	ii = in + m.Cycles(0, len(m.Rows)) + 2*out
	return ii - 1, ii
}

// Check adds to the list everything that the engine cannot do.
func Check(g *ir.Graph, l *diag.List) {
	if len(g.Inputs()) != 1 || len(g.Outs) != 1 {
		l.Addf(diag.CodeTarget, diag.Pos{}, "serial takes one input and gives one output, not %d and %d", len(g.Inputs()), len(g.Outs)).
			WithHint("use --arch stream")
	}
	for _, v := range g.Values {
		if problem := unsupported(v); problem != "" {
			l.Addf(diag.CodeTarget, v.Pos, "serial cannot do %s %q: %s", v.Op, v.Name, problem).WithHint("use --arch stream")
		}
	}
}

// unsupported tells why the engine cannot compute a value, "" where it can.
func unsupported(v *ir.Value) string {
	if v.Type.Elem.IsReal() || v.Type.Size() == 0 {
		return "it is not an integer, or has no elements"
	}
	switch a := v.Attr.(type) {
	case *ir.Requant:
		if a.Round != num.HalfUp && a.Round != num.HalfEven {
			return "it rounds as " + a.Round.String()
		}
	case *ir.Dense:
		if a.Unit != nil {
			return "its multiplier is approximate"
		}
	case *ir.Cmp:
		if a.Rel == "eq" {
			return "it tests for equality"
		}
	}
	switch v.Op {
	case ir.OpWrap, ir.OpSelect, ir.OpTopK, ir.OpLookup, ir.OpNorm:
		return "it has no mode for it"
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
