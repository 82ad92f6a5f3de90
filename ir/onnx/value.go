package onnx

import (
	"slices"

	"mlpc/ir"
	"mlpc/ir/diag"
)

// value is a tensor of the model during import.
//
// Shapes are per sample. A tensor that depends on the batch has one axis, batch, on which the samples lie one after the other; shape
// holds there how many entries one sample has: 1 as a rule, 16 after [N, 16, 8] has been reshaped to [N·16, 8]. The IR value leaves
// the batch axis out where it is 1. So flattened elements are the same in both, and most ops need only say where the batch axis goes.
type value struct {
	dtype dtype
	shape []int
	batch int // −1: the tensor does not depend on the batch

	ir *ir.Value // run-time tensors

	known bool // constants: data, or strs where dtype is dtString
	data  []float64
	strs  []string
	size  []float64 // shape computations: element i is data[i] + size[i]·N + row[i]·n for batch size N and sample index n;
	row   []float64 // nil: zero

	grid   *grid        // constants: the quantizer's numbers that the elements are, where known
	stored *stored      // integers of a quantizer
	unreal bool         // a run-time condition that holds for NaN or an infinity only
	labels []string     // class names that an index stands for; then dtype is dtString
	orig   *tensorProto // an initializer that has not been decoded, or what a constant was decoded from
	absent diag.Pos     // the node that should produce the tensor but cannot; zero otherwise
}

// stored says what the integers of a run-time tensor are: ir holds (q − zero)·scale of each integer q. Each list has one entry, or
// one for each index of axis.
type stored struct {
	scale, zero []float64
	axis        int
}

func (s *stored) perAxis() bool { return len(s.scale) > 1 || len(s.zero) > 1 }

// moved gives s after the channels went to another axis; nil where a per-axis s has no such axis.
func (s *stored) moved(axis int) *stored {
	if !s.perAxis() {
		return s
	}
	if axis < 0 {
		return nil
	}
	return &stored{s.scale, s.zero, axis}
}

// core is the shape of the IR value for a per-sample shape with a batch axis.
func core(shape []int, batch int) []int {
	if batch >= 0 && shape[batch] == 1 {
		return slices.Concat(shape[:batch], shape[batch+1:])
	}
	return slices.Clone(shape)
}

// coreAxis converts an axis of v to the axis of its IR value; the batch axis itself must not be asked for.
func (v *value) coreAxis(axis int) int {
	if v.batch >= 0 && axis > v.batch && v.shape[v.batch] == 1 {
		return axis - 1
	}
	return axis
}

func (v *value) rank() int      { return len(v.shape) }
func (v *value) elements() int  { return ir.Size(v.shape) }
func (v *value) symbolic() bool { return v.size != nil || v.row != nil }

// scalar gives the only element of a constant with one element.
func (v *value) scalar() (float64, bool) {
	if v == nil || !v.known || len(v.data) != 1 || v.symbolic() {
		return 0, false
	}
	return v.data[0], true
}

// constant makes a known value.
func constant(d dtype, shape []int, data []float64) *value {
	return &value{dtype: d, shape: shape, batch: -1, known: true, data: data}
}

// number makes a known scalar of a type.
func number(d dtype, x float64) *value { return constant(d, nil, []float64{x}) }

// as gives v under another element type; the elements are the same.
func (v *value) as(d dtype) *value {
	if v.dtype == d {
		return v
	}
	w := *v
	w.dtype = d
	return &w
}

// refusal carries a diagnosis from the depth of a lowering up to lowerNode, which is the only one to recover it.
type refusal struct{ err *diag.Error }

// refuse ends the lowering of the current node.
func (m *importer) refuse(code diag.Code, format string, args ...any) {
	panic(refusal{diag.New(code, m.pos, format, args...)})
}

// refuseHint is refuse with a next step.
func (m *importer) refuseHint(code diag.Code, hint, format string, args ...any) {
	panic(refusal{diag.New(code, m.pos, format, args...).WithHint("%s", hint)})
}

// mixes refuses an op that would combine different samples of a batch.
func (m *importer) mixes() {
	m.crossed = true
	m.refuseHint(diag.CodeShape, "export the model with the batch as the first dimension and leave it alone",
		"the node combines different samples of a batch")
}

// spend takes n elements from the budget for tensors that the importer makes itself.
func (m *importer) spend(n int) {
	if m.budget -= n; m.budget < 0 {
		m.refuse(diag.CodeLimit, "the node makes tensors larger than the limit of %d elements that follows from the size of the file", m.limit)
	}
}

// checkSize refuses shapes that are too large or have no elements.
func (m *importer) checkSize(shape []int) int {
	n := 1
	for _, d := range shape {
		if d < 0 {
			m.refuse(diag.CodeShape, "dimension %d is negative", d)
		}
		if d > maxElements || n*d > maxElements {
			m.refuse(diag.CodeLimit, "shape %v has more than %d elements", shape, maxElements)
		}
		n *= d
	}
	return n
}
