package cc

import (
	"fmt"
	"math"
	"math/bits"
	"slices"
	"strings"

	"mlpc/ir"
	"mlpc/ir/num"
)

// packed is a dense layer of 8-bit weights, and of inputs and results of 8 or 16 bits, that the kernels of mlpc_dense.h compute.
type packed struct {
	layer  *Layer
	dense  *ir.Value
	q      *ir.Requant
	shape  denseShape
	groups int
	first  int     // rows from the first group to the second
	slots  []int   // the row in each place of the groups, −1 for none
	least  []int64 // the least sum of each row
	dsp    bool    // the pairing of rows of mlpc_dense_dsp.h is exact
	half   bool    // inputs have 16 bits
	skip   bool    // inputs of zeroIn, made by a ReLU, take no time
	zeroIn int64
	bits   int // that weights take in memory
	// What is so for all layers: their columns are multiples of 16; floats of some differ by row.
	sixteen, byRow bool
	words          map[bool]*wordScaling // by whether the core has products of halfwords only
	scaling
}

// pack packs the layers that kernels compute, but for those of a library.
func (e *emitter) pack(byLibrary func(*Layer) bool) {
	for _, l := range e.plan.Layers {
		if byLibrary(l) {
			continue
		}
		if p, ok := e.packedOf(l); ok {
			e.packed[l] = p
		}
	}
	e.settle()
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
	x := v.Args[0].Type.Elem
	p := &packed{layer: l, dense: v, q: ops[0].Attr.(*ir.Requant), shape: shapeOf(v), half: ElemBytes(x) == 2, bits: 8}
	if ElemBytes(x) != 1 && !p.half || ElemBytes(out.Type.Elem) > 2 || !ir.Int(8).Holds(w.Range()) || e.accumulator(v) != "int32_t" {
		return nil, false
	}
	if p.shape.k == 0 || p.shape.out == 0 || max(p.shape.k, p.shape.out) > math.MaxUint16 {
		return nil, false
	}
	p.group()
	rows := e.requantRows(p)
	if p.outBytes() == 1 {
		p.scaling = scalingOf(rows)
	} else {
		p.scaling = wideScaling(rows)
	}
	for _, r := range rows {
		p.least = append(p.least, r.lo)
	}
	p.dsp = !p.half && p.pairs(e.plan.Ranges[v.ID])
	if !p.half && !e.plan.Bytes {
		p.bits = p.bitsOf()
	}
	p.words = map[bool]*wordScaling{}
	for _, small := range []bool{false, true} {
		if w := p.wordScalingOf(rows, small); w != nil {
			p.words[small] = w
		}
	}
	p.zeroIn, p.skip = reluZero(v.Args[0])
	p.skip = p.skip && e.plan.Skip && !p.half
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

// step is the number of rows from the first group to the second; 4 where there is one.
func (p *packed) step() int {
	if p.groups == 1 {
		return 4
	}
	return p.first
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

// constant tells whether a row has the same result for all inputs, so that its weights do not matter.
func (p *packed) constant(row int) bool { return p.one != nil && p.one[row] }

// weight is the weight of a slot's row in a column; 0 outside.
func (p *packed) weight(slot, c int) int64 {
	if row := p.slots[slot]; row >= 0 && c < p.shape.k && !p.constant(row) {
		return p.dense.Args[1].Const().Ints[row*p.shape.k+c]
	}
	return 0
}

// bias is what the sum of a slot's row starts from.
func (p *packed) bias(slot int) int64 {
	row := p.slots[slot]
	if row >= 0 && p.constant(row) {
		return p.least[row]
	}
	if row >= 0 && len(p.dense.Args) == 3 {
		return p.dense.Args[2].Const().Ints[row]
	}
	return 0
}

// biases gives the biases of a group's rows.
func (p *packed) biases(g int) [4]int64 {
	return [4]int64{p.bias(4 * g), p.bias(4*g + 1), p.bias(4*g + 2), p.bias(4*g + 3)}
}

// inputSign tells how the inputs are read: s8, u8, s16 or u16.
func (p *packed) inputSign() string {
	if p.half {
		return map[bool]string{true: "s16", false: "u16"}[p.dense.Args[0].Type.Elem.Signed]
	}
	if p.dense.Args[0].Type.Elem.Signed {
		return "s8"
	}
	return "u8"
}

// pairs tells whether the pairing of rows in mlpc_dense_dsp.h is exact: halfwords hold the weights, and 24 bits the sums of odd rows.
func (p *packed) pairs(r ir.Interval) bool {
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

// outBytes is the size of a result: 1 or 2.
func (p *packed) outBytes() int { return ElemBytes(p.layer.Out().Type.Elem) }

// limited tells whether the limits of the results stand before the first group.
func (p *packed) limited() bool { return p.rangeName() == "MLPC_LIMIT" || p.rangeName() == "MLPC_16" }

// rangeName is the C constant of the limits of the results; the kernels that scale by floats have the first two.
func (p *packed) rangeName() string {
	switch {
	case p.outBytes() == 2:
		return "MLPC_16"
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
		plain = each(lineForm(p.lines), sameLines(p.lines))
	case p.up:
		plain = each("MLPC_UP", alike)
	case p.soft():
		plain = each("MLPC_SOFT", alike)
	case p.q.Round == num.Gemmlowp:
		plain = each("MLPC_DOUBLE", alike)
	}
	fpu = plain
	if p.float != nil && !p.limited() {
		fpu = each("MLPC_FLOAT", same(p.float))
	}
	return fpu, plain
}

// highSignificand gives mul and shift of mlpc_requant_float32_high for a float scale, mul as the int32_t with its bits.
func highSignificand(mul int64, shift int) (int64, int) {
	up := 24 - bits.Len64(uint64(mul))
	if s := shift + up - 24; s <= 25 && mul > 0 {
		return int64(int32(uint32(mul << up << 8))), s
	}
	return math.MinInt32, 25 // as small as the kernel has it, and 0 for all sums
}

// soft tells whether mlpc_requant_float32_high takes the scales of all rows.
func (p *packed) soft() bool {
	if p.q.Round != num.Float32 || p.float == nil {
		return false
	}
	for row := range p.shape.out {
		mul, _, shift := p.q.At(row)
		if _, s := highSignificand(mul, shift); s < 2 || mul < 0 {
			return false
		}
	}
	return true
}

// lineForm names the form of lines that share a number of fixes.
func lineForm(lines []line) string {
	if n := len(lines[0].fixes); n > 0 {
		return fmt.Sprintf("MLPC_FIX%d", n)
	}
	return "MLPC_LINE"
}

func isLineForm(form string) bool {
	return strings.HasPrefix(form, "MLPC_LINE") || strings.HasPrefix(form, "MLPC_FIX")
}

// scaleWords gives the words of a row's scale for a kernel; odd is what the sums of odd rows have to be multiplied by.
func (p *packed) scaleWords(k *kernel, row int, odd float32) []uint32 {
	switch {
	case k.word != nil:
		return []uint32{uint32(k.word.mul[row])}
	case k.floats():
		return []uint32{math.Float32bits(p.float[row] * odd)}
	case isLineForm(k.form):
		l := p.lines[row]
		add := l.add - (k.lo(p)+int64(len(l.fixes)))<<(32+p.down)
		words := []uint32{uint32(l.mul), uint32(add >> 32), uint32(add)}
		for _, x := range l.fixes {
			words = append(words, uint32(x))
		}
		return words
	}
	mul, _, shift := p.q.At(row)
	if p.q.Round == num.Float32 {
		mul, shift = highSignificand(mul, shift)
	}
	return []uint32{uint32(mul), uint32(shift)}
}

// byRow tells whether a form has a scale for each row.
func byRow(form string) bool { return strings.HasSuffix(form, "_ROW") }

// head gives the words before the first group: limits of the results, and the scale of all rows.
func (p *packed) head(k *kernel) []uint32 {
	var words []uint32
	if p.limited() && !k.four() {
		words = append(words, uint32(p.q.Lo), uint32(p.q.Hi))
	}
	switch {
	case byRow(k.form):
	case k.byHigh():
		words = append(words, p.highWords([]int{0})...)
	case k.floats():
		words = append(words, p.scaleWords(k, 0, 1)[0], p.scaleWords(k, 0, k.odd)[0])
	default:
		words = append(words, p.scaleWords(k, 0, 1)...)
	}
	return words
}

// groupScales gives the scales of a group's rows; slots without a row have that of the first.
func (p *packed) groupScales(k *kernel, g int) []uint32 {
	if k.byHigh() {
		rows := slices.Clone(p.slots[4*g : 4*g+4])
		for i := range rows {
			rows[i] = max(rows[i], 0)
		}
		return p.highWords(rows)
	}
	var words []uint32
	for i, row := range p.slots[4*g : 4*g+4] {
		odd := float32(1)
		if i%2 == 1 {
			odd = k.odd
		}
		words = append(words, p.scaleWords(k, max(row, 0), odd)...)
	}
	return words
}
