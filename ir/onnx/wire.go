package onnx

import (
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"
)

// Limits of the reader. They bound what a file can make mlpc allocate before its content has been checked.
const (
	maxFile     = 2 << 30 // bytes of the model file; protobuf itself allows no more
	maxMessages = 1 << 20 // sub-messages in a file
	maxDepth    = 100     // nesting of graphs in attributes and of model-local functions
	maxElements = 1 << 28 // elements of one tensor
	maxRank     = 16      // dimensions of one tensor
	maxNodes    = 1 << 17 // nodes after functions are expanded
)

// field is one decoded protobuf field. Scalars of every width are in num, length-delimited content is in bytes.
type field struct {
	id    protowire.Number
	typ   protowire.Type
	num   uint64
	bytes []byte
}

// reader walks the fields of protobuf messages and counts messages over the whole file.
type reader struct{ messages int }

// each calls f for every field of message b in order. Groups, field number 0, reserved wire types, over-long varints and lengths
// past the end of b are errors; f ignores the fields that it does not know.
func (r *reader) each(b []byte, f func(field) error) error {
	if r.messages++; r.messages > maxMessages {
		return fmt.Errorf("more than %d messages", maxMessages)
	}
	for len(b) > 0 {
		id, typ, n := protowire.ConsumeTag(b)
		if n < 0 {
			return protowire.ParseError(n)
		}
		b = b[n:]
		fd := field{id: id, typ: typ}
		var v32 uint32
		switch typ {
		case protowire.VarintType:
			fd.num, n = protowire.ConsumeVarint(b)
		case protowire.Fixed32Type:
			v32, n = protowire.ConsumeFixed32(b)
			fd.num = uint64(v32)
		case protowire.Fixed64Type:
			fd.num, n = protowire.ConsumeFixed64(b)
		case protowire.BytesType:
			fd.bytes, n = protowire.ConsumeBytes(b)
		default:
			return fmt.Errorf("field %d has wire type %d", id, typ)
		}
		if n < 0 {
			return protowire.ParseError(n)
		}
		b = b[n:]
		if err := f(fd); err != nil {
			return err
		}
	}
	return nil
}

// want checks the wire type of a field that is not repeated.
func (f field) want(t protowire.Type) error {
	if f.typ != t {
		return fmt.Errorf("field %d has wire type %d instead of %d", f.id, f.typ, t)
	}
	return nil
}

// setString stores a string field. Bytes that are not UTF-8 are kept: names are only compared, and escaped where printed.
func (f field) setString(s *string) error {
	*s = string(f.bytes)
	return f.want(protowire.BytesType)
}

// setInt stores a varint field.
func (f field) setInt(i *int64) error {
	*i = int64(f.num)
	return f.want(protowire.VarintType)
}

// packed is a repeated scalar field as it lies in the file: runs of packed elements and single elements mixed.
type packed struct{ runs []field }

// add appends one occurrence of the field.
func (p *packed) add(f field) error {
	p.runs = append(p.runs, f)
	return nil
}

// each calls f for every element; typ is the wire type of an unpacked element.
func (p *packed) each(typ protowire.Type, f func(uint64) error) error {
	for _, run := range p.runs {
		if run.typ == typ {
			if err := f(run.num); err != nil {
				return err
			}
			continue
		}
		if err := run.want(protowire.BytesType); err != nil {
			return err
		}
		if err := eachPacked(run.bytes, typ, f); err != nil {
			return err
		}
	}
	return nil
}

func eachPacked(b []byte, typ protowire.Type, f func(uint64) error) error {
	for len(b) > 0 {
		var v uint64
		var v32 uint32
		var n int
		switch typ {
		case protowire.VarintType:
			v, n = protowire.ConsumeVarint(b)
		case protowire.Fixed32Type:
			v32, n = protowire.ConsumeFixed32(b)
			v = uint64(v32)
		case protowire.Fixed64Type:
			v, n = protowire.ConsumeFixed64(b)
		}
		if n < 0 {
			return protowire.ParseError(n)
		}
		b = b[n:]
		if err := f(v); err != nil {
			return err
		}
	}
	return nil
}

// ints decodes a repeated int64 field of at most limit elements.
func (p *packed) ints(limit int) ([]int64, error) {
	var out []int64
	err := p.each(protowire.VarintType, func(v uint64) error {
		if len(out) == limit {
			return fmt.Errorf("more than %d elements", limit)
		}
		out = append(out, int64(v))
		return nil
	})
	return out, err
}
