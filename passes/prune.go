package passes

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"mlpc/ir"
	"mlpc/ir/diag"
)

var prune = &Pass{
	Name: "prune", Effect: Lossy,
	Doc: "sets the weights that matter least to zero, one by one or in blocks, or takes whole neurons out",
	Options: []Option{
		{Name: "fraction", Doc: "share of the weights of each layer that becomes zero; less in layers that make an output", Default: "0.5", Check: number(0, 1)},
		{Name: "outputs", Doc: "share of the fraction in layers that make an output, behind which nothing makes up for what they lose", Default: "0.5", Check: number(0, 1)},
		{Name: "block", Doc: "ROWSxCOLS of weights that become zero together", Default: "1x1", Check: checkBlock},
		{Name: "method", Doc: "what matters: magnitude, or what the calibration rows say (obs), with the weights that stay refitted; auto: obs with calibration data and single weights", Default: "auto", Check: oneOf("auto", "magnitude", "obs")},
		{Name: "neurons", Doc: "share of the neurons of each hidden layer that is taken out first, the next layer refitted (with fraction=0: nothing else)", Default: "0", Check: number(0, 0.99)},
	},
	Layers: []string{"fraction", "block", "method", "neurons"},
	Run: func(c *Context, g *ir.Graph, o Options) (*ir.Graph, error) {
		if g.IsInteger() {
			return g, nil
		}
		g, err := pruneNeurons(c, g, o)
		if err != nil {
			return nil, err
		}
		p := &pruner{c: c, o: o, g: g, val: map[*ir.Value]*ir.Tensor{}}
		return p.run()
	},
}

// pruner walks the graph in order; what comes later sees what pruning made of what came before.
type pruner struct {
	c     *Context
	o     Options
	g     *ir.Graph
	exact []*ir.Tensor             // by ID in g: values on the calibration rows
	val   map[*ir.Value]*ir.Tensor // values of the new graph on the calibration rows
}

func (p *pruner) run() (*ir.Graph, error) {
	rows := p.c.Calib.Head(obsRows)
	var err error
	if p.exact, err = runValues(p.g, rows.Ins); err != nil {
		return nil, diag.New(diag.CodeData, diag.Pos{}, "the calibration rows do not run: %v", err)
	}
	ng := p.g.Rewrite(func(ng *ir.Graph, v *ir.Value, args []*ir.Value) *ir.Value {
		nv := p.layer(ng, v, args)
		if nv == nil {
			nv = ng.Add(v.Op, v.Type, v.Attr, args...)
		}
		switch {
		case isStatic(nv):
		case nv.Op == ir.OpInput:
			p.val[nv] = p.exact[v.ID]
		default:
			var fail error
			if p.val[nv], fail = evaluateOne(nv, p.val); fail != nil {
				err = fail
			}
		}
		return nv
	})
	return ng.Prune(), err
}

// layer gives a dense layer with fewer weights; nil where it keeps all.
func (p *pruner) layer(g *ir.Graph, v *ir.Value, args []*ir.Value) *ir.Value {
	if v.Op != ir.OpDense || !isConst(args[1]) || len(args) == 3 && !isConst(args[2]) {
		return nil
	}
	fraction, _ := strconv.ParseFloat(p.o.Layer(v.Name, "fraction"), 64)
	rows, cols, _ := parseBlock(p.o.Layer(v.Name, "block"))
	if _, own := p.o[v.Name+".fraction"]; !own && slices.Contains(p.g.Outs, v) {
		share, _ := strconv.ParseFloat(p.o["outputs"], 64)
		fraction *= share
	}
	if fraction == 0 {
		return nil
	}
	l := layerOf(&ir.Value{Op: v.Op, Attr: v.Attr, Args: args, Type: v.Type})
	if method := p.o.Layer(v.Name, "method"); l.groups == 1 && rows*cols == 1 && (method == "obs" || method == "auto" && !p.c.Synthetic) {
		pruneOBS(&l, p.val[args[0]].Reals, p.exact[v.Args[0].ID].Reals, fraction)
	} else {
		l.w = pruneBlocks(l.w, l.out, l.in, rows, cols, fraction)
	}
	return l.value(g)
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
					sum += float64(w[r*in+c] * w[r*in+c])
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
