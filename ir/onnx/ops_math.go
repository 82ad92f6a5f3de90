package onnx

import (
	"math"
	"slices"

	"mlpc/ir/diag"
)

// one wraps the only output of an operator.
func one(v *value) []*value { return []*value{v} }

// pair gives two operands. Before version 7 the second was aligned by an attribute.
func (n *node) pair() (a, b *value) {
	a, b = n.arg(0), n.arg(1)
	if n.opset < 7 && n.flag("broadcast") && n.attrs["axis"] != nil {
		axis := n.axis(n.int("axis", 0), a.rank())
		for b.rank() < a.rank()-axis {
			b = n.insertAxis(b, b.rank())
		}
	}
	return a, b
}

func lowerAdd(n *node) []*value { a, b := n.pair(); return one(n.add(a, b)) }
func lowerSub(n *node) []*value { a, b := n.pair(); return one(n.sub(a, b)) }
func lowerMul(n *node) []*value { a, b := n.pair(); return one(n.mul(a, b)) }
func lowerDiv(n *node) []*value { a, b := n.pair(); return one(n.div(a, b)) }

// variadic folds all inputs with a function of two.
func variadic(f func(m *importer, a, b *value) *value) func(*node) []*value {
	return func(n *node) []*value {
		v := n.arg(0)
		for i := 1; i < len(n.in); i++ {
			v = f(n.importer, v, n.arg(i))
		}
		return one(v)
	}
}

func lowerMean(n *node) []*value {
	sum := variadic((*importer).add)(n)[0]
	return one(n.scale(sum, 1/float64(len(n.in))))
}

// unary makes the lowering of an operator that is one function of package ir.
func unary(fn string) func(*node) []*value {
	return func(n *node) []*value { return one(n.fn(n.arg(0), fn)) }
}

func lowerNeg(n *node) []*value { return one(n.scale(n.arg(0), -1)) }

func lowerPow(n *node) []*value {
	x, y := n.arg(0), n.arg(1)
	e, constExp := y.scalar()
	base, constBase := x.scalar()
	var r *value
	switch {
	case constExp && e == 2:
		r = n.mul(x, x)
	case constExp && e == 0.5:
		r = n.fn(x, "sqrt")
	case constExp && e == -0.5:
		r = n.fn(x, "rsqrt")
	case constExp && e == -1:
		r = n.fn(x, "recip")
	case constExp && e == 1:
		r = x
	case constExp:
		r = n.fn(x, "pow", e)
	case x.known && y.known && !x.symbolic() && !y.symbolic():
		shape, batch := n.broadcast([]*value{x, y})
		a, b := n.expand(x, shape, batch), n.expand(y, shape, batch)
		r = &value{dtype: x.dtype, shape: shape, batch: batch, known: true, data: make([]float64, len(a.data))}
		for i := range r.data {
			r.data[i] = math.Pow(a.data[i], b.data[i])
		}
	case constBase && base > 0:
		r = n.fn(n.scale(y, math.Log(base)), "exp")
	case y.known:
		r = n.powers(x, y)
	default:
		n.refuse(diag.CodeUnsupportedOp, "a power whose exponent is computed at run time is not supported")
	}
	return one(r.as(x.dtype))
}

// powers raises x to constant exponents that differ: each exponent is applied to all of x, and its elements are picked.
func (n *node) powers(x, y *value) *value {
	shape, batch := n.broadcast([]*value{x, y})
	exps := n.expand(y, shape, batch)
	distinct := slices.Compact(slices.Sorted(slices.Values(exps.data)))
	if len(distinct) > 16 {
		n.refuse(diag.CodeUnsupportedOp, "a power with %d different exponents is not supported", len(distinct))
	}
	wide := n.expand(x, shape, batch)
	var all []*value
	for _, e := range distinct {
		all = append(all, n.fn(wide, "pow", e))
	}
	index := make([]int32, len(exps.data))
	for i, e := range exps.data {
		at, _ := slices.BinarySearch(distinct, e)
		index[i] = int32(at*len(index) + i)
	}
	return n.route(x.dtype, shape, batch, index, nil, all...)
}

func lowerMod(n *node) []*value {
	a, b := n.arg(0), n.arg(1)
	if m, ok := b.scalar(); ok && m != 0 {
		if n.flag("fmod") {
			return one(n.fn(a, "fmod", m))
		}
		return one(n.fn(a, "mod", m))
	}
	if powersOfTwo(b) { // exact: bring every divisor to 1
		inv := *b
		inv.data = nil
		for _, m := range b.data {
			inv.data = append(inv.data, 1/m)
		}
		fn := "mod"
		if n.flag("fmod") {
			fn = "fmod"
		}
		return one(n.mul(n.fn(n.mul(a, &inv), fn, 1), b))
	}
	whole := "floor"
	if n.flag("fmod") {
		whole = "trunc"
	}
	q := n.fn(n.div(a.as(dtDouble), b.as(dtDouble)), whole)
	return one(n.sub(a, n.mul(b, q.as(a.dtype))))
}

// powersOfTwo tells whether v is a constant of positive powers of two.
func powersOfTwo(v *value) bool {
	if !v.known || v.symbolic() {
		return false
	}
	for _, x := range v.data {
		if frac, _ := math.Frexp(x); frac != 0.5 {
			return false
		}
	}
	return true
}

// relation makes the lowering of a comparison; swap exchanges the operands, invert the result.
func relation(rel string, swap, invert bool) func(*node) []*value {
	return func(n *node) []*value {
		a, b := n.pair()
		if swap {
			a, b = b, a
		}
		v := n.compare(rel, a, b)
		if invert {
			v = n.fn(v, "not")
		}
		return one(v)
	}
}

func lowerXor(n *node) []*value {
	same := n.compare("eq", n.arg(0), n.arg(1))
	return one(n.fn(same, "not"))
}

// lowerWhere chooses by a condition. One that asks for NaN or an infinity holds for no number of the hardware.
func lowerWhere(n *node) []*value {
	c, yes, no := n.arg(0), n.arg(1), n.arg(2)
	if c.unreal {
		n.note("choices between a number and NaN or an infinity were left out")
		shape, batch := n.broadcast([]*value{c, yes, no})
		return one(n.expand(no, shape, batch))
	}
	return one(n.choose(c, yes, no))
}

func lowerIsNaN(n *node) []*value {
	x := n.arg(0)
	v := n.fn(n.compare("eq", x, x), "not")
	v.unreal = !x.known
	return one(v)
}

// lowerIsInf compares with the largest float32.
func lowerIsInf(n *node) []*value {
	x := n.arg(0)
	most := number(x.dtype, math.MaxFloat32)
	up, down := n.int("detect_positive", 1) != 0, n.int("detect_negative", 1) != 0
	var v *value
	switch {
	case up && down:
		v = n.compare("lt", most, n.fn(x, "abs"))
	case up:
		v = n.compare("lt", most, x)
	default:
		v = n.compare("lt", x, n.scale(most, -1))
		if !down {
			v = n.min(v, number(dtBool, 0))
		}
	}
	v.unreal = !x.known
	return one(v)
}

// lowerClip: bounds are attributes before version 11, inputs after.
func lowerClip(n *node) []*value {
	x := n.arg(0)
	lo, hi := n.opt(1), n.opt(2)
	if n.opset < 11 {
		lo, hi = number(x.dtype, n.float("min", math.Inf(-1))), number(x.dtype, n.float("max", math.Inf(1)))
	}
	if x.stored != nil {
		return one(n.clipIntegers(x, lo, hi))
	}
	a, okA := lo.scalar()
	b, okB := hi.scalar()
	if lo == nil {
		a, okA = math.Inf(-1), true
	}
	if hi == nil {
		b, okB = math.Inf(1), true
	}
	const most = math.MaxFloat32
	if a <= -most {
		a = math.Inf(-1)
	}
	if b >= most {
		b = math.Inf(1)
	}
	if okA && okB {
		if a > b {
			a = b // as ONNX says: everything becomes the upper bound
		}
		return one(n.clamp(x, a, b))
	}
	if lo != nil {
		x = n.max(x, lo)
	}
	if hi != nil {
		x = n.min(x, hi)
	}
	return one(x)
}

func lowerCast(n *node) []*value { return one(n.cast(n.arg(0), dtype(n.int("to", 0)))) }

func lowerCastLike(n *node) []*value { return one(n.cast(n.arg(0), n.arg(1).dtype)) }

// cast converts element types. Real arithmetic stands for every float type; integers are kept as they are where they fit.
func (n *node) cast(x *value, to dtype) *value {
	switch _, known := dtypes[to]; {
	case !known:
		n.refuse(diag.CodeType, "conversion to %s is not supported", to)
	case x.labels != nil || x.dtype == to:
		return x
	case to == dtString || x.dtype == dtString:
		n.refuse(diag.CodeType, "text is only supported as class labels")
	case to == dtBool:
		return n.fn(n.fn(x, "not"), "not").as(dtBool)
	case to.isInt() && x.dtype.isFloat():
		return n.wrap(n.fn(x, "trunc"), to)
	case to.isInt() && x.dtype.isInt():
		return n.wrap(x, to)
	}
	return x.as(to)
}

// wrap keeps the low bits of integers that go into a type of fewer than 8 bits. Conversions to wider types are taken to fit, as
// exporters convert only what does.
func (n *node) wrap(x *value, to dtype) *value {
	if dtypes[to].bits >= 8 || x.dtype.isInt() && dtypes[x.dtype].bits <= dtypes[to].bits {
		return x.as(to)
	}
	lo, hi := to.limits()
	y := n.fn(n.sub(x, number(x.dtype, lo)), "mod", hi-lo+1)
	return n.add(y, number(x.dtype, lo)).as(to)
}

// mathOps are the elementwise operators.
var mathOps = map[opKey]opRow{
	{"", "Add"}: {1, 2, lowerAdd}, {"", "Sub"}: {1, 2, lowerSub}, {"", "Mul"}: {1, 2, lowerMul}, {"", "Div"}: {1, 2, lowerDiv},
	{"", "Sum"}: {1, -1, variadic((*importer).add)}, {"", "Max"}: {1, -1, variadic((*importer).max)}, {"", "Min"}: {1, -1, variadic((*importer).min)}, {"", "Mean"}: {1, -1, lowerMean},
	{"", "Neg"}: {1, 1, lowerNeg}, {"", "Pow"}: {1, 2, lowerPow}, {"", "Mod"}: {10, 2, lowerMod},
	{"", "Abs"}: {1, 1, unary("abs")}, {"", "Sqrt"}: {1, 1, unary("sqrt")}, {"", "Reciprocal"}: {1, 1, unary("recip")}, {"", "Exp"}: {1, 1, unary("exp")}, {"", "Log"}: {1, 1, unary("log")},
	{"", "Erf"}: {9, 1, unary("erf")}, {"", "Erfc"}: {1, 1, unary("erfc")}, {"", "Sign"}: {9, 1, unary("sign")}, {"", "Floor"}: {1, 1, unary("floor")}, {"", "Ceil"}: {1, 1, unary("ceil")}, {"", "Round"}: {11, 1, unary("round")},
	{"", "Sin"}: {7, 1, unary("sin")}, {"", "Cos"}: {7, 1, unary("cos")}, {"", "Tan"}: {7, 1, unary("tan")}, {"", "Asin"}: {7, 1, unary("asin")}, {"", "Acos"}: {7, 1, unary("acos")}, {"", "Atan"}: {7, 1, unary("atan")},
	{"", "Sinh"}: {9, 1, unary("sinh")}, {"", "Cosh"}: {9, 1, unary("cosh")}, {"", "Asinh"}: {9, 1, unary("asinh")}, {"", "Acosh"}: {9, 1, unary("acosh")}, {"", "Atanh"}: {9, 1, unary("atanh")},
	{"", "Less"}: {1, 2, relation("lt", false, false)}, {"", "Greater"}: {1, 2, relation("lt", true, false)}, {"", "Equal"}: {1, 2, relation("eq", false, false)},
	{"", "LessOrEqual"}: {12, 2, relation("le", false, false)}, {"", "GreaterOrEqual"}: {12, 2, relation("le", true, false)},
	{"", "And"}: {1, 2, variadic((*importer).min)}, {"", "Or"}: {1, 2, variadic((*importer).max)}, {"", "Xor"}: {1, 2, lowerXor}, {"", "Not"}: {1, 1, unary("not")},
	{"", "IsNaN"}: {9, 1, lowerIsNaN}, {"", "IsInf"}: {10, 1, lowerIsInf}, {"", "Where"}: {9, 3, lowerWhere}, {"", "Clip"}: {1, 3, lowerClip}, {"", "Cast"}: {6, 1, lowerCast}, {"", "CastLike"}: {15, 2, lowerCastLike},
}
