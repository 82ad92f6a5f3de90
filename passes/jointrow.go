package passes

import (
	"math"
	"slices"
)

// quadratic is a model of the loss by the results z of one row of weights: Σ gradient·Δz + ½·curvature·Δz² over the calibration rows,
// the Gauss-Newton approximation at the outputs as they are.
type quadratic struct{ gradient, curvature []float64 }

// rowState is a row of weights on its grid.
type rowState struct {
	ints   []float64
	acc, b float64
}

// row copies row o.
func (l *jointLayer) row(o int) rowState {
	return rowState{slices.Clone(l.r.ints[o*l.in : (o+1)*l.in]), at(l.r.acc, o), l.r.b[o]}
}

// setRow puts a row in place.
func (l *jointLayer) setRow(o int, s rowState) {
	copy(l.r.ints[o*l.in:], s.ints)
	l.r.b[o] = s.b
	if len(l.r.acc) > 1 {
		l.r.acc[o] = s.acc
	}
}

// sensitivity gives the derivatives of the outputs by the results of row o of a layer: [output][row], nil where they are 0.
func (j *joint) sensitivity(layer, o int) [][]float64 {
	d := make([][]float64, j.layers[layer].out)
	d[o] = j.layers[layer].slope[o]
	for _, next := range j.layers[layer+1:] {
		e := make([][]float64, next.out)
		for p := range e {
			e[p] = make([]float64, j.rows)
			for i, x := range d {
				if w := next.r.ints[p*next.in+i] * at(next.r.acc, p); x != nil && w != 0 {
					column{value: x}.addTo(e[p], w)
				}
			}
			for r, s := range next.slope[p] {
				e[p][r] *= s
			}
		}
		d = e
	}
	return d
}

// modelOf gives the model for row o of a layer, with a share of its mean curvature, pull, as a pull towards the float net's results:
// what many rows of weights could do together to few rows of data must not take them far away.
func (j *joint) modelOf(layer, o int) (m quadratic, pull float64) {
	m = quadratic{make([]float64, j.rows), make([]float64, j.rows)}
	d, out, sum := j.sensitivity(layer, o), j.outputs(), 0.0
	p, f := make([]float64, len(out)), make([]float64, len(out))
	for r := range j.rows {
		w := 2 * j.goal.weight[0][r]
		if j.goal.classes[0] {
			softmaxOf(p, out, r)
			softmaxOf(f, j.ref, r)
		}
		g, h, mean := 0.0, 0.0, 0.0
		for k := range out {
			if d[k] == nil {
				continue
			}
			s := d[k][r]
			g += float64(s * (float64(w*(out[k][r]-j.ref[k][r])) + p[k] - f[k]))
			h += float64(s * s * (w + p[k]))
			mean += float64(s * p[k])
		}
		m.gradient[r], m.curvature[r] = g, max(0, h-float64(mean*mean))
		sum += m.curvature[r]
	}
	pull = jointPull * sum / float64(j.rows)
	l := j.layers[layer]
	for r := range m.gradient {
		m.gradient[r] += float64(pull * (l.z[o][r] - l.exact[o][r]))
		m.curvature[r] += pull
	}
	return m, pull
}

// softmaxOf writes the softmax of row r of x to p.
func softmaxOf(p []float64, x [][]float64, r int) {
	most, sum := math.Inf(-1), 0.0
	for _, c := range x {
		most = max(most, c[r])
	}
	for k, c := range x {
		p[k] = math.Exp(c[r] - most)
		sum += p[k]
	}
	for k := range p {
		p[k] /= sum
	}
}

// trusts are the factors on the curvature that improve tries: a model that promised too much is taken for stiffer once.
var trusts = []float64{1, 4}

// improve moves row o of a layer to where the loss and the pull are less, if the model finds such a place.
func (j *joint) improve(layer, o int) {
	l := j.layers[layer]
	if l.fixed {
		return
	}
	m, pull := j.modelOf(layer, o)
	start, z, before := l.row(o), l.z[o], j.loss+l.pulled(o, pull)
	for _, trust := range trusts {
		s := j.solve(l, o, m.stiffer(trust))
		if s.b == start.b && s.acc == start.acc && slices.Equal(s.ints, start.ints) || math.Abs(s.b) > s.acc*(1<<30) {
			return
		}
		l.setRow(o, s)
		j.put(layer, o, l.result(o, j.rows))
		if loss := j.measure(); loss+l.pulled(o, pull) < before {
			j.loss = loss
			return
		}
		l.setRow(o, start)
		j.put(layer, o, z)
	}
}

// put sets the results of row o of a layer and recomputes what follows.
func (j *joint) put(layer, o int, z []float64) {
	l := j.layers[layer]
	before := slices.Clone(l.next[o])
	l.z[o] = z
	l.follow(o)
	j.changed(layer, o, before)
}

// pulled is what the pull of row o adds to the loss.
func (l *jointLayer) pulled(o int, pull float64) float64 {
	sum := 0.0
	for r, z := range l.z[o] {
		d := z - l.exact[o][r]
		sum += float64(d * d)
	}
	return pull * sum / 2 / float64(len(l.z[o]))
}

// stiffer gives the model with more curvature.
func (m quadratic) stiffer(factor float64) quadratic {
	c := slices.Clone(m.curvature)
	for r := range c {
		c[r] *= factor
	}
	return quadratic{m.gradient, c}
}

// stretches are the factors that stretch tries.
var stretches = []float64{0.71, 0.77, 0.84, 0.92, 1.09, 1.19, 1.30, 1.41}

// stretch tries row o with smaller weights, and the weights that read it larger by as much, or the other way round. Where scales are powers of
// two this is the only way to move the weights of a row against their levels.
func (j *joint) stretch(layer, o int) {
	l := j.layers[layer]
	if layer+1 == len(j.layers) || l.fixed || j.layers[layer+1].fixed {
		return
	}
	next := j.layers[layer+1]
	for _, f := range stretches {
		was, nextWas, loss := l.r.clone(), next.r.clone(), j.loss
		for i := range l.in {
			w := &l.r.ints[o*l.in+i]
			*w = at(l.r.lv, o).nearest(*w / f)
		}
		l.r.b[o] /= f
		for p := range next.out {
			w := &next.r.ints[p*next.in+o]
			*w = at(next.r.lv, p).nearest(*w * f)
		}
		scaleAll(l.exact[o], 1/f)
		j.refresh(layer)
		j.loss = j.measure()
		j.improve(layer, o)
		for p := range next.out {
			j.improve(layer+1, p)
		}
		if j.loss < loss {
			continue
		}
		*l.r, *next.r = was, nextWas
		scaleAll(l.exact[o], f)
		j.refresh(layer)
		j.loss = loss
	}
}

func scaleAll(x []float64, f float64) {
	for i := range x {
		x[i] *= f
	}
}
