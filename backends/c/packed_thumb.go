package cc

import "fmt"

// thumb2Layout is the layout of mlpc_dense_thumb.h for ARMv7-M: signed weights, four rows in a word.
var thumb2Layout = layout{
	ctype:   "uint32_t",
	weights: thumb2Weights,
	sums:    func(p *packed, g int) [4]int64 { return p.biases(g) },
	columns: thumbColumns,
	odd:     1,
	inputs:  unchanged,
}

// thumb1Layout is the layout for ARMv6-M: weights and inputs moved up by 128.
var thumb1Layout = layout{
	ctype:   "uint8_t",
	weights: thumb1Weights,
	sums:    thumb1Sums,
	columns: thumbColumns,
	odd:     1,
	inputs: func(p *packed) (string, int) {
		if p.inputSign() == "u8" {
			return "", 0
		}
		return fmt.Sprintf("mlpc_move_s8(x, (uint8_t *)inputs, %d);", p.shape.k), p.shape.k
	},
}

func thumbColumns(p *packed) (int, bool) { return p.shape.k, false }

func thumb2Weights(p *packed) []int64 {
	var words []int64
	for g := range p.groups {
		for c := range p.shape.k {
			w := uint32(0)
			for i := range 4 {
				w |= uint32(uint8(p.weight(4*g+i, c))) << (8 * i)
			}
			words = append(words, int64(w))
		}
	}
	return words
}

func thumb1Weights(p *packed) []int64 {
	var bytes []int64
	for g := range p.groups {
		for c := range p.shape.k {
			for i := range 4 {
				bytes = append(bytes, p.weight(4*g+i, c)+128)
			}
		}
	}
	return bytes
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
