package passes

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
)

var (
	fixedType = regexp.MustCompile(`^(?:ap_)?(u?)fixed<([^>]*)>$`)
	intType   = regexp.MustCompile(`^(?:ap_)?(u?)int<?([0-9]+)>?(?:@(.+))?$`)
)

// ParsePrecision reads the types that users of HLS tools write: ap_fixed<W,I>, ap_ufixed<W,I>, fixed<W,I>, ufixed<W,I> (W bits, I of
// them before the binary point), with rounding and overflow modes after them that are accepted where they mean round to nearest and
// saturate, and int8, uint8, ap_int<8> with an optional scale, int8@0.05.
func ParsePrecision(s string) (Grid, error) {
	s = strings.ReplaceAll(s, " ", "")
	if m := fixedType.FindStringSubmatch(s); m != nil {
		return fixedGrid(s, m[1] == "u", strings.Split(m[2], ","))
	}
	m := intType.FindStringSubmatch(s)
	if m == nil {
		return Grid{}, fmt.Errorf("precision %q is none of ap_fixed<W,I>, ap_ufixed<W,I>, intN, uintN, intN@SCALE", s)
	}
	bits, err := strconv.Atoi(m[2])
	scale := 1.0
	if m[3] != "" {
		if scale, err = strconv.ParseFloat(m[3], 64); err != nil || !(scale > 0) || math.IsInf(scale, 0) {
			return Grid{}, fmt.Errorf("the scale of precision %q is not a positive number", s)
		}
	}
	if err != nil || bits < 1 || bits > 32 {
		return Grid{}, fmt.Errorf("precision %q is not 1 to 32 bits wide", s)
	}
	return gridOfBits(bits, m[1] == "u", scale), nil
}

// fixedGrid reads W, I and the modes of a fixed-point type.
func fixedGrid(s string, unsigned bool, parts []string) (Grid, error) {
	if len(parts) < 2 {
		return Grid{}, fmt.Errorf("precision %q has no W,I", s)
	}
	w, err1 := strconv.Atoi(parts[0])
	i, err2 := strconv.Atoi(parts[1])
	if err1 != nil || err2 != nil || w < 1 || w > 32 || i < -64 || i > 64 {
		return Grid{}, fmt.Errorf("precision %q: W is 1 to 32, I is −64 to 64", s)
	}
	for _, mode := range parts[2:] {
		switch mode {
		case "AP_RND", "AP_RND_CONV", "RND", "RND_CONV", "AP_SAT", "SAT", "":
		default:
			return Grid{}, fmt.Errorf("precision %q: inputs are rounded to nearest and saturate, %s is not possible", s, mode)
		}
	}
	return gridOfBits(w, unsigned, math.Ldexp(1, i-w)), nil
}

// gridOfBits is the grid of a whole integer type.
func gridOfBits(bits int, unsigned bool, scale float64) Grid {
	if unsigned {
		return Grid{Scale: scale, Hi: 1<<bits - 1}
	}
	return Grid{Scale: scale, Lo: -1 << (bits - 1), Hi: 1<<(bits-1) - 1}
}
