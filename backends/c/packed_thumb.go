package cc

// thumb2Layout is the layout of mlpc_dense_thumb.h for ARMv7-M: signed weights, four rows in a word.
var thumb2Layout = layout{
	sums:         func(p *packed, g int) [4]int64 { return p.biases(g) },
	weights:      func(p *packed, g int) []uint32 { return thumbWeights(p, g, 0, 0, p.shape.k, 0) },
	odd:          1,
	block:        8,
	blockWeights: func(p *packed, g, from, start int) []uint32 { return thumbWeights(p, g, from, start, start+8, 0) },
	blockPlace:   thumbPlace,
}

// thumb1Layout is the layout for ARMv6-M: weights and inputs moved up by 128, lines that give results from 0 on.
var thumb1Layout = layout{
	sums:         thumb1Sums,
	weights:      func(p *packed, g int) []uint32 { return thumbWeights(p, g, 0, 0, p.shape.k, 128) },
	odd:          1,
	block:        8,
	blockWeights: func(p *packed, g, from, start int) []uint32 { return thumbWeights(p, g, from, start, start+8, 128) },
	blockPlace:   thumbPlace,
	wide:         func(p *packed, _ bool) int { return p.shape.k },
	fromZero:     true,
}

func thumbPlace(from int, last bool) uint32 { return uint32(2*from) | bit(last) }

// thumbWeights gives a word for each column from start to end with the weights of a group's rows, moved up; no weights before from.
func thumbWeights(p *packed, g, from, start, end int, up int64) []uint32 {
	var words []uint32
	for c := start; c < end; c++ {
		w := uint32(0)
		for i := range 4 {
			x := up
			if c >= from {
				x += p.weight(4*g+i, c)
			}
			w |= uint32(uint8(x)) << (8 * i)
		}
		words = append(words, w)
	}
	return words
}

// thumb1Sums takes the surplus of moved inputs off the biases.
func thumb1Sums(p *packed, g int) [4]int64 {
	s := p.biases(g)
	if p.inputSign() == "s8" {
		for i := range s {
			for c := range p.shape.k {
				s[i] -= 128 * p.weight(4*g+i, c)
			}
		}
	}
	return s
}
