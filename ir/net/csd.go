package net

import "math/bits"

// Digit is one signed power of two of a constant: ±2^Shift.
type Digit struct {
	Shift int8
	Neg   bool
}

// CSD gives the canonic signed digits of x, low shift first: no two adjacent powers of two, and as few of them as possible
// (Reitwiesner, "Binary arithmetic", 1960).
func CSD(x int64) []Digit {
	var d []Digit
	for s := int8(0); x != 0; s++ {
		if x&1 == 1 {
			if x&3 == 1 {
				d = append(d, Digit{s, false})
				x--
			} else {
				d = append(d, Digit{s, true})
				x++
			}
		}
		x >>= 1
	}
	return d
}

// weight is the number of canonic signed digits of x: the ones of 3x that x does not share.
func weight(x int64) int {
	if x < 0 {
		x = -x
	}
	u := uint64(x)
	return bits.OnesCount64((u + u<<1) ^ u)
}

// Scale makes r·c with shifted adders.
func (b *Builder) Scale(r Ref, c int64) Ref {
	if x, ok := b.value(r); ok {
		return b.constRef(x * c)
	}
	y := b.Linear([][]int64{{c}}, []Ref{r}, Options{})
	return y[0]
}
