package passes

import (
	"fmt"
	"strconv"
	"strings"

	"mlpc/ir"
)

// checkBits takes "8" and "w4a8".
func checkBits(s string) error {
	_, _, err := parseBits(s)
	return err
}

// parseBits reads one width, or one for weights and one for activations.
func parseBits(s string) (w, a int, err error) {
	ws, as := s, s
	if rest, ok := strings.CutPrefix(s, "w"); ok {
		if ws, as, ok = strings.Cut(rest, "a"); !ok {
			as = ""
		}
	}
	w, err1 := strconv.Atoi(ws)
	a, err2 := strconv.Atoi(as)
	if err1 != nil || err2 != nil || w < 2 || w > 16 || a < 2 || a > 16 {
		return 0, 0, fmt.Errorf("is not a width from 2 to 16, or two as w4a8")
	}
	return w, a, nil
}

func checkTable(s string) error {
	if s == "auto" {
		return nil
	}
	return whole(2, 16)(s)
}

func checkOut(s string) error {
	if s == "acc" {
		return nil
	}
	return whole(2, 16)(s)
}

// actBits is the width of the activations of a layer.
func (q *quantizer) actBits(layer string) int {
	if n, err := strconv.Atoi(q.o.Layer(layer, "a")); err == nil {
		return n
	}
	if q.c.Synthetic {
		return 16
	}
	_, a, _ := parseBits(q.o["bits"])
	return a
}

// weightBits is the width of the weights of a layer, in the mean over its rows.
func (q *quantizer) weightBits(layer string) float64 {
	if n, err := strconv.ParseFloat(q.o.Layer(layer, "w"), 64); err == nil {
		return n
	}
	w, _, _ := parseBits(q.o["bits"])
	return float64(w)
}

// symmetric tells whether activations of that width have no zero point.
func (q *quantizer) symmetric(bits int) bool {
	switch q.o["zero"] {
	case "symmetric":
		return true
	case "asymmetric":
		return false
	}
	return q.pow2 || bits > 8
}

// exactInput is the width of an input of a model that came quantized where the file gives it none: the significand of a float32, so that
// the first layer's steps fall as they do for the file's own runtime. Where 16 bits hold the rows as they are, more would add nothing; an
// unrolled circuit pays for every bit of its inputs; and what is neither a matrix product nor a quantizer would index a table.
const exactInput = 24

// importedInput gives that width.
func (q *quantizer) importedInput(v *ir.Value) int {
	if q.c.Config.unrolled() {
		return widestInput
	}
	for _, u := range q.readers(v) {
		if u.Op != ir.OpDense && u.Op != ir.OpQuant && u.Op != ir.OpThreshold {
			return widestInput
		}
	}
	f := gridFamily{bits: widestInput, symmetric: true, pow2: true}
	r := v.Type.Range
	if !q.c.Synthetic && f.cover(r[0], r[1]).loss(q.exact[v.ID].Reals) == 0 {
		return widestInput
	}
	return exactInput
}
