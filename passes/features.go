package passes

import (
	"slices"

	"mlpc/ir"
)

// Inputs whose rounding disturbs the first layers by more than this get a scale for each feature, and more bits.
const inputSQNR = 6300 // 38 dB

// worthFeatures is how many times less noise a scale for each feature must give to be worth it.
const worthFeatures = 8

// widestInput is the widest input that is chosen without being asked for.
const widestInput = 16

// input chooses the quantizer of an input: one scale where that serves all features, else a scale for each, which whoever feeds the
// integers applies and the first layer's weights take in, and as many bits as it needs.
func (q *quantizer) input(v *ir.Value, x *ir.Tensor, f gridFamily, plain Grid) *ir.Quant {
	res := plain.quantizer("half-even")
	gain := q.gain(v)
	if gain == nil || q.isOut[v.ID] {
		return res
	}
	lo, hi, variance := columns(x.Reals, len(gain))
	if enough(gain, variance, res.Scale) {
		return res
	}
	for {
		a := perFeature(lo, hi, f)
		if noise(gain, variance, a.Scale) < noise(gain, variance, res.Scale)/worthFeatures {
			res = a
		}
		if f.bits >= widestInput || q.o["in"] != "" || q.c.Config.Target == "cmsisnn" || enough(gain, variance, res.Scale) {
			return res
		}
		f.bits++
		f.symmetric = q.symmetric(f.bits)
		res = f.cover(v.Type.Range[0], v.Type.Range[1]).quantizer("half-even")
	}
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
			gain[c] += w * w * mul[c] * mul[c]
		}
	}
	return true
}

// columns gives least, largest and variance of each of n columns, the first two with 0 among the values.
func columns(x []float64, n int) (lo, hi, variance []float64) {
	lo, hi, variance = make([]float64, n), make([]float64, n), make([]float64, n)
	mean := means(x, n)
	for i, y := range x {
		c := i % n
		lo[c], hi[c] = min(lo[c], y), max(hi[c], y)
		variance[c] += (y - mean[c]) * (y - mean[c]) / float64(len(x)/n)
	}
	return lo, hi, variance
}

// enough tells whether rounding to the given scales leaves the first layers enough of their signal.
func enough(gain, variance, scale []float64) bool {
	signal := 0.0
	for c, g := range gain {
		signal += g * variance[c]
	}
	return signal >= inputSQNR*noise(gain, variance, scale)
}

// noise is what rounding the features to the given scales adds to the outputs of the first layers; constant features add none.
func noise(gain, variance, scale []float64) float64 {
	sum := 0.0
	for c, g := range gain {
		if variance[c] > 0 {
			sum += g * at(scale, c) * at(scale, c) / 12
		}
	}
	return sum
}

// perFeature gives a quantizer with a scale for each feature and one zero point: the lowest integer where no value is negative, else 0.
func perFeature(lo, hi []float64, f gridFamily) *ir.Quant {
	below, most := 0.0, 0.0
	for c := range lo {
		below, most = min(below, lo[c]), max(most, hi[c], -lo[c])
	}
	f.symmetric = f.symmetric || below < 0
	a := &ir.Quant{Mode: "half-even"}
	for c := range lo {
		l, h := lo[c], hi[c]
		if l == 0 && h == 0 {
			h = most // never seen: as coarse as the others may be
		}
		if below < 0 {
			h = max(h, -l)
			l = -h
		}
		g := f.cover(l, h)
		a.Scale = append(a.Scale, g.Scale)
		a.Zero, a.Lo, a.Hi = []float64{float64(g.Zero)}, []int64{g.Lo}, []int64{g.Hi}
	}
	if all(a.Scale, a.Scale[0]) {
		a.Scale = a.Scale[:1]
	}
	return a
}
