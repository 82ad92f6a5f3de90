package passes

import (
	"math"

	"mlpc/ir"
)

// scoreShift bounds how far, in bits, scores of different rows are moved to one scale.
const scoreShift = 12

// scores gives what an argmax of a hard-wired circuit compares: the sums of the layer before it, each shifted to the finest scale of all,
// where the model's quantizer between them was our own choice. No rounding makes ties of them, nothing saturates, and the circuit need
// not compute what all of them share. false where the scales are no powers of two apart.
func (l *lowering) scores(v *ir.Value) (form, bool) {
	q := v.Args[0]
	cfg := l.c.Config
	if v.Op != ir.OpArgMax || q.Op != ir.OpQuant || l.exact || cfg.Target != "verilog" || cfg.Arch != "unrolled" || v.Attr.(*ir.Axis).Axis != len(q.Type.Shape)-1 {
		return form{}, false
	}
	f := l.forms[q.Args[0].ID].withoutRising()
	if f.v == nil || f.whole != nil {
		return form{}, false
	}
	f, err := l.plain(f)
	if err != nil {
		return form{}, false
	}
	if f, err = l.unshift(f); err != nil || f.uniform() {
		return f, err == nil
	}
	unit := f.scale[0]
	for _, s := range f.scale {
		unit = min(unit, s)
	}
	mul := make([]int64, len(f.scale))
	for i, s := range f.scale {
		k := math.Log2(s / unit)
		if k != math.Trunc(k) || k > scoreShift {
			return form{}, false
		}
		mul[i] = 1 << int(k)
	}
	return form{v: l.ng.New(ir.OpMul, ir.Elem{}, nil, f.v, l.ng.Const([]int{len(mul)}, mul)), scale: []float64{unit}}, true
}
