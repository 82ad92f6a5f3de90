package cc

// dspLayout is the layout of mlpc_dense_dsp.h.
var dspLayout = layout{
	sums: func(p *packed, g int) [4]int64 {
		b := p.biases(g)
		return [4]int64{b[0] + 256*b[1], b[0], b[2] + 256*b[3], b[2]}
	},
	weights:      func(p *packed, g int) []uint32 { return dspWeights(p, g, 0, (p.shape.k+3)&^3) },
	odd:          1.0 / 256,
	block:        8,
	blockWeights: func(p *packed, g, from, _ int) []uint32 { return dspWeights(p, g, from, 8) },
	blockPlace:   func(from int, last bool) uint32 { return uint32(4*from) | bit(last) },
	wide: func(p *packed, sparse bool) int {
		if sparse {
			return 2 * ((p.shape.k + 7) &^ 7)
		}
		return 2 * ((p.shape.k + 3) &^ 3)
	},
}

func bit(x bool) uint32 {
	if x {
		return 1
	}
	return 0
}

// dspWeights pairs the rows of a group in halfwords of 256·w1 + w0, and the columns (c, c+2) and (c+1, c+3) in words, for n columns.
func dspWeights(p *packed, g, from, n int) []uint32 {
	words := make([]uint32, 0, n)
	for c := from; c < from+n; c += 4 {
		for h := range 2 {
			for j := 0; j < 4; j += 2 {
				half := func(c int) uint32 {
					return uint32(uint16(256*p.weight(4*g+j+1, c) + p.weight(4*g+j, c)))
				}
				words = append(words, half(c+h)|half(c+h+2)<<16)
			}
		}
	}
	return words
}
