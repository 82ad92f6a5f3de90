package cc

// bitsOf is the number of bits that hold a layer's weights in memory: 2, 4 or 8.
func (p *packed) bitsOf() int {
	for _, bits := range []int{2, 4} {
		if p.weightsFit(bits) {
			return bits
		}
	}
	return 8
}

// weightsFit tells whether every weight that matters is a signed number of so many bits.
func (p *packed) weightsFit(bits int) bool {
	for slot := range p.slots {
		for c := range p.shape.k {
			if w := p.weight(slot, c); w < -1<<(bits-1) || w >= 1<<(bits-1) {
				return false
			}
		}
	}
	return true
}

// field is the weight of a slot's row in a column as the kernels of mlpc_dense_packed.h read it; 0 behind the last column.
func (p *packed) field(slot, c, bits int) uint32 {
	if c >= p.shape.k {
		return 0
	}
	return uint32(p.weight(slot, c) + 1<<(bits-1))
}

// smallLayout is how a kind of core reads weights of 4 or 2 bits.
func smallLayout(kind *coreKind, bits int) *layout {
	switch kind.layout {
	case &mveLayout:
		return &layout{sums: mveLayout.sums, odd: 1, weights: func(p *packed, g int) []uint32 { return mveSmall(p, g, bits) },
			behind: func(p *packed, _ bool) int {
				if p.shape.k%16 == 0 {
					return 0
				}
				return 4
			}}
	case &dspLayout:
		return &layout{sums: (*packed).biases, odd: 1, weights: func(p *packed, g int) []uint32 { return dspSmall(p, g, bits) },
			wide: func(p *packed, _ bool) int { return 2 * ((p.shape.k + 3) &^ 3) }}
	}
	return &layout{sums: thumb1Sums, odd: 1, weights: func(p *packed, g int) []uint32 { return thumbSmall(p, g, bits) },
		wide: func(p *packed, _ bool) int { return (p.shape.k + 3) &^ 3 }}
}

// mveSmall gives for each 16 columns, and for the rest, bytes of one column each: of two rows, then of the other two, or of all four.
func mveSmall(p *packed, g, bits int) []uint32 {
	rows := 8 / bits
	var words []uint32
	at := 0
	for start := 0; start < p.shape.k; start += 16 {
		for first := 0; first < 4; first += rows {
			for c := start; c < min(start+16, p.shape.k); c++ {
				if at%4 == 0 {
					words = append(words, 0)
				}
				for i := range rows {
					words[at/4] |= p.field(4*g+first+i, c, bits) << (8*(at%4) + bits*i)
				}
				at++
			}
		}
	}
	return words
}

// dspSmall gives for each four columns the fields of the pair (c, c + 2), rows 0 to 3 from the lowest bits of both halfwords up, and
// of (c + 1, c + 3): in a word of its own, or in the bits above.
func dspSmall(p *packed, g, bits int) []uint32 {
	var words []uint32
	for c := 0; c < p.shape.k; c += 4 {
		var pair [2]uint32
		for odd := range 2 {
			for i := range 4 {
				pair[odd] |= (p.field(4*g+i, c+odd, bits) | p.field(4*g+i, c+odd+2, bits)<<16) << (bits * i)
			}
		}
		if bits == 4 {
			words = append(words, pair[0], pair[1])
		} else {
			words = append(words, pair[0]|pair[1]<<8)
		}
	}
	return words
}

// thumbSmall gives words of 8/bits columns, each with the rows 0 and 1 in the lowest bits that are left of both halfwords, then 2 and 3.
func thumbSmall(p *packed, g, bits int) []uint32 {
	columns := 8 / bits
	var words []uint32
	for c := 0; c < p.shape.k; c += columns {
		w := uint32(0)
		for j := range columns {
			for i := range 4 {
				w |= p.field(4*g+i, c+j, bits) << (16*(i%2) + bits*(2*j+i/2))
			}
		}
		words = append(words, w)
	}
	return words
}

// halfLayout is how a kind of core reads the weights of a layer of 16-bit inputs.
func halfLayout(kind *coreKind) *layout {
	l := &layout{sums: (*packed).biases, odd: 1, weights: func(p *packed, g int) []uint32 { return thumbWeights(p, g, 0, 0, p.shape.k, 0) }}
	switch kind.layout {
	case &mveLayout:
		l.weights, l.sums = mveHalf, flippedSums
		l.behind = func(p *packed, _ bool) int {
			if p.shape.k%8 == 0 {
				return 0
			}
			return 2
		}
	case &dspLayout:
		l.weights, l.sums = dspHalf, flippedSums
	case &thumb1Layout:
		l.weights = thumb1Layout.weights
	}
	return l
}

// flippedSums makes up for unsigned 16-bit inputs that are moved down by 2^15.
func flippedSums(p *packed, g int) [4]int64 {
	s := p.biases(g)
	if p.inputSign() == "u16" {
		for i := range s {
			for c := range p.shape.k {
				s[i] += 1 << 15 * p.weight(4*g+i, c)
			}
		}
	}
	return s
}

// mveHalf puts the rows of a group behind each other, 8 columns at a time.
func mveHalf(p *packed, g int) []uint32 {
	var words []uint32
	for c := 0; c < p.shape.k; c += 8 {
		words = append(words, mveBlock(p, g, c, c, min(c+8, p.shape.k))...)
	}
	return words
}

// dspHalf gives for each four columns a word a row: columns c, c + 2, c + 1, c + 3.
func dspHalf(p *packed, g int) []uint32 {
	var words []uint32
	for c := 0; c < p.shape.k; c += 4 {
		for i := range 4 {
			w := uint32(0)
			for at, column := range [4]int{c, c + 2, c + 1, c + 3} {
				w |= uint32(uint8(p.weight(4*g+i, column))) << (8 * at)
			}
			words = append(words, w)
		}
	}
	return words
}
