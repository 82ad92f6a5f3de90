package passes

// gptq rounds weights column by column, and moves the error of each column onto the columns that are still to come, so that the
// layer's outputs on the calibration rows change least (Frantar et al., "GPTQ", 2022; columns by falling Hessian diagonal).
// It gives levels, [out][in], for the weights w and one scale a row; false where the Hessian cannot be factored.
func gptq(w []float64, out int, scale []float64, lv *levels, h *hessian) ([]float64, bool) {
	n := h.n
	order := h.order()
	u, ok := upperOfInverse(h.damped(order, 0.01), n)
	if !ok {
		return nil, false
	}
	q := make([]float64, out*n)
	parallel(out, func(o int) {
		s := at(scale, o)
		rest := make([]float64, n)
		for j, c := range order {
			if h.h[c*n+c] != 0 {
				rest[j] = w[o*n+c]
			}
		}
		for j, c := range order {
			level := lv.nearest(rest[j] / s)
			q[o*n+c] = level
			row := u[j*n : (j+1)*n]
			e := (rest[j] - level*s) / row[j]
			if e == 0 {
				continue
			}
			for k := j + 1; k < n; k++ {
				rest[k] -= float64(e * row[k])
			}
		}
	})
	return q, true
}

// descentSweeps is how often descend goes over all columns at most.
const descentSweeps = 4

// descend improves levels q by coordinate descent on the layer's output error: each weight in turn takes the level that is best with
// all others as they are.
func descend(q, w []float64, out int, scale []float64, lv *levels, h *hessian) {
	n := h.n
	parallel(out, func(o int) {
		s := at(scale, o)
		row := q[o*n : (o+1)*n]
		gradient := make([]float64, n) // (w − q·s)·H
		for j := range n {
			d := w[o*n+j] - row[j]*s
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
				level := lv.nearest(row[j] + gradient[j]/h.h[j*n+j]/s)
				d := (level - row[j]) * s
				if d == 0 {
					continue
				}
				moved = true
				row[j] = level
				for k, x := range h.h[j*n : (j+1)*n] {
					gradient[k] -= float64(d * x)
				}
			}
			if !moved {
				break
			}
		}
	})
}
