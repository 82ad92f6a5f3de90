package estimator

// Front gives the indexes of the designs that no other design beats: another one beats a design when it is no worse in interval,
// logic, DSP blocks and block RAMs, and better in one of them. Of equal designs the first stays.
func Front(designs []Figures) []int {
	var front []int
	for i := range designs {
		beaten := false
		for j := range designs {
			if i != j && beats(&designs[j], &designs[i], j < i) {
				beaten = true
				break
			}
		}
		if !beaten {
			front = append(front, i)
		}
	}
	return front
}

// beats compares two designs; where they are equal, first decides.
func beats(a, b *Figures, first bool) bool {
	better := first
	for _, f := range [][2]*int{{a.IICycles, b.IICycles}, {a.LUT, b.LUT}, {a.LC, b.LC}, {a.DSP, b.DSP}, {a.BRAM, b.BRAM}} {
		if f[0] == nil || f[1] == nil {
			continue
		}
		if *f[0] > *f[1] {
			return false
		}
		better = better || *f[0] < *f[1]
	}
	return better
}
