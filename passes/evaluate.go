package passes

import (
	"math"

	"mlpc/ir"
)

// evaluate computes nv on the calibration rows from the values of its arguments; old is the float value that it stands for.
func (q *quantizer) evaluate(nv, old *ir.Value) error {
	if isStatic(nv) {
		return nil
	}
	if nv.Op == ir.OpInput {
		q.val[nv] = q.exact[old.ID]
		if x := q.unshifted[old.ID]; x != nil {
			q.val[nv] = x
		}
		return nil
	}
	out, err := evaluateOne(nv, q.val)
	if err != nil {
		return err
	}
	q.val[nv] = out
	return nil
}

// evaluateOne computes one value from the values of its run-time arguments.
func evaluateOne(v *ir.Value, val map[*ir.Value]*ir.Tensor) (*ir.Tensor, error) {
	g := &ir.Graph{}
	copies := map[*ir.Value]*ir.Value{}
	var ins []*ir.Tensor
	var copyOf func(a *ir.Value) *ir.Value
	copyOf = func(a *ir.Value) *ir.Value {
		if c := copies[a]; c != nil {
			return c
		}
		if isStatic(a) {
			args := make([]*ir.Value, len(a.Args))
			for i, b := range a.Args {
				args[i] = copyOf(b)
			}
			copies[a] = g.Add(a.Op, a.Type, a.Attr, args...)
		} else {
			copies[a] = g.Add(ir.OpInput, ir.Type{Shape: a.Type.Shape}, &ir.Input{})
			ins = append(ins, val[a])
		}
		return copies[a]
	}
	args := make([]*ir.Value, len(v.Args))
	for i, a := range v.Args {
		args[i] = copyOf(a)
	}
	g.Outs = []*ir.Value{g.Add(v.Op, v.Type, v.Attr, args...)}
	outs, err := ir.Run(g, ins)
	if err != nil {
		return nil, err
	}
	return outs[0], nil
}

// isStatic tells whether v depends on no input.
func isStatic(v *ir.Value) bool {
	if v.Op == ir.OpInput {
		return false
	}
	for _, a := range v.Args {
		if !isStatic(a) {
			return false
		}
	}
	return true
}

// thin gives at most about n evenly spaced elements of xs.
func thin(xs []float64, n int) []float64 {
	if len(xs) <= n {
		return xs
	}
	step := (len(xs) + n - 1) / n
	// An odd step meets every column of tables of even width.
	step |= 1
	var ys []float64
	for i := 0; i < len(xs); i += step {
		ys = append(ys, xs[i])
	}
	return ys
}

// pow2Above gives the least power of two ≥ x > 0.
func pow2Above(x float64) float64 {
	frac, exp := math.Frexp(x)
	if frac == 0.5 {
		exp--
	}
	return math.Ldexp(1, exp)
}
