package ir

import (
	"fmt"
	"math/bits"
	"slices"
	"strconv"
)

// Elem is the type of one element: an integer of a given width, or, with Bits 0, a real number.
type Elem struct {
	Bits   int // 1 to 63; 0: real
	Signed bool
	Single bool // of reals: float32, the result of every op rounded to it; otherwise float64
}

// Real is the element type of values before quantization.
var Real = Elem{}

// Single is the element type of networks that stay in floating point.
var Single = Elem{Single: true}

// Int is the signed two's-complement integer of the given width.
func Int(bits int) Elem { return Elem{Bits: bits, Signed: true} }

// Uint is the unsigned integer of the given width.
func Uint(bits int) Elem { return Elem{Bits: bits} }

// IsReal tells whether e is one of the real types.
func (e Elem) IsReal() bool { return e.Bits == 0 }

// Range gives the least and the largest value of an integer type.
func (e Elem) Range() (lo, hi int64) {
	if e.Signed {
		return -1 << (e.Bits - 1), 1<<(e.Bits-1) - 1
	}
	return 0, 1<<e.Bits - 1
}

// Holds tells whether every integer in [lo, hi] is a value of e.
func (e Elem) Holds(lo, hi int64) bool {
	l, h := e.Range()
	return l <= lo && hi <= h
}

// Fit gives the narrowest integer type that holds [lo, hi]: unsigned when lo ≥ 0, at least one bit.
func Fit(lo, hi int64) Elem {
	if lo >= 0 {
		return Uint(max(1, bits.Len64(uint64(hi))))
	}
	n := bits.Len64(uint64(^lo))
	if hi > 0 {
		n = max(n, bits.Len64(uint64(hi)))
	}
	return Int(n + 1)
}

// String gives "real", "f32", "s8" or "u4".
func (e Elem) String() string {
	switch {
	case e.Single:
		return "f32"
	case e.Bits == 0:
		return "real"
	case e.Signed:
		return "s" + strconv.Itoa(e.Bits)
	}
	return "u" + strconv.Itoa(e.Bits)
}

// ParseElem reads what String gives.
func ParseElem(s string) (Elem, error) {
	if s == "real" {
		return Real, nil
	}
	if s == "f32" {
		return Single, nil
	}
	if len(s) > 1 && (s[0] == 's' || s[0] == 'u') {
		if n, err := strconv.Atoi(s[1:]); err == nil && n >= 1 && n <= 63 {
			return Elem{Bits: n, Signed: s[0] == 's'}, nil
		}
	}
	return Elem{}, fmt.Errorf("element type %q is not real, f32, s1 to s63 or u1 to u63", s)
}

// Type describes a value: its shape per sample, its element type, and what its integers stand for.
type Type struct {
	Shape  []int // without the batch dimension; empty: one element
	Elem   Elem
	Scale  []float64 // real = (integer − Zero) · Scale + Offset; one entry, or one for each index of the last axis; explains only, no op reads it
	Zero   int64
	Offset []float64   // none: 0; else one entry, or one for each index of the last axis
	Range  *[2]float64 // real values seen on the calibration rows: least, largest; set by calibrate
}

// Size is the number of elements.
func (t Type) Size() int { return Size(t.Shape) }

// Size is the product of the dimensions.
func Size(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}

// Equal compares two types in every field.
func (t Type) Equal(u Type) bool {
	sameRange := t.Range == nil && u.Range == nil || t.Range != nil && u.Range != nil && *t.Range == *u.Range
	return slices.Equal(t.Shape, u.Shape) && t.Elem == u.Elem && slices.Equal(t.Scale, u.Scale) && t.Zero == u.Zero && slices.Equal(t.Offset, u.Offset) && sameRange
}
