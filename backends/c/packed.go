package cc

import (
	"fmt"
	"math"
	"math/bits"
	"strings"

	"mlpc/ir"
	"mlpc/ir/num"
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
	if !isDense || d.Unit != nil || d.Groups > 1 {
		return nil, false
	}
	ops := l.Ops()
	if len(ops) != 1 || ops[0].Op != ir.OpRequant {
		return nil, false
	}
	v, out := l.Head, l.Out()
	w := v.Args[1].Type.Elem
	if ElemBytes(v.Args[0].Type.Elem) != 1 || ElemBytes(out.Type.Elem) != 1 || !ir.Int(8).Holds(w.Range()) || e.accumulator(v) != "int32_t" {
		return nil, false
	}
	p := &packed{layer: l, dense: v, q: ops[0].Attr.(*ir.Requant), shape: shapeOf(v)}
	if p.shape.k == 0 || p.shape.out == 0 {
		return nil, false
	}
	p.group()
	p.scaling = scalingOf(e.requantRows(p))
	fpu, plain := p.scaleForms()
	return p, fpu != "" || plain != ""
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
	each := func(form string, alike bool) string {
		return form + map[bool]string{true: "_ALL", false: "_ROW"}[alike]
	}
	alike := len(p.q.Mul) == 1 && len(p.q.Shift) == 1
	switch {
	case p.lines != nil:
		plain = each("MLPC_LINE", same(p.lines))
	case p.soft():
		plain = each("MLPC_SOFT", alike)
	case p.q.Round == num.Gemmlowp:
		plain = each("MLPC_DOUBLE", alike)
	}
	fpu = plain
	if p.float != nil && p.rangeName() != "MLPC_LIMIT" {
		fpu = each("MLPC_FLOAT", same(p.float))
	}
	return fpu, plain
}

// highSignificand gives mul and shift of mlpc_requant_float32_high for a float scale, mul as the int32_t with its bits.
func highSignificand(mul int64, shift int) (int64, int) {
	up := 24 - bits.Len64(uint64(mul))
	return int64(int32(uint32(mul << up << 8))), shift + up - 24
}

// soft tells whether mlpc_requant_float32_high takes the scales of all rows.
func (p *packed) soft() bool {
	if p.q.Round != num.Float32 || p.float == nil {
		return false
	}
	for row := range p.shape.out {
		mul, _, shift := p.q.At(row)
		if _, s := highSignificand(mul, shift); s < 2 || s > 30 {
			return false
		}
	}
	return true
}

// zeroOf is what a form adds to scaled sums.
func (p *packed) zeroOf(form string) int64 {
	switch {
	case strings.HasPrefix(form, "MLPC_LINE"):
		return 0
	case strings.HasPrefix(form, "MLPC_FLOAT"):
		return p.zero
	}
	return p.q.Zero
}

// scaleWords gives the type and the entries of the constants of a form; odd is what the sums of odd rows have to be multiplied by.
func (p *packed) scaleWords(form string, odd float32) (ctype string, words []string) {
	switch {
	case strings.HasPrefix(form, "MLPC_FLOAT"):
		return "float", p.slotFloats(form, odd)
	case strings.HasPrefix(form, "MLPC_LINE"):
		return "mlpc_line", p.slotWords(form, "{0, 0, 0u}", func(row int) string {
			l := p.lines[row]
			return fmt.Sprintf("{%s, %s, %du}", literal(l.mul, "int32_t"), literal(l.add>>32, "int32_t"), uint32(l.add))
		})
	}
	return "mlpc_scale", p.slotWords(form, "{1073741824, 31}", func(row int) string {
		mul, _, shift := p.q.At(row)
		if p.q.Round == num.Float32 {
			mul, shift = highSignificand(mul, shift)
		}
		return fmt.Sprintf("{%s, %d}", literal(mul, "int32_t"), shift)
	})
}

// slotWords gives a word for each row in the order of the groups, none for slots without a row, or one word for all rows.
func (p *packed) slotWords(form, none string, word func(row int) string) []string {
	if strings.HasSuffix(form, "_ALL") {
		return []string{word(0)}
	}
	words := make([]string, len(p.slots))
	for i, row := range p.slots {
		words[i] = none
		if row >= 0 {
			words[i] = word(row)
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
