package passes

import (
	"math"
	"slices"
)

// obsRows is how many calibration rows pruning looks at.
const obsRows = 4096

// obsDamping is added to the diagonal of the Hessian, as a share of its mean.
const obsDamping = 1e-3

// pruneOBS zeroes the fraction of a layer's weights whose loss changes the outputs on the calibration rows least, and refits the
// weights that stay, row by row, to the outputs that all weights gave: x are the layer's inputs as the pruned layers before it give
// them, float as they were (Hassibi and Stork, "Second order derivatives for network
// pruning: Optimal Brain Surgeon", 1992: the score of weight w_j is w_j²/(H⁻¹)_jj). The bias takes in the change of the mean.
func pruneOBS(l *layer, x, float []float64, fraction float64) {
	n := l.in
	h := newHessian(x, n, true)
	identity := make([]int, n)
	for i := range identity {
		identity[i] = i
	}
	u, ok := upperOfInverse(h.damped(identity, obsDamping), n)
	if !ok {
		l.w = pruneBlocks(l.w, l.out, n, 1, 1, fraction)
		return
	}
	inverse := make([]float64, n) // diagonal of H⁻¹ = Uᵀ·U
	for i := range n {
		for j := i; j < n; j++ {
			inverse[j] += float64(u[i*n+j] * u[i*n+j])
		}
	}
	mean, meant, before := means(x, n), means(float, n), slices.Clone(l.w)
	l.w = h.refit(l.w, x, float, true)
	order, score := make([]int, len(l.w)), make([]float64, len(l.w))
	for i, w := range l.w {
		order[i] = i
		if c := i % n; h.h[c*n+c] > 0 {
			score[i] = w * w / inverse[c] // weights of constant inputs count for nothing
		}
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case score[a] < score[b]:
			return -1
		case score[a] > score[b]:
			return 1
		}
		return 0
	})
	keep := make([]bool, len(l.w))
	for _, i := range order[int(math.Round(fraction*float64(len(order)))):] {
		keep[i] = true
	}
	parallel(l.out, func(o int) {
		h.refitRow(l.w[o*n:(o+1)*n], keep[o*n:(o+1)*n])
		for i := range n {
			l.b[o] += float64(before[o*n+i]*meant[i]) - float64(l.w[o*n+i]*mean[i])
		}
	})
}

// refitRow solves for the kept weights of a row, so that its outputs stay as near as they can to what w gave, and zeroes the others.
func (h *hessian) refitRow(w []float64, keep []bool) {
	n := h.n
	var s []int
	for i := range n {
		if keep[i] {
			s = append(s, i)
		}
	}
	y := make([]float64, len(s))
	for k, i := range s {
		for j, c := range h.h[i*n : (i+1)*n] {
			y[k] += float64(c * w[j])
		}
	}
	l := h.damped(s, obsDamping)
	damping := obsDamping * h.meanSquare()
	for k, i := range s {
		y[k] += damping * w[i] // towards the weights as they were
	}
	fits := cholesky(l, len(s))
	if fits {
		solveCholesky(l, y)
	}
	k := 0
	for i := range n {
		switch {
		case !keep[i]:
			w[i] = 0
		case fits:
			w[i] = y[k]
			k++
		}
	}
}
