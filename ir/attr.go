package ir

import (
	"mlpc/approx"
	"mlpc/ir/num"
)

// Attr is what an op knows besides its arguments. The set is sealed: one type here for each kind of op that needs one.
type Attr interface {
	// fields lists the attributes for the text form: keys and pointers to *int64, *int, *[]int64, *[]int, *[]int32, *[]float64,
	// *float64, *string, *bool, *num.Rounding or *approx.Unit.
	fields() []field
}

type field struct {
	key string
	ptr any
}

// Input says what integers an input takes and how whoever feeds them makes them of reals; see Value.Encode.
type Input struct {
	Lo, Hi []int64 // limits: none for the whole type, one, or one for each index of the last axis
	Round  string  // a mode of Quant; empty: half-even
}

// Dense says how a dense layer multiplies.
type Dense struct {
	Groups int          // the last axis of x and the rows of W fall into so many groups; 0 means 1
	Unit   *approx.Unit // nil: exact product
}

// DenseFloat32 says how a dense layer of integers goes through float32. All reals are float32 numbers.
type DenseFloat32 struct {
	Groups   int       // as of Dense
	Scale    float64   // of x
	Zero     int64     // of x
	Scales   []float64 // of the rows of W: one for each
	Bias     []float64 // one for each row, or none
	Depth    int       // how many products are added before their sum goes to the bias
	OutScale float64
	OutZero  int64
	Lo, Hi   int64 // limits of the result
}

// Axis names the axis that a reduction, argmax or topk works along, from 0 over the shape per sample; TopK also the count.
type Axis struct {
	Axis int
	K    int // topk only
}

// Cmp is the relation of cmp.
type Cmp struct{ Rel string } // "lt", "le" or "eq"

// Route is a constant index map. Element i of the result is element Index[i] of the arguments laid end to end (each flattened),
// or Fill[−1−Index[i]] where the index is negative. Fill of a real graph is in Reals.
type Route struct {
	Shape []int // of the result
	Index []int32
	Fill  []int64
	Reals []float64
}

// Table is a function of one variable. Over reals Fn and Params say which (see Funcs); over integers result i is for argument
// Lo + i, and Values covers the argument's whole range.
type Table struct {
	Fn     string
	Params []float64
	Lo     int64
	Values []int64
}

// Norm brings x > 0 to a mantissa of Bits bits: the result's last axis has two entries, the mantissa m and the exponent e, with
// m = floor(x / 2^e), 2^(Bits−1) ≤ m < 2^Bits; x = 0 gives (0, 0); e may be negative, then m = x·2^−e.
type Norm struct{ Bits int }

// Requant scales, rounds, adds Zero and clamps to [Lo, Hi]: clamp(num.Requant(x, Mul, Add, Shift, Round) + Zero, Lo, Hi).
// Mul, Add and Shift have one entry, or one for each index of the last axis; Add and Shift may be empty (0).
type Requant struct {
	Mul, Add, Shift []int64
	Round           num.Rounding
	Zero            int64
	Lo, Hi          int64
}

// At gives the constants for index c of the last axis.
func (r *Requant) At(c int) (mul, add int64, shift int) {
	pick := func(s []int64) int64 {
		if len(s) == 0 {
			return 0
		}
		if len(s) == 1 {
			return s[0]
		}
		return s[c]
	}
	return pick(r.Mul), pick(r.Add), int(pick(r.Shift))
}

// Threshold counts: result = Base + the number of constants of the element's row that are ≤ x. Steps holds one ascending list
// (Channels 1), or Channels lists of equal length end to end, one for each index of the last axis; over reals they are in Reals.
type Threshold struct {
	Channels int
	Base     int64
	Steps    []int64
	Reals    []float64
}

// Row gives the ascending integer constants for index c of the last axis.
func (t *Threshold) Row(c int) []int64 { return rowOfChannel(t.Steps, t.Channels, c) }

// RealRow gives the ascending real constants for index c of the last axis.
func (t *Threshold) RealRow(c int) []float64 { return rowOfChannel(t.Reals, t.Channels, c) }

func rowOfChannel[T any](s []T, channels, c int) []T {
	n := len(s) / channels
	if channels == 1 {
		c = 0
	}
	return s[c*n : (c+1)*n]
}

// Clamp saturates to [Lo, Hi]; over reals to [RLo, RHi], which may be infinite.
type Clamp struct {
	Lo, Hi   int64
	RLo, RHi float64
}

// Quant is a quantizer in a real graph: result = (q − Zero)·Scale with q = clamp(round(x/Scale + Zero), Lo, Hi), or, when
// ClampFirst, with the clamp before the rounding (QONNX). Scale, Zero, Lo and Hi have one entry, or one for each index of the last axis.
type Quant struct {
	Scale, Zero []float64
	Lo, Hi      []int64
	Mode        string // half-even, half-up, half-away, half-down, floor, ceil, up, down, bipolar
	ClampFirst  bool
	Single      bool // x/Scale is rounded to float32 (ONNX QuantizeLinear with a float scale)
}

func (a *Input) fields() []field { return []field{{"lo", &a.Lo}, {"hi", &a.Hi}, {"round", &a.Round}} }
func (a *Dense) fields() []field { return []field{{"groups", &a.Groups}, {"unit", &a.Unit}} }
func (a *DenseFloat32) fields() []field {
	return []field{{"groups", &a.Groups}, {"scale", &a.Scale}, {"zero", &a.Zero}, {"scales", &a.Scales}, {"bias", &a.Bias}, {"depth", &a.Depth},
		{"outscale", &a.OutScale}, {"outzero", &a.OutZero}, {"lo", &a.Lo}, {"hi", &a.Hi}}
}
func (a *Axis) fields() []field { return []field{{"axis", &a.Axis}, {"k", &a.K}} }
func (a *Cmp) fields() []field  { return []field{{"rel", &a.Rel}} }
func (a *Route) fields() []field {
	return []field{{"index", &a.Index}, {"fill", &a.Fill}, {"reals", &a.Reals}}
}
func (a *Table) fields() []field {
	return []field{{"fn", &a.Fn}, {"params", &a.Params}, {"lo", &a.Lo}, {"values", &a.Values}}
}
func (a *Norm) fields() []field { return []field{{"bits", &a.Bits}} }
func (a *Requant) fields() []field {
	return []field{{"mul", &a.Mul}, {"add", &a.Add}, {"shift", &a.Shift}, {"round", &a.Round}, {"zero", &a.Zero}, {"lo", &a.Lo}, {"hi", &a.Hi}}
}
func (a *Threshold) fields() []field {
	return []field{{"channels", &a.Channels}, {"base", &a.Base}, {"steps", &a.Steps}, {"reals", &a.Reals}}
}
func (a *Clamp) fields() []field {
	return []field{{"lo", &a.Lo}, {"hi", &a.Hi}, {"rlo", &a.RLo}, {"rhi", &a.RHi}}
}
func (a *Quant) fields() []field {
	return []field{{"scale", &a.Scale}, {"zero", &a.Zero}, {"lo", &a.Lo}, {"hi", &a.Hi}, {"mode", &a.Mode}, {"clampfirst", &a.ClampFirst}, {"single", &a.Single}}
}
func (d *Data) fields() []field { return []field{{"ints", &d.Ints}, {"reals", &d.Reals}} }
