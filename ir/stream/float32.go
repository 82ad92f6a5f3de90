package stream

import (
	"math"
	"math/bits"

	"mlpc/ir"
	"mlpc/ir/num"
)

// A dense-float32 layer has an engine of two pipelines: PE sums, each of one fused multiply-add, and a quantizer of Lanes lanes behind
// them. A sum takes four cycles to go once around, so that rows take turns: each word of the input serves Slots rows of every sum.
//
// Numbers are fixed-point numbers of a width that holds all sums of the layer, of which rounding leaves 24 bits from the leading one on.
// That is what a float32 holds, and spares two of the three shifters that exponents call for.

// Chain says how the rows of a dense-float32 layer take turns.
type Chain struct {
	Slots int    // rows that take turns
	Folds int    // times that the input is given
	Tail  int    // rows of the last fold
	Own   []bool // by column: it needs no word of the input, but adds the bias or the parts before
	Depth int    // products of a part
	Last  int    // of the last part
	Parts int
	Bias  bool
}

const (
	sumStages = 4  // of mlpc_float32_sum, and so the least number of slots
	mostSlots = 32 // words of a cell of distributed RAM, which keeps the sums

	// SumStages is the number of pipeline registers of the sums of a float32 engine: of the value, the product and the sum.
	SumStages = 3 + 2 + sumStages
	digits    = 2 // bits of the quotient that a stage of the quantizer finds
)

// Chain gives how rows take turns; nil for layers of another kind, and where each result is the sum of one product and a bias.
func (l *Layer) Chain() *Chain {
	if l.Step.Engine != Float32 || l.Single {
		return nil
	}
	a := l.Head.Attr.(*ir.DenseFloat32)
	c := &Chain{Depth: min(a.Depth, l.Columns), Bias: len(a.Bias) > 0}
	beats := ceil(l.Rows, l.Step.PE)
	c.Folds = ceil(beats, mostSlots)
	c.Slots = max(sumStages, ceil(beats, c.Folds))
	c.Tail = beats - (c.Folds-1)*c.Slots
	c.Parts = ceil(l.Columns, c.Depth)
	c.Last = l.Columns - (c.Parts-1)*c.Depth
	for i := range c.Parts {
		n := c.Depth
		if i == c.Parts-1 {
			n = c.Last
		}
		c.Own = append(c.Own, make([]bool, n)...)
		if i > 0 || c.Bias {
			c.Own = append(c.Own, true)
		}
	}
	return c
}

// Beats is the number of beats that a group takes.
func (c *Chain) Beats() int { return c.Folds * len(c.Own) * c.Slots }

// isOwn tells whether a beat of a group needs no word of the input.
func (c *Chain) isOwn(beat int) bool { return c.Own[beat/c.Slots%len(c.Own)] }

// takes tells whether a beat is the last that needs a word of the input.
func (c *Chain) takes(beat int) bool { return !c.isOwn(beat) && beat%c.Slots == c.Slots-1 }

// leaves tells whether a beat gives a result.
func (c *Chain) leaves(beat int) bool {
	fold, column, slot := beat/c.Slots/len(c.Own), beat/c.Slots%len(c.Own), beat%c.Slots
	return column == len(c.Own)-1 && (fold < c.Folds-1 || slot < c.Tail)
}

// float32 derives a dense-float32 layer.
func (l *Layer) float32() {
	v := l.Head
	a := v.Attr.(*ir.DenseFloat32)
	l.Blocks = max(1, a.Groups)
	l.Columns = v.Args[1].Type.Shape[1]
	l.Rows = LastAxis(v) / l.Blocks
	l.Single = l.Columns == 1 && l.Rows == 1 && isExactProduct(v)
	l.foldFloat32()
}

// foldFloat32 sets the forms by the layer's PE.
func (l *Layer) foldFloat32() {
	x := l.Head.Args[0]
	if l.Single {
		l.Out = formOf(l.Head, l.Step.PE)
		l.Operands = []Operand{{x, nil, l.Out}}
		return
	}
	groups := x.Type.Size() / l.Columns
	l.Operands = []Operand{{x, nil, Form{groups, l.Columns, 1}}}
	l.Out = Form{groups, l.Rows, l.quantizers(l.Step.PE)}
}

// quantizers is the least number of lanes of the quantizer that so many sums never wait for: a divisor of their number.
func (l *Layer) quantizers(pe int) int {
	if l.Single {
		return pe
	}
	n := ceil(pe, len(l.Chain().Own))
	for pe%n != 0 {
		n++
	}
	return n
}

// isExactProduct tells whether all weights are powers of two or 0, and products no smaller than float32 goes: none is rounded.
func isExactProduct(v *ir.Value) bool {
	a := v.Attr.(*ir.DenseFloat32)
	_, scale := parts(a.Scale)
	for i, q := range v.Args[1].Const().Ints {
		m, e := parts(float64(num.Dequantize32(q, 0, float32(a.Scales[i]))))
		if m&(m-1) != 0 || m != 0 && scale+e < leastPlace {
			return false
		}
	}
	return true
}

// leastPlace is the exponent of float32's least number.
const leastPlace = -149

// parts gives the magnitude of a float32 number as an odd integer (or 0) times a power of two.
func parts(x float64) (m uint64, e int) {
	if x == 0 {
		return 0, 0
	}
	f, e := math.Frexp(math.Abs(x))
	m = uint64(f * (1 << 24))
	z := bits.TrailingZeros64(m)
	return m >> z, e - 24 + z
}

// Format gives the widths of the numbers in the engine of a dense-float32 layer, which mlpc_float32_value, _product, _sum and _quantize
// take as parameters. Place 0 is 2^Unit.
type Format struct {
	Unit int
	N    int // bits of a sum
	Low  int // place of float32's least number, or 0

	Scale         uint64 // significand of the scale of x
	Distance      int    // bits of |x − zero|
	XM, XE        int    // bits of x's significand and place
	One           int    // the bit of x's significand that stands for the factor of a bias
	WM, WE        int    // bits of a weight's significand and place
	E             int    // bits of a product's place
	wPlace, bTrim int    // place of 1 times the scale; zeros that all significands end with

	OutScale    uint64 // of 24 bits
	Drop, Raise int    // of mlpc_float32_quantize
	T           int    // bits of the quotient
}

// Format gives the layer's number format, once computed.
func (l *Layer) Format() *Format {
	if l.format == nil {
		l.format = formatOf(l.Head, l.Single)
	}
	return l.format
}

// formatOf derives the number format of a dense-float32 value from its constants. Where results are single products, a bias is where the sum
// begins; else it is multiplied by 1 like a weight.
func formatOf(v *ir.Value, single bool) *Format {
	a := v.Attr.(*ir.DenseFloat32)
	f := &Format{}
	lo, hi := v.Args[0].Type.Elem.Range()
	most := uint64(max(a.Zero-lo, hi-a.Zero, 1))
	f.Distance = bits.Len64(most)
	var scale int
	f.Scale, scale = parts(a.Scale)
	product := f.Distance + bits.Len64(f.Scale)
	f.XM, f.XE = min(product, 24), 1
	mostDrop := 0
	if product > 24 {
		_, e := math.Frexp(float64(float32(float64(most) * float64(f.Scale))))
		mostDrop = max(0, e-24)
		f.XE = bits.Len(uint(max(1, mostDrop)))
	}
	f.places(v, scale, mostDrop, single)
	f.quantizer(a)
	return f
}

// places chooses place 0, and from it the widths of weights and sums.
func (f *Format) places(v *ir.Value, scale, mostDrop int, single bool) {
	weights, biases, starts := weightsOf(v), v.Attr.(*ir.DenseFloat32).Bias, []float64(nil)
	if single {
		biases, starts = starts, biases
	}
	f.Unit, f.bTrim = math.MaxInt, 24
	var leastBias = math.MaxInt
	see := func(x float64, at int) {
		if m, e := parts(x); m != 0 {
			f.bTrim = min(f.bTrim, 24-bits.Len64(m))
			f.Unit = min(f.Unit, e-(24-bits.Len64(m))+at)
		}
	}
	for _, w := range weights {
		see(w, scale)
	}
	for _, b := range biases {
		see(b, 0)
	}
	if f.Unit == math.MaxInt {
		f.Unit, f.bTrim = scale, 23
	}
	f.Unit += f.bTrim
	for _, b := range starts {
		if m, e := parts(b); m != 0 {
			f.Unit = min(f.Unit, e)
		}
	}
	f.WM = 24 - f.bTrim
	for _, b := range biases {
		if m, e := parts(b); m != 0 {
			leastBias = min(leastBias, e-(24-bits.Len64(m))+f.bTrim-f.Unit)
		}
	}
	f.wPlace = scale - f.Unit
	f.One = min(f.XM-1, leastBias)
	mostWeight, mostBias := 0, 0
	for _, w := range weights {
		_, e := f.word(w, f.wPlace)
		mostWeight = max(mostWeight, e)
	}
	for _, b := range biases {
		_, e := f.word(b, -f.Unit-f.One)
		mostBias = max(mostBias, e)
	}
	f.WE = bits.Len(uint(max(1, mostWeight, mostBias)))
	f.E = bits.Len(uint(max(1, mostWeight+mostDrop, mostBias)))
	f.Low = max(0, leastPlace-f.Unit)
	_, top := math.Frexp(largestSum(v))
	f.N = max(26, top-f.Unit+1, f.Low+2)
}

// word gives significand and place of a weight whose unit stands at a place.
func (f *Format) word(x float64, at int) (m uint64, place int) {
	m, e := parts(x)
	if m == 0 {
		return 0, 0
	}
	up := 24 - f.bTrim - bits.Len64(m)
	return m << up, e - up + at
}

// quantizer chooses the parameters of the division.
func (f *Format) quantizer(a *ir.DenseFloat32) {
	m, e := parts(a.OutScale)
	up := 24 - bits.Len64(m)
	f.OutScale = m << up
	k := e - up - 2 - f.Unit
	f.Drop, f.Raise = max(0, k), max(0, -k)
	f.T = bits.Len64(uint64(max(a.Lo-a.OutZero, a.OutZero-a.Lo, a.Hi-a.OutZero, a.OutZero-a.Hi, 1)))
}

// Stages is the number of pipeline registers of the quantizer.
func (f *Format) Stages() int { return ceil(f.T+1, digits) + 4 }

// weightsOf gives the weights of a dense-float32 value as they are multiplied.
func weightsOf(v *ir.Value) []float64 {
	a, w := v.Attr.(*ir.DenseFloat32), v.Args[1]
	list := make([]float64, w.Type.Size())
	for i, q := range w.Const().Ints {
		list[i] = float64(num.Dequantize32(q, 0, float32(a.Scales[i/w.Type.Shape[1]])))
	}
	return list
}

// largestSum bounds the magnitudes of all sums of a dense-float32 value, with their roundings.
func largestSum(v *ir.Value) float64 {
	a, k := v.Attr.(*ir.DenseFloat32), v.Args[1].Type.Shape[1]
	lo, hi := v.Args[0].Type.Elem.Range()
	x := float64(max(a.Zero-lo, hi-a.Zero)) * a.Scale
	largest := 0.0
	weights := weightsOf(v)
	for r := range v.Args[1].Type.Shape[0] {
		sum := 0.0
		for _, w := range weights[r*k : (r+1)*k] {
			sum += x * math.Abs(w)
		}
		if len(a.Bias) > 0 {
			sum += math.Abs(a.Bias[r])
		}
		largest = max(largest, sum)
	}
	return largest * (1 + float64(2*k+8)/(1<<23))
}

// Words gives the weights, for each block in the order in which the engine reads them: for each fold of the rows, each column and each
// turn a word of PE weights, of 1 + WE + WM bits with the significand in the low ones, then the place and the sign.
func (l *Layer) Words() [][]int64 {
	f, c := l.Format(), l.Chain()
	a, weights := l.Head.Attr.(*ir.DenseFloat32), weightsOf(l.Head)
	if l.Single {
		var words [][]int64
		for beat := range l.Out.GroupBeats() {
			word := make([]int64, l.Step.PE)
			for p := range word {
				if at := beat*l.Step.PE + p; at < l.Out.Length {
					word[p] = f.packed(weights[at], f.wPlace)
				}
			}
			words = append(words, word)
		}
		return words
	}
	var words [][]int64
	for block := range l.Blocks {
		for fold := range c.Folds {
			column := 0
			for _, own := range c.Own {
				for slot := range c.Slots {
					word := make([]int64, l.Step.PE)
					for p := range word {
						row := (fold*c.Slots+slot)*l.Step.PE + p
						switch {
						case row >= l.Rows || own && column > c.Depth || own && !c.Bias:
						case own:
							word[p] = f.packed(a.Bias[block*l.Rows+row], -f.Unit-f.One)
						default:
							word[p] = f.packed(weights[(block*l.Rows+row)*l.Columns+column], f.wPlace)
						}
					}
					words = append(words, word)
				}
				if !own {
					column++
				}
			}
		}
	}
	return words
}

func (f *Format) packed(x float64, at int) int64 {
	m, place := f.word(x, at)
	word := int64(m) | int64(place)<<f.WM
	if x < 0 {
		word |= 1 << (f.WM + f.WE)
	}
	return word
}

// Starts gives, for a layer whose results are single products, the bits of the bias of each row, N of each, the low one first.
func (l *Layer) Starts() [][]int64 {
	f, bias := l.Format(), l.Head.Attr.(*ir.DenseFloat32).Bias
	var words [][]int64
	for beat := range l.Out.GroupBeats() {
		word := make([]int64, l.Step.PE*f.N)
		for p := range l.Step.PE {
			if at := beat*l.Step.PE + p; at < len(bias) {
				f.spell(word[p*f.N:(p+1)*f.N], bias[at])
			}
		}
		words = append(words, word)
	}
	return words
}

// spell writes the bits of a number in two's complement.
func (f *Format) spell(to []int64, x float64) {
	m, e := parts(x)
	for i := range to {
		if at := i - (e - f.Unit); m != 0 && at >= 0 && at < 24 {
			to[i] = int64(m >> at & 1)
		}
	}
	if x >= 0 {
		return
	}
	carry := int64(1)
	for i := range to {
		sum := 1 - to[i] + carry
		to[i], carry = sum&1, sum>>1
	}
}

// beyondFloat32 tells whether sums of a dense-float32 value may be larger than float32's largest number.
func beyondFloat32(v *ir.Value) bool { return !(largestSum(v) < math.MaxFloat32/2) }
