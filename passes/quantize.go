package passes

import (
	"mlpc/ir"
	"mlpc/ir/diag"
)

var quantize = &Pass{
	Name: "quantize", Effect: Lossy, Default: true,
	Doc: "puts weights, biases and activations on integer grids",
	Options: append([]Option{
		{Name: "bits", Doc: "width of weights and activations, 2 to 16, or both as w4a8", Default: "8", Check: checkBits},
		{Name: "w", Doc: "width of weights, where it is not bits; 2.5: half of the rows have 2 bits and the others 3", Check: empty(number(2, 16))},
		{Name: "a", Doc: "width of activations, where it is not bits; without calibration data 16", Check: empty(whole(2, 16))},
		{Name: "out", Doc: "width of outputs; acc: accumulators as they are; without it 16, for cmsisnn that of activations, and acc where the model came quantized", Check: empty(checkOut)},
		{Name: "in", Doc: "width of inputs; without it that of activations, or as much more as keeps the first layer at 38 dB", Check: empty(whole(2, 16))},
		{Name: "table", Doc: "width of what an activation function's table is indexed with; auto: 2 more than activations, 12 at most, for cmsisnn that of activations", Default: "auto", Check: checkTable},
		{Name: "encoding", Doc: "levels of weights: uniform, ternary, binary, pow2, or sums of 1 to 3 signed powers of two (csd1 to csd3)", Default: "uniform", Check: checkEncoding},
		{Name: "method", Doc: "how weights are rounded: to the nearest level, by GPTQ, or by GPTQ and coordinate descent; learned: after that the rounding, scales and biases of all layers together, against the float outputs; auto: by the number of levels, and learned in small nets, and for few levels up to 65,000 weights on 2048 rows", Default: "auto", Check: oneOf("auto", "nearest", "gptq", "descent", "learned")},
		{Name: "correct", Doc: "biases take in the mean error of their layer; auto: with calibration data", Default: "auto", Check: oneOf("auto", "yes", "no")},
		{Name: "per", Doc: "a weight scale for each row, one for the tensor, or, as a number, one for each so many rows", Default: "row", Check: checkPer},
		{Name: "scales", Doc: "any scales (free), or powers of two, which need no multiplier; auto: pow2 for hardware", Default: "auto", Check: oneOf("auto", "free", "pow2")},
		{Name: "zero", Doc: "activations with a zero point (asymmetric) or without; auto: asymmetric where scales are free and widths at most 8", Default: "auto", Check: oneOf("auto", "symmetric", "asymmetric")},
		{Name: "range", Doc: "activation ranges: least mean square error, least and largest value, or a percentile", Default: "mse", Check: oneOf("mse", "minmax", "percentile")},
		{Name: "percentile", Doc: "share of values inside the range, for range=percentile", Default: "99.99", Check: number(50, 100)},
		{Name: "rows", Doc: "how many calibration rows to use at most", Default: "2048", Check: whole(1, 1<<20)},
		{Name: "alone", Doc: "yes measures what each layer costs if it alone is quantized", Default: "yes", Check: oneOf("yes", "no")},
	}, typeOptions...),
	Layers: []string{"w", "a", "encoding", "method", "weight", "bias", "result"},
	Run: func(c *Context, g *ir.Graph, o Options) (*ir.Graph, error) {
		if g.IsInteger() || isSingle(g) {
			return g, nil
		}
		c.Calib.doubt(c)
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
		ng, err := q.run()
		if err != nil {
			return nil, err
		}
		q.unnarrowed()
		if c.meter != nil && o["alone"] == "yes" {
			return ng, q.measureAlone(c.Layers, q.layerOf, c.meter)
		}
		return ng, nil
	},
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
	need    []bool            // by ID in g: the value gets a quantizer
	weights map[int]string    // by ID in g: how the weights of a dense layer are written
	exact   []*ir.Tensor      // by ID in g: float values on the calibration rows
	offset  map[int][]float64 // by ID in g: what was subtracted from the features of an input before its quantizer, and from its exact values
	attr    map[int]*ir.Quant // by ID in g: its quantizer
	made    map[int]*ir.Value // by ID in g: the quantized dense layer, in ng
	layerOf []*ir.Value       // the values of c.Layers, in g

	unshifted map[int]*ir.Tensor // by ID in g: exact values of such an input as they are
	rounded   map[int]*rounded   // by ID in g: the dense layers

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
	q := &quantizer{c: c, o: o, g: g, exact: exact, ng: &ir.Graph{Name: g.Name}, to: make([]*ir.Value, len(g.Values)), val: map[*ir.Value]*ir.Tensor{}, weights: map[int]string{},
		offset: map[int][]float64{}, unshifted: map[int]*ir.Tensor{}, rounded: map[int]*rounded{}, attr: map[int]*ir.Quant{}, made: map[int]*ir.Value{}}
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

// run makes the new graph: layer by layer, and once more where all layers were then moved together.
func (q *quantizer) run() (*ir.Graph, error) {
	reported := len(q.c.Layers)
	g, err := q.walk()
	if err != nil || !q.reconstruct() {
		return g, err
	}
	q.c.Layers, q.layerOf = q.c.Layers[:reported], nil
	q.ng, q.val = &ir.Graph{Name: q.g.Name}, map[*ir.Value]*ir.Tensor{}
	return q.walk()
}

// walk makes the new graph, with the grids that are decided already.
func (q *quantizer) walk() (*ir.Graph, error) {
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
			q.made[v.ID] = nv
		} else {
			nv = q.ng.Add(v.Op, v.Type, v.Attr, args...)
		}
		nv.Named(v.Name, v.Pos)
		if err := q.evaluate(nv, v); err != nil {
			return nil, err
		}
		if q.need[v.ID] {
			attr, offset, err := q.gridsOf(v, q.val[nv])
			if err != nil {
				return nil, err
			}
			if offset != nil {
				nv = q.ng.New(ir.OpSub, ir.Real, nil, nv, q.ng.ConstReal([]int{len(offset)}, offset)).Named(v.Name, v.Pos)
				if err := q.evaluate(nv, nil); err != nil {
					return nil, err
				}
				if q.offset[v.ID] == nil {
					q.shift(v, offset)
				}
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

// gridsOf gives what activation chooses for v, the same each time.
func (q *quantizer) gridsOf(v *ir.Value, x *ir.Tensor) (*ir.Quant, []float64, error) {
	if a := q.attr[v.ID]; a != nil {
		return a, q.offset[v.ID], nil
	}
	a, offset, err := q.activation(v, x)
	q.attr[v.ID] = a
	return a, offset, err
}

// shift takes the offset of the features of an input off what the float net gives, and puts it into the biases of the layers that read it.
func (q *quantizer) shift(v *ir.Value, offset []float64) {
	q.offset[v.ID], q.unshifted[v.ID] = offset, q.exact[v.ID]
	t := ir.NewReals(q.exact[v.ID].Rows, v.Type.Shape)
	for i, x := range q.exact[v.ID].Reals {
		t.Reals[i] = x - offset[i%len(offset)]
	}
	q.exact[v.ID] = t
}

// onGrid tells whether the weights of a layer of a model that came quantized lie on a grid although no quantizer says so.
func (q *quantizer) onGrid(v *ir.Value) bool {
	if !q.c.Imported {
		return false
	}
	_, ok := gridOf(v.Args[1])
	return ok
}
