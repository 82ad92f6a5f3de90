package passes

import (
	"math"

	"mlpc/ir"
)

// Layer is what quantize did with one value that it gave a quantizer, and with the weights that made it, for the table that users see.
type Layer struct {
	Name      string  `json:"name"`
	Op        string  `json:"op"`
	Lo        float64 `json:"lo"` // range of the float values on the calibration rows
	Hi        float64 `json:"hi"`
	Bits      int     `json:"bits,omitempty"`    // of the quantized values; 0 where a dense layer's accumulators stay as they are
	Scale     float64 `json:"scale,omitempty"`   // of the quantized values; the largest where each channel has its own
	Saturated float64 `json:"saturated"`         // share of the calibration values beyond the grid
	SQNR      float64 `json:"sqnr_db"`           // of the quantized net's values against the float net's, with everything before them quantized too; 200 at most
	Dense     string  `json:"dense,omitempty"`   // name of the dense layer that made the value
	Weights   string  `json:"weights,omitempty"` // encoding and width of the weights, "uniform 8"; "" where no dense layer made the value
	Alone     *Alone  `json:"alone,omitempty"`   // what quantizing this layer alone costs; nil where that was not measured
}

// decibels is sqnr within ±200; values without signal and noise count as exact.
func decibels(ref, got []*ir.Tensor) float64 {
	x := sqnr(ref, got)
	if math.IsNaN(x) {
		return 200
	}
	return min(200, max(-200, x))
}

// report notes what became of v; nv is its value in the new graph, behind the quantizer if it has one.
func (q *quantizer) report(v, nv *ir.Value, before *ir.Tensor) {
	a, ok := nv.Attr.(*ir.Quant)
	if !ok || !q.need[v.ID] {
		return
	}
	x := q.exact[v.ID]
	l := Layer{Name: v.Name, Op: v.Op.String(), Bits: ir.Fit(a.Lo[0], a.Hi[0]).Bits, SQNR: decibels([]*ir.Tensor{x}, []*ir.Tensor{q.val[nv]})}
	l.Lo, l.Hi = bounds(x.Reals)
	if q.offset[v.ID] != nil {
		l.Lo, l.Hi = v.Type.Range[0], v.Type.Range[1]
	}
	n, beyond := len(a.Scale), 0
	for _, s := range a.Scale {
		l.Scale = max(l.Scale, s)
	}
	for i, y := range before.Reals {
		t := math.Round(y/a.Scale[i%n]) + a.Zero[0]
		if t < float64(a.Lo[0]) || t > float64(a.Hi[0]) {
			beyond++
		}
	}
	l.Saturated = float64(beyond) / float64(max(1, len(before.Reals)))
	if d := q.denseBehind(v); d != nil {
		l.Dense, l.Weights = d.Name, q.weights[d.ID]
	}
	q.c.Layers, q.layerOf = append(q.c.Layers, l), append(q.layerOf, v)
}
