package cc

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// coreKind is a kind of core for which the kernels differ: the C condition under which code is for it, and how it reads a layer.
type coreKind struct {
	name, condition string
	layout          *layout
	fpu             bool
}

// coreKinds lists the kinds; on all other machines layers are plain loops.
var coreKinds = []*coreKind{
	{"MVE", "defined(MLPC_MVE)", &mveLayout, true},
	{"DSP_FLOAT", "defined(MLPC_DSP) && MLPC_DSP_FLOAT", &dspLayout, true},
	{"DSP", "defined(MLPC_DSP) && !MLPC_DSP_FLOAT", &dspLayout, false},
	{"THUMB2", "defined(MLPC_THUMB2)", &thumb2Layout, false},
	{"THUMB1", "defined(MLPC_THUMB1)", &thumb1Layout, false},
}

// layout is how the words of a layer are arranged for one of the kernel files.
type layout struct {
	sums    func(p *packed, g int) [4]int64 // words that the sums of group g start from
	weights func(p *packed, g int) []uint32 // of all columns, in the order in which the kernel reads them
	odd     float32                         // what the kernel's sums of odd rows have to be multiplied by
	// A sparse layer has blocks of so many columns. Where their number does not divide the columns, the last block starts before its first
	// column, from.
	block        int
	blockWeights func(p *packed, g, from, start int) []uint32
	blockPlace   func(start int, last bool) uint32 // the word before a block
	paired       bool                              // instead: how pairs of blocks are entered, their number, and before each the distance from start to start
	wide         func(p *packed, sparse bool) int  // bytes of memory for inputs in the form that the kernel reads; nil: none
	behind       func(p *packed, sparse bool) int  // words behind the last that the kernel may read; nil: none
	fromZero     bool                              // lines give the results less the least one
}

// kernel is a packed layer on a kind of core: what computes it.
type kernel struct {
	kind   *coreKind
	layout *layout
	bits   int // of mlpc_dense_packed.h: 4 or 2 of a weight, 16 of an input, or skipBits; 0: a kernel of the core's own file
	form   string
	word   *wordScaling // of a form of words
	// All columns come in whole blocks of 16, for which MVE has an own kernel.
	sixteen bool
	sparse  bool
	odd     float32
	name    string // of the C function
	line    string // that defines it
	words   []uint32
}

// kernelOf gives the kernel of a layer on a kind of core: the one whose constants are smallest; nil: plain loops.
func kernelOf(p *packed, kind *coreKind) *kernel {
	fpu, plain := p.scaleForms()
	form := plain
	if kind.fpu {
		form = fpu
	}
	if form == "" {
		return nil
	}
	if kind.layout == &mveLayout && p.bits == 8 && !p.half {
		form = p.fourForm(form)
	}
	if p.half {
		return newKernel(p, kind, form, halfLayout(kind), 16)
	}
	if p.skip && kind.layout != &mveLayout {
		return newKernel(p, kind, form, &skipLayout, skipBits)
	}
	var best *kernel
	if kind.layout != &dspLayout || p.dsp {
		best = newKernel(p, kind, form, kind.layout, 0)
	}
	if w := p.wordsFor(kind); w != nil {
		best = newKernel(p, kind, w.form, kind.layout, 0)
	}
	if p.bits < 8 {
		if k := newKernel(p, kind, form, smallLayout(kind, p.bits), p.bits); best == nil || len(k.words) < len(best.words) {
			best = k
		}
	}
	return best
}

// newKernel makes the kernel of a layer with a layout.
func newKernel(p *packed, kind *coreKind, form string, l *layout, bits int) *kernel {
	k := &kernel{kind: kind, layout: l, bits: bits, form: form, odd: 1}
	if strings.HasPrefix(form, "MLPC_WORD") {
		k.word = p.wordsFor(kind)
	}
	if k.floats() {
		k.odd = l.odd
	}
	dense, sparse := k.dense(p), k.blocks(p)
	k.words = dense
	if len(sparse) > 0 && len(sparse) < len(dense) {
		k.words, k.sparse = sparse, true
	}
	k.define(p)
	return k
}

// wordsFor gives the words that scale a layer on a kind of core; nil: none.
func (p *packed) wordsFor(kind *coreKind) *wordScaling {
	if kind.layout != &thumb1Layout && kind.layout != &thumb2Layout {
		return nil
	}
	return p.words[kind.layout == &thumb1Layout]
}

// down is what a layer's record says of shifts.
func (k *kernel) down(p *packed) int {
	switch {
	case k.word != nil:
		return k.word.up
	case k.byHigh():
		return p.high.up
	}
	return p.down
}

// zero is what a layer's record says is to be added to scaled sums.
func (k *kernel) zero(p *packed) int64 {
	switch {
	case k.word != nil && k.layout.fromZero:
		return p.zero - p.q.Lo
	case k.word != nil || k.floats():
		return p.zero
	case isLineForm(k.form):
		return 0
	}
	return p.q.Zero
}

// lo is what lines of a layer are less than the results.
func (k *kernel) lo(p *packed) int64 {
	if k.layout.fromZero && !p.limited() {
		return p.q.Lo
	}
	return 0
}

// group gives the words of a group around those of its weights.
func (k *kernel) group(p *packed, g int, weights []uint32) []uint32 {
	var words []uint32
	for _, s := range k.layout.sums(p, g) {
		words = append(words, uint32(s))
	}
	words = append(words, weights...)
	if byRow(k.form) {
		words = append(words, p.groupScales(k, g)...)
	}
	return words
}

// dense gives all words of a layer with all its columns.
func (k *kernel) dense(p *packed) []uint32 {
	words := p.head(k)
	for g := range p.groups {
		words = append(words, k.group(p, g, k.layout.weights(p, g))...)
	}
	if behind := k.layout.behind; behind != nil {
		words = append(words, make([]uint32, behind(p, false))...)
	}
	return words
}

// blocks gives all words of a layer with only the blocks that have weights; nil: there is less than one block of columns.
func (k *kernel) blocks(p *packed) []uint32 {
	l := k.layout
	if l.block == 0 || p.shape.k < l.block || p.shape.k > math.MaxInt16 {
		return nil
	}
	words := p.head(k)
	before := 0
	for g := range p.groups {
		if k.four() && g == 1 && p.first < 4 {
			words = append(words, 0, 0, 0, 0, 0, 3, 0)
		}
		at := p.usedBlocks(g, l.block)
		switch {
		case !l.paired:
			words = append(words, k.group(p, g, k.placedBlocks(p, g, at))...)
		case len(at) == 0:
			words = append(words, k.emptyGroup(p, g)...)
		default:
			words = append(words, k.group(p, g, k.pairedBlocks(p, g, at, before))...)
			before = min(at[len(at)-1], p.shape.k-l.block)
		}
	}
	if k.four() {
		words = append(words, 0, 0, 0, 0, 0, 4, 0)
	}
	return words
}

// placedBlocks gives the blocks of a group, each behind its place; there is at least one.
func (k *kernel) placedBlocks(p *packed, g int, at []int) []uint32 {
	if len(at) == 0 {
		at = []int{0}
	}
	var words []uint32
	for i, from := range at {
		start := from
		if k.layout != &dspLayout { // whose kernel fills the inputs up
			start = min(from, p.shape.k-k.layout.block)
		}
		words = append(words, k.layout.blockPlace(start, i == len(at)-1))
		words = append(words, k.layout.blockWeights(p, g, from, start)...)
	}
	return words
}

// pairedBlocks gives the blocks of a group for a loop over pairs: how it is entered, its rounds, and the distances from block to block,
// each before its block or, for kernels that scale four rows at once, two before a pair.
func (k *kernel) pairedBlocks(p *packed, g int, at []int, before int) []uint32 {
	odd := len(at) % 2
	words := []uint32{uint32(2 - odd), uint32(len(at)+1) / 2}
	if k.four() {
		words = append([]uint32{0}, words...)
	}
	pair := 0 // where the distances of the block's pair stand
	for i, from := range at {
		start := min(from, p.shape.k-k.layout.block)
		distance := start - before
		before = start
		switch {
		case !k.four():
			words = append(words, uint32(distance))
		case (i+odd)%2 == 0:
			pair = len(words)
			words = append(words, uint32(uint16(distance)))
		default:
			words[pair] |= uint32(distance) << 16
		}
		words = append(words, k.layout.blockWeights(p, g, from, start)...)
	}
	return words
}

// four tells whether the kernel scales four rows at once: those of MVE that are assembly.
func (k *kernel) four() bool {
	return k.bits == 0 && k.kind.name == "MVE" && (k.floats() || k.byHigh())
}

// floats tells whether floats scale the sums.
func (k *kernel) floats() bool { return strings.HasPrefix(k.form, "MLPC_FLOAT") }

// emptyGroup gives the words of a group without weights: where four rows are scaled at once, its results stand in the place of the first sum.
func (k *kernel) emptyGroup(p *packed, g int) []uint32 {
	if !k.four() {
		return k.group(p, g, []uint32{0, 0})
	}
	words := make([]uint32, 7)
	for i, row := range p.slots[4*g : 4*g+4] {
		if row < 0 {
			continue
		}
		y := requantRow{q: p.q, c: row}.at(p.bias(4*g + i))
		if p.outBytes() == 2 {
			words[i/2] |= uint32(uint16(y)) << (16 * (i % 2))
		} else {
			words[0] |= uint32(uint8(y)) << (8 * i)
		}
	}
	return words
}

// usedBlocks lists the first columns of the blocks of n in which a group has a weight that is not 0.
func (p *packed) usedBlocks(g, n int) []int {
	var at []int
	for c := 0; c < p.shape.k; c += n {
		if p.blockUsed(g, c, n) {
			at = append(at, c)
		}
	}
	return at
}

// blockUsed tells whether a weight of a group in n columns from c on is not 0.
func (p *packed) blockUsed(g, from, n int) bool {
	for c := from; c < min(from+n, p.shape.k); c++ {
		for i := range 4 {
			if p.weight(4*g+i, c) != 0 {
				return true
			}
		}
	}
	return false
}

// define names the kernel and spells the line that defines it.
func (k *kernel) define(p *packed) {
	limits, unsigned := p.rangeName(), p.inputSign() == "u8"
	number := map[bool]int{true: 1}
	if k.bits > 0 {
		k.definePacked(p)
		return
	}
	words := []string{"dense", strings.ToLower(k.form[len("MLPC_"):]), p.inputSign(), strings.ToLower(limits[len("MLPC_"):])}
	floats := k.floats()
	k.sixteen = k.kind.name == "MVE" && p.sixteen && !k.sparse && !k.four()
	columns := map[bool]string{true: "SPARSE", false: "DENSE"}[k.sparse]
	extend, saturate := map[bool]string{true: "uxtb16", false: "sxtb16"}[unsigned], map[string]string{"MLPC_S8": "ssat", "MLPC_U8": "usat"}[limits]
	flip := map[bool]int{true: 0, false: 128}[unsigned]
	by := map[bool]string{true: "ROW", false: "ALL"}[byRow(k.form)]
	if k.sparse {
		words = append(words, "sparse")
	}
	switch {
	case k.kind.name == "DSP_FLOAT" && floats:
		words[1] = "float"
	case k.sixteen:
		words = append(words, "16")
	}
	k.name = strings.Join(words, "_")
	switch {
	case k.word != nil:
		k.line = fmt.Sprintf("MLPC_WORD_KERNEL(%s, %s, %s, %s, %s)", k.name, columns, by, strings.ToUpper(p.inputSign()), limits[len("MLPC_"):])
	case k.four():
		scale, _, _ := strings.Cut(k.form[len("MLPC_"):], "_")
		k.line = fmt.Sprintf("MLPC_MVE_FOUR_KERNEL(%s, %s, %s, %s, %s, %s)", k.name, columns, scale, by, strings.ToUpper(p.inputSign()), p.four())
	case k.kind.name == "MVE":
		k.line = fmt.Sprintf("MLPC_MVE_KERNEL(%s, %d, %s, %s, %d, %d)", k.name, number[k.sixteen], k.form, limits, number[unsigned], number[k.sparse])
	case floats:
		k.line = fmt.Sprintf(`MLPC_DSP_FLOAT_KERNEL(%s, "%s", MLPC_DSP_%s, "%s")`, k.name, extend, columns, saturate)
	case k.layout == &dspLayout:
		k.line = fmt.Sprintf("MLPC_DSP_KERNEL(%s, %s, %s, %d, %d)", k.name, k.form, limits, number[unsigned], number[k.sparse])
	case k.kind.name == "THUMB2":
		k.line = fmt.Sprintf("MLPC_THUMB_KERNEL(%s, %s, %s, %d, %d)", k.name, k.form, limits, number[unsigned], number[k.sparse])
	case isLineForm(k.form) && !p.limited():
		fixes := len(p.lines[0].fixes)
		k.line = fmt.Sprintf(`MLPC_THUMB_LINE_KERNEL(%s, "%d", %s, %s, "%d", %s, MLPC_THUMB_%s)`, k.name, flip, columns, by, 12+4*fixes,
			strings.Join(slices.Repeat([]string{"MLPC_THUMB_FIX"}, fixes), " "), limits[len("MLPC_"):])
	default:
		skip := map[bool]int{true: 8, false: 0}[p.limited()]
		bytes := 8
		if isLineForm(k.form) {
			bytes = 12 + 4*len(p.lines[0].fixes)
		}
		k.line = fmt.Sprintf(`MLPC_THUMB_CALL_KERNEL(%s, "%d", %s, %s, "%d", "%d", %s, %s, %d)`, k.name, flip, columns, by, skip, bytes, k.form, limits, p.outBytes())
	}
}

// naked tells whether all of a kernel is assembly, which the compiler does not look into.
func (k *kernel) naked() bool {
	return k.word != nil || k.four() || k.bits == 0 && (k.kind.name == "THUMB1" || k.floats() && k.kind.name == "DSP_FLOAT")
}

// definePacked names a kernel of mlpc_dense_packed.h and spells the line that defines it.
func (k *kernel) definePacked(p *packed) {
	limits, unsigned := p.rangeName(), bit(p.inputSign()[0] == 'u')
	if k.bits == skipBits {
		k.name = fmt.Sprintf("skip_%s_%s_%s", strings.ToLower(k.form[len("MLPC_"):]), p.inputSign(), strings.ToLower(limits[len("MLPC_"):]))
		k.line = fmt.Sprintf("MLPC_SKIP_KERNEL(%s, %s, %s, %d)", k.name, k.form, limits, unsigned)
		return
	}
	k.name = fmt.Sprintf("packed_%d_%s_%s_%s", k.bits, strings.ToLower(k.form[len("MLPC_"):]), p.inputSign(), strings.ToLower(limits[len("MLPC_"):]))
	k.line = fmt.Sprintf("MLPC_PACKED_KERNEL(%s, %d, %s, %s, %d)", k.name, k.bits, k.form, limits, unsigned)
}
