package hls

import (
	"fmt"
	"slices"
	"strings"

	"mlpc/ir"
	"mlpc/ir/num"
)

// process emits what computes v, and hands its channel to the readers.
func (d *design) process(v *ir.Value) {
	switch v.Op {
	case ir.OpConst:
		return
	case ir.OpInput:
		d.declare(v)
		for _, p := range d.inputs {
			if p.value == v {
				d.publish(v, p.Name)
			}
		}
		return
	}
	d.declare(v)
	to := d.target(v)
	d.calls.P("// %s", label(v))
	switch {
	case v.Op == ir.OpDense:
		d.dense(v, to)
	case isMap(v):
		d.mapped(v, to)
	default:
		d.general(v, to)
	}
	if d.port[v] == "" {
		d.publish(v, to)
	}
}

// constArray gives the name of the array of a constant, made at its first use.
func (d *design) constArray(v *ir.Value) string {
	name := fmt.Sprintf("c%d", v.ID)
	for _, r := range d.roms {
		if r.name == name {
			return name
		}
	}
	// The declared element type, which template arguments name, may be wider than the narrowest.
	d.roms = append(d.roms, rom{name: name, typ: romType(v.Type.Elem), doc: label(v), ints: v.Const().Ints, row: perLine})
	return name
}

// config starts the configuration of a value; body adds its members.
func (d *design) config(name, base string, body func()) {
	if base != "" {
		base = " : " + base
	}
	d.configs.P("struct %s%s {", name, base)
	d.configs.In()
	body()
	d.configs.Out()
	d.configs.P("};")
	d.configs.P("")
}

func configName(v *ir.Value) string { return fmt.Sprintf("config%d", v.ID) }

func (d *design) member(name string, x int) { d.configs.P("static const unsigned %s = %d;", name, x) }

// function adds a static member function without or with the index on the last axis.
func (d *design) function(typ, name, params, result string) {
	d.configs.P("static %s %s(%s) { return %s; }", typ, name, params, result)
}

func (d *design) mapConfig(name string, v *ir.Value, lanes int, function string) {
	d.config(name, "nnet::map_config", func() {
		d.mapMembers(v, lanes, function)
	})
}

func (d *design) mapMembers(v *ir.Value, lanes int, function string) {
	d.member("n_rows", rows(v))
	d.member("n_columns", columns(v))
	d.member("lanes", lanes)
	d.configs.P("typedef %s function;", function)
}

// mapped emits a map of one argument.
func (d *design) mapped(v *ir.Value, to string) {
	from := d.root[v.Args[0]]
	if d.stream {
		d.calls.P("nnet::map_stream<%s, %s, %s>(%s, %s);", beatName(from), d.beatOf(v), configName(v), d.read(v.Args[0]), to)
	} else {
		d.calls.P("nnet::map<%s, %s, %s>(%s, %s);", d.elem(from), d.elemOf(v), configName(v), d.read(v.Args[0]), to)
	}
	d.mapFunction(v)
}

// elemOf and beatOf name the types of what v's process writes: a port's where it writes that directly.
func (d *design) elemOf(v *ir.Value) string {
	if p := d.port[v]; p != "" {
		return p + "_t"
	}
	return elemName(v)
}

func (d *design) beatOf(v *ir.Value) string {
	if p := d.port[v]; p != "" {
		return p + "_beat"
	}
	return beatName(v)
}

// mapFunction emits the configuration of a map.
func (d *design) mapFunction(v *ir.Value) {
	lanes := d.lanes(v)
	name := configName(v)
	what := label(v)
	id := func(base string) string { return fmt.Sprintf("%s%d", base, v.ID) }
	switch a := v.Attr.(type) {
	case *ir.Requant:
		d.requant(v, a)
		return
	case *ir.Threshold:
		n := len(a.Steps) / a.Channels
		typ := d.addROM(id("steps"), "Steps of "+what, orZero(a.Steps), max(n, 1), true)
		row := "channel"
		if a.Channels == 1 {
			row = "0"
		}
		d.config(name, "nnet::map_config", func() {
			d.mapMembers(v, lanes, "nnet::threshold<"+name+">")
			d.member("n_steps", n)
			d.function(typ, "step", "unsigned"+named(row, "channel")+", unsigned i", fmt.Sprintf("%s[%s][i]", id("steps"), row))
			d.function("long long", "base", "", fmt.Sprint(a.Base))
		})
	case *ir.Table:
		typ := d.list(id("table"), "Function table of "+what, a.Values)
		d.config(name, "nnet::map_config", func() {
			d.mapMembers(v, lanes, "nnet::table<"+name+">")
			d.function("long long", "lo", "", fmt.Sprint(a.Lo))
			d.function(typ, "value", "unsigned i", id("table")+"[i]")
		})
	case *ir.Clamp:
		d.config(name, "nnet::map_config", func() {
			d.mapMembers(v, lanes, "nnet::clamp<"+name+">")
			d.bounds(a.Lo, a.Hi)
		})
	default: // wrap: storing keeps the low bits
		d.mapConfig(name, v, lanes, "nnet::identity")
	}
}

// named gives " channel" when the expression uses that name; a parameter that nothing uses has no name.
func named(expr, name string) string {
	if strings.Contains(expr, name) {
		return " " + name
	}
	return ""
}

func orZero(ints []int64) []int64 {
	if len(ints) == 0 {
		return []int64{0}
	}
	return ints
}

func (d *design) bounds(lo, hi int64) {
	d.function("long long", "lo", "", fmt.Sprintf("%dLL", lo))
	d.function("long long", "hi", "", fmt.Sprintf("%dLL", hi))
}

// requant emits the configuration of a requantization; constants that all channels share stand in it, others in arrays.
func (d *design) requant(v *ir.Value, a *ir.Requant) {
	n := max(len(a.Mul), len(a.Add), len(a.Shift))
	mul, add, shift := make([]int64, n), make([]int64, n), make([]int64, n)
	for c := range n {
		m, o, s := a.At(c)
		mul[c], add[c], shift[c] = m, o, int64(s)
	}
	name := configName(v)
	kind := [...]string{"requant_half_up", "requant_half_even", "requant_gemmlowp", "requant_float32"}[a.Round]
	constant := func(base string, xs []int64) func() {
		expr, typ := fmt.Sprint(xs[0]), romType(elemOf(xs))
		if slices.Min(xs) != slices.Max(xs) {
			rom := fmt.Sprintf("%s%d", base, v.ID)
			d.list(rom, "Constants "+base+" of "+label(v), xs)
			expr = rom + "[channel]"
		}
		if base == "shift" {
			typ = "int"
		}
		return func() { d.function(typ, base, "unsigned"+named(expr, "channel"), expr) }
	}
	members := []func(){constant("mul", mul), constant("add", add), constant("shift", shift)}
	d.config(name, "nnet::map_config", func() {
		d.mapMembers(v, d.lanes(v), "nnet::"+kind+"<"+name+">")
		if a.Round == num.HalfUp || a.Round == num.HalfEven {
			d.configs.P("typedef ap_int<%d> wide_t;", d.wide(v, mul, add, shift))
		}
		for _, m := range members {
			m()
		}
		d.function("long long", "zero", "", fmt.Sprintf("%dLL", a.Zero))
		d.bounds(a.Lo, a.Hi)
	})
}

// wide is the width of x·mul + add with the rounding constant.
func (d *design) wide(v *ir.Value, mul, add, shift []int64) int {
	x := d.ranges[v.Args[0].ID]
	xl, xh := x.Bounds()
	var lo, hi int64
	for c := range mul {
		half := int64(0)
		if shift[c] > 0 && shift[c] <= 62 {
			half = 1 << (shift[c] - 1)
		}
		p, q := xl*mul[c]+add[c], xh*mul[c]+add[c]
		lo, hi = min(lo, p, q), max(hi, p+half, q+half, half)
	}
	return ir.Fit(min(lo, -1), hi).Bits
}

// dense emits a dense layer: its folded weights, its biases, its configuration and its call.
func (d *design) dense(v *ir.Value, to string) {
	a, x := v.Attr.(*ir.Dense), v.Args[0]
	groups, shape := max(1, a.Groups), v.Args[1].Type.Shape
	pe, simd := d.folding(v)
	w, b, name := fmt.Sprintf("w%d", v.ID), fmt.Sprintf("b%d", v.ID), configName(v)
	weights := d.addROM(w, fmt.Sprintf("Weights of %s, %d rows times %d columns a fold", label(v), pe, simd), foldWeights(v, pe, simd), pe*simd, true)
	bias := make([]int64, shape[0])
	if len(v.Args) == 3 {
		bias = v.Args[2].Const().Ints
	}
	biases := d.list(b, "Biases of "+label(v), bias)
	d.types.P("typedef %s weight%d_t;", weights, v.ID)
	d.types.P("typedef %s bias%d_t;", biases, v.ID)
	d.config(name, "nnet::dense_config", func() {
		d.member("n_vectors", rows(v))
		d.member("n_in", shape[1]*groups)
		d.member("n_out", shape[0])
		d.member("groups", groups)
		d.member("pe", pe)
		d.member("simd", simd)
		d.configs.P("typedef weight%d_t weight_t;", v.ID)
		d.configs.P("typedef bias%d_t bias_t;", v.ID)
		d.configs.P("typedef %s accum_t;", hlsType(v.Type.Elem))
		product := d.product(v)
		if a.Unit != nil {
			product = fmt.Sprintf("nnet::truncated_product<%d, %d>", v.Args[1].Type.Elem.Bits, a.Unit.Drop)
		}
		d.configs.P("typedef %s product;", product)
	})
	d.channels.P("NNET_HLS(ARRAY_RESHAPE variable=%s complete dim=2)", w)
	d.bindROM(v, w)
	if pe > 1 {
		d.channels.P("NNET_HLS(ARRAY_PARTITION variable=%s cyclic factor=%d dim=1)", b, pe)
	}
	call := fmt.Sprintf("nnet::dense<%s, %s, %s>", d.elem(x), d.elemOf(v), name)
	switch {
	case !d.stream:
		d.calls.P("%s(%s, %s, %s, %s);", call, d.read(x), to, w, b)
	case groups == 1:
		from, beat := d.repacked(x, simd, v)
		d.calls.P("nnet::dense_stream<%s, %s, %s>(%s, %s, %s, %s);", beat, d.beatOf(v), name, from, to, w, b)
	default:
		d.onArrays(v, to, func(args []string, res string) { d.helpers.P("%s(%s, %s, %s, %s);", call, args[0], res, w, b) })
	}
}

// repacked gives a stream of x in beats of the given number of elements, through a process that changes them where they differ.
func (d *design) repacked(x *ir.Value, lanes int, v *ir.Value) (stream, beat string) {
	r := d.root[x]
	if r.Op == ir.OpConst || d.lanes(r) == lanes && columns(r)%lanes == 0 || d.lanes(r) == lanes && columns(r) == columns(x) {
		return d.read(x), beatName(r)
	}
	stream, beat = fmt.Sprintf("layer%d_in", v.ID), fmt.Sprintf("layer%d_in_beat", v.ID)
	d.types.P("typedef nnet::array<%s, %d> %s;", elemName(r), lanes, beat)
	d.channels.P("hls::stream<%s> %s(\"%s\");", beat, stream, stream)
	d.channels.P("NNET_HLS(STREAM variable=%s depth=2)", stream)
	d.calls.P("nnet::repack<%s, %s, %d, %d>(%s, %s);", beatName(r), beat, rows(x), columns(x), d.read(x), stream)
	return stream, beat
}

// product names the kind of product of a dense layer: in the blocks or in the logic that its schedule asks for, or as the tool has it.
func (d *design) product(v *ir.Value) string {
	if s := d.step[v]; s != nil {
		switch s.Style {
		case "dsp":
			return "nnet::dsp_product"
		case "lut", "table", "csd":
			return "nnet::fabric_product"
		}
	}
	return "nnet::exact_product"
}

// bindROM says where the weights of a dense layer lie. Where the schedule does not, up to 1,024 bits, or two folds, stay out of block RAM.
func (d *design) bindROM(v *ir.Value, name string) {
	r := &d.roms[slices.IndexFunc(d.roms, func(r rom) bool { return r.name == name })]
	folds, bits := len(r.ints)/r.row, len(r.ints)*elemOf(r.ints).Bits
	where := ""
	if s := d.step[v]; s != nil {
		where = s.ROM
	}
	impl := "bram"
	if where == "logic" || where == "" && (bits <= 1024 || folds <= 2) {
		impl = "lutram"
	}
	if folds > 1 {
		d.channels.P("NNET_HLS(BIND_STORAGE variable=%s type=rom_1p impl=%s)", name, impl)
	}
}

// folding gives PE and SIMD of a dense layer, no larger than the layer.
func (d *design) folding(v *ir.Value) (pe, simd int) {
	pe, simd = 1, 1
	if s := d.step[v]; s != nil {
		pe, simd = s.PE, s.SIMD
	}
	shape := v.Args[1].Type.Shape
	return min(max(pe, 1), shape[0]), min(max(simd, 1), shape[1])
}

// foldWeights orders the weights as the folds read them, with zeros beyond the last row and column.
func foldWeights(v *ir.Value, pe, simd int) []int64 {
	w, shape := v.Args[1].Const().Ints, v.Args[1].Type.Shape
	var out []int64
	for r := 0; r < shape[0]; r += pe {
		for c := 0; c < shape[1]; c += simd {
			for p := range pe {
				for s := range simd {
					x := int64(0)
					if r+p < shape[0] && c+s < shape[1] {
						x = w[(r+p)*shape[1]+c+s]
					}
					out = append(out, x)
				}
			}
		}
	}
	return out
}
