package ir

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestQuantKernel compares the kernel of quantizers with their definition, for one and several channels, on ties, limits and what is
// no number.
func TestQuantKernel(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 8))
	for _, mode := range []string{"half-even", "half-up", "floor"} {
		for i := range 40 {
			q := &Quant{Mode: mode, Single: i%2 == 0, ClampFirst: i%5 == 4, Zero: []float64{float64(r.IntN(9)-4) / float64(1+i%2)}}
			for range 1 + 2*(i%3/2) {
				q.Scale = append(q.Scale, 0.25+r.Float64())
				q.Lo, q.Hi = append(q.Lo, int64(-r.IntN(9))), append(q.Hi, int64(r.IntN(9)))
			}
			g := &Graph{}
			x := g.Add(OpInput, Type{Shape: []int{4, 3}, Elem: Real}, &Input{})
			v := g.Add(OpQuant, x.Type, q, x)
			in, out := NewTensor(9, x.Type), NewTensor(9, v.Type)
			for j := range in.Reals {
				in.Reals[j] = q.Scale[j%3%len(q.Scale)] * (float64(r.IntN(50)-25)/2 + q.Zero[0])
			}
			copy(in.Reals, []float64{math.NaN(), math.Inf(1), math.Inf(-1), math.Copysign(0, -1)})
			kernelQuant(v, nil)([]*Tensor{in}, out)
			for j, x := range in.Reals {
				if want := q.Real(q.Integer(x, j%3), j%3); math.Float64bits(out.Reals[j]) != math.Float64bits(want) {
					t.Fatalf("%+v: %v gives %v, want %v", q, x, out.Reals[j], want)
				}
			}
		}
	}
}
