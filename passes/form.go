package passes

import (
	"math"

	"mlpc/ir"
)

// form is a real value of the old graph as it stands in the integer graph: real = post(scale·(v − zero)).
type form struct {
	v     *ir.Value // integers in the new graph; nil for an input that no quantizer has met yet
	input *ir.Value // that input, in the old graph
	scale []float64 // one entry, or one for each index of the last axis
	zero  int64
	acc   bool                    // v is the accumulator of a dense layer or matmul
	whole func(x float64) float64 // where set, is applied to scale·(v − zero) first: several functions of v put together
	post  []stage                 // real functions that are still to be applied, in order
}

// stage is a real function of one variable, or one for each index of the last axis.
type stage struct {
	mul, add []float64 // affine; nil otherwise
	clamp    *ir.Clamp
	table    *ir.Table
}

// eval applies the stage to x at index c of the last axis.
func (s *stage) eval(x float64, c int) float64 {
	switch {
	case s.clamp != nil:
		return min(max(x, s.clamp.RLo), s.clamp.RHi)
	case s.table != nil:
		return ir.Funcs[s.table.Fn].Eval(x, s.table.Params)
	}
	return float64(at(s.mul, c)*x) + at(s.add, c)
}

// then gives the form with one more stage.
func (f form) then(s stage) form {
	f.post = append(f.post[:len(f.post):len(f.post)], s)
	return f
}

// eval gives the real that integer n stands for at index c of the last axis.
func (f form) eval(n int64, c int) float64 {
	return f.from(at(f.scale, c)*float64(n-f.zero), c)
}

// from gives what the form makes of the real x that its integers stand for, at index c of the last axis.
func (f form) from(x float64, c int) float64 {
	if f.whole != nil {
		x = f.whole(x)
	}
	for i := range f.post {
		x = f.post[i].eval(x, c)
	}
	return x
}

// channels is the number of different functions along the last axis: 1, or its length.
func (f form) channels() int {
	n := len(f.scale)
	for _, s := range f.post {
		n = max(n, len(s.mul), len(s.add))
	}
	return n
}

// line is y = clamp(mul·n + add, lo, hi) over an integer n.
type line struct{ mul, add, lo, hi float64 }

// lines gives the form as a line for each channel; false where it has a table.
func (f form) lines() ([]line, bool) {
	if f.whole != nil {
		return nil, false
	}
	ls := make([]line, f.channels())
	for c := range ls {
		s := at(f.scale, c)
		l := line{s, -s * float64(f.zero), math.Inf(-1), math.Inf(1)}
		for _, st := range f.post {
			switch {
			case st.table != nil:
				return nil, false
			case st.clamp != nil:
				l.lo = min(max(l.lo, st.clamp.RLo), st.clamp.RHi)
				l.hi = min(max(l.hi, st.clamp.RLo), st.clamp.RHi)
			default:
				m, a := at(st.mul, c), at(st.add, c)
				if m == 0 {
					l = line{0, a, a, a}
					continue
				}
				l = line{l.mul * m, float64(l.add*m) + a, float64(l.lo*m) + a, float64(l.hi*m) + a}
				if m < 0 {
					l.lo, l.hi = l.hi, l.lo
				}
			}
		}
		ls[c] = l
	}
	return ls, true
}

// uniform tells whether the form is the same function for every channel.
func (f form) uniform() bool { return f.channels() == 1 }
