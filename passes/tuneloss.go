package passes

import (
	"math"
	"math/rand/v2"
	"slices"

	"mlpc/ir"
)

// A tuned graph is judged by two kinds of rows. Rows with labels say what its accuracy is. The decisions of the model say more: every row
// that the model decides is a question with an answer, also one that nobody has labelled. So rows are mixed from the real ones until there
// are enough of them to measure half a point.

// judge measures what a change costs.
type judge struct {
	given *meter    // the rows as they are
	mixed *meter    // rows that the model labelled; nil: it decides nothing
	count []float64 // what each mixed row counts
}

// newJudge judges changes of g on rows.
func newJudge(model, g *ir.Graph, rows *Rows) (j judge, err error) {
	if j.given, err = newMeter(g, rows); err != nil || model == nil || rows.Targets != nil {
		return j, err
	}
	mixed := rows.mixed(tuneJudged)
	m, err := newMeter(model, mixed)
	if err != nil || m.kind == noDecision {
		return j, err
	}
	mixed.Labels = make([]int64, mixed.Len())
	for i := range mixed.Labels {
		mixed.Labels[i] = m.class(m.ref[0], i)
	}
	if j.mixed, err = newMeter(g, mixed); err != nil {
		return j, err
	}
	j.count = slices.Repeat([]float64{1}, mixed.Len())
	if m.kind == byLargest {
		n := m.ref[0].Size()
		doubts(j.count, gaps(m.ref[0].Reals, n), rows.Len())
	}
	return j, nil
}

// doubts makes mixed rows count so that they are as often in doubt as the given ones, which are the first of them: the distances of the
// two best scores are to be as often in each quarter of those of the given rows.
func doubts(count, gap []float64, given int) {
	sorted := slices.Sorted(slices.Values(gap[:given]))
	quarter := func(x float64) int {
		k := 0
		for i := 1; i < 4; i++ {
			k += int(boolClass(x >= sorted[given*i/4]))
		}
		return k
	}
	var want, have [4]float64
	for i, x := range gap {
		have[quarter(x)] += 1 / float64(len(gap))
		if i < given {
			want[quarter(x)] += 1 / float64(given)
		}
	}
	for i, x := range gap {
		count[i] = want[quarter(x)] / have[quarter(x)]
	}
}

// gaps gives for each sample of n scores the distance of the two best.
func gaps(scores []float64, n int) []float64 {
	g := make([]float64, len(scores)/n)
	for r := range g {
		x := slices.Sorted(slices.Values(scores[r*n : (r+1)*n]))
		g[r] = x[n-1] - x[n-2]
	}
	return g
}

// Numbers of rows that are made out of fewer: to learn from, and to judge by.
const (
	tuneMixed  = 1024
	tuneJudged = 4096
)

// lost is what a graph is worse than the one before: in accuracy, where there are labels, or in agreement with the model, whichever lost
// more. Where nothing is decided it is the error's growth, relative to the outputs where there are no targets.
func (j *judge) lost(g *ir.Graph) (float64, error) {
	outs, err := runReal(g, j.given.rows.Ins)
	if err != nil {
		return 0, err
	}
	_, reference := j.given.metric(j.given.ref)
	name, x := j.given.metric(outs)
	lost := 0.0
	switch {
	case name == "accuracy":
		lost = reference - x
	case j.given.kind != noDecision:
		lost = (1 - j.given.agreement(j.given.ref[0], outs[0])) / 2 // a changed decision is as often right as wrong
	case name == "rmse":
		lost = x/max(reference, 1e-12) - 1
	default:
		lost = math.Pow(10, -x/20)
	}
	if j.mixed == nil {
		return lost, nil
	}
	if outs, err = runReal(g, j.mixed.rows.Ins); err != nil {
		return 0, err
	}
	changed := j.agrees(j.mixed.ref[0]) - j.agrees(outs[0])
	if name != "accuracy" {
		return changed, nil
	}
	return max(lost, changed), nil
}

// agrees is the share of the mixed rows, each as it counts, that are decided as the model does.
func (j *judge) agrees(out *ir.Tensor) float64 {
	right, all := 0.0, 0.0
	for i, c := range j.count {
		all += c
		if j.mixed.class(out, i) == j.mixed.rows.Labels[i] {
			right += c
		}
	}
	return right / all
}

// mixed gives n rows like r's: as long as they last r's own, then sums of two whose means, variances and correlations are those of r's,
// held inside the range of each input. The same rows give the same mixture.
func (r *Rows) mixed(n int) *Rows {
	m := &Rows{}
	for _, t := range r.Ins {
		m.Ins = append(m.Ins, mixedRows(t, n))
	}
	return m
}

func mixedRows(t *ir.Tensor, n int) *ir.Tensor {
	k := t.Size()
	mean, lo, hi := make([]float64, k), make([]float64, k), make([]float64, k)
	for i, x := range t.Reals {
		j := i % k
		if i < k {
			lo[j], hi[j] = x, x
		}
		mean[j] += x / float64(t.Rows)
		lo[j], hi[j] = min(lo[j], x), max(hi[j], x)
	}
	rng := rand.New(rand.NewPCG(uint64(t.Rows), uint64(k)))
	y := ir.NewReals(max(n, t.Rows), t.Shape)
	copy(y.Reals, t.Reals)
	for i := t.Rows; i < n; i++ {
		a, b := rng.IntN(t.Rows), rng.IntN(t.Rows)
		c, s := math.Cos(mixAngle*rng.Float64()), 0.0
		s = math.Sqrt(1 - c*c)
		for j := range k {
			x := mean[j] + float64(c*(t.Reals[a*k+j]-mean[j])) + float64(s*(t.Reals[b*k+j]-mean[j]))
			y.Reals[i*k+j] = min(max(x, lo[j]), hi[j])
		}
	}
	return y
}

// mixAngle is how far a mixed row may be turned from one row to another, in radians.
const mixAngle = 0.6
