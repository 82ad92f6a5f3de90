package onnx

import (
	"math"
	"slices"

	"mlpc/ir"
)

// Exporters write many activations as several operators: x·sigmoid(x), x/2·(1 + erf(x/√2)), log(sigmoid(x)). normalizeIdioms finds
// the values that are functions of one other value, element by element and with single constants only, and replaces those that equal
// a function of ir.Funcs by that function. Equality is tested at points: the exporters' constants are float32.

// idiomTolerance bounds |f − g| / max(1, |g|): a few roundings of float32.
const idiomTolerance = 1e-6

// idiomPoints are where functions are compared; two functions of ir.Funcs differ by far more than the tolerance on them. The last
// farPoints of them show limits that lie far out; there an overflow in the operators is no difference.
var idiomPoints = func() []float64 {
	pts := []float64{-17, -12.5, 12.5, 17, -100, 100}
	for i := -36; i <= 36; i++ {
		pts = append(pts, float64(i)/4+1.0/64)
	}
	return append(pts, -600, 600, -1e4, 1e4, -1e8, 1e8)
}()

const farPoints = 6

// region is a value as a function of root.
type region struct {
	root   *ir.Value
	ops    int // ops between root and the value
	consts []float64

	op     ir.Op
	attr   ir.Attr
	args   []part
	values []float64 // the function at idiomPoints, once computed
}

// part is an argument inside a region: another region, a single constant, or, with neither, the root.
type part struct {
	region *region
	c      *float64
}

// normalizeIdioms rewrites g and gives the names of what it found, in order and each once.
func normalizeIdioms(g *ir.Graph) (*ir.Graph, []string) {
	regions := map[*ir.Value]*region{} // by value of the new graph
	var found []string
	ng := g.Rewrite(func(ng *ir.Graph, v *ir.Value, args []*ir.Value) *ir.Value {
		r := regionOf(v, args, regions)
		if r == nil {
			return nil
		}
		var nv *ir.Value
		if r.ops > 1 {
			if name, op, attr := r.recognize(); op == ir.OpInput {
				return r.root
			} else if name != "" {
				nv = ng.New(op, ir.Real, attr, r.root)
				r = &region{root: r.root, ops: 1, consts: r.consts, op: op, attr: attr, args: []part{{}}}
				if !slices.Contains(found, name) {
					found = append(found, name)
				}
			}
		}
		if nv == nil {
			nv = ng.Add(v.Op, v.Type, v.Attr, args...)
		}
		regions[nv] = r
		return nv
	})
	return ng.Prune(), found
}

// regionOf gives v as a function of one value, or nil where it is none.
func regionOf(v *ir.Value, args []*ir.Value, regions map[*ir.Value]*region) *region {
	switch v.Op {
	case ir.OpAdd, ir.OpSub, ir.OpMul, ir.OpMax, ir.OpMin, ir.OpClamp, ir.OpTable, ir.OpCmp, ir.OpSelect:
	default:
		return nil
	}
	var root *ir.Value
	for _, a := range args {
		if single(a) {
			continue
		}
		r := a
		if known := regions[a]; known != nil {
			r = known.root
		}
		if root != nil && r != root {
			// An argument may itself be the root of the others: x in x·sigmoid(x), where x is a function of something else.
			return regionFrom(v, args, regions)
		}
		root = r
	}
	return build(v, args, root, regions)
}

// regionFrom tries each argument as the root of the others.
func regionFrom(v *ir.Value, args []*ir.Value, regions map[*ir.Value]*region) *region {
	for _, root := range args {
		fits := !single(root)
		for _, a := range args {
			if a != root && !single(a) && (regions[a] == nil || regions[a].root != root) {
				fits = false
			}
		}
		if fits {
			return build(v, args, root, map[*ir.Value]*region{})
		}
	}
	return nil
}

// maxRegion bounds the number of ops of a region: activations have few.
const maxRegion = 24

// build makes the region of v, given that every argument is single, root, or a region of root.
func build(v *ir.Value, args []*ir.Value, root *ir.Value, regions map[*ir.Value]*region) *region {
	if root == nil || !slices.Equal(root.Type.Shape, v.Type.Shape) {
		return nil
	}
	out := &region{root: root, ops: 1, op: v.Op, attr: v.Attr}
	for _, a := range args {
		switch r := regions[a]; {
		case single(a):
			c := a.Const().Reals[0]
			out.consts = append(out.consts, c)
			out.args = append(out.args, part{c: &c})
		case a == root:
			out.args = append(out.args, part{})
		case r == nil:
			return nil
		default:
			out.ops += r.ops
			out.consts = append(out.consts, r.consts...)
			out.args = append(out.args, part{region: r})
		}
	}
	if out.ops > maxRegion {
		return nil
	}
	return out
}

// at gives the function at idiomPoints.
func (r *region) at() []float64 {
	if r.values == nil {
		r.values = r.run(idiomPoints)
	}
	return r.values
}

// run computes the function at points; idiomPoints are those of at.
func (r *region) run(points []float64) []float64 {
	g := &ir.Graph{}
	n := []int{len(points)}
	var xs []*ir.Value
	for _, a := range r.args {
		switch {
		case a.c != nil:
			xs = append(xs, g.ConstReal([]int{1}, []float64{*a.c}))
		case a.region == nil:
			xs = append(xs, g.ConstReal(n, points))
		case &points[0] == &idiomPoints[0]:
			xs = append(xs, g.ConstReal(n, a.region.at()))
		default:
			xs = append(xs, g.ConstReal(n, a.region.run(points)))
		}
	}
	g.Outs = []*ir.Value{g.New(r.op, ir.Real, r.attr, xs...)}
	res, err := ir.Run(g, nil)
	if err != nil {
		panic("onnx: a constant graph does not run: " + err.Error())
	}
	return res[0].Reals
}

// corners are points at which the region may do something special: its constants and their negatives, and points close to them.
func (r *region) corners() []float64 {
	var points []float64
	for _, c := range append([]float64{0}, r.consts...) {
		if math.Abs(c) > 1e6 || math.IsNaN(c) {
			continue
		}
		for _, x := range []float64{c, -c} {
			near := 1e-3 * max(1, math.Abs(x))
			points = append(points, x-near, x, x+near)
		}
	}
	return points
}

// single tells whether v is a constant with one element.
func single(v *ir.Value) bool {
	c := v.Const()
	return c != nil && len(c.Reals) == 1
}

// recognize finds the function that the region is: OpInput for the identity, OpClamp for ReLU, OpTable for those of ir.Funcs.
func (r *region) recognize() (name string, op ir.Op, attr ir.Attr) {
	if r.flat() {
		return "", ir.OpConst, nil // what it does, it does beyond the points
	}
	if r.equals(func(x float64) float64 { return x }) {
		return "identity", ir.OpInput, nil
	}
	if r.equals(func(x float64) float64 { return max(x, 0) }) {
		return "relu", ir.OpClamp, &ir.Clamp{RHi: math.Inf(1)}
	}
	for _, c := range idiomCandidates(r.consts) {
		f := ir.Funcs[c.Fn].Eval
		if r.equals(func(x float64) float64 { return f(x, c.Params) }) {
			return c.Fn, ir.OpTable, &ir.Table{Fn: c.Fn, Params: c.Params}
		}
	}
	return "", ir.OpConst, nil
}

// flat tells whether the region is constant at all near points.
func (r *region) flat() bool {
	y := r.at()[:len(idiomPoints)-farPoints]
	return !slices.ContainsFunc(y, func(v float64) bool { return v != y[0] })
}

// idiomCandidates lists the functions to compare with; those with parameters take them from the constants of the region.
func idiomCandidates(consts []float64) []ir.Table {
	var list []ir.Table
	for _, fn := range []string{"silu", "gelu", "gelu-tanh", "hardswish", "mish", "softplus", "softsign", "sigmoid", "tanh", "logsigmoid", "tanhshrink", "abs"} {
		list = append(list, ir.Table{Fn: fn})
	}
	for _, c := range consts {
		list = append(list, ir.Table{Fn: "swish", Params: []float64{c}}, ir.Table{Fn: "leaky", Params: []float64{c}}, ir.Table{Fn: "elu", Params: []float64{c}})
		if c > 0 {
			list = append(list, ir.Table{Fn: "celu", Params: []float64{c}}, ir.Table{Fn: "shrink", Params: []float64{c, c}}, ir.Table{Fn: "thresholded", Params: []float64{c}})
		}
		for _, d := range consts {
			list = append(list, ir.Table{Fn: "selu", Params: []float64{c, d}}, ir.Table{Fn: "hardsigmoid", Params: []float64{c, d}})
		}
	}
	return list
}

// equals compares the region with f at idiomPoints and, if it equals f there, at its corners.
func (r *region) equals(f func(float64) float64) bool {
	same := func(got, x float64) bool {
		y := f(x)
		return math.Abs(got-y) <= idiomTolerance*max(1, math.Abs(y))
	}
	near := len(idiomPoints) - farPoints
	for i, got := range r.at() {
		if i >= near && (math.IsInf(got, 0) || math.IsNaN(got)) {
			continue
		}
		if !same(got, idiomPoints[i]) {
			return false
		}
	}
	points := r.corners()
	for i, got := range r.run(points) {
		if !same(got, points[i]) {
			return false
		}
	}
	return true
}
