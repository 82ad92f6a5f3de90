package backendtest

import (
	"math/rand/v2"

	"mlpc/backends"
	"mlpc/ir"
)

// Vectors gives n input vectors and what ir.Run makes of them: the first with every element at its least, the second with every
// element at its largest, the rest random.
func Vectors(g *ir.Graph, n int, seed uint64) (backends.Vectors, error) {
	r := rand.New(rand.NewPCG(seed, 2))
	var vs backends.Vectors
	var ins []*ir.Tensor
	for range n {
		vs.In, vs.Out = append(vs.In, nil), append(vs.Out, nil)
	}
	for _, v := range g.Inputs() {
		t, step := ir.NewInts(n, v.Type.Shape), v.InputStep()
		for i := range t.Ints {
			lo, hi := v.InputRangeAt(i % t.Size())
			switch row := i / t.Size(); row {
			case 0:
				t.Ints[i] = lo
			case 1:
				t.Ints[i] = hi
			default:
				t.Ints[i] = lo + step*r.Int64N((hi-lo)/step+1)
			}
		}
		appendRows(vs.In, t)
		ins = append(ins, t)
	}
	outs, err := ir.Run(g, ins)
	for _, t := range outs {
		appendRows(vs.Out, t)
	}
	return vs, err
}

func appendRows(rows [][]int64, t *ir.Tensor) {
	n := t.Size()
	for i := range rows {
		rows[i] = append(rows[i], t.Ints[i*n:(i+1)*n]...)
	}
}
