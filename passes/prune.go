package passes

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"mlpc/ir"
)

var prune = &Pass{
	Name: "prune", Effect: Lossy,
	Doc: "sets the weights of least magnitude to zero, one by one or in blocks",
	Options: []Option{
		{Name: "fraction", Doc: "share of the weights of each layer that becomes zero", Default: "0.5", Check: number(0, 1)},
		{Name: "block", Doc: "ROWSxCOLS of weights that become zero together", Default: "1x1", Check: checkBlock},
	},
	Layers: []string{"fraction", "block"},
	Run: func(_ *Context, g *ir.Graph, o Options) (*ir.Graph, error) {
		return g.Rewrite(func(ng *ir.Graph, v *ir.Value, args []*ir.Value) *ir.Value {
			if v.Op != ir.OpDense || !isConst(args[1]) {
				return nil
			}
			fraction, _ := strconv.ParseFloat(o.Layer(v.Name, "fraction"), 64)
			rows, cols, _ := parseBlock(o.Layer(v.Name, "block"))
			shape := args[1].Type.Shape
			w := pruneBlocks(args[1].Const().Reals, shape[0], shape[1], rows, cols, fraction)
			args = slices.Clone(args)
			args[1] = ng.ConstReal(shape, w).Named(args[1].Name, args[1].Pos)
			return ng.Add(v.Op, v.Type, v.Attr, args...)
		}).Prune(), nil
	},
}

func checkBlock(s string) error {
	_, _, err := parseBlock(s)
	return err
}

// parseBlock reads "4x2".
func parseBlock(s string) (rows, cols int, err error) {
	r, c, ok := strings.Cut(s, "x")
	rows, err1 := strconv.Atoi(r)
	cols, err2 := strconv.Atoi(c)
	if !ok || err1 != nil || err2 != nil || rows < 1 || cols < 1 {
		return 0, 0, fmt.Errorf("is not ROWSxCOLS, for example 4x1")
	}
	return rows, cols, nil
}

// pruneBlocks zeroes the given fraction of the blocks of w [out][in], those with the least mean square; of equal ones the first.
func pruneBlocks(w []float64, out, in, rows, cols int, fraction float64) []float64 {
	w = slices.Clone(w)
	type block struct {
		o, i  int
		score float64
	}
	var blocks []block
	for o := 0; o < out; o += rows {
		for i := 0; i < in; i += cols {
			sum, n := 0.0, 0
			for r := o; r < min(o+rows, out); r++ {
				for c := i; c < min(i+cols, in); c++ {
					sum += w[r*in+c] * w[r*in+c]
					n++
				}
			}
			blocks = append(blocks, block{o, i, sum / float64(n)})
		}
	}
	slices.SortStableFunc(blocks, func(a, b block) int {
		switch {
		case a.score < b.score:
			return -1
		case a.score > b.score:
			return 1
		}
		return 0
	})
	for _, b := range blocks[:int(math.Round(fraction*float64(len(blocks))))] {
		for r := b.o; r < min(b.o+rows, out); r++ {
			for c := b.i; c < min(b.i+cols, in); c++ {
				w[r*in+c] = 0
			}
		}
	}
	return w
}
