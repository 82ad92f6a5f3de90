package onnx

import (
	"encoding/binary"
	"math"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
)

// The functions here write ONNX files, well-formed and not, for the tests.

// nan32 is not a number.
var nan32 = float32(math.NaN())

// msg is a protobuf message under construction.
type msg []byte

func (m msg) int(field protowire.Number, x int64) msg {
	return protowire.AppendVarint(protowire.AppendTag(m, field, protowire.VarintType), uint64(x))
}

func (m msg) str(field protowire.Number, s string) msg {
	return protowire.AppendString(protowire.AppendTag(m, field, protowire.BytesType), s)
}

func (m msg) sub(field protowire.Number, s msg) msg {
	return protowire.AppendBytes(protowire.AppendTag(m, field, protowire.BytesType), s)
}

func (m msg) float(field protowire.Number, x float32) msg {
	return protowire.AppendFixed32(protowire.AppendTag(m, field, protowire.Fixed32Type), math.Float32bits(x))
}

// file describes a model to write. The zero values make a usable model with opset 17 and IR version 8.
type file struct {
	ir       int64
	opset    int64
	domains  []opsetProto
	inputs   []port
	outputs  []port
	inits    []msg
	nodes    []msg
	funcs    []msg
	graphs   []msg // further graph fields, which protobuf merges
	noOpset  bool
	trailing msg
}

// port is an input or output: dimensions of −1 are symbolic.
type port struct {
	name  string
	dtype dtype
	dims  []int64
}

func (f file) bytes() []byte {
	if f.ir == 0 {
		f.ir = 8
	}
	if f.opset == 0 {
		f.opset = 17
	}
	g := msg{}.str(2, "test")
	for _, n := range f.nodes {
		g = g.sub(1, n)
	}
	for _, t := range f.inits {
		g = g.sub(5, t)
	}
	for _, p := range f.inputs {
		g = g.sub(11, p.msg())
	}
	for _, p := range f.outputs {
		g = g.sub(12, p.msg())
	}
	m := msg{}.int(1, f.ir).sub(7, g)
	for _, extra := range f.graphs {
		m = m.sub(7, extra)
	}
	if !f.noOpset {
		m = m.sub(8, msg{}.int(2, f.opset))
	}
	for _, d := range f.domains {
		m = m.sub(8, msg{}.str(1, d.domain).int(2, d.version))
	}
	for _, fn := range f.funcs {
		m = m.sub(25, fn)
	}
	return append(m, f.trailing...)
}

func (p port) msg() msg {
	shape := msg{}
	for _, d := range p.dims {
		if d == -1 {
			shape = shape.sub(1, msg{}.str(2, "N"))
		} else {
			shape = shape.sub(1, msg{}.int(1, d))
		}
	}
	t := msg{}.int(1, int64(p.dtype))
	if p.dims != nil {
		t = t.sub(2, shape)
	}
	return msg{}.str(1, p.name).sub(2, msg{}.sub(1, t))
}

// tensor writes a float32 tensor with raw data.
func tensor(name string, dims []int64, x ...float32) msg {
	raw := []byte{}
	for _, v := range x {
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(v))
	}
	return header(name, dtFloat, dims).sub(9, raw)
}

// typed writes a tensor of any numeric type with raw data.
func typed(name string, d dtype, dims []int64, x ...int64) msg {
	raw := []byte{}
	for _, v := range x {
		switch dtypes[d].bits {
		case 8:
			raw = append(raw, byte(v))
		case 16:
			raw = binary.LittleEndian.AppendUint16(raw, uint16(v))
		case 32:
			raw = binary.LittleEndian.AppendUint32(raw, uint32(v))
		case 64:
			raw = binary.LittleEndian.AppendUint64(raw, uint64(v))
		}
	}
	return header(name, d, dims).sub(9, raw)
}

func ints64(name string, x ...int64) msg { return typed(name, dtInt64, []int64{int64(len(x))}, x...) }

// header writes the dimensions, type and name of a tensor.
func header(name string, d dtype, dims []int64) msg {
	m := msg{}
	for _, n := range dims {
		m = m.int(1, n)
	}
	return m.int(2, int64(d)).str(8, name)
}

// op writes a node; attributes follow from attrInt64 and its relatives. Domain and name may be set by further fields.
func op(kind string, in, out []string, fields ...msg) msg {
	m := msg{}
	for _, s := range in {
		m = m.str(1, s)
	}
	for _, s := range out {
		m = m.str(2, s)
	}
	m = m.str(3, "the "+kind).str(4, kind)
	return append(m, slices.Concat(fields...)...)
}

func domain(d string) msg { return msg{}.str(7, d) }

func attribute(a msg) msg { return msg{}.sub(5, a) }

func intAttr(name string, x int64) msg {
	return attribute(msg{}.str(1, name).int(3, x).int(20, attrInt))
}

func floatsAttr(name string, x ...float32) msg {
	m := msg{}.str(1, name)
	for _, v := range x {
		m = m.float(7, v)
	}
	return attribute(m.int(20, attrFloats))
}

func number32(name string, x float32) msg {
	return attribute(msg{}.str(1, name).float(2, x).int(20, attrFloat))
}

func text(name, s string) msg {
	return attribute(msg{}.str(1, name).str(4, s).int(20, attrString))
}

func intList(name string, x ...int64) msg {
	m := msg{}.str(1, name)
	for _, v := range x {
		m = m.int(8, v)
	}
	return attribute(m.int(20, attrInts))
}

func tensorAttr(name string, t msg) msg {
	return attribute(msg{}.str(1, name).sub(5, t).int(20, attrTensor))
}

func externalTensor(name string, dims []int64, entries ...string) msg {
	m := header(name, dtFloat, dims).int(14, 1)
	for i := 0; i+1 < len(entries); i += 2 {
		m = m.sub(13, msg{}.str(1, entries[i]).str(2, entries[i+1]))
	}
	return m
}

// mlp is a small valid model: y = Relu(x·W + b) for x [N, 3].
func mlp() file {
	return file{
		inputs:  []port{{"x", dtFloat, []int64{-1, 3}}},
		outputs: []port{{"y", dtFloat, []int64{-1, 2}}},
		inits:   []msg{tensor("w", []int64{3, 2}, 1, 2, 3, 4, 5, 6), tensor("b", []int64{2}, -1, 1)},
		nodes:   []msg{op("Gemm", []string{"x", "w", "b"}, []string{"h"}), op("Relu", []string{"h"}, []string{"y"})},
	}
}
