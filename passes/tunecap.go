package passes

import (
	"slices"

	"mlpc/ir"
)

// capShare is the share of the samples on which a result may be cut off.
const capShare = 1.0 / 512

// capped limits each result of the requantizations that only one dense layer reads to what the rows show, save capShare of them. Most
// results fill a part of their common type, and the adders behind are as wide as what can come.
func capped(g *ir.Graph, rows *Rows) (*ir.Graph, error) {
	enc, err := Encode(g, rows.Ins)
	if err != nil {
		return nil, err
	}
	vals, err := ir.RunAll(g, enc)
	if err != nil {
		return nil, err
	}
	uses, read := g.Uses(), map[*ir.Value]bool{}
	for _, v := range g.Values {
		if a := v.Args; v.Op == ir.OpDense && a[0].Op == ir.OpRequant && uses[a[0].ID] == 1 && len(a[0].Type.Shape) == 1 {
			read[a[0]] = true
		}
	}
	return g.Rewrite(func(ng *ir.Graph, v *ir.Value, args []*ir.Value) *ir.Value {
		if !read[v] {
			return nil
		}
		top := tops(vals[v.ID].Ints, v.Type.Size())
		y := ng.Add(v.Op, v.Type, v.Attr, args...).Named(v.Name, v.Pos)
		return ng.Add(ir.OpMin, v.Type, nil, y, ng.Const([]int{len(top)}, top))
	}), nil
}

// tops gives for each of n columns the number that capShare of its entries exceed.
func tops(x []int64, n int) []int64 {
	top := make([]int64, n)
	for j := range top {
		var column []int64
		for i := j; i < len(x); i += n {
			column = append(column, x[i])
		}
		slices.Sort(column)
		top[j] = column[len(column)-1-int(capShare*float64(len(column)))]
	}
	return top
}
