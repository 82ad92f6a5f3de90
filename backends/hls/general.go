package hls

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"mlpc/ir"
)

// general emits a process that works on arrays: in a stream design inside a function that loads and stores them.
func (d *design) general(v *ir.Value, to string) {
	call := d.layer(v)
	if d.stream || call.before != nil {
		d.onArrays(v, to, func(args []string, res string) {
			if call.before != nil {
				args = call.before(args)
			}
			d.helpers.P("%s(%s, %s);", call.name, strings.Join(args, ", "), res)
		})
		return
	}
	var args []string
	for _, a := range v.Args {
		args = append(args, d.read(a))
	}
	d.calls.P("%s(%s, %s);", call.name, strings.Join(args, ", "), to)
}

// layerCall is a call of a library function on arrays.
type layerCall struct {
	name   string
	before func(args []string) []string // emits preparations inside the process and gives the arguments of the call; nil: none
}

// onArrays emits a function for v whose body works on arrays, and its call. In a stream design it loads its arguments and stores
// its result.
func (d *design) onArrays(v *ir.Value, to string, body func(args []string, res string)) {
	var params, actual, args []string
	fn := fmt.Sprintf("layer%d", v.ID)
	var loads []string
	for i, a := range v.Args {
		r := d.root[a]
		if r.Op == ir.OpConst {
			if v.Op != ir.OpDense {
				args = append(args, d.constArray(r))
			}
			continue
		}
		name := fmt.Sprintf("data%d", i)
		actual = append(actual, d.read(a))
		args = append(args, name)
		if d.stream {
			params = append(params, fmt.Sprintf("hls::stream<%s> &%s_stream", beatName(r), name))
			loads = append(loads, fmt.Sprintf("%s %s[%d];", elemName(r), name, r.Type.Size()),
				fmt.Sprintf("nnet::load<%s, %d, %d>(%s_stream, %s);", beatName(r), rows(r), columns(r), name, name))
		} else {
			params = append(params, fmt.Sprintf("const %s %s[%d]", elemName(r), name, r.Type.Size()))
		}
	}
	if d.stream {
		params = append(params, fmt.Sprintf("hls::stream<%s> &res_stream", d.beatOf(v)))
	} else {
		params = append(params, fmt.Sprintf("%s res[%d]", d.elemOf(v), v.Type.Size()))
	}
	h := &d.helpers
	h.P("// %s", label(v))
	h.P("static void %s(%s) {", fn, strings.Join(params, ", "))
	h.In()
	for _, l := range loads {
		h.Line(l)
	}
	if d.stream {
		h.P("%s res[%d];", d.elemOf(v), v.Type.Size())
	}
	body(args, "res")
	if d.stream {
		h.P("nnet::store<%s, %d, %d>(res, res_stream);", d.beatOf(v), rows(v), columns(v))
	}
	h.Out()
	h.P("}")
	h.P("")
	d.calls.P("%s(%s);", fn, strings.Join(append(actual, to), ", "))
}

// layer emits the configuration of a general op and gives its call.
func (d *design) layer(v *ir.Value) *layerCall {
	switch v.Op {
	case ir.OpAdd, ir.OpSub, ir.OpMul, ir.OpMax, ir.OpMin, ir.OpCmp:
		return d.zip(v)
	case ir.OpSelect:
		return d.choose(v)
	case ir.OpDenseFloat32:
		return d.denseFloat32(v)
	case ir.OpMatMul:
		return d.matmul(v)
	case ir.OpRoute:
		return d.route(v)
	case ir.OpNorm:
		return d.norm(v)
	case ir.OpLookup:
		return d.lookup(v)
	case ir.OpSum, ir.OpReduceMax, ir.OpArgMax, ir.OpTopK:
		return d.axis(v)
	case ir.OpRequant, ir.OpThreshold, ir.OpClamp, ir.OpTable, ir.OpWrap: // of a constant
		d.mapFunction(v)
		return &layerCall{name: d.template("map", v, 0)}
	}
	panic("hls: no case for " + v.Op.String())
}

// template spells nnet::NAME<types of the given arguments, result type, configuration>.
func (d *design) template(name string, v *ir.Value, args ...int) string {
	var types []string
	for _, i := range args {
		types = append(types, d.elem(v.Args[i]))
	}
	types = append(types, d.elemOf(v), configName(v))
	return fmt.Sprintf("nnet::%s<%s>", name, strings.Join(types, ", "))
}

var zipFunctions = map[string]string{
	"add": "add", "sub": "subtract", "mul": "multiply", "max": "maximum", "min": "minimum",
	"lt": "less", "le": "less_equal", "eq": "equal",
}

func (d *design) zip(v *ir.Value) *layerCall {
	fn := v.Op.String()
	if c, ok := v.Attr.(*ir.Cmp); ok {
		fn = c.Rel
	}
	na, nb := d.length(v, 0), d.length(v, 1)
	d.config(configName(v), "nnet::zip_config", func() {
		d.member("n", v.Type.Size())
		d.member("n_a", na)
		d.member("n_b", nb)
		d.member("lanes", d.lanes(v))
		d.configs.P("typedef nnet::%s function;", zipFunctions[fn])
	})
	return &layerCall{name: d.template("zip", v, 0, 1), before: d.expansion(v)}
}

func (d *design) choose(v *ir.Value) *layerCall {
	nc, na, nb := d.length(v, 0), d.length(v, 1), d.length(v, 2)
	d.config(configName(v), "nnet::zip_config", func() {
		d.member("n", v.Type.Size())
		d.member("n_a", na)
		d.member("n_b", nb)
		d.member("n_c", nc)
		d.member("lanes", d.lanes(v))
	})
	return &layerCall{name: d.template("choose", v, 0, 1, 2), before: d.expansion(v)}
}

// repeats tells whether repeating the argument end to end broadcasts it to a shape.
func repeats(arg *ir.Value, shape []int) bool {
	from := arg.Type.Shape
	for len(from) > 0 && from[0] == 1 {
		from = from[1:]
	}
	return len(from) <= len(shape) && slices.Equal(from, shape[len(shape)-len(from):])
}

// length is the number of elements that argument i has after its expansion.
func (d *design) length(v *ir.Value, i int) int {
	if repeats(v.Args[i], v.Type.Shape) {
		return v.Args[i].Type.Size()
	}
	return v.Type.Size()
}

// expansion gives the preparation that broadcasts arguments to the shape of v where repeating them does not; nil when none needs it.
func (d *design) expansion(v *ir.Value) func([]string) []string {
	shapes := map[int][]int{}
	for i, a := range v.Args {
		if !repeats(a, v.Type.Shape) {
			shapes[i] = v.Type.Shape
		}
	}
	return d.expand(v, shapes)
}

// expand gives the preparation that broadcasts argument i to shapes[i] by an index map.
func (d *design) expand(v *ir.Value, shapes map[int][]int) func([]string) []string {
	if len(shapes) == 0 {
		return nil
	}
	return func(args []string) []string {
		args = slices.Clone(args)
		for i := range v.Args {
			shape := shapes[i]
			if shape == nil {
				continue
			}
			a := v.Args[i]
			config := fmt.Sprintf("%s_%d", configName(v), i)
			d.routeConfig(config, fmt.Sprintf("expand%d_%d", v.ID, i), label(v), a.Type.Size(), broadcastIndex(a.Type.Shape, shape), nil)
			name := fmt.Sprintf("wide%d", i)
			d.helpers.P("%s %s[%d];", d.elem(a), name, ir.Size(shape))
			d.helpers.P("nnet::route<%s, %s, %s>(%s, %s);", d.elem(a), d.elem(a), config, args[i], name)
			args[i] = name
		}
		return args
	}
}

// broadcastIndex maps each element of the broadcast shape to the element of a tensor of shape from.
func broadcastIndex(from, shape []int) []int32 {
	strides := make([]int, len(shape))
	step := 1
	for i := range from {
		d := len(from) - 1 - i
		if from[d] > 1 {
			strides[len(shape)-1-i] = step
		}
		step *= from[d]
	}
	index := make([]int32, ir.Size(shape))
	for i := range index {
		rest, at := i, 0
		for d := len(shape) - 1; d >= 0; d-- {
			at += rest % shape[d] * strides[d]
			rest /= shape[d]
		}
		index[i] = int32(at)
	}
	return index
}

func (d *design) matmul(v *ir.Value) *layerCall {
	s, a := v.Type.Shape, v.Args[0].Type.Shape
	lead := s[:len(s)-2]
	wide := map[int][]int{}
	for i, arg := range v.Args {
		as := arg.Type.Shape
		if n := len(as) - 2; ir.Size(as[:n]) != ir.Size(lead) {
			wide[i] = slices.Concat(lead, as[n:])
		}
	}
	d.config(configName(v), "", func() {
		d.member("batch", ir.Size(lead))
		d.member("rows", s[len(s)-2])
		d.member("inner", a[len(a)-1])
		d.member("columns", s[len(s)-1])
	})
	return &layerCall{name: d.template("matmul", v, 0, 1), before: d.expand(v, wide)}
}

// denseFloat32 emits a dense layer of integers through float32.
func (d *design) denseFloat32(v *ir.Value) *layerCall {
	a, w := v.Attr.(*ir.DenseFloat32), v.Args[1].Type.Shape
	scales := d.floats(fmt.Sprintf("scales%d", v.ID), "Scales of the weights of "+label(v), a.Scales)
	bias := "0"
	if len(a.Bias) > 0 {
		bias = d.floats(fmt.Sprintf("bias%d", v.ID), "Biases of "+label(v), a.Bias) + "[row]"
	}
	d.config(configName(v), "", func() {
		d.member("n_vectors", rows(v))
		d.member("n_in", w[1])
		d.member("n_out", w[0])
		d.member("groups", max(1, a.Groups))
		d.member("depth", a.Depth)
		d.function("float", "scale", "", floatText(a.Scale))
		d.function("float", "weight_scale", "unsigned row", scales+"[row]")
		param := "unsigned row"
		if len(a.Bias) == 0 {
			param = "unsigned"
		}
		d.function("float", "bias", param, bias)
		d.function("float", "out_scale", "", floatText(a.OutScale))
		d.function("int", "zero", "", fmt.Sprint(a.Zero))
		d.function("int", "out_zero", "", fmt.Sprint(a.OutZero))
		d.function("int", "lo", "", fmt.Sprint(a.Lo))
		d.function("int", "hi", "", fmt.Sprint(a.Hi))
	})
	return &layerCall{name: d.template("dense_float32", v, 0, 1)}
}

// floats emits a constant array of float32 and gives its name.
func (d *design) floats(name, doc string, xs []float64) string {
	words := make([]string, len(xs))
	for i, x := range xs {
		words[i] = floatText(x)
	}
	d.configs.P("// %s", doc)
	d.configs.P("static const float %s[%d] = {%s};", name, len(xs), strings.Join(words, ", "))
	return name
}

// floatText spells a float32.
func floatText(x float64) string { return strconv.FormatFloat(float64(float32(x)), 'e', -1, 32) + "f" }

// route emits an index map; several arguments are first laid end to end.
func (d *design) route(v *ir.Value) *layerCall {
	a := v.Attr.(*ir.Route)
	total := 0
	for _, arg := range v.Args {
		total += arg.Type.Size()
	}
	d.routeConfig(configName(v), fmt.Sprintf("index%d", v.ID), label(v), total, a.Index, a.Fill)
	if len(v.Args) == 1 {
		return &layerCall{name: d.template("route", v, 0)}
	}
	joined := fmt.Sprintf("joined%d_t", v.ID)
	lo, hi := int64(0), int64(0)
	for _, arg := range v.Args {
		l, h := arg.Type.Elem.Range()
		lo, hi = min(lo, l), max(hi, h)
	}
	d.types.P("typedef %s %s;", hlsType(ir.Fit(lo, hi)), joined)
	return &layerCall{
		name:   fmt.Sprintf("nnet::route<%s, %s, %s>", joined, d.elemOf(v), configName(v)),
		before: func(args []string) []string { return d.join(v, joined, args) },
	}
}

// join lays the arguments of v end to end, two at a time.
func (d *design) join(v *ir.Value, typ string, args []string) []string {
	name, n, elem := args[0], v.Args[0].Type.Size(), d.elem(v.Args[0])
	for i := 1; i < len(v.Args); i++ {
		next := v.Args[i]
		to := fmt.Sprintf("joined%d", i)
		d.helpers.P("%s %s[%d];", typ, to, n+next.Type.Size())
		d.helpers.P("nnet::concat<%s, %s, %s, %d, %d>(%s, %s, %s);", elem, d.elem(next), typ, n, next.Type.Size(), name, args[i], to)
		name, n, elem = to, n+next.Type.Size(), typ
	}
	return []string{name}
}

func (d *design) routeConfig(config, rom, what string, n int, index []int32, fill []int64) {
	d.list(rom, "Index map of "+what, widen(index))
	fillType, fillParam, fillExpr := "int", "unsigned", "0"
	if len(fill) > 0 {
		fillType = d.list(rom+"_fill", "Fill of "+what, fill)
		fillParam, fillExpr = "unsigned i", rom+"_fill[i]"
	}
	d.config(config, "", func() {
		d.member("n_in", n)
		d.member("n_out", len(index))
		d.function("int", "index", "unsigned i", rom+"[i]")
		d.function(fillType, "fill", fillParam, fillExpr)
	})
}

func (d *design) norm(v *ir.Value) *layerCall {
	x := v.Args[0]
	d.config(configName(v), "", func() {
		d.member("n", x.Type.Size())
		d.configs.P("static const int data_bits = %d;", x.Type.Elem.Bits)
		d.configs.P("static const int mantissa = %d;", v.Attr.(*ir.Norm).Bits)
	})
	return &layerCall{name: d.template("norm", v, 0)}
}

func (d *design) lookup(v *ir.Value) *layerCall {
	s, axis := v.Args[0].Type.Shape, v.Attr.(*ir.Axis).Axis
	outer := ir.Size(s[:axis])
	d.config(configName(v), "", func() {
		d.member("outer", outer)
		d.member("n", s[axis])
		d.member("picks", v.Args[1].Type.Size()/outer)
		d.member("width", ir.Size(s[axis+1:]))
	})
	return &layerCall{name: d.template("lookup", v, 0, 1)}
}

func (d *design) axis(v *ir.Value) *layerCall {
	a, s := v.Attr.(*ir.Axis), v.Args[0].Type.Shape
	d.config(configName(v), "nnet::axis_config", func() {
		d.member("outer", ir.Size(s[:a.Axis]))
		d.member("n", s[a.Axis])
		d.member("inner", ir.Size(s[a.Axis+1:]))
		if v.Op == ir.OpTopK {
			d.member("k", a.K)
		}
	})
	return &layerCall{name: d.template(strings.ReplaceAll(v.Op.String(), "-", "_"), v, 0)}
}
