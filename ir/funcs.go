package ir

import (
	"maps"
	"math"
	"slices"
)

// Func is a real function of one variable that table may hold.
type Func struct {
	Doc      string
	Params   []string // names of the parameters, all required
	Monotone int      // +1: never falls, −1: never rises, 0: neither holds for all parameters
	Eval     func(x float64, p []float64) float64
}

// FuncNames lists the functions in alphabetical order.
func FuncNames() []string { return slices.Sorted(maps.Keys(Funcs)) }

func sigmoid(x float64) float64  { return 1 / (1 + math.Exp(-x)) }
func softplus(x float64) float64 { return math.Log1p(math.Exp(-math.Abs(x))) + max(x, 0) }

// f0 makes a row without parameters.
func f0(doc string, monotone int, f func(float64) float64) Func {
	return Func{Doc: doc, Monotone: monotone, Eval: func(x float64, _ []float64) float64 { return f(x) }}
}

// Funcs are the functions by name. Definitions follow the ONNX operator of the same name where there is one.
var Funcs = map[string]Func{
	"sigmoid":  f0("1/(1 + e^−x)", 1, sigmoid),
	"tanh":     f0("hyperbolic tangent", 1, math.Tanh),
	"exp":      f0("e^x", 1, math.Exp),
	"log":      f0("natural logarithm", 1, math.Log),
	"sqrt":     f0("square root", 1, math.Sqrt),
	"recip":    f0("1/x", 0, func(x float64) float64 { return 1 / x }),
	"rsqrt":    f0("1/√x", -1, func(x float64) float64 { return 1 / math.Sqrt(x) }),
	"erf":      f0("error function", 1, math.Erf),
	"erfc":     f0("1 − erf(x)", -1, math.Erfc),
	"sin":      f0("sine", 0, math.Sin),
	"cos":      f0("cosine", 0, math.Cos),
	"tan":      f0("tangent", 0, math.Tan),
	"asin":     f0("arc sine", 1, math.Asin),
	"acos":     f0("arc cosine", -1, math.Acos),
	"atan":     f0("arc tangent", 1, math.Atan),
	"sinh":     f0("hyperbolic sine", 1, math.Sinh),
	"cosh":     f0("hyperbolic cosine", 0, math.Cosh),
	"asinh":    f0("inverse hyperbolic sine", 1, math.Asinh),
	"acosh":    f0("inverse hyperbolic cosine", 1, math.Acosh),
	"atanh":    f0("inverse hyperbolic tangent", 1, math.Atanh),
	"abs":      f0("|x|", 0, math.Abs),
	"square":   f0("x²", 0, func(x float64) float64 { return x * x }),
	"floor":    f0("largest integer ≤ x", 1, math.Floor),
	"ceil":     f0("least integer ≥ x", 1, math.Ceil),
	"trunc":    f0("x without its fraction", 1, math.Trunc),
	"round":    f0("nearest integer, ties to even", 1, math.RoundToEven),
	"sign":     f0("−1, 0 or 1", 1, sign),
	"not":      f0("1 where x is 0, else 0", 0, func(x float64) float64 { return indicator(x == 0) }),
	"float32":  f0("nearest float32", 1, func(x float64) float64 { return float64(float32(x)) }),
	"softplus": f0("log(1 + e^x)", 1, softplus),
	"softsign": f0("x/(1 + |x|)", 1, func(x float64) float64 { return x / (1 + math.Abs(x)) }),
	"silu":     f0("x·sigmoid(x)", 0, func(x float64) float64 { return x * sigmoid(x) }),
	"mish":     f0("x·tanh(softplus(x))", 0, func(x float64) float64 { return x * math.Tanh(softplus(x)) }),
	"gelu":     f0("x/2·(1 + erf(x/√2))", 0, func(x float64) float64 { return x / 2 * (1 + math.Erf(x/math.Sqrt2)) }),
	"gelu-tanh": f0("x/2·(1 + tanh(√(2/π)·(x + 0.044715·x³)))", 0, func(x float64) float64 {
		return x / 2 * (1 + math.Tanh(math.Sqrt(2/math.Pi)*(x+0.044715*x*x*x)))
	}),
	"logsigmoid": f0("log(sigmoid(x))", 1, func(x float64) float64 { return -softplus(-x) }),
	"tanhshrink": f0("x − tanh(x)", 1, func(x float64) float64 { return x - math.Tanh(x) }),
	"hardswish":  f0("x·min(max(x/6 + 1/2, 0), 1)", 0, func(x float64) float64 { return x * min(max(x/6+0.5, 0), 1) }),
	"hardsigmoid": {Doc: "min(max(alpha·x + beta, 0), 1)", Params: []string{"alpha", "beta"}, Eval: func(x float64, p []float64) float64 {
		return min(max(float64(p[0]*x)+p[1], 0), 1)
	}},
	"leaky": {Doc: "x where x ≥ 0, else alpha·x", Params: []string{"alpha"}, Eval: func(x float64, p []float64) float64 {
		if x >= 0 {
			return x
		}
		return p[0] * x
	}},
	"elu": {Doc: "x where x ≥ 0, else alpha·(e^x − 1)", Params: []string{"alpha"}, Eval: func(x float64, p []float64) float64 {
		if x >= 0 {
			return x
		}
		return p[0] * math.Expm1(x)
	}},
	"selu": {Doc: "gamma·x where x > 0, else gamma·alpha·(e^x − 1)", Params: []string{"alpha", "gamma"}, Eval: func(x float64, p []float64) float64 {
		if x > 0 {
			return p[1] * x
		}
		return p[1] * p[0] * math.Expm1(x)
	}},
	"celu": {Doc: "max(0, x) + min(0, alpha·(e^(x/alpha) − 1))", Params: []string{"alpha"}, Eval: func(x float64, p []float64) float64 {
		return max(0, x) + min(0, p[0]*math.Expm1(x/p[0]))
	}},
	"swish": {Doc: "x·sigmoid(alpha·x)", Params: []string{"alpha"}, Eval: func(x float64, p []float64) float64 { return x * sigmoid(p[0]*x) }},
	"thresholded": {Doc: "x where x > alpha, else 0", Params: []string{"alpha"}, Eval: func(x float64, p []float64) float64 {
		if x > p[0] {
			return x
		}
		return 0
	}},
	"shrink": {Doc: "x + bias where x < −lambd, x − bias where x > lambd, else 0", Params: []string{"lambd", "bias"}, Eval: func(x float64, p []float64) float64 {
		switch {
		case x < -p[0]:
			return x + p[1]
		case x > p[0]:
			return x - p[1]
		}
		return 0
	}},
	"pow":  {Doc: "x^p", Params: []string{"p"}, Eval: func(x float64, p []float64) float64 { return math.Pow(x, p[0]) }},
	"mod":  {Doc: "x − m·floor(x/m)", Params: []string{"m"}, Eval: func(x float64, p []float64) float64 { return x - p[0]*math.Floor(x/p[0]) }},
	"fmod": {Doc: "remainder of x/m with the sign of x", Params: []string{"m"}, Eval: func(x float64, p []float64) float64 { return math.Mod(x, p[0]) }},
}

func sign(x float64) float64 {
	switch {
	case x > 0:
		return 1
	case x < 0:
		return -1
	}
	return 0
}

func indicator(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
