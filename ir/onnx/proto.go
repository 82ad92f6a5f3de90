package onnx

import (
	"fmt"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// The messages of onnx.proto (IR version 14), as far as the importer needs them. Field numbers are in the decoders below.
type (
	modelProto struct {
		irVersion         int64
		producer, version string
		opsets            []opsetProto
		graph             *graphProto
		functions         []*functionProto
	}
	opsetProto struct {
		domain  string
		version int64
	}
	graphProto struct {
		name            string
		nodes           []*nodeProto
		inits           []*tensorProto
		sparse          int
		inputs, outputs []valueProto
	}
	functionProto struct {
		name, domain, overload string
		inputs, outputs        []string
		attrs                  []string
		defaults               []*attrProto
		nodes                  []*nodeProto
		opsets                 []opsetProto
	}
	nodeProto struct {
		name, op, domain, overload string
		inputs, outputs            []string
		attrs                      []*attrProto
	}
	attrProto struct {
		name, ref string
		typ       int64
		f         float32
		i         int64
		s         []byte
		t         *tensorProto
		g         *graphProto
		floats    packed
		intList   packed
		strings   [][]byte
	}
	tensorProto struct {
		name     string
		dims     packed
		dtype    int64
		floats   packed // float32, one half of a complex number
		int32s   packed // int32 and everything narrower, bit patterns of float16
		int64s   packed
		doubles  packed
		uint64s  packed
		strings  [][]byte
		raw      []byte
		hasRaw   bool
		location int64 // 1: external
		external []entryProto
	}
	entryProto struct{ key, value string }
	valueProto struct {
		name  string
		kind  typeKind
		dtype int64
		shape *[]dimProto // nil: no shape given
	}
	dimProto struct {
		value int64 // −1 when symbolic or absent
		param string
	}
)

// typeKind is the alternative of TypeProto that a graph input or output has.
type typeKind int

const (
	kindNone typeKind = iota
	kindTensor
	kindOther // sequence, map, optional, sparse tensor
)

// The attribute types of AttributeProto.AttributeType that the importer reads.
const (
	attrFloat   = 1
	attrInt     = 2
	attrString  = 3
	attrTensor  = 4
	attrGraph   = 5
	attrFloats  = 6
	attrInts    = 7
	attrStrings = 8
)

// decodeModel reads a serialized ModelProto. Messages that occur twice are merged, of scalars the last one counts, as protobuf says.
func decodeModel(b []byte) (*modelProto, error) {
	m := &modelProto{}
	r := &reader{}
	err := r.each(b, func(f field) error {
		switch f.id {
		case 1:
			return f.setInt(&m.irVersion)
		case 2:
			return f.setString(&m.producer)
		case 3:
			return f.setString(&m.version)
		case 7:
			if m.graph == nil {
				m.graph = &graphProto{}
			}
			return r.message(f, func(b []byte) error { return r.graph(b, m.graph, 0) })
		case 8:
			var o opsetProto
			err := r.message(f, func(b []byte) error { return r.opset(b, &o) })
			m.opsets = append(m.opsets, o)
			return err
		case 25:
			fn := &functionProto{}
			m.functions = append(m.functions, fn)
			return r.message(f, func(b []byte) error { return r.function(b, fn) })
		}
		return nil
	})
	return m, err
}

// message checks that f holds a message and decodes it.
func (r *reader) message(f field, decode func([]byte) error) error {
	if err := f.want(protowire.BytesType); err != nil {
		return err
	}
	return decode(f.bytes)
}

func (r *reader) opset(b []byte, o *opsetProto) error {
	return r.each(b, func(f field) error {
		switch f.id {
		case 1:
			return f.setString(&o.domain)
		case 2:
			return f.setInt(&o.version)
		}
		return nil
	})
}

func (r *reader) graph(b []byte, g *graphProto, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("graphs nested more than %d deep", maxDepth)
	}
	return r.each(b, func(f field) error {
		switch f.id {
		case 1:
			n := &nodeProto{}
			g.nodes = append(g.nodes, n)
			return r.message(f, func(b []byte) error { return r.node(b, n, depth) })
		case 2:
			return f.setString(&g.name)
		case 5:
			t := &tensorProto{}
			g.inits = append(g.inits, t)
			return r.message(f, func(b []byte) error { return r.tensor(b, t) })
		case 11, 12:
			var v valueProto
			err := r.message(f, func(b []byte) error { return r.value(b, &v) })
			if f.id == 11 {
				g.inputs = append(g.inputs, v)
			} else {
				g.outputs = append(g.outputs, v)
			}
			return err
		case 15:
			g.sparse++
		}
		return nil
	})
}

func (r *reader) function(b []byte, fn *functionProto) error {
	return r.each(b, func(f field) error {
		switch f.id {
		case 1:
			return f.setString(&fn.name)
		case 4:
			fn.inputs = append(fn.inputs, string(f.bytes))
		case 5:
			fn.outputs = append(fn.outputs, string(f.bytes))
		case 6:
			fn.attrs = append(fn.attrs, string(f.bytes))
		case 7:
			n := &nodeProto{}
			fn.nodes = append(fn.nodes, n)
			return r.message(f, func(b []byte) error { return r.node(b, n, 0) })
		case 9:
			var o opsetProto
			err := r.message(f, func(b []byte) error { return r.opset(b, &o) })
			fn.opsets = append(fn.opsets, o)
			return err
		case 10:
			return f.setString(&fn.domain)
		case 11:
			a := &attrProto{}
			fn.defaults = append(fn.defaults, a)
			return r.message(f, func(b []byte) error { return r.attr(b, a, 0) })
		case 13:
			return f.setString(&fn.overload)
		}
		return nil
	})
}

func (r *reader) node(b []byte, n *nodeProto, depth int) error {
	return r.each(b, func(f field) error {
		switch f.id {
		case 1:
			n.inputs = append(n.inputs, string(f.bytes))
			return f.want(protowire.BytesType)
		case 2:
			n.outputs = append(n.outputs, string(f.bytes))
			return f.want(protowire.BytesType)
		case 3:
			return f.setString(&n.name)
		case 4:
			return f.setString(&n.op)
		case 5:
			a := &attrProto{}
			n.attrs = append(n.attrs, a)
			return r.message(f, func(b []byte) error { return r.attr(b, a, depth) })
		case 7:
			return f.setString(&n.domain)
		case 8:
			return f.setString(&n.overload)
		}
		return nil
	})
}

func (r *reader) attr(b []byte, a *attrProto, depth int) error {
	return r.each(b, func(f field) error {
		switch f.id {
		case 1:
			return f.setString(&a.name)
		case 2:
			a.f = math.Float32frombits(uint32(f.num))
			return f.want(protowire.Fixed32Type)
		case 3:
			return f.setInt(&a.i)
		case 4:
			a.s = f.bytes
			return f.want(protowire.BytesType)
		case 5:
			if a.t == nil {
				a.t = &tensorProto{}
			}
			return r.message(f, func(b []byte) error { return r.tensor(b, a.t) })
		case 6:
			if a.g == nil {
				a.g = &graphProto{}
			}
			return r.message(f, func(b []byte) error { return r.graph(b, a.g, depth+1) })
		case 7:
			return a.floats.add(f)
		case 8:
			return a.intList.add(f)
		case 9:
			a.strings = append(a.strings, f.bytes)
			return f.want(protowire.BytesType)
		case 20:
			return f.setInt(&a.typ)
		case 21:
			return f.setString(&a.ref)
		}
		return nil
	})
}

func (r *reader) tensor(b []byte, t *tensorProto) error {
	return r.each(b, func(f field) error {
		switch f.id {
		case 1:
			return t.dims.add(f)
		case 2:
			return f.setInt(&t.dtype)
		case 4:
			return t.floats.add(f)
		case 5:
			return t.int32s.add(f)
		case 6:
			t.strings = append(t.strings, f.bytes)
			return f.want(protowire.BytesType)
		case 7:
			return t.int64s.add(f)
		case 8:
			return f.setString(&t.name)
		case 9:
			t.raw, t.hasRaw = f.bytes, true
			return f.want(protowire.BytesType)
		case 10:
			return t.doubles.add(f)
		case 11:
			return t.uint64s.add(f)
		case 13:
			var e entryProto
			err := r.message(f, func(b []byte) error { return r.entry(b, &e) })
			t.external = append(t.external, e)
			return err
		case 14:
			return f.setInt(&t.location)
		}
		return nil
	})
}

func (r *reader) entry(b []byte, e *entryProto) error {
	return r.each(b, func(f field) error {
		switch f.id {
		case 1:
			return f.setString(&e.key)
		case 2:
			return f.setString(&e.value)
		}
		return nil
	})
}

// value reads ValueInfoProto: name and TypeProto.
func (r *reader) value(b []byte, v *valueProto) error {
	return r.each(b, func(f field) error {
		switch f.id {
		case 1:
			return f.setString(&v.name)
		case 2:
			return r.message(f, func(b []byte) error {
				return r.each(b, func(f field) error {
					switch f.id {
					case 1:
						v.kind = kindTensor
						return r.message(f, func(b []byte) error { return r.tensorType(b, v) })
					case 4, 5, 8, 9:
						v.kind = kindOther
					}
					return nil
				})
			})
		}
		return nil
	})
}

func (r *reader) tensorType(b []byte, v *valueProto) error {
	return r.each(b, func(f field) error {
		switch f.id {
		case 1:
			return f.setInt(&v.dtype)
		case 2:
			if v.shape == nil {
				v.shape = &[]dimProto{}
			}
			return r.message(f, func(b []byte) error {
				return r.each(b, func(f field) error {
					if f.id != 1 {
						return nil
					}
					d := dimProto{value: -1}
					err := r.message(f, func(b []byte) error { return r.dim(b, &d) })
					*v.shape = append(*v.shape, d)
					return err
				})
			})
		}
		return nil
	})
}

func (r *reader) dim(b []byte, d *dimProto) error {
	return r.each(b, func(f field) error {
		switch f.id {
		case 1:
			return f.setInt(&d.value)
		case 2:
			d.value = -1
			return f.setString(&d.param)
		}
		return nil
	})
}
