package serial

import (
	"bytes"
	"math/bits"
)

// Widths holds the numbers of bits of everything in a machine, and what of the engine it uses: the parameters of mlpc_serial.
type Widths struct {
	Word, Lane, Acc, Weight, Step, Mul, Add, Shift, Limits, Rounding      int
	Addr, Addr2, WeightAddr, StepAddr, TableAddr, RowAddr, Place, Columns int
	Fits                                                                  int  // a bit for each fit in use
	Up                                                                    int  // places that a result rounded as float32 may lie above 24 bits
	Sorts                                                                 bool // modes from Max on are in use
}

// Row is the number of bits of a row.
func (w *Widths) Row() int {
	n := 0
	for _, f := range w.Fields(&Row{}) {
		n += f.Width
	}
	return n
}

// Field is a part of a row: its value in so many bits, two's complement.
type Field struct {
	Value int64
	Width int
}

// Fields lists the parts of a row from the low bits on, as mlpc_serial takes them.
func (w *Widths) Fields(r *Row) []Field {
	flag := func(b bool) int64 {
		if b {
			return 1
		}
		return 0
	}
	return []Field{
		{int64(r.Src), w.Addr}, {int64(r.Stride), w.Addr}, {int64(r.Src2), w.Addr2}, {int64(r.Stride2), w.Addr2},
		{int64(r.Weight), w.ListAddr()}, {flag(r.Still), 1}, {flag(r.Wide), 1}, {int64(r.Columns), w.Columns},
		{int64(r.Mode), 3}, {int64(r.Dst), w.Addr}, {r.Bias, w.Acc}, {r.Mul, w.Mul}, {r.Add, w.Add}, {int64(r.Shift), w.Shift},
		{r.Zero, w.Limits}, {r.Lo, w.Limits}, {r.Hi, w.Limits}, {int64(r.Fit), 3}, {int64(r.From), 2}, {int64(r.Place), w.Place},
	}
}

// DistinctColumns is the number of bits of a row that differ between rows, bits that are the same in all rows counted once: what
// synthesis keeps of the row ROM.
func (m *Machine) DistinctColumns() int {
	w := m.Widths()
	var columns [][]byte
	for i := range m.Rows {
		at := 0
		for _, f := range w.Fields(&m.Rows[i]) {
			for bit := range f.Width {
				if i == 0 {
					columns = append(columns, make([]byte, len(m.Rows)))
				}
				columns[at][i] = byte(f.Value >> min(bit, 63) & 1)
				at++
			}
		}
	}
	seen := map[string]bool{}
	for _, c := range columns {
		if bytes.IndexByte(c, 1-c[0]) >= 0 {
			seen[string(c)] = true
		}
	}
	return len(seen)
}

// Shifts is the number of different distances by which rows shift: what the shifter chooses from.
func (m *Machine) Shifts() int {
	seen := map[int]bool{}
	for i := range m.Rows {
		seen[m.Rows[i].Shift] = true
	}
	return len(seen)
}

// FactorBits is the number of bits of the factors of the fit that are not the same in all rows.
func (m *Machine) FactorBits() int {
	factors := make([]int64, len(m.Rows))
	for i := range m.Rows {
		factors[i] = m.Rows[i].Mul
	}
	return min(variableBits(factors), m.Widths().Mul)
}

// WeightBits is the number of bits of the weights that are not the same in all of them.
func (m *Machine) WeightBits() int { return min(variableBits(m.Weights), m.Widths().Weight) }

// variableBits counts the bits that are not the same in all numbers, of 64.
func variableBits(list []int64) int {
	var ones, zeros uint64
	for _, x := range list {
		ones |= uint64(x)
		zeros |= ^uint64(x)
	}
	return bits.OnesCount64(ones & zeros)
}

// ListAddr is the number of bits of an address of weights or thresholds.
func (w *Widths) ListAddr() int { return max(w.WeightAddr, w.StepAddr) }

// Widths finds the least widths that hold a machine's rows, weights and words.
func (m *Machine) Widths() *Widths {
	w := &Widths{Word: m.Word, Lane: min(m.Lane, m.Word), Acc: m.Acc, Weight: 2, Step: 2, Mul: 2, Add: 2, Shift: 2, Limits: 2, Addr2: 1, Place: 1}
	for _, x := range m.Weights {
		w.Weight = max(w.Weight, signedBits(x))
	}
	for _, x := range m.Steps {
		w.Step = max(w.Step, signedBits(x))
	}
	columns, shift := 1, 0
	for i := range m.Rows {
		r := &m.Rows[i]
		w.hold(r)
		columns, shift = max(columns, r.Columns), max(shift, r.Shift)
	}
	address := func(n int) int { return max(1, bits.Len(uint(max(0, n-1)))) }
	w.Addr = max(address(m.Words), bits.Len(uint(m.P)))
	if w.Addr2 > 1 {
		w.Addr2 = w.Addr
	}
	w.WeightAddr, w.StepAddr = address(len(m.Weights)/m.P), address(len(m.Steps))
	w.TableAddr, w.RowAddr = address(len(m.Tables)), address(len(m.Rows))
	w.Columns = bits.Len(uint(columns)) + 1
	for 1<<w.Columns <= 2*m.P {
		w.Columns++
	}
	w.Place = max(w.Place, w.Addr+1, w.TableAddr+1)
	w.Acc = max(w.Acc, w.Lane+w.Weight+1)
	w.Rounding = w.Acc + 1
	if w.has(HalfUp) || w.has(HalfEven) || w.has(High) || w.has(Single) {
		w.Rounding = max(w.Acc+w.Mul, w.Add, shift+1) + 2
	}
	if w.has(Single) {
		w.Up = max(0, w.Limits-24)
		w.Rounding = max(w.Rounding, 26+w.Mul+2, 52+w.Up)
	}
	w.Rounding = max(w.Rounding, w.Limits+2, w.Word+1)
	return w
}

// hold makes room for a row.
func (w *Widths) hold(r *Row) {
	w.Fits |= 1 << r.Fit
	w.Acc = max(w.Acc, signedBits(r.Bias))
	w.Mul = max(w.Mul, signedBits(r.Mul))
	w.Add = max(w.Add, signedBits(r.Add))
	w.Shift = max(w.Shift, signedBits(int64(r.Shift)))
	w.Limits = max(w.Limits, signedBits(r.Zero), signedBits(r.Lo), signedBits(r.Hi))
	w.Word = max(w.Word, w.Limits)
	w.Place = max(w.Place, signedBits(int64(r.Place)))
	w.Sorts = w.Sorts || r.Mode == Max || r.Mode == ArgMax || r.Mode == Next
	if r.Mode == Pairs {
		w.Addr2 = 2
	}
}

func (w *Widths) has(f Fit) bool { return w.Fits>>f&1 == 1 }
