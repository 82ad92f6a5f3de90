package passes

// gptq rounds weights column by column, and moves the error of each column onto the columns that are still to come, so that the
// layer's outputs on the calibration rows change least (Frantar et al., "GPTQ", 2022; columns by falling Hessian diagonal).
type gptq struct {
	h     *hessian
	order []int
	u     []float64 // upper triangular, H⁻¹ = Uᵀ·U, in that order of columns
}

// newGPTQ factors a Hessian; false where that fails.
func newGPTQ(h *hessian) (*gptq, bool) {
	g := &gptq{h: h, order: h.order()}
	var ok bool
	g.u, ok = upperOfInverse(h.damped(g.order, 0.01), h.n)
	return g, ok
}

// row gives the levels of one row of weights w at a scale. Inputs that do not move on the rows get no weight, save where levels are many.
func (g *gptq) row(w []float64, scale float64, lv *levels) []float64 {
	n := g.h.n
	q, rest := make([]float64, n), make([]float64, n)
	for j, c := range g.order {
		if g.h.h[c*n+c] != 0 || isFine(lv) {
			rest[j] = w[c]
		}
	}
	for j, c := range g.order {
		level := lv.nearest(rest[j] / scale)
		q[c] = level
		row := g.u[j*n : (j+1)*n]
		e := (rest[j] - float64(level*scale)) / row[j]
		if e == 0 {
			continue
		}
		for k := j + 1; k < n; k++ {
			rest[k] -= float64(e * row[k])
		}
	}
	return q
}

// scaleTries are the factors on a scale that best tries.
var scaleTries = []float64{1, 0.7, 0.8, 0.9, 1.1, 1.2, 1.35, 1.5}

// best rounds one row at several scales around the given one, and gives the levels and the scale whose outputs change least. With
// descent each is improved by coordinate descent first. Powers of two are tried one up and one down.
func (g *gptq) best(w []float64, scale float64, lv *levels, descent, pow2 bool) (q []float64, s float64) {
	tries := scaleTries
	if pow2 {
		tries = []float64{1, 0.5, 2}
	}
	least := 0.0
	for _, f := range tries {
		p := g.row(w, f*scale, lv)
		if descent {
			g.h.descend(p, w, f*scale, lv)
		}
		if e := g.h.error(p, w, f*scale); q == nil || e < least {
			q, s, least = p, f*scale, e
		}
	}
	return q, s
}

// error is (w − q·scale)·H·(w − q·scale)ᵀ: the mean squared change of the row's output.
func (h *hessian) error(q, w []float64, scale float64) float64 {
	n := h.n
	d := make([]float64, n)
	for i := range d {
		d[i] = w[i] - float64(q[i]*scale)
	}
	sum := 0.0
	for i, x := range d {
		if x == 0 {
			continue
		}
		dot := 0.0
		for j, y := range h.h[i*n : (i+1)*n] {
			dot += float64(y * d[j])
		}
		sum += float64(x * dot)
	}
	return sum
}

// descentSweeps is how often descend goes over all columns at most.
const descentSweeps = 4

// descend improves the levels q of a row by coordinate descent on the layer's output error: each weight in turn takes the level that
// is best with all others as they are.
func (h *hessian) descend(q, w []float64, scale float64, lv *levels) {
	n := h.n
	gradient := make([]float64, n) // (w − q·scale)·H
	for j := range n {
		d := w[j] - float64(q[j]*scale)
		if d == 0 {
			continue
		}
		for k, x := range h.h[j*n : (j+1)*n] {
			gradient[k] += float64(d * x)
		}
	}
	for range descentSweeps {
		moved := false
		for j := range n {
			if h.h[j*n+j] == 0 {
				continue
			}
			level := lv.nearest(q[j] + gradient[j]/h.h[j*n+j]/scale)
			d := (level - q[j]) * scale
			if d == 0 {
				continue
			}
			moved = true
			q[j] = level
			for k, x := range h.h[j*n : (j+1)*n] {
				gradient[k] -= float64(d * x)
			}
		}
		if !moved {
			return
		}
	}
}
