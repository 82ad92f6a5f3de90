package passes

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"mlpc/ir"
	"mlpc/ir/diag"
)

var quantize = &Pass{
	Name: "quantize", Effect: Lossy, Default: true,
	Doc: "puts weights, biases and activations on integer grids",
	Options: []Option{
		{Name: "bits", Doc: "width of weights and activations, 2 to 16, or both as w4a8", Default: "8", Check: checkBits},
		{Name: "w", Doc: "width of weights, where it is not bits; 2.5: half of the rows have 2 bits and the others 3", Check: empty(number(2, 16))},
		{Name: "a", Doc: "width of activations, where it is not bits; without calibration data 16", Check: empty(whole(2, 16))},
		{Name: "out", Doc: "width of outputs; acc: accumulators as they are; without it 16, for cmsisnn that of activations, and acc where the model came quantized", Check: empty(checkOut)},
		{Name: "in", Doc: "width of inputs; without it that of activations, or as much more as keeps the first layer at 38 dB", Check: empty(whole(2, 16))},
		{Name: "table", Doc: "width of what an activation function's table is indexed with; auto: 2 more than activations, 12 at most, for cmsisnn that of activations", Default: "auto", Check: checkTable},
		{Name: "encoding", Doc: "levels of weights: uniform, ternary, binary, pow2, or sums of 1 to 3 signed powers of two (csd1 to csd3)", Default: "uniform", Check: checkEncoding},
		{Name: "method", Doc: "how weights are rounded: to the nearest level, by GPTQ, or by GPTQ and coordinate descent; auto: by the number of levels", Default: "auto", Check: oneOf("auto", "nearest", "gptq", "descent")},
		{Name: "correct", Doc: "biases take in the mean error of their layer; auto: with calibration data", Default: "auto", Check: oneOf("auto", "yes", "no")},
		{Name: "per", Doc: "one weight scale for each row, or one for a tensor", Default: "row", Check: oneOf("row", "tensor")},
		{Name: "scales", Doc: "any scales (free), or powers of two, which need no multiplier; auto: pow2 for hardware", Default: "auto", Check: oneOf("auto", "free", "pow2")},
		{Name: "zero", Doc: "activations with a zero point (asymmetric) or without; auto: asymmetric where scales are free and widths at most 8", Default: "auto", Check: oneOf("auto", "symmetric", "asymmetric")},
		{Name: "range", Doc: "activation ranges: least mean square error, least and largest value, or a percentile", Default: "mse", Check: oneOf("mse", "minmax", "percentile")},
		{Name: "percentile", Doc: "share of values inside the range, for range=percentile", Default: "99.99", Check: number(50, 100)},
		{Name: "rows", Doc: "how many calibration rows to use at most", Default: "2048", Check: whole(1, 1<<20)},
	},
	Layers: []string{"w", "a", "encoding", "method"},
	Run: func(c *Context, g *ir.Graph, o Options) (*ir.Graph, error) {
		if g.IsInteger() {
			return g, nil
		}
		if c.Config.Goal != nil {
			var err error
			if o, err = allocate(c, g, o, c.Config.Goal); err != nil {
				return nil, err
			}
		}
		q, err := newQuantizer(c, g, o)
		if err != nil {
			return nil, err
		}
		return q.run()
	},
}

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

// quantizer walks the real graph in order; what comes later sees the quantized values of what came before.
type quantizer struct {
	c       *Context
	o       Options
	g       *ir.Graph
	pow2    bool
	users   [][]*ir.Value // by ID in g
	isOut   []bool        // by ID in g
	funcs   *cluster
	need    []bool         // by ID in g: the value gets a quantizer
	weights map[int]string // by ID in g: how the weights of a dense layer are written
	exact   []*ir.Tensor   // by ID in g: float values on the calibration rows

	ng  *ir.Graph
	to  []*ir.Value              // by ID in g: the value that stands for it in ng
	val map[*ir.Value]*ir.Tensor // values of ng on the calibration rows
}

func newQuantizer(c *Context, g *ir.Graph, o Options) (*quantizer, error) {
	rows := c.Calib.Head(o.Int("rows"))
	exact, err := runValues(g, rows.Ins)
	if err != nil {
		return nil, diag.New(diag.CodeData, diag.Pos{}, "the calibration rows do not run: %v", err)
	}
	q := &quantizer{c: c, o: o, g: g, exact: exact, ng: &ir.Graph{Name: g.Name}, to: make([]*ir.Value, len(g.Values)), val: map[*ir.Value]*ir.Tensor{}, weights: map[int]string{}}
	q.pow2 = o["scales"] == "pow2" || o["scales"] == "auto" && c.Config.Hardware()
	q.users = make([][]*ir.Value, len(g.Values))
	q.isOut = make([]bool, len(g.Values))
	for _, v := range g.Values {
		for _, a := range v.Args {
			q.users[a.ID] = append(q.users[a.ID], v)
		}
	}
	for _, v := range g.Outs {
		q.isOut[v.ID] = true
	}
	q.place()
	return q, nil
}

// run makes the new graph.
func (q *quantizer) run() (*ir.Graph, error) {
	for _, v := range q.g.Values {
		args := make([]*ir.Value, len(v.Args))
		for i, a := range v.Args {
			args[i] = q.to[a.ID]
		}
		var nv *ir.Value
		if v.Op == ir.OpDense && !q.onGrid(v) && isConst(args[1]) && (len(args) == 2 || isConst(args[2])) {
			var err error
			if nv, err = q.dense(v, args); err != nil {
				return nil, err
			}
		} else {
			nv = q.ng.Add(v.Op, v.Type, v.Attr, args...)
		}
		nv.Named(v.Name, v.Pos)
		if err := q.evaluate(nv, v); err != nil {
			return nil, err
		}
		if q.need[v.ID] {
			attr, err := q.activation(v, q.val[nv])
			if err != nil {
				return nil, err
			}
			raw := q.val[nv]
			nv = q.ng.New(ir.OpQuant, ir.Real, attr, nv).Named(v.Name, v.Pos)
			if err := q.evaluate(nv, nil); err != nil {
				return nil, err
			}
			q.report(v, nv, raw)
		}
		q.to[v.ID] = nv
	}
	for _, o := range q.g.Outs {
		q.ng.Outs = append(q.ng.Outs, q.to[o.ID])
	}
	return q.ng.Prune(), nil
}

// onGrid tells whether the weights of a layer of a model that came quantized lie on a grid although no quantizer says so.
func (q *quantizer) onGrid(v *ir.Value) bool {
	if !q.c.Imported {
		return false
	}
	_, ok := gridOf(v.Args[1])
	return ok
}

// evaluate computes nv on the calibration rows from the values of its arguments; old is the float value that it stands for.
func (q *quantizer) evaluate(nv, old *ir.Value) error {
	if isStatic(nv) {
		return nil
	}
	if nv.Op == ir.OpInput {
		q.val[nv] = q.exact[old.ID]
		return nil
	}
	out, err := evaluateOne(nv, q.val)
	if err != nil {
		return err
	}
	q.val[nv] = out
	return nil
}

// evaluateOne computes one value from the values of its run-time arguments.
func evaluateOne(v *ir.Value, val map[*ir.Value]*ir.Tensor) (*ir.Tensor, error) {
	g := &ir.Graph{}
	copies := map[*ir.Value]*ir.Value{}
	var ins []*ir.Tensor
	var copyOf func(a *ir.Value) *ir.Value
	copyOf = func(a *ir.Value) *ir.Value {
		if c := copies[a]; c != nil {
			return c
		}
		if isStatic(a) {
			args := make([]*ir.Value, len(a.Args))
			for i, b := range a.Args {
				args[i] = copyOf(b)
			}
			copies[a] = g.Add(a.Op, a.Type, a.Attr, args...)
		} else {
			copies[a] = g.Add(ir.OpInput, ir.Type{Shape: a.Type.Shape}, &ir.Input{})
			ins = append(ins, val[a])
		}
		return copies[a]
	}
	args := make([]*ir.Value, len(v.Args))
	for i, a := range v.Args {
		args[i] = copyOf(a)
	}
	g.Outs = []*ir.Value{g.Add(v.Op, v.Type, v.Attr, args...)}
	outs, err := ir.Run(g, ins)
	if err != nil {
		return nil, err
	}
	return outs[0], nil
}

// isStatic tells whether v depends on no input.
func isStatic(v *ir.Value) bool {
	if v.Op == ir.OpInput {
		return false
	}
	for _, a := range v.Args {
		if !isStatic(a) {
			return false
		}
	}
	return true
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

// thin gives at most about n evenly spaced elements of xs.
func thin(xs []float64, n int) []float64 {
	if len(xs) <= n {
		return xs
	}
	step := (len(xs) + n - 1) / n
	// An odd step meets every column of tables of even width.
	step |= 1
	var ys []float64
	for i := 0; i < len(xs); i += step {
		ys = append(ys, xs[i])
	}
	return ys
}

// pow2Above gives the least power of two ≥ x > 0.
func pow2Above(x float64) float64 {
	frac, exp := math.Frexp(x)
	if frac == 0.5 {
		exp--
	}
	return math.Ldexp(1, exp)
}
