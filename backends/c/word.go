package cc

import (
	"math/bits"

	"mlpc/ir/num"
)

// wordScaling is how mlpc_dense_word.h scales a layer's sums: by a word a row, after they were shifted up.
type wordScaling struct {
	form string
	mul  []int64 // one for each row, below 2^31
	up   int     // bits that sums are shifted up
}

// wordPoint is how many bits of a shifted sum times its word are behind the point.
const wordPoint = 48

// wordScalingOf finds the words for the float scales of a layer on a core with (small) or without products of halfwords only; nil: there
// are none with exactly its results.
func (p *packed) wordScalingOf(rows []requantRow, small bool) *wordScaling {
	if p.float == nil || p.limited() || p.half || p.zero < p.q.Lo || p.zero > p.q.Hi {
		return nil
	}
	for up := 15; up >= 0; up-- {
		if w := p.wordsAt(rows, small, up); w != nil {
			return w
		}
	}
	return nil
}

// wordsAt finds the words for sums shifted up by so many bits.
func (p *packed) wordsAt(rows []requantRow, small bool, up int) *wordScaling {
	w := &wordScaling{up: up, mul: make([]int64, len(rows))}
	for c, r := range rows {
		if w.mul[c] = p.wordOf(r, up, small); w.mul[c] < 0 {
			return nil
		}
	}
	return w
}

// wordOf finds the word of a row for sums shifted up by so many bits; −1: there is none.
func (p *packed) wordOf(r requantRow, up int, small bool) int64 {
	hi := r.hi
	if p.constant(r.c) { // whose sum is the least one
		hi = r.lo
	}
	size := max(-r.lo, hi, 1) << up
	own := p.ownWord(r.c, up)
	for _, mul := range []int64{own, own + 1, own - 1, own + 2, own - 2} {
		fits := own > 2 && size < 1<<31 && (!small || size+mul < 1<<31-1<<17)
		f := func(x int64) int64 { return wordResult(x, mul, up, small) + p.zero }
		if fits && (p.steps[r.c].Same(f) || hi == r.lo && num.Clamp(f(hi), r.q.Lo, r.q.Hi) == r.at(hi)) {
			return mul // between its steps the function needs no look, since it does not decrease
		}
	}
	if hi == r.lo && size < 1<<31 && num.Clamp(p.zero, r.q.Lo, r.q.Hi) == r.at(hi) {
		return 0
	}
	return -1
}

// ownWord is the float scale of a row times 2^(48−up); −1: it is no integer below 2^31.
func (p *packed) ownWord(row, up int) int64 {
	mul, shift, ok := num.FromFloat32(p.float[row])
	if !ok || mul <= 0 {
		return -1
	}
	zeros := bits.TrailingZeros64(uint64(mul))
	mul, shift = mul>>zeros, wordPoint-up-shift+zeros
	if shift < 0 || bits.Len64(uint64(mul))+shift > 31 {
		return -1
	}
	return mul << shift
}

// wordResult is what the kernel computes of a sum before it adds the zero.
func wordResult(sum, mul int64, up int, small bool) int64 {
	x := sum << up * mul
	high := int32(x >> 32)
	near := uint32(high ^ high>>31)
	e := uint32(1<<31) >> bits.LeadingZeros32(near<<8)
	if small { // without CLZ, and without the last bits of the product
		x &^= 1<<16 - 1
		near >>= 16
		near |= near >> 1
		near |= near >> 2
		near |= near >> 4
		e = (near + 1) << 23
	} else {
		x -= 1 - int64(near>>24&1)
	}
	x -= int64(e) ^ -int64(high>>16&1)
	return x>>wordPoint + x>>(wordPoint-1)&1
}

// settle decides what the packed layers of a program have in common, so that one kernel serves them all.
func (e *emitter) settle() {
	e.settleWords()
	byRow, sixteen := false, true
	for _, p := range e.packed {
		byRow = byRow || !same(p.float) || p.high != nil && !p.high.alike()
		sixteen = sixteen && p.shape.k%16 == 0
	}
	for _, p := range e.packed {
		p.byRow, p.sixteen = byRow, sixteen
	}
}

// settleWords decides whether cores without DSP instructions scale by words. Lines of one scale a layer need no more flash, and fewer
// instructions where products are of halfwords.
func (e *emitter) settleWords() {
	for _, small := range []bool{false, true} {
		lines, alike := small, true
		for _, p := range e.packed {
			w := p.words[small]
			lines = lines && len(p.lines) > 0 && lineForm(p.lines) == "MLPC_LINE" && sameLines(p.lines) && !p.limited()
			alike = alike && (w == nil || same(w.mul))
		}
		for _, p := range e.packed {
			switch {
			case lines || p.words[small] == nil:
				delete(p.words, small)
			case alike:
				p.words[small].form = "MLPC_WORD_ALL"
			default:
				p.words[small].form = "MLPC_WORD_ROW"
			}
		}
	}
}
