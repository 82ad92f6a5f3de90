package ir

import "math"

// Singles are the functions that table may hold over float32. Each is a fixed sequence of float32 operations, so that every machine
// gives the same bits; templates/c/mlpc_float.h holds the same sequences. They take no parameters: the pass single spells the other
// functions with them. The polynomials were fitted for least largest error. NaN has no defined result.
var Singles = map[string]func(float32) float32{
	"exp":     singleExp,
	"log":     singleLog,
	"tanh":    singleTanh,
	"sigmoid": func(x float32) float32 { return 1 / (1 + singleExp(-x)) },
	"erf":     singleErf,
	"sqrt":    func(x float32) float32 { return float32(math.Sqrt(float64(x))) },
	"recip":   func(x float32) float32 { return 1 / x },
	"abs":     singleAbs,
	"floor":   func(x float32) float32 { r := singleRound(x); return r - one(r > x) },
	"ceil":    func(x float32) float32 { r := singleRound(x); return r + one(r < x) },
	"trunc":   func(x float32) float32 { a := singleAbs(x); r := singleRound(a); return withSign(r-one(r > a), x) },
	"round":   singleRound,
	"sin":     func(x float32) float32 { return singleSine(x, 0) },
	"cos":     func(x float32) float32 { return singleSine(x, 1) },
	"sign":    func(x float32) float32 { return one(x > 0) - one(x < 0) },
}

func one(b bool) float32 {
	if b {
		return 1
	}
	return 0
}

func singleAbs(x float32) float32 { return math.Float32frombits(math.Float32bits(x) &^ (1 << 31)) }

// withSign gives x ≥ 0 the sign of y.
func withSign(x, y float32) float32 {
	return math.Float32frombits(math.Float32bits(x) | math.Float32bits(y)&(1<<31))
}

// singleRound rounds to the nearest integer, ties to even: beyond 2^23 a float32 has no fraction.
func singleRound(x float32) float32 {
	const limit = 1 << 23
	a := singleAbs(x)
	if a < limit {
		a = a + limit - limit
	}
	return withSign(a, x)
}

// horner evaluates a polynomial, highest coefficient first, with a rounding after each product and each sum.
func horner(x float32, c ...float32) float32 {
	sum := c[0]
	for _, k := range c[1:] {
		sum = float32(sum*x) + k
	}
	return sum
}

// singleExp is e^x for x from −87 to 88; beyond, it is that of the nearer end. x = n·ln 2 + r with ln 2 in two parts.
func singleExp(x float32) float32 {
	if !(x > -87) {
		x = -87
	}
	if x > 88 {
		x = 88
	}
	n := singleRound(x * 1.442695)
	r := x - float32(n*0.693359375)
	r -= float32(n * -2.1219444e-4)
	p := horner(r, 0.00138131424, 0.00836941879, 0.041668456, 0.166665152, 0.49999994)
	y := float32(float32(p*r)*r) + r + 1
	return y * math.Float32frombits(uint32(int32(n)+127)<<23)
}

// singleLog is ln x for x ≥ 2^−126; below, it is that of 2^−126. x = 2^n·(1 + r) with 1 + r between √½ and √2.
func singleLog(x float32) float32 {
	if !(x > 1.17549435e-38) {
		x = 1.17549435e-38
	}
	bits := int32(math.Float32bits(x)) - 0x3F3504F3
	n := float32(bits >> 23)
	r := math.Float32frombits(uint32(bits&0x7FFFFF+0x3F3504F3)) - 1
	p := horner(r, -0.0763444006, 0.127615511, -0.131601915, 0.142017618, -0.166233569, 0.200012267, -0.250008196, 0.333333313)
	z := float32(r * r)
	y := float32(float32(p*r)*z) + float32(n*-2.1219444e-4)
	y -= float32(0.5 * z)
	return float32(n*0.693359375) + (y + r)
}

// singleTanh is odd; near 0 a polynomial, else from e^2|x|.
func singleTanh(x float32) float32 {
	a := singleAbs(x)
	if a < 0.625 {
		z := float32(x * x)
		p := horner(z, -0.00571704097, 0.0206505843, -0.0537434965, 0.133314908, -0.333332837)
		return x + float32(float32(p*z)*x)
	}
	return withSign(1-2/(singleExp(a+a)+1), x)
}

// singleErf is odd; up to 1 a polynomial, up to 4 one minus e to a polynomial, then 1.
func singleErf(x float32) float32 {
	a := singleAbs(x)
	if a < 1 {
		z := float32(x * x)
		p := horner(z, 7.8891193e-05, -0.000802084105, 0.00518953521, -0.0268544443, 0.112836003, -0.37612626, 0.128379166)
		return x + float32(p*x)
	}
	if a > 4 {
		a = 4
	}
	e := horner(a, -2.16868502e-05, 0.000441336364, -0.00420456193, 0.0252082571, -0.108418576, -0.633219898, -1.12957847, 0.000188040227)
	return withSign(1-singleExp(e), x)
}

// singleSine is the sine of x + quarter·π/2 for |x| ≤ 65536; beyond, it is that of the nearer end. x = n·π/2 + r, π/2 in three parts.
func singleSine(x float32, quarter int32) float32 {
	const most = 65536
	if !(x > -most) {
		x = -most
	}
	if x > most {
		x = most
	}
	n := singleRound(x * 0.636619747)
	r := x - float32(n*1.5703125)
	r -= float32(n * 0.000483751297)
	r -= float32(n * 7.54979013e-08)
	z := float32(r * r)
	quarter += int32(n)
	var y float32
	if quarter&1 == 0 {
		y = r + float32(float32(horner(z, -0.000195043162, 0.008332083, -0.166666538)*z)*r)
	} else {
		y = 1 - float32(0.5*z) + float32(float32(horner(z, 2.44238872e-05, -0.00138872431, 0.0416666456)*z)*z)
	}
	if quarter&2 != 0 {
		y = -y
	}
	return y
}
