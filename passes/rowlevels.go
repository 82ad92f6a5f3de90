package passes

import (
	"math"
	"slices"

	"mlpc/ir"
)

// rowLevels gives the levels of a layer's weights w. A width between two whole numbers gives the wider one to that share of the rows
// that gain most by it, where each has its own scale: by the squared error that it takes away, times the weight that the next layer gives the row.
func (q *quantizer) rowLevels(v *ir.Value, l *layer, w []float64, encoding string, bits float64) []*levels {
	narrow, wide := levelsOf(encoding, int(math.Floor(bits))), levelsOf(encoding, int(math.Ceil(bits)))
	if narrow.top == wide.top || q.share(l.out) > 1 {
		return []*levels{wide}
	}
	next := make([]float64, l.out)
	one := make([]float64, l.out)
	for o := range one {
		one[o] = 1
	}
	if !q.addGain(v, one, next) {
		next = one
	}
	gain, order := make([]float64, l.out), make([]int, l.out)
	for o := range order {
		row := w[o*l.in : (o+1)*l.in]
		order[o] = o
		gain[o] = next[o] * (narrow.loss(row, nil, narrow.scale(row, nil, q.pow2)) - wide.loss(row, nil, wide.scale(row, nil, q.pow2)))
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case gain[a] > gain[b]:
			return -1
		case gain[a] < gain[b]:
			return 1
		}
		return 0
	})
	lv := make([]*levels, l.out)
	for i, o := range order {
		lv[o] = narrow
		if i < int(math.Round((bits-math.Floor(bits))*float64(l.out))) {
			lv[o] = wide
		}
	}
	return lv
}

// levelsOf is newLevels behind a pointer.
func levelsOf(encoding string, bits int) *levels {
	lv := newLevels(encoding, bits)
	return &lv
}
