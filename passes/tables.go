package passes

import (
	"math"
	"slices"

	"mlpc/ir"
)

// Table is a function of one variable that became a table over integers, and how far its entries are from the function.
type Table struct {
	Name    string  `json:"name"`
	Entries int     `json:"entries"`
	Bits    int     `json:"bits"`  // of an entry
	Scale   float64 `json:"scale"` // of an entry's last bit
	// Saturated counts the entries for which the function is more than a last bit outside what an entry holds, as the quantizer chose
	// from the data, or as no argument can reach.
	Saturated int `json:"saturated,omitempty"`
	// Worst is the largest error of the other entries in units of the last bit: over all integers that may come, exactly. One half is
	// rounding; what is more is the end of the range, or the arithmetic that the model asks to match.
	Worst float64 `json:"worst_lsb"`
	// Rounded is that error where the argument is rounded too: over all reals that round to these integers, as 17 points between each and
	// the next show.
	Rounded float64 `json:"worst_rounded_lsb"`
}

// tableOf remembers what a table tabulates.
type tableOf struct {
	v *ir.Value
	f form
	q *ir.Quant
}

// pointsBetween are looked at from one integer to the next for Table.Rounded.
const pointsBetween = 16

// reportTables measures the tables that were made.
func (l *lowering) reportTables() {
	for _, t := range l.tables {
		a := t.v.Attr.(*ir.Table)
		info := Table{Name: orNode(t.v), Entries: len(a.Values), Bits: ir.Fit(slices.Min(a.Values), slices.Max(a.Values)).Bits, Scale: t.q.Scale[0]}
		step := at(t.f.scale, 0)
		for i, y := range a.Values {
			x, real := step*float64(a.Lo+int64(i)-t.f.zero), float64(y)-t.q.Zero[0]
			if t.beyond(x, y) {
				info.Saturated++
				continue
			}
			info.Worst = max(info.Worst, t.off(x, real))
			for k := -pointsBetween / 2; k <= pointsBetween/2; k++ {
				info.Rounded = max(info.Rounded, t.off(x+step*float64(k)/pointsBetween, real))
			}
		}
		l.c.Tables = append(l.c.Tables, info)
	}
}

// off is how far the function at x is from an entry, in units of its last bit; 0 where the function has no finite value.
func (t tableOf) off(x, entry float64) float64 {
	e := math.Abs(t.f.from(x, 0)/t.q.Scale[0] - entry)
	if math.IsNaN(e) || math.IsInf(e, 0) {
		return 0
	}
	return e
}

// beyond tells whether the function at x is more than a last bit outside the range that ends at the entry.
func (t tableOf) beyond(x float64, entry int64) bool {
	y := t.f.from(x, 0)/t.q.Scale[0] + t.q.Zero[0]
	lo, hi := t.q.Lo[0], t.q.Hi[0]
	return entry == hi && y > float64(hi)+1 || entry == lo && y < float64(lo)-1
}

// orNode is the name of a value, or where it has none that of its node.
func orNode(v *ir.Value) string {
	if v.Name == "" {
		return v.Pos.Node
	}
	return v.Name
}
