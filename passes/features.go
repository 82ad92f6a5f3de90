package passes

import (
	"slices"

	"mlpc/ir"
)

// Inputs whose rounding disturbs the first layers by more than this get a scale for each feature, and more bits. In software, where the first
// layers are so small that 16 bits cost next to nothing, little is disturbance enough.
const (
	inputSQNR  = 6300 // 38 dB
	smallSQNR  = 1e6  // 60 dB
	smallFirst = 4096 // weights
)

// worthFeatures is how many times less noise a scale for each feature must give to be worth it.
const worthFeatures = 2

// widestInput is the widest input that is chosen without being asked for.
const widestInput = 16

// input chooses the grids of an input: one scale where that serves all features, else a scale for each, which whoever feeds the
// integers applies and the first layer's weights take in, and as many bits as it needs. Where the bits are given and too few, and only
// dense layers read the input, each feature may start anywhere: what it starts at is the offset, which the first layer's biases take in.
// Such grids are chosen by what they do to the outputs.
func (q *quantizer) input(v *ir.Value, x *ir.Tensor, f gridFamily, plain Grid) *inputGrids {
	res := plainGrids(plain)
	gain := q.gain(v)
	if gain == nil || q.isOut[v.ID] || q.typed() {
		return res
	}
	columns, signal := columnsOf(x.Reals, gain)
	fixed := q.o["in"] != "" || q.c.Config.Target == "cmsisnn"
	enough := float64(inputSQNR)
	if !fixed && !q.pow2 && !q.c.Synthetic && q.firstWeights(v) <= smallFirst {
		enough = smallSQNR
	}
	for {
		least := noise(gain, columns, res)
		if signal >= enough*least {
			return res
		}
		if a := perFeature(columns, f); noise(gain, columns, a) < least/worthFeatures {
			res, least = a, noise(gain, columns, a)
		}
		if signal >= enough*least || f.bits >= widestInput {
			return res
		}
		if fixed {
			return q.offsetGrids(v, columns, f, gain, res)
		}
		f.bits++
		if !q.pow2 {
			f.bits = max(f.bits, roomy) // integers of 16 bits hold them as well
		}
		f.symmetric = q.symmetric(f.bits)
		res = plainGrids(f.roomyGrid(v.Type.Range[0], v.Type.Range[1], thin(x.Reals, 1<<16)))
	}
}

// roomyGrid gives the best grid for values; one of many bits, if a power of two of more than 16, also reaches further than they do.
func (f gridFamily) roomyGrid(lo, hi float64, xs []float64) Grid {
	if f.bits >= roomy && !f.pow2 || f.bits >= exactInput {
		return f.cover(headroom*lo, headroom*hi)
	}
	return f.best(lo, hi, xs)
}

// firstWeights counts the weights that read an input.
func (q *quantizer) firstWeights(v *ir.Value) int {
	n := 0
	for _, u := range q.users[v.ID] {
		if _, ok := straight(u); ok {
			n += q.firstWeights(u)
		} else if u.Op == ir.OpDense {
			n += u.Args[1].Type.Size()
		}
	}
	return n
}

// gain gives for each feature of an input the sum of the squares of the weights that read it, straight or through scalings and
// clamps; nil where others than dense layers read it.
func (q *quantizer) gain(v *ir.Value) []float64 {
	g := make([]float64, lastAxis(v.Type.Shape))
	one := make([]float64, len(g))
	for c := range one {
		one[c] = 1
	}
	if !q.addGain(v, one, g) {
		return nil
	}
	return g
}

// addGain adds what the users of v, which is mul times the input, make of it.
func (q *quantizer) addGain(v *ir.Value, mul, gain []float64) bool {
	for _, u := range q.users[v.ID] {
		if a, ok := straight(u); ok {
			m := slices.Clone(mul)
			for c := range m {
				if a.mul != nil {
					m[c] *= at(a.mul, c)
				}
			}
			if !q.addGain(u, m, gain) {
				return false
			}
			continue
		}
		d, ok := u.Attr.(*ir.Dense)
		if !ok || d.Groups > 1 || !isConst(u.Args[1]) {
			return false
		}
		for i, w := range u.Args[1].Const().Reals {
			c := i % len(gain)
			gain[c] += float64(w * w * mul[c] * mul[c])
		}
	}
	return true
}

// columnsOf gives the values of each feature, thinned, and the variance that the features give the first layers. Columns of constant
// features are nil: their rounding error is part of the mean that biases take in.
func columnsOf(x, gain []float64) (columns [][]float64, signal float64) {
	n := len(gain)
	columns = make([][]float64, n)
	for c, mean := range means(x, n) {
		var column []float64
		variance := 0.0
		for i := c; i < len(x); i += n {
			column = append(column, x[i])
			variance += float64((x[i]-mean)*(x[i]-mean)) / float64(len(x)/n)
		}
		if lo, hi := bounds(column); lo < hi {
			columns[c] = thin(column, 1<<11)
			signal += float64(gain[c] * variance)
		}
	}
	return columns, signal
}

// noise is what a quantizer of the features adds to the outputs of the first layers.
func noise(gain []float64, columns [][]float64, g *inputGrids) float64 {
	sum := 0.0
	for c, column := range columns {
		if column != nil {
			sum += float64(gain[c]*g.at(c).loss(column)) / float64(len(column))
		}
	}
	return sum
}

// perFeature gives grids with a scale for each feature and one zero point: the lowest integer where no value is negative, else 0.
func perFeature(columns [][]float64, f gridFamily) *inputGrids {
	below := 0.0
	for _, column := range columns {
		for _, x := range column {
			below = min(below, x)
		}
	}
	f.symmetric = f.symmetric || below < 0
	a := &inputGrids{scale: make([]float64, len(columns))}
	for c, column := range columns {
		if column == nil {
			continue
		}
		lo, hi := bounds(column)
		if below < 0 {
			hi = max(hi, -lo)
			lo = -hi
		}
		g := f.roomyGrid(min(lo, 0), max(hi, 0), column)
		a.scale[c], a.zero, a.lo, a.hi = g.Scale, g.Zero, g.Lo, g.Hi
	}
	a.fillConstant()
	a.scale = shorten(a.scale)
	return a
}
