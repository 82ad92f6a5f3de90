package passes

import (
	"math"

	"mlpc/ir"
)

// outputLoss says how far outputs are from the float net's on the same rows, without labels. A row's squared error counts relative to how far the
// row stands from the mean, so that a few large outputs do not outweigh all others. Where an output may be the scores of classes, the
// Kullback-Leibler divergence of the probabilities that they stand for is added: what decides a class is the difference of the largest.
type outputLoss struct {
	ref     []*ir.Tensor
	weight  [][]float64 // of each row's squared error, an output
	classes []bool      // by output
}

// newOutputLoss compares with the reference; classify tells that outputs of several elements may be scores.
func newOutputLoss(ref []*ir.Tensor, classify bool) *outputLoss {
	l := &outputLoss{ref: ref}
	for _, t := range ref {
		n := t.Size()
		mean := means(t.Reals, n)
		w, all := make([]float64, t.Rows), 0.0
		for r := range w {
			for k, m := range mean {
				d := t.Reals[r*n+k] - m
				w[r] += float64(d * d)
			}
			all += w[r] / float64(t.Rows)
		}
		for r := range w {
			w[r] = 1 / max(all+w[r], 1e-30)
		}
		l.weight, l.classes = append(l.weight, w), append(l.classes, classify && n > 1 && lastAxis(t.Shape) > 1)
	}
	return l
}

// of gives the mean loss of a row, summed over the outputs.
func (l *outputLoss) of(outs []*ir.Tensor) float64 {
	sum := 0.0
	for k, t := range l.ref {
		n, one := t.Size(), 0.0
		for r := range t.Rows {
			ref, got := t.Reals[r*n:(r+1)*n], outs[k].Reals[r*n:(r+1)*n]
			one += l.row(k, r, ref, got)
		}
		sum += one / float64(max(1, t.Rows))
	}
	return sum
}

// row is the loss of row r of output k.
func (l *outputLoss) row(k, r int, ref, got []float64) float64 {
	e := 0.0
	for i, x := range ref {
		d := x - got[i]
		e += float64(d * d)
	}
	e *= l.weight[k][r]
	if l.classes[k] {
		m := lastAxis(l.ref[k].Shape)
		for i := 0; i < len(ref); i += m {
			e += divergence(ref[i:i+m], got[i:i+m])
		}
	}
	return e
}

// divergence is the Kullback-Leibler divergence of softmax(q) from softmax(p), in nats.
func divergence(p, q []float64) float64 {
	_, mp := bounds(p)
	_, mq := bounds(q)
	sp, sq, dot := 0.0, 0.0, 0.0
	for i, x := range p {
		e := math.Exp(x - mp)
		sp += e
		sq += math.Exp(q[i] - mq)
		dot += float64(e * ((x - mp) - (q[i] - mq)))
	}
	return max(0, dot/sp+math.Log(sq/sp))
}
