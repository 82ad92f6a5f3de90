package cc

import (
	"math"
	"strings"

	"mlpc/ir/num"
)

// highScaling is how the MVE kernels scale by integers, four rows at once: the upper half of sum·2^up·mul divided by 2^down, rounded half up.
type highScaling struct {
	up   int     // 0 but where scales are so large that there would be no half unit in the upper half
	mul  []int64 // one for each row, below 2^31
	down []int   // one for each row, 1 to 31
}

// highScalingOf gives the scaling of a half-up requant without added constants; nil: it has some, or multipliers or sums are too wide.
func highScalingOf(rows []requantRow) *highScaling {
	q := rows[0].q
	if q.Round != num.HalfUp || q.Zero < math.MinInt16 || q.Zero > math.MaxInt16 {
		return nil
	}
	h := &highScaling{}
	for _, r := range rows {
		mul, _, shift := q.At(r.c)
		if missing := 33 - shift; missing > 0 && mul<<missing >= 1<<31 {
			h.up = max(h.up, missing)
		}
	}
	for _, r := range rows {
		mul, add, shift := q.At(r.c)
		more := max(0, 33-shift-h.up)
		down := shift + h.up + more - 32
		if add != 0 || mul < 0 || mul<<more >= 1<<31 || down > 31 || h.up > 24 || !fits32(r.lo<<h.up, r.hi<<h.up) {
			return nil
		}
		h.mul, h.down = append(h.mul, mul<<more), append(h.down, down)
	}
	return h
}

// alike tells whether all rows have one scale.
func (h *highScaling) alike() bool { return same(h.mul) && same(h.down) }

// byHigh tells whether a kernel scales by a highScaling.
func (k *kernel) byHigh() bool {
	return strings.HasPrefix(k.form, "MLPC_HIGH") || k.form == "MLPC_RAISED_ROW"
}

// highWords gives the words of the scales of some rows: their multipliers, then a byte a row, how far its product is shifted up.
func (p *packed) highWords(rows []int) []uint32 {
	words := make([]uint32, len(rows)+(len(rows)+3)/4)
	for i, row := range rows {
		words[i] = uint32(p.high.mul[row])
		words[len(rows)+i/4] |= uint32(uint8(-p.high.down[row])) << (8 * (i % 4))
	}
	return words
}

// fourForm gives the form in which MVE scales four rows at once in place of a form of the C kernels, or that form.
func (p *packed) fourForm(form string) string {
	switch {
	case form == "MLPC_FLOAT_ALL" && p.byRow:
		return "MLPC_FLOAT_ROW"
	case strings.HasPrefix(form, "MLPC_FLOAT") || p.high == nil || p.four() == "":
		return form
	case p.high.up > 0:
		return "MLPC_RAISED_ROW"
	case !p.byRow && p.high.alike():
		return "MLPC_HIGH_ALL"
	}
	return "MLPC_HIGH_ROW"
}

// four names the limits of results that the kernels have which scale four rows at once; empty: they have not those.
func (p *packed) four() string {
	switch {
	case !p.limited():
		return p.rangeName()[len("MLPC_"):]
	case p.outBytes() == 2 && p.q.Lo == math.MinInt16 && p.q.Hi == math.MaxInt16:
		return "S16"
	}
	return ""
}
