package onnx

import (
	"encoding/binary"
	"fmt"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// dtype is an element type, numbered as TensorProto.DataType.
type dtype int64

const (
	dtFloat    dtype = 1
	dtUint8    dtype = 2
	dtInt8     dtype = 3
	dtUint16   dtype = 4
	dtInt16    dtype = 5
	dtInt32    dtype = 6
	dtInt64    dtype = 7
	dtString   dtype = 8
	dtBool     dtype = 9
	dtFloat16  dtype = 10
	dtDouble   dtype = 11
	dtUint32   dtype = 12
	dtUint64   dtype = 13
	dtBfloat16 dtype = 16
	dtUint4    dtype = 21
	dtInt4     dtype = 22
	dtUint2    dtype = 25
	dtInt2     dtype = 26
)

// dtypeInfo says how an element type is stored: its name, its width in bits, and its kind.
type dtypeInfo struct {
	name   string
	bits   int
	float  bool
	signed bool
}

var dtypes = map[dtype]dtypeInfo{
	dtFloat: {"float32", 32, true, true}, dtFloat16: {"float16", 16, true, true}, dtBfloat16: {"bfloat16", 16, true, true}, dtDouble: {"float64", 64, true, true},
	dtUint8: {"uint8", 8, false, false}, dtUint16: {"uint16", 16, false, false}, dtUint32: {"uint32", 32, false, false}, dtUint64: {"uint64", 64, false, false},
	dtInt8: {"int8", 8, false, true}, dtInt16: {"int16", 16, false, true}, dtInt32: {"int32", 32, false, true}, dtInt64: {"int64", 64, false, true},
	dtUint4: {"uint4", 4, false, false}, dtInt4: {"int4", 4, false, true}, dtUint2: {"uint2", 2, false, false}, dtInt2: {"int2", 2, false, true},
	dtBool: {"bool", 8, false, false}, dtString: {"string", 0, false, false},
}

// String gives the name as numpy spells it.
func (d dtype) String() string {
	if i, ok := dtypes[d]; ok {
		return i.name
	}
	return fmt.Sprintf("type %d", int64(d))
}

func (d dtype) isFloat() bool { return dtypes[d].float }

// isInt tells whether d is an integer type other than bool.
func (d dtype) isInt() bool {
	i, ok := dtypes[d]
	return ok && !i.float && d != dtBool && d != dtString
}

// limits gives the least and the largest value of an integer type; the 64-bit ones as float64 holds them.
func (d dtype) limits() (lo, hi float64) {
	i := dtypes[d]
	if d == dtBool {
		return 0, 1
	}
	if i.signed {
		return -math.Ldexp(1, i.bits-1), math.Ldexp(1, i.bits-1) - 1
	}
	return 0, math.Ldexp(1, i.bits) - 1
}

// shapeOf decodes and checks the dimensions of a tensor: none negative, their product within maxElements.
func (t *tensorProto) shapeOf() ([]int, error) {
	dims, err := t.dims.ints(maxRank)
	if err != nil {
		return nil, fmt.Errorf("dimensions: %w", err)
	}
	shape := make([]int, len(dims))
	n := int64(1)
	for i, d := range dims {
		if d < 0 || d > maxElements {
			return nil, fmt.Errorf("dimension %d of %v is out of range", d, dims)
		}
		if n *= d; n > maxElements {
			return nil, fmt.Errorf("shape %v has more than %d elements", dims, maxElements)
		}
		shape[i] = int(d)
	}
	return shape, nil
}

// decode gives the shape and the elements of a tensor; strings come in strs. raw holds external data, or is nil.
func (t *tensorProto) decode(raw []byte) (shape []int, data []float64, strs []string, err error) {
	if shape, err = t.shapeOf(); err != nil {
		return nil, nil, nil, err
	}
	n := 1
	for _, d := range shape {
		n *= d
	}
	d := dtype(t.dtype)
	if d == dtString {
		if t.hasRaw || len(t.strings) != n {
			return nil, nil, nil, fmt.Errorf("%d strings for shape %v", len(t.strings), shape)
		}
		for _, s := range t.strings {
			strs = append(strs, string(s))
		}
		return shape, nil, strs, nil
	}
	if _, ok := dtypes[d]; !ok {
		return nil, nil, nil, fmt.Errorf("element %s is not supported", d)
	}
	if raw == nil && t.hasRaw {
		raw = t.raw
	}
	if raw != nil {
		data, err = decodeRaw(d, raw, n)
	} else {
		data, err = t.decodeTyped(d, n)
	}
	return shape, data, nil, err
}

// rawBytes is the length of n elements of type d as raw data: packed low bits first, rounded up to whole bytes.
func rawBytes(d dtype, n int) int64 { return (int64(n)*int64(dtypes[d].bits) + 7) / 8 }

// decodeRaw converts little-endian raw data of exactly n elements.
func decodeRaw(d dtype, raw []byte, n int) ([]float64, error) {
	if want := rawBytes(d, n); int64(len(raw)) != want {
		return nil, fmt.Errorf("%d bytes of data where %d elements of %s need %d", len(raw), n, d, want)
	}
	out := make([]float64, n)
	info := dtypes[d]
	switch info.bits {
	case 2, 4:
		per := 8 / info.bits
		for i := range out {
			out[i] = fromBits(d, uint64(raw[i/per]>>(i%per*info.bits)))
		}
	case 8:
		for i := range out {
			out[i] = fromBits(d, uint64(raw[i]))
		}
	case 16:
		for i := range out {
			out[i] = fromBits(d, uint64(binary.LittleEndian.Uint16(raw[2*i:])))
		}
	case 32:
		if d == dtFloat {
			for i := range out {
				out[i] = float64(math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:])))
			}
			break
		}
		for i := range out {
			out[i] = fromBits(d, uint64(binary.LittleEndian.Uint32(raw[4*i:])))
		}
	case 64:
		for i := range out {
			out[i] = fromBits(d, binary.LittleEndian.Uint64(raw[8*i:]))
		}
	}
	return out, nil
}

// fromBits converts the low bits of v, as wide as the type, to a number.
func fromBits(d dtype, v uint64) float64 {
	info := dtypes[d]
	switch d {
	case dtFloat:
		return float64(math.Float32frombits(uint32(v)))
	case dtDouble:
		return math.Float64frombits(v)
	case dtBfloat16:
		return float64(math.Float32frombits(uint32(v&0xffff) << 16))
	case dtFloat16:
		return fromHalf(uint16(v))
	case dtBool:
		if v&0xff != 0 {
			return 1
		}
		return 0
	}
	drop := 64 - info.bits
	if info.signed {
		return float64(int64(v<<drop) >> drop)
	}
	return float64(v << drop >> drop)
}

// fromHalf converts an IEEE 754 binary16 number.
func fromHalf(h uint16) float64 {
	sign, exp, frac := 1.0, int(h>>10&31), float64(h&1023)
	if h>>15 == 1 {
		sign = -1
	}
	switch exp {
	case 0:
		return sign * math.Ldexp(frac, -24)
	case 31:
		if frac != 0 {
			return math.NaN()
		}
		return math.Inf(int(sign))
	}
	return sign * math.Ldexp(1024+frac, exp-25)
}

// decodeTyped converts the typed data field that belongs to d; it must hold exactly n elements.
func (t *tensorProto) decodeTyped(d dtype, n int) ([]float64, error) {
	src, wire := &t.int32s, protowire.VarintType
	switch d {
	case dtFloat:
		src, wire = &t.floats, protowire.Fixed32Type
	case dtDouble:
		src, wire = &t.doubles, protowire.Fixed64Type
	case dtInt64:
		src = &t.int64s
	case dtUint32, dtUint64:
		src = &t.uint64s
	}
	bits := dtypes[d].bits
	per := 1
	if bits < 8 { // two or four elements lie in one byte of int32_data
		per = 8 / bits
	}
	var out []float64
	err := src.each(wire, func(v uint64) error {
		for i := 0; i < per && (per == 1 || len(out) < n); i++ {
			if len(out) == n {
				return fmt.Errorf("more than %d elements of data", n)
			}
			out = append(out, fromBits(d, v>>(i*bits)))
		}
		return nil
	})
	if err == nil && len(out) != n {
		err = fmt.Errorf("%d elements of data where the shape needs %d", len(out), n)
	}
	return out, err
}
