// Package approx holds approximate arithmetic units: what they compute, in Go, and how the targets spell them.
//
// A unit multiplies a constant weight w by a run-time value x. It must be monotone in x for every w, so that the extremes of a
// product over an interval of x stand at the ends of the interval.
package approx

import (
	"fmt"
	"strconv"
	"strings"
)

// Unit is a multiplier of a constant by a run-time value.
type Unit struct {
	Name string // as options and the text form spell it, "trunc:3"
	Drop int    // low columns of the partial-product array that are dropped
}

// Truncated returns the multiplier that drops the drop lowest columns, 0 < drop < 32: each partial product x·2^i, one for
// each set bit i of |w|, loses its bits below 2^drop (floor), as in a truncated array multiplier without compensation
// (Schulte & Swartzlander, "Truncated multiplication with correction constant", 1993).
func Truncated(drop int) *Unit {
	return &Unit{Name: "trunc:" + strconv.Itoa(drop), Drop: drop}
}

// Mul is the product that the unit gives for weight w and value x. In C it is mlpc_trunc_mul of mlpc_num.h, in Verilog the module
// mlpc_trunc_mul.
func (u *Unit) Mul(w, x int64) int64 {
	neg := w < 0
	if neg {
		w = -w
	}
	var p int64
	for i := 0; w>>i != 0; i++ {
		if w>>i&1 == 1 {
			p += x << i >> u.Drop << u.Drop
		}
	}
	if neg {
		return -p
	}
	return p
}

// Parse finds a unit by its name.
func Parse(name string) (*Unit, error) {
	if rest, ok := strings.CutPrefix(name, "trunc:"); ok {
		k, err := strconv.Atoi(rest)
		if err == nil && k > 0 && k < 32 {
			return Truncated(k), nil
		}
	}
	return nil, fmt.Errorf("no approximate unit %q; units: trunc:1 to trunc:31", name)
}
