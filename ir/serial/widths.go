package serial

import "math/bits"

// Widths holds the numbers of bits of everything in a machine, the parameters of mlpc_serial.
type Widths struct {
	Word, Acc, Weight, Mul, Add, Shift, Limits, Rounding int
	Addr, WeightAddr, TableAddr, RowAddr                 int
	Pairs                                                bool // rows multiply two words, so the memory has a second read port
}

// Row is the number of bits of a row.
func (w *Widths) Row() int {
	return 5*w.Addr + w.WeightAddr + w.Addr + 1 + 3 + w.Acc + w.Mul + w.Add + w.Shift + 3*w.Limits + 2 + w.TableAddr
}

// Widths finds the least widths that hold a machine's rows, weights and words.
func (m *Machine) Widths() *Widths {
	w := &Widths{Word: m.Word, Acc: m.Acc, Weight: 1, Mul: 2, Add: 1, Limits: 1}
	for _, x := range m.Weights {
		w.Weight = max(w.Weight, signedBits(x))
	}
	shift := 0
	for _, r := range m.Rows {
		w.Acc = max(w.Acc, signedBits(r.Bias))
		w.Mul = max(w.Mul, signedBits(r.Mul))
		w.Add = max(w.Add, signedBits(r.Add))
		w.Limits = max(w.Limits, signedBits(r.Zero), signedBits(r.Lo), signedBits(r.Hi))
		w.Pairs = w.Pairs || r.Mode == Pairs
		shift = max(shift, r.Shift)
	}
	address := func(n int) int { return max(1, bits.Len(uint(max(0, n-1)))) }
	w.Shift = max(1, bits.Len(uint(shift)))
	w.Addr, w.WeightAddr, w.TableAddr, w.RowAddr = address(m.Words), address(len(m.Weights)), address(len(m.Tables)), address(len(m.Rows))
	w.Rounding = max(w.Acc+w.Mul, w.Add, shift+1, w.Limits, w.Word) + 2
	return w
}
