package passes

import (
	"math"
	"slices"

	"mlpc/ir"
)

// rounded is a dense layer on its grids: weight i of row o is ints[o·in+i]·acc[o] for each step of its input.
type rounded struct {
	ints, acc []float64 // [out][in]; [1] or [out]
	b         []float64 // [out]
	x         []float64 // scale of the input: [1] or [in]
	lv        []*levels // of all rows, or of each; nil where the weights have a type
}

// clone copies what may be moved.
func (r *rounded) clone() rounded {
	return rounded{slices.Clone(r.ints), slices.Clone(r.acc), slices.Clone(r.b), r.x, r.lv}
}

// joint is a chain of dense layers with functions of one variable between them, as it runs on the calibration rows. All matrices are
// [channel][row].
type joint struct {
	rows   int
	layers []*jointLayer
	goal   *outputLoss
	ref    [][]float64 // the float net's outputs
	loss   float64     // of the outputs as they are
	pow2   bool        // scales stay powers of two
	small  bool        // there is time to try more
}

// jointLayer is one dense layer and what follows it up to the next one, or to the output.
type jointLayer struct {
	v       *ir.Value // in the old graph
	r       *rounded
	fixed   bool // the weights stay
	fine    bool // the weights have many levels
	share   bool // rows share scales
	in, out int
	x       []column    // the inputs, in steps of their grids
	z       [][]float64 // the results
	exact   [][]float64 // the float net's
	slope   [][]float64 // derivative of next by z, quantizers taken for straight lines within their range
	next    [][]float64 // inputs of the next layer in steps, or the outputs
	act     []*ir.Value // the ops behind the layer, in order
	step    []float64   // scale of the next layer's inputs
}

const (
	jointEpochs = 10      // times over all rows of all layers at most
	jointGain   = 0.99    // an epoch that gains less is the last
	jointPull   = 0.3     // of a row towards the float net's results, in mean curvatures
	jointCost   = 1 << 27 // products of a run of the chain up to which method=auto takes the time
	jointSmall  = 1 << 19 // likewise, for trying many scales
)

// reconstruct moves the weights, scales and biases of all layers together to where the outputs on the calibration rows are nearest to
// the float net's, row by row of the weights and layer by layer, and tells whether it moved any. It needs no labels. (Li et al., "BRECQ",
// 2021, reconstruct blocks by gradients; here each step is coordinate descent on the Gauss-Newton model of the whole net.)
func (q *quantizer) reconstruct() bool {
	if q.c.Synthetic || !q.correct() || q.c.solved != nil || !slices.Contains([]string{"auto", "learned"}, q.o["method"]) {
		return false
	}
	j := q.newJoint()
	if j == nil || q.o["method"] == "auto" && j.cost() > jointCost {
		return false
	}
	j.ready(q)
	start := j.loss
	for range jointEpochs {
		before := j.loss
		for k, l := range j.layers {
			for o := range l.out {
				j.improve(k, o)
				if j.small && j.pow2 {
					j.stretch(k, o)
				}
			}
		}
		if j.loss > jointGain*before {
			break
		}
	}
	return j.loss < start
}

// newJoint reads the quantized graph as a chain; nil where it is none, where a layer is of a kind that cannot be moved, or where all
// weights are fine enough as they are.
func (q *quantizer) newJoint() *joint {
	if len(q.ng.Outs) != 1 || q.c.Imported {
		return nil
	}
	old := map[*ir.Value]*ir.Value{}
	for _, v := range q.g.Values {
		if d := q.made[v.ID]; d != nil {
			old[d] = v
		}
	}
	j := &joint{pow2: q.pow2}
	step, act, v := []float64{1}, []*ir.Value(nil), q.ng.Outs[0]
	for len(v.Type.Shape) == 1 && !isStatic(v) {
		d := old[v]
		if d == nil {
			x, ok := throughOne(v)
			if !ok {
				return nil
			}
			act, v = append(act, v), x
			continue
		}
		r := q.rounded[d.ID]
		if r.lv == nil || v.Attr.(*ir.Dense).Groups > 1 {
			return nil
		}
		slices.Reverse(act)
		m := q.method(d.Name, v.Args[1].Type.Shape[1], r.lv)
		l := &jointLayer{v: d, r: r, fixed: m == "nearest" || q.o["method"] == "auto" && isFine(mostLevels(r.lv)), fine: m == "gptq", share: q.share(v.Args[1].Type.Shape[0]) > 1, in: v.Args[1].Type.Shape[1], out: v.Args[1].Type.Shape[0], act: act, step: step}
		j.layers = append([]*jointLayer{l}, j.layers...)
		step, act, v = r.x, nil, v.Args[0]
		if !q.behindDense(v) {
			return j.reading(q.val[v], q.o["method"] == "auto")
		}
	}
	return nil
}

// throughOne gives the argument of a function of one variable along the last axis.
func throughOne(v *ir.Value) (*ir.Value, bool) {
	switch v.Op {
	case ir.OpQuant, ir.OpClamp, ir.OpTable:
		return v.Args[0], true
	case ir.OpAdd, ir.OpSub, ir.OpMul:
		a, ok := asAffine(v)
		return a.x, ok
	}
	return nil, false
}

// reading gives the first layer its inputs; nil where all weights are fine enough as they are. Where it is not asked for, the weights of
// large chains move only if their levels are coarse: there is little to gain for the time.
func (j *joint) reading(x *ir.Tensor, auto bool) *joint {
	l := j.layers[0]
	j.rows = x.Rows
	l.x = columnsFrom(transposed(perStep(x.Reals, l.r.x), l.in))
	j.small = j.cost() <= jointSmall
	moves := false
	for _, l := range j.layers {
		l.fixed = l.fixed || auto && !j.small && l.fine
		moves = moves || !l.fixed
	}
	if !moves {
		return nil
	}
	return j
}

// cost is the number of products of one run on the rows.
func (j *joint) cost() int {
	n := 0
	for _, l := range j.layers {
		n += l.in * l.out
	}
	return n * j.rows
}

// ready runs the chain.
func (j *joint) ready(q *quantizer) {
	ref := q.exact[q.g.Outs[0].ID]
	j.goal = newOutputLoss([]*ir.Tensor{ref}, q.c.Calib.Targets == nil)
	j.ref = transposed(ref.Reals, ref.Size())
	for _, l := range j.layers {
		l.exact = transposed(q.exact[l.v.ID].Reals, l.out)
		l.z, l.slope, l.next = make([][]float64, l.out), make([][]float64, l.out), make([][]float64, l.out)
		for o := range l.out {
			l.slope[o], l.next[o] = make([]float64, j.rows), make([]float64, j.rows)
		}
	}
	j.refresh(0)
	j.loss = j.measure()
}

// transposed turns rows of n into n columns.
func transposed(x []float64, n int) [][]float64 {
	c := make([][]float64, n)
	for i := range c {
		c[i] = make([]float64, len(x)/n)
		for r := range c[i] {
			c[i][r] = x[r*n+i]
		}
	}
	return c
}

// refresh computes the chain from layer first on.
func (j *joint) refresh(first int) {
	for k, l := range j.layers[first:] {
		if first+k > 0 {
			l.x = columnsFrom(j.layers[first+k-1].next)
		}
		for o := range l.out {
			l.z[o] = l.result(o, j.rows)
			l.follow(o)
		}
	}
}

// result computes row o of the layer.
func (l *jointLayer) result(o, rows int) []float64 {
	z := make([]float64, rows)
	for i, x := range l.x {
		x.addTo(z, l.r.ints[o*l.in+i])
	}
	acc := at(l.r.acc, o)
	b := math.RoundToEven(l.r.b[o]/acc) * acc
	for i := range z {
		z[i] = float64(z[i]*acc) + b
	}
	return z
}

// follow computes what row o becomes, and its derivative by a difference over a width that is small beside the row's values.
func (l *jointLayer) follow(o int) {
	lo, hi := bounds(l.z[o])
	h, step := max(hi-lo, 1e-9)*1e-4, at(l.step, o)
	for r, z := range l.z[o] {
		y, up, down := z, z+h, z-h
		for _, v := range l.act {
			y, up, down = apply(v, y, o, false), apply(v, up, o, true), apply(v, down, o, true)
		}
		l.next[o][r], l.slope[o][r] = y/step, (up-down)/(2*h*step)
	}
}

// apply gives the result of an op of throughOne for x at channel c; straight takes a quantizer for a line within its range.
func apply(v *ir.Value, x float64, c int, straight bool) float64 {
	switch a := v.Attr.(type) {
	case *ir.Quant:
		if straight {
			return min(max(x, a.Real(at(a.Lo, c), c)), a.Real(at(a.Hi, c), c))
		}
		return a.Real(a.Integer(x, c), c)
	case *ir.Clamp:
		return min(max(x, a.RLo), a.RHi)
	case *ir.Table:
		return ir.Funcs[a.Fn].Eval(x, a.Params)
	}
	a, _ := asAffine(v)
	return float64(at(a.mul, c)*x) + at(a.add, c)
}

// outputs are the results of the chain.
func (j *joint) outputs() [][]float64 { return j.layers[len(j.layers)-1].next }

// measure gives the loss of the outputs.
func (j *joint) measure() float64 {
	out := j.outputs()
	sum, ref, got := 0.0, make([]float64, len(out)), make([]float64, len(out))
	for r := range j.rows {
		for k := range out {
			ref[k], got[k] = j.ref[k][r], out[k][r]
		}
		sum += j.goal.row(0, r, ref, got)
	}
	return sum / float64(j.rows)
}

// changed recomputes everything behind row o of a layer whose next values were before.
func (j *joint) changed(layer, o int, before []float64) {
	if layer+1 == len(j.layers) {
		return
	}
	l, now := j.layers[layer+1], j.layers[layer].next[o]
	change := make([]float64, j.rows)
	for r := range change {
		change[r] = now[r] - before[r]
	}
	l.x[o] = newColumn(now)
	moved := newColumn(change)
	for p := range l.out {
		if w := l.r.ints[p*l.in+o] * at(l.r.acc, p); w != 0 {
			moved.addTo(l.z[p], w)
			l.follow(p)
		}
	}
	j.refresh(layer + 2)
}
