package cost

import (
	"fmt"
	"math"
	"slices"
)

// Sample is a program whose layers one kernel computes, and what QEMU counted for it.
type Sample struct {
	Layers       []Layer
	Instructions int
}

// Fit gives the model of one kernel on one core that is nearest to the samples, in the sum of squared relative errors. Terms that no
// sample can tell apart share their cost. The largest relative error over the samples is given too.
func Fit(core string, loops Loops, samples []Sample) (*Model, float64, error) {
	var names []string
	rows := make([]map[string]float64, len(samples))
	for i, s := range samples {
		rows[i] = map[string]float64{"program": 1}
		for _, l := range s.Layers {
			for name, n := range loops.terms(l) {
				rows[i][name] += n
			}
		}
		for name := range rows[i] {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	if len(samples) == 0 || len(samples) < len(names) {
		return nil, 0, fmt.Errorf("%d samples for %d terms", len(samples), len(names))
	}
	x := solve(normal(names, rows, samples))
	k := &kernel{loops, map[string]float64{}}
	for i, name := range names {
		if v := math.Round(x[i]*1e4) / 1e4; v != 0 {
			k.of[name] = v
		}
	}
	m := &Model{map[key]*kernel{{samples[0].Layers[0].Kernel, core}: k}}
	worst := 0.0
	for _, s := range samples {
		y, _ := m.Instructions(core, s.Layers)
		worst = max(worst, math.Abs(y/float64(s.Instructions)-1))
	}
	return m, worst, nil
}

// normal gives the normal equations of the weighted least squares, a column more for the right side. A little is added to the
// diagonal, which settles what the samples leave open.
func normal(names []string, rows []map[string]float64, samples []Sample) [][]float64 {
	const open = 1e-9
	n := len(names)
	a := make([][]float64, n)
	for i := range a {
		a[i] = make([]float64, n+1)
	}
	for r, row := range rows {
		w := 1 / float64(samples[r].Instructions)
		for i := range n {
			ri := row[names[i]] * w
			for j := range n {
				a[i][j] += ri * row[names[j]] * w
			}
			a[i][n] += ri
		}
	}
	for i := range n {
		a[i][i] *= 1 + open
	}
	return a
}

// solve solves n equations by elimination with pivots; a has n rows of n coefficients and the right side.
func solve(a [][]float64) []float64 {
	n := len(a)
	for c := range n {
		p := c
		for r := c + 1; r < n; r++ {
			if math.Abs(a[r][c]) > math.Abs(a[p][c]) {
				p = r
			}
		}
		a[c], a[p] = a[p], a[c]
		for r := c + 1; r < n && a[c][c] != 0; r++ {
			f := a[r][c] / a[c][c]
			for k := c; k <= n; k++ {
				a[r][k] -= f * a[c][k]
			}
		}
	}
	x := make([]float64, n)
	for c := n - 1; c >= 0; c-- {
		sum := a[c][n]
		for k := c + 1; k < n; k++ {
			sum -= a[c][k] * x[k]
		}
		if a[c][c] != 0 {
			x[c] = sum / a[c][c]
		}
	}
	return x
}
