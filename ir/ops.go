package ir

import "mlpc/ir/diag"

// Op is an operation of the IR.
type Op uint8

// The ops; the table below says what each means.
const (
	OpInput Op = iota
	OpConst
	OpDense
	OpDenseFloat32
	OpMatMul
	OpAdd
	OpSub
	OpMul
	OpMax
	OpMin
	OpCmp
	OpSelect
	OpSum
	OpReduceMax
	OpArgMax
	OpTopK
	OpRoute
	OpLookup
	OpTable
	OpNorm
	OpQuant
	OpRequant
	OpThreshold
	OpClamp
	OpWrap
	numOps
)

// Domain says over which numbers an op is defined.
type Domain uint8

const (
	Both Domain = iota
	RealsOnly
	IntsOnly
)

// opInfo is one row of the op table.
type opInfo struct {
	name   string
	doc    string // one line: what the result is
	min    int    // number of arguments: least and most; most −1: no limit
	max    int
	domain Domain
	attr   func() Attr // makes the empty attributes; nil: the op has none

	shape  func(v *Value) ([]int, error)                  // result shape, from arguments and attributes; also checks them
	kernel func(v *Value, static []*Tensor) kernel        // prepares the op for running; static holds arguments known beforehand
	ranges func(v *Value, a []Interval) (Interval, error) // integer result interval; nil: the element type's
	elem   func(v *Value, l *diag.List)                   // extra rules on integer types and attributes; may be nil
}

// ops declares every op; init fills it because kernels and ranges look ops up themselves.
var ops [numOps]opInfo

// init declares the ops. Adding one: a row here, its paragraph by `make docs`, and a case or a refusal in each backend.
func init() {
	ops = [numOps]opInfo{
		OpInput: {name: "input", doc: "run-time input; integers lie in [lo, hi] where given", attr: func() Attr { return &Input{} },
			shape: shapeGiven, ranges: rangeInput, elem: elemInput},
		OpConst: {name: "const", doc: "constant", attr: func() Attr { return &Data{} },
			shape: shapeConst, kernel: nil, ranges: rangeConst, elem: elemConst},
		OpDense: {name: "dense", min: 2, max: 3, doc: "x·Wᵀ + b along the last axis: x [.., G·K], W [OUT, K] constant, b [OUT] constant and optional; G groups split x and the rows of W; unit names an approximate multiplier",
			attr: func() Attr { return &Dense{} }, shape: shapeDense, kernel: kernelDense, ranges: rangeDense},
		OpDenseFloat32: {name: "dense-float32", min: 2, max: 2, domain: IntsOnly, doc: "a dense layer of integers through float32, as ONNX Runtime runs it where it has no integer kernel: x [.., G·K] and W [OUT, K] constant are dequantized, their products added one after the other with one rounding each (fused multiply-add) in parts of `depth`, the parts added to the bias, the sum divided by outscale, rounded half to even, moved by outzero and clamped",
			attr: func() Attr { return &DenseFloat32{} }, shape: shapeDenseFloat32, kernel: kernelDenseFloat32, ranges: rangeDenseFloat32, elem: elemDenseFloat32},
		OpMatMul: {name: "matmul", min: 2, max: 2, doc: "product of two run-time tensors [.., M, K] and [.., K, N]; leading axes broadcast",
			shape: shapeMatMul, kernel: kernelMatMul, ranges: rangeMatMul},
		OpAdd: {name: "add", min: 2, max: 2, doc: "a + b, elementwise, numpy broadcasting", shape: shapeBroadcast, kernel: kernelAdd, ranges: rangeAdd},
		OpSub: {name: "sub", min: 2, max: 2, doc: "a − b, elementwise, numpy broadcasting", shape: shapeBroadcast, kernel: kernelSub, ranges: rangeSub},
		OpMul: {name: "mul", min: 2, max: 2, doc: "a · b, elementwise, numpy broadcasting", shape: shapeBroadcast, kernel: kernelMul, ranges: rangeMul},
		OpMax: {name: "max", min: 2, max: 2, doc: "larger of a and b, elementwise, numpy broadcasting", shape: shapeBroadcast, kernel: kernelMax, ranges: rangeMax},
		OpMin: {name: "min", min: 2, max: 2, doc: "smaller of a and b, elementwise, numpy broadcasting", shape: shapeBroadcast, kernel: kernelMin, ranges: rangeMin},
		OpCmp: {name: "cmp", min: 2, max: 2, doc: "1 where a rel b, else 0; rel is lt, le or eq; numpy broadcasting", attr: func() Attr { return &Cmp{} },
			shape: shapeCmp, kernel: kernelCmp, ranges: rangeCmp},
		OpSelect: {name: "select", min: 3, max: 3, doc: "b where c is not 0, else a, for arguments c, b, a; numpy broadcasting", shape: shapeBroadcast, kernel: kernelSelect, ranges: rangeSelect},
		OpSum: {name: "sum", min: 1, max: 1, doc: "sum along an axis, which vanishes", attr: func() Attr { return &Axis{} },
			shape: shapeReduce, kernel: kernelSum, ranges: rangeSum},
		OpReduceMax: {name: "reduce-max", min: 1, max: 1, doc: "maximum along an axis, which vanishes", attr: func() Attr { return &Axis{} },
			shape: shapeReduce, kernel: kernelReduceMax, ranges: rangeReduceMax},
		OpArgMax: {name: "argmax", min: 1, max: 1, doc: "index of the maximum along an axis, which vanishes; ties go to the lower index", attr: func() Attr { return &Axis{} },
			shape: shapeReduce, kernel: kernelArgMax, ranges: rangeIndex},
		OpTopK: {name: "topk", min: 1, max: 1, doc: "indexes of the k largest along an axis, largest first; ties go to the lower index", attr: func() Attr { return &Axis{} },
			shape: shapeTopK, kernel: kernelTopK, ranges: rangeIndex},
		OpRoute: {name: "route", min: 1, max: -1, doc: "constant index map: result element i is element index[i] of the arguments laid end to end, or fill[−1−index[i]] where index[i] < 0",
			attr: func() Attr { return &Route{} }, shape: shapeRoute, kernel: kernelRoute, ranges: rangeRoute},
		OpLookup: {name: "lookup", min: 2, max: 2, doc: "rows of t by run-time index: t [B.., N, R..], i [B.., S..] gives [B.., S.., R..]; axis is the number of leading axes B",
			attr: func() Attr { return &Axis{} }, shape: shapeLookup, kernel: kernelLookup, ranges: rangeLookup, elem: elemLookup},
		OpTable: {name: "table", min: 1, max: 1, doc: "function of one variable: over reals fn with params, over integers values[x − lo]", attr: func() Attr { return &Table{} },
			shape: shapeSame, kernel: kernelTable, ranges: rangeTable, elem: elemTable},
		OpNorm: {name: "norm", min: 1, max: 1, domain: IntsOnly, doc: "leading-one normalisation of x ≥ 0: [.., (m, e)] with m = floor(x/2^e) of exactly `bits` bits; 0 gives (0, 0)", attr: func() Attr { return &Norm{} },
			shape: shapeNorm, kernel: kernelNorm, ranges: rangeNorm, elem: elemNorm},
		OpQuant: {name: "quant", min: 1, max: 1, domain: RealsOnly, doc: "quantizer in a real graph: (clamp(round(x/scale + zero), lo, hi) − zero)·scale", attr: func() Attr { return &Quant{} },
			shape: shapeQuant, kernel: kernelQuant},
		OpRequant: {name: "requant", min: 1, max: 1, domain: IntsOnly, doc: "clamp(round((x·mul + add)/2^shift) + zero, lo, hi) with one of four roundings; constants per tensor or per index of the last axis", attr: func() Attr { return &Requant{} },
			shape: shapeSame, kernel: kernelRequant, ranges: rangeRequant, elem: elemRequant},
		OpThreshold: {name: "threshold", min: 1, max: 1, doc: "base + count of constants ≤ x, constants per tensor or per index of the last axis; over reals they are in reals", attr: func() Attr { return &Threshold{} },
			shape: shapeThreshold, kernel: kernelThreshold, ranges: rangeThreshold},
		OpClamp: {name: "clamp", min: 1, max: 1, doc: "x limited to [lo, hi]; over reals to [rlo, rhi]", attr: func() Attr { return &Clamp{} },
			shape: shapeSame, kernel: kernelClamp, ranges: rangeClamp, elem: elemClamp},
		OpWrap: {name: "wrap", min: 1, max: 1, domain: IntsOnly, doc: "low bits of x, read in the result's type", shape: shapeSame, kernel: kernelWrap, ranges: rangeWrap},
	}
}

// String gives the name of the op in the text form.
func (op Op) String() string {
	if op < numOps {
		return ops[op].name
	}
	return "?"
}

// ParseOp finds an op by name.
func ParseOp(name string) (Op, bool) {
	for i := range ops {
		if ops[i].name == name {
			return Op(i), true
		}
	}
	return 0, false
}

// OpDoc is what the documentation prints of an op.
type OpDoc struct {
	Op         Op
	Name, Doc  string
	MinArgs    int
	MaxArgs    int // −1: no limit
	Domain     Domain
	Attributes []string
}

// OpDocs lists the op table in order.
func OpDocs() []OpDoc {
	var docs []OpDoc
	for i := range ops {
		o := &ops[i]
		d := OpDoc{Op: Op(i), Name: o.name, Doc: o.doc, MinArgs: o.min, MaxArgs: o.max, Domain: o.domain}
		if o.attr != nil {
			for _, f := range o.attr().fields() {
				d.Attributes = append(d.Attributes, f.key)
			}
		}
		docs = append(docs, d)
	}
	return docs
}
