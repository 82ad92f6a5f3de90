package passes

import (
	"fmt"
	"math"
	"slices"

	"mlpc/ir"
)

// counted places thresholds of reals on the integers that stand for them: a requant where a line passes through the steps, a table
// where the function before them rises and falls, else thresholds.
func (l *lowering) counted(v *ir.Value) (form, error) {
	f, t := l.forms[v.Args[0].ID], v.Attr.(*ir.Threshold)
	if f.v == nil {
		return form{}, fmt.Errorf("an input is used without a quantizer")
	}
	n := max(f.channels(), t.Channels)
	ref := func(x int64, c int) int64 { return t.Base + f.reached(x, c, t.RealRow(c)) }
	res := form{scale: []float64{1}}
	_, straight := f.lines()
	if lo, hi := f.v.Interval().Bounds(); !straight && n == 1 && hi-lo < tableLimit {
		res.v = l.table(f, ref)
		return res, nil
	}
	lo, hi := t.Base, t.Base+int64(len(t.Reals)/t.Channels)
	rows, falls, err := steps(f, n, ref, lo, hi)
	if err != nil {
		return form{}, err
	}
	if r := requantOf(rows, falls, lo, hi, 0); r != nil {
		res.v = l.ng.New(ir.OpRequant, ir.Fit(lo, hi), r, f.v)
	} else {
		res.v = l.thresholds(f.v, rows, falls, lo)
	}
	return res, nil
}

// reached counts the entries of an ascending list that the real of integer x at index c reaches. Where it comes near one, rationals
// decide, if the form has no tables.
func (f form) reached(x int64, c int, row []float64) int64 {
	y := f.eval(x, c)
	near := 1e-9 * max(math.Abs(y), 1e-30)
	from, _ := slices.BinarySearch(row, y-near)
	to, _ := slices.BinarySearch(row, y+near)
	_, straight := f.lines()
	for ; from < to; from++ {
		if straight && f.rational(x, c).Cmp(rat(row[from])) < 0 || !straight && y < row[from] {
			break
		}
	}
	return int64(from)
}
