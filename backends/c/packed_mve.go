package cc

// mveLayout is the layout of mlpc_dense_mve.h.
var mveLayout = layout{
	ctype:   "int8_t",
	weights: mveWeights,
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
	columns: func(p *packed) (int, bool) { return p.shape.k, p.shape.k%16 == 0 },
	odd:     1,
	inputs:  unchanged,
}

// mveWeights puts the rows of each group behind each other, 16 columns at a time.
func mveWeights(p *packed) []int64 {
	var bytes []int64
	for g := range p.groups {
		for c := 0; c < p.shape.k; c += 16 {
			for i := range 4 {
				for k := c; k < min(c+16, p.shape.k); k++ {
					bytes = append(bytes, p.weight(4*g+i, k))
				}
			}
		}
	}
	return append(bytes, make([]int64, 16)...)
}
