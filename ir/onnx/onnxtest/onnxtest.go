// Package onnxtest writes small ONNX files for tests: well-formed ones, and ones that are wrong in one way.
//
// Field numbers follow onnx.proto (IR version 3 and later).
package onnxtest

import (
	"encoding/binary"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// Model is an ONNX model.
type Model struct {
	IR       int64
	Opset    int64
	Domains  map[string]int64 // further operator sets
	Producer string
	Inputs   []Info
	Outputs  []Info
	Inits    []Tensor
	Nodes    []Node
}

// Info declares an input or output: float32 of the given dimensions; a dimension is an int64, or a string for a symbolic one.
type Info struct {
	Name string
	Type int64 // 0: float32
	Dims []any
}

// Tensor is an initializer.
type Tensor struct {
	Name string
	Type int64 // 1 float32, 3 int8, 6 int32, 7 int64, …
	Dims []int64
	Raw  []byte
	// External, where set, replaces Raw by references: location, offset, length and so on.
	External [][2]string
}

// Node is one operator; attributes are int64, float32, string, []int64, []float32 or Tensor.
type Node struct {
	Name, Op, Domain string
	In, Out          []string
	Attrs            []Attr
}

// Attr is one attribute of a node.
type Attr struct {
	Name  string
	Value any
}

// Floats makes a float32 tensor.
func Floats(name string, dims []int64, x ...float32) Tensor {
	t := Tensor{Name: name, Type: 1, Dims: dims}
	for _, v := range x {
		t.Raw = binary.LittleEndian.AppendUint32(t.Raw, math.Float32bits(v))
	}
	return t
}

// Int64s makes an int64 tensor.
func Int64s(name string, dims []int64, x ...int64) Tensor {
	t := Tensor{Name: name, Type: 7, Dims: dims}
	for _, v := range x {
		t.Raw = binary.LittleEndian.AppendUint64(t.Raw, uint64(v))
	}
	return t
}

// Bytes gives the file.
func (m *Model) Bytes() []byte {
	var b []byte
	b = putInt(b, 1, m.IR)
	b = putText(b, 2, m.Producer)
	b = putMessage(b, 7, m.graph())
	b = putMessage(b, 8, opset("", m.Opset))
	for d, v := range m.Domains {
		b = putMessage(b, 8, opset(d, v))
	}
	return b
}

func opset(domain string, version int64) []byte {
	return putInt(putText(nil, 1, domain), 2, version)
}

func (m *Model) graph() []byte {
	var b []byte
	for i := range m.Nodes {
		b = putMessage(b, 1, m.Nodes[i].bytes())
	}
	b = putText(b, 2, "graph")
	for i := range m.Inits {
		b = putMessage(b, 5, m.Inits[i].bytes())
	}
	for _, in := range m.Inputs {
		b = putMessage(b, 11, in.bytes())
	}
	for _, out := range m.Outputs {
		b = putMessage(b, 12, out.bytes())
	}
	return b
}

func (n *Node) bytes() []byte {
	var b []byte
	for _, s := range n.In {
		b = protowire.AppendString(protowire.AppendTag(b, 1, protowire.BytesType), s)
	}
	for _, s := range n.Out {
		b = protowire.AppendString(protowire.AppendTag(b, 2, protowire.BytesType), s)
	}
	b = putText(b, 3, n.Name)
	b = putText(b, 4, n.Op)
	for _, a := range n.Attrs {
		b = putMessage(b, 5, a.bytes())
	}
	return putText(b, 7, n.Domain)
}

func (a *Attr) bytes() []byte {
	b := putText(nil, 1, a.Name)
	kind := int64(0)
	switch v := a.Value.(type) {
	case float32:
		kind = 1
		b = protowire.AppendFixed32(protowire.AppendTag(b, 2, protowire.Fixed32Type), math.Float32bits(v))
	case int64:
		kind = 2
		b = protowire.AppendVarint(protowire.AppendTag(b, 3, protowire.VarintType), uint64(v))
	case int:
		kind = 2
		b = protowire.AppendVarint(protowire.AppendTag(b, 3, protowire.VarintType), uint64(v))
	case string:
		kind = 3
		b = putText(b, 4, v)
	case Tensor:
		kind = 4
		b = putMessage(b, 5, v.bytes())
	case []float32:
		kind = 6
		for _, x := range v {
			b = protowire.AppendFixed32(protowire.AppendTag(b, 7, protowire.Fixed32Type), math.Float32bits(x))
		}
	case []int64:
		kind = 7
		for _, x := range v {
			b = protowire.AppendVarint(protowire.AppendTag(b, 8, protowire.VarintType), uint64(x))
		}
	}
	return putInt(b, 20, kind)
}

func (t *Tensor) bytes() []byte {
	var b []byte
	for _, d := range t.Dims {
		b = protowire.AppendVarint(protowire.AppendTag(b, 1, protowire.VarintType), uint64(d))
	}
	b = putInt(b, 2, t.Type)
	b = putText(b, 8, t.Name)
	if t.External == nil {
		return putMessage(b, 9, t.Raw)
	}
	for _, kv := range t.External {
		b = putMessage(b, 13, putText(putText(nil, 1, kv[0]), 2, kv[1]))
	}
	return putInt(b, 14, 1)
}

func (i *Info) bytes() []byte {
	var shape []byte
	for _, d := range i.Dims {
		switch d := d.(type) {
		case int:
			shape = putMessage(shape, 1, putInt(nil, 1, int64(d)))
		case string:
			shape = putMessage(shape, 1, putText(nil, 2, d))
		}
	}
	typ := i.Type
	if typ == 0 {
		typ = 1
	}
	tensor := putMessage(putInt(nil, 1, typ), 2, shape)
	return putMessage(putText(nil, 1, i.Name), 2, putMessage(nil, 1, tensor))
}

func putInt(b []byte, field protowire.Number, v int64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, field, protowire.VarintType), uint64(v))
}

func putText(b []byte, field protowire.Number, s string) []byte {
	if s == "" {
		return b
	}
	return protowire.AppendString(protowire.AppendTag(b, field, protowire.BytesType), s)
}

func putMessage(b []byte, field protowire.Number, m []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, field, protowire.BytesType), m)
}
