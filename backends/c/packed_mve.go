package cc

// mveLayout is the layout of mlpc_dense_mve.h.
var mveLayout = layout{
	sums: func(p *packed, g int) [4]int64 {
		s := p.biases(g)
		if p.inputSign() == "u8" {
			for i := range s {
				for c := range p.shape.k {
					s[i] += 128 * p.weight(4*g+i, c)
				}
			}
		}
		return s
	},
	weights:      mveWeights,
	odd:          1,
	block:        16,
	blockWeights: func(p *packed, g, from, start int) []uint32 { return mveBlock(p, g, from, start, start+16) },
	paired:       true,
	behind: func(p *packed, sparse bool) int {
		if !sparse && p.shape.k%16 != 0 {
			return 4
		}
		return 0
	},
}

// mveWeights puts the rows of a group behind each other, 16 columns at a time.
func mveWeights(p *packed, g int) []uint32 {
	var words []uint32
	for c := 0; c < p.shape.k; c += 16 {
		words = append(words, mveBlock(p, g, c, c, min(c+16, p.shape.k))...)
	}
	return words
}

// mveBlock gives the weights of four rows in the columns from start to end, 0 before from.
func mveBlock(p *packed, g, from, start, end int) []uint32 {
	words := make([]uint32, end-start)
	at := 0
	for i := range 4 {
		for c := start; c < end; c++ {
			if c >= from {
				words[at/4] |= uint32(uint8(p.weight(4*g+i, c))) << (8 * (at % 4))
			}
			at++
		}
	}
	return words
}
