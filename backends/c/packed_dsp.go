package cc

import "fmt"

// dspLayout is the layout of mlpc_dense_dsp.h.
var dspLayout = layout{
	ctype:   "uint32_t",
	weights: dspWeights,
	sums: func(p *packed, g int) [4]int64 {
		b := func(i int) int64 { return p.bias(4*g + i) }
		return [4]int64{int64(int32(b(0) + 256*b(1))), b(0), int64(int32(b(2) + 256*b(3))), b(2)}
	},
	columns: dspColumns,
	odd:     1.0 / 256,
	inputs: func(p *packed) (string, int) {
		n, _ := dspColumns(p)
		return fmt.Sprintf("mlpc_widen_%s(x, inputs, %d);", p.inputSign(), p.shape.k), 2 * n
	},
}

// dspColumns gives the columns of a row as packed: rounded up to a multiple of four.
func dspColumns(p *packed) (n int, wide bool) {
	n = (p.shape.k + 3) &^ 3
	return n, n%16 == 0
}

// dspWeights pairs the rows of each group in halfwords of 256·w1 + w0, and the columns (c, c+2) and (c+1, c+3) in words.
func dspWeights(p *packed) []int64 {
	columns, _ := dspColumns(p)
	words := make([]int64, 0, p.groups*columns)
	for g := range p.groups {
		for c := 0; c < columns; c += 4 {
			for h := range 2 {
				for j := 0; j < 4; j += 2 {
					half := func(c int) uint32 {
						return uint32(uint16(256*p.weight(4*g+j+1, c) + p.weight(4*g+j, c)))
					}
					words = append(words, int64(half(c+h)|half(c+h+2)<<16))
				}
			}
		}
	}
	return words
}
