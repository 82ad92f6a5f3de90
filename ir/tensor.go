package ir

import "fmt"

// Tensor holds rows of a value: Rows samples of the given shape, row after row, in Ints or in Reals.
type Tensor struct {
	Rows  int
	Shape []int // per sample
	Ints  []int64
	Reals []float64
}

// NewInts makes a zero integer tensor.
func NewInts(rows int, shape []int) *Tensor {
	return &Tensor{Rows: rows, Shape: shape, Ints: make([]int64, rows*Size(shape))}
}

// NewReals makes a zero real tensor.
func NewReals(rows int, shape []int) *Tensor {
	return &Tensor{Rows: rows, Shape: shape, Reals: make([]float64, rows*Size(shape))}
}

// NewTensor makes a zero tensor for rows of a type.
func NewTensor(rows int, t Type) *Tensor {
	if t.Elem.IsReal() {
		return NewReals(rows, t.Shape)
	}
	return NewInts(rows, t.Shape)
}

// Size is the number of elements of one row.
func (t *Tensor) Size() int { return Size(t.Shape) }

// Slice gives rows [from, to) without copying.
func (t *Tensor) Slice(from, to int) *Tensor {
	n := t.Size()
	s := &Tensor{Rows: to - from, Shape: t.Shape}
	if t.Ints != nil {
		s.Ints = t.Ints[from*n : to*n]
	} else {
		s.Reals = t.Reals[from*n : to*n]
	}
	return s
}

// Data is the content of a constant; one of the two is set.
type Data struct {
	Ints  []int64
	Reals []float64
}

// Len is the number of elements.
func (d *Data) Len() int { return max(len(d.Ints), len(d.Reals)) }

// check tells what is wrong with a tensor that is to feed a value of type t.
func (t *Tensor) check(want Type) error {
	n := t.Rows * want.Size()
	if want.Elem.IsReal() {
		if len(t.Reals) != n {
			return fmt.Errorf("%d real elements for %d rows of %v", len(t.Reals), t.Rows, want.Shape)
		}
		return nil
	}
	if len(t.Ints) != n {
		return fmt.Errorf("%d integer elements for %d rows of %v", len(t.Ints), t.Rows, want.Shape)
	}
	lo, hi := want.Elem.Range()
	for i, x := range t.Ints {
		if x < lo || x > hi {
			return fmt.Errorf("element %d is %d, outside %s", i, x, want.Elem)
		}
	}
	return nil
}
