package passes

import (
	"math"
	"slices"
)

const (
	jointSweeps = 2   // of coordinate descent over a row
	jointScales = 60  // free scales that are tried for a row, where there is time, from half to twice
	jointStep   = 0.2 // most that a scale moves at once
)

// solve gives the row that the model takes for the best: by coordinate descent from the row as it is, and, where there is time, from the
// row rounded at other scales.
func (j *joint) solve(l *jointLayer, o int, m quadratic) rowState {
	start := l.row(o)
	own := l.out == 1 || len(l.r.acc) > 1 && !l.share
	best := l.descend(o, start, m, own && !j.pow2)
	if !own || !j.small {
		return best
	}
	least := l.modelled(m, start, best)
	for _, f := range j.factors() {
		s := rowState{slices.Clone(start.ints), start.acc * f, start.b}
		for i := range s.ints {
			s.ints[i] = at(l.r.lv, o).nearest(s.ints[i] / f)
		}
		moved := quadratic{slices.Clone(m.gradient), m.curvature}
		for r, d := range l.difference(start, s) {
			moved.gradient[r] += float64(m.curvature[r] * d)
		}
		s = l.descend(o, s, moved, !j.pow2)
		if e := l.modelled(m, start, s); e < least {
			best, least = s, e
		}
	}
	return best
}

// factors are those on a row's scale that solve tries.
func (j *joint) factors() []float64 {
	if j.pow2 {
		return []float64{0.5, 2}
	}
	f := make([]float64, jointScales)
	for i := range f {
		f[i] = math.Exp2(2*(float64(i)+0.5)/jointScales - 1)
	}
	return f
}

// difference is what the results of a row gain from one state to another.
func (l *jointLayer) difference(from, to rowState) []float64 {
	d := make([]float64, len(l.z[0]))
	for i, x := range l.x {
		x.addTo(d, float64(to.ints[i]*to.acc)-float64(from.ints[i]*from.acc))
	}
	for r := range d {
		d[r] += to.b - from.b
	}
	return d
}

// modelled is the model's loss of a state against that which it was made at.
func (l *jointLayer) modelled(m quadratic, from, to rowState) float64 {
	sum := 0.0
	for r, d := range l.difference(from, to) {
		sum += float64(m.gradient[r]*d) + float64(m.curvature[r]*d*d)/2
	}
	return sum
}

// descend is coordinate descent on the model from the state that it was made at: each weight takes the level that is best with all
// others as they are and the bias free; then the scale, where it may, and the bias follow.
func (l *jointLayer) descend(o int, s rowState, m quadratic, scales bool) rowState {
	s.ints = slices.Clone(s.ints)
	u, d := slices.Clone(m.gradient), m.curvature // u is the gradient as the row moves
	total, sum := 0.0, 0.0
	for r := range d {
		total += d[r]
		sum += u[r]
	}
	if !(total > 0) {
		return s
	}
	s.shift(u, d, -sum/total)
	for range jointSweeps {
		moved := false
		for i, x := range l.x {
			ux, dx, dxx := x.sums(u, d)
			h := dxx - dx*dx/total
			if !(h > 1e-9*dxx) {
				continue
			}
			level := at(l.r.lv, o).nearest(s.ints[i] - ux/h/s.acc)
			if by := (level - s.ints[i]) * s.acc; by != 0 {
				s.ints[i], moved = level, true
				x.addProduct(u, d, by)
				s.shift(u, d, -by*dx/total)
			}
		}
		if !moved {
			break
		}
	}
	if scales {
		l.rescale(&s, u, d, total)
	}
	return s
}

// shift moves the bias.
func (s *rowState) shift(u, d []float64, by float64) {
	s.b += by
	for r := range u {
		u[r] += float64(d[r] * by)
	}
}

// rescale moves the scale of a row towards the model's optimum.
func (l *jointLayer) rescale(s *rowState, u, d []float64, total float64) {
	v := column{value: make([]float64, len(u))}
	for i, x := range l.x {
		x.addTo(v.value, s.ints[i]*s.acc)
	}
	uv, dv, dvv := v.sums(u, d)
	h := dvv - dv*dv/total
	if !(h > 1e-9*dvv) {
		return
	}
	by := min(jointStep, max(-jointStep, -uv/h))
	s.acc *= 1 + by
	s.shift(u, d, -by*dv/total)
}
