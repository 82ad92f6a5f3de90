package net

// Effort says how long the solver for constant matrices may search.
type Effort int

// linear makes the products of a constant matrix, a row of w for each result, with the elements x.
func (l *lowering) linear(w [][]int64, x []Ref) []Ref { return l.b.Linear(w, x) }

// Linear makes w·x with shifted adders.
func (b *Builder) Linear(w [][]int64, x []Ref) []Ref {
	y := make([]Ref, len(w))
	for o, row := range w {
		var terms []Ref
		for i, c := range row {
			for _, d := range CSD(c) {
				terms = append(terms, x[i].Times(int(d.Shift), d.Neg))
			}
		}
		y[o] = b.Sum(terms)
	}
	return y
}
