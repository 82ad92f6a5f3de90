package cc

import (
	"fmt"
	"math"

	"mlpc/ir"
)

// packed is a dense layer of 8-bit values that the kernels of mlpc_dense.h compute.
type packed struct {
	layer  *Layer
	dense  *ir.Value
	q      *ir.Requant
	shape  denseShape
	groups int
	first  int   // rows from the first group to the second
	slots  []int // the row in each place of the groups, −1 for none
	scaling
}

// packedOf tells whether the kernels can compute a layer.
func (e *emitter) packedOf(l *Layer) (*packed, bool) {
	d, isDense := l.Head.Attr.(*ir.Dense)
	if !isDense || d.Unit != nil || d.Groups > 1 || len(l.Chain) != 1 || l.Chain[0].Op != ir.OpRequant {
		return nil, false
	}
	v, out := l.Head, l.Out()
	w := v.Args[1].Type.Elem
	if ElemBytes(v.Args[0].Type.Elem) != 1 || ElemBytes(out.Type.Elem) != 1 || !ir.Int(8).Holds(w.Range()) || e.accumulator(v) != "int32_t" {
		return nil, false
	}
	p := &packed{layer: l, dense: v, q: out.Attr.(*ir.Requant), shape: shapeOf(v)}
	if p.shape.k == 0 || p.shape.out == 0 {
		return nil, false
	}
	p.group()
	p.scaling = scalingOf(e.requantRows(p))
	return p, p.float != nil || p.lines != nil
}

// group lays the rows out in groups of four. Where four does not divide them, the second group overlaps the first, so that the last
// one ends with the last row.
func (p *packed) group() {
	out := p.shape.out
	p.groups = (out + 3) / 4
	p.first = (out+3)%4 + 1
	for g := range p.groups {
		start := 0
		if g > 0 {
			start = p.first + 4*(g-1)
		}
		for i := range 4 {
			row := start + i
			if row >= out {
				row = -1
			}
			p.slots = append(p.slots, row)
		}
	}
}

// requantRows gives the requant of each row with the sums that occur in it, over all samples of the batch.
func (e *emitter) requantRows(p *packed) []requantRow {
	r := e.plan.Ranges[p.dense.ID]
	rows := make([]requantRow, p.shape.out)
	for c := range rows {
		rows[c] = requantRow{p.q, c, math.MaxInt64, math.MinInt64}
		for n := range p.shape.batch {
			lo, hi := r.At(n*p.shape.out + c)
			rows[c].lo, rows[c].hi = min(rows[c].lo, lo), max(rows[c].hi, hi)
		}
	}
	return rows
}

// weight is the weight of a slot's row in a column; 0 outside.
func (p *packed) weight(slot, c int) int64 {
	if row := p.slots[slot]; row >= 0 && c < p.shape.k {
		return p.dense.Args[1].Const().Ints[row*p.shape.k+c]
	}
	return 0
}

// bias is what the sum of a slot's row starts from.
func (p *packed) bias(slot int) int64 {
	if row := p.slots[slot]; row >= 0 && len(p.dense.Args) == 3 {
		return p.dense.Args[2].Const().Ints[row]
	}
	return 0
}

// biases gives the biases of a group's rows.
func (p *packed) biases(g int) [4]int64 {
	return [4]int64{p.bias(4 * g), p.bias(4*g + 1), p.bias(4*g + 2), p.bias(4*g + 3)}
}

// inputSign tells how the inputs are read: s8 or u8.
func (p *packed) inputSign() string {
	if p.dense.Args[0].Type.Elem.Signed {
		return "s8"
	}
	return "u8"
}

// dsp tells whether the pairing of rows in mlpc_dense_dsp.h is exact: halfwords hold the weights, and 24 bits the sums of odd rows.
func (p *packed) dsp(r ir.Interval) bool {
	for slot := 1; slot < len(p.slots); slot += 2 {
		for c := range p.shape.k {
			if h := 256*p.weight(slot, c) + p.weight(slot-1, c); h < math.MinInt16 || h > math.MaxInt16 {
				return false
			}
		}
		if p.slots[slot] < 0 {
			continue
		}
		for n := range p.shape.batch {
			lo, hi := r.At(n*p.shape.out + p.slots[slot])
			if lo < -1<<23 || hi >= 1<<23 {
				return false
			}
		}
	}
	return true
}

// rangeName is the C constant of the limits of the results; the kernels that scale by floats have the first two.
func (p *packed) rangeName() string {
	switch {
	case p.q.Lo == math.MinInt8 && p.q.Hi == math.MaxInt8:
		return "MLPC_S8"
	case p.q.Lo == 0 && p.q.Hi == math.MaxUint8:
		return "MLPC_U8"
	}
	return "MLPC_LIMIT"
}

// scaleForms names the forms in which a layer's results are scaled on cores with and without a floating-point unit; empty: the
// layer is not for the kernels there.
func (p *packed) scaleForms() (fpu, plain string) {
	if p.lines != nil {
		plain = "MLPC_LINE_ROW"
		if same(p.lines) {
			plain = "MLPC_LINE_ALL"
		}
	}
	fpu = plain
	if p.float != nil && p.rangeName() != "MLPC_LIMIT" {
		fpu = "MLPC_FLOAT_ROW"
		if same(p.float) {
			fpu = "MLPC_FLOAT_ALL"
		}
	}
	return fpu, plain
}

// slotLines gives the lines in the order of the groups, or the one for all rows, as words of mlpc_line.
func (p *packed) slotLines(form string) []string {
	word := func(l line) string {
		return fmt.Sprintf("{%s, %s, %du}", literal(l.mul, "int32_t"), literal(l.add>>32, "int32_t"), uint32(l.add))
	}
	if form == "MLPC_LINE_ALL" {
		return []string{word(p.lines[0])}
	}
	words := make([]string, len(p.slots))
	for i, row := range p.slots {
		words[i] = word(line{})
		if row >= 0 {
			words[i] = word(p.lines[row])
		}
	}
	return words
}

// slotFloats gives the scales in the order of the groups; odd is what the scales of odd slots are multiplied by. One pair stands
// for all rows.
func (p *packed) slotFloats(form string, odd float32) []string {
	factor := [2]float32{1, odd}
	if form == "MLPC_FLOAT_ALL" {
		return []string{floatLiteral(p.float[0]), floatLiteral(p.float[0] * odd)}
	}
	words := make([]string, len(p.slots))
	for i, row := range p.slots {
		words[i] = floatLiteral(0)
		if row >= 0 {
			words[i] = floatLiteral(p.float[row] * factor[i%2])
		}
	}
	return words
}
