package ir

import (
	"fmt"
	"slices"
)

func shapeGiven(v *Value) ([]int, error) { return v.Type.Shape, nil }

func shapeConst(v *Value) ([]int, error) {
	d, ok := v.Attr.(*Data)
	if !ok || d.Len() != v.Type.Size() {
		return nil, fmt.Errorf("constant data does not fill shape %v", v.Type.Shape)
	}
	return v.Type.Shape, nil
}

func shapeSame(v *Value) ([]int, error) { return v.Args[0].Type.Shape, nil }

func shapeDense(v *Value) ([]int, error) {
	x, w := v.Args[0].Type.Shape, v.Args[1].Type.Shape
	if len(x) == 0 || len(w) != 2 {
		return nil, fmt.Errorf("dense needs x of rank ≥ 1 and W of rank 2, not %v and %v", x, w)
	}
	groups := max(1, v.Attr.(*Dense).Groups)
	k, out := x[len(x)-1], w[0]
	if w[1]*groups != k || out%groups != 0 {
		return nil, fmt.Errorf("dense with %d groups: x %v does not match W %v", groups, x, w)
	}
	for _, a := range v.Args[1:] {
		if !isStatic(a) {
			return nil, fmt.Errorf("weights and bias must be constant")
		}
	}
	if len(v.Args) == 3 && !slices.Equal(v.Args[2].Type.Shape, []int{out}) {
		return nil, fmt.Errorf("bias %v does not match %d rows", v.Args[2].Type.Shape, out)
	}
	return append(slices.Clone(x[:len(x)-1]), out), nil
}

// isStatic tells whether v depends on no input.
func isStatic(v *Value) bool {
	if v.Op == OpInput {
		return false
	}
	for _, a := range v.Args {
		if !isStatic(a) {
			return false
		}
	}
	return true
}

func shapeMatMul(v *Value) ([]int, error) {
	a, b := v.Args[0].Type.Shape, v.Args[1].Type.Shape
	if len(a) < 2 || len(b) < 2 || a[len(a)-1] != b[len(b)-2] {
		return nil, fmt.Errorf("matmul of %v and %v", a, b)
	}
	lead, err := Broadcast(a[:len(a)-2], b[:len(b)-2])
	if err != nil {
		return nil, err
	}
	return append(lead, a[len(a)-2], b[len(b)-1]), nil
}

// Broadcast gives the shape that numpy broadcasting makes of shapes.
func Broadcast(shapes ...[]int) ([]int, error) {
	rank := 0
	for _, s := range shapes {
		rank = max(rank, len(s))
	}
	out := make([]int, rank)
	for i := range out {
		out[i] = 1
	}
	for _, s := range shapes {
		off := rank - len(s)
		for i, d := range s {
			switch o := &out[off+i]; {
			case *o == d || d == 1:
			case *o == 1:
				*o = d
			default:
				return nil, fmt.Errorf("shapes %v do not broadcast", shapes)
			}
		}
	}
	return out, nil
}

func shapeBroadcast(v *Value) ([]int, error) {
	shapes := make([][]int, len(v.Args))
	for i, a := range v.Args {
		shapes[i] = a.Type.Shape
	}
	return Broadcast(shapes...)
}

func shapeCmp(v *Value) ([]int, error) {
	if r := v.Attr.(*Cmp).Rel; r != "lt" && r != "le" && r != "eq" {
		return nil, fmt.Errorf("relation %q is not lt, le or eq", r)
	}
	return shapeBroadcast(v)
}

func axisOf(v *Value) (int, error) {
	a, rank := v.Attr.(*Axis).Axis, len(v.Args[0].Type.Shape)
	if a < 0 || a >= rank {
		return 0, fmt.Errorf("axis %d of a value of rank %d", a, rank)
	}
	return a, nil
}

func shapeReduce(v *Value) ([]int, error) {
	a, err := axisOf(v)
	if err != nil {
		return nil, err
	}
	s := v.Args[0].Type.Shape
	if s[a] == 0 {
		return nil, fmt.Errorf("reduction over an empty axis")
	}
	return slices.Concat(s[:a], s[a+1:]), nil
}

func shapeTopK(v *Value) ([]int, error) {
	a, err := axisOf(v)
	if err != nil {
		return nil, err
	}
	s := slices.Clone(v.Args[0].Type.Shape)
	k := v.Attr.(*Axis).K
	if k < 1 || k > s[a] {
		return nil, fmt.Errorf("topk with k = %d of %d", k, s[a])
	}
	s[a] = k
	return s, nil
}

func shapeRoute(v *Value) ([]int, error) {
	r := v.Attr.(*Route)
	n := 0
	for _, a := range v.Args {
		n += a.Type.Size()
	}
	if len(r.Index) != Size(r.Shape) {
		return nil, fmt.Errorf("route has %d indexes for shape %v", len(r.Index), r.Shape)
	}
	fills := max(len(r.Fill), len(r.Reals))
	for i, x := range r.Index {
		if int(x) >= n || int(-1-x) >= fills {
			return nil, fmt.Errorf("route index %d at %d is outside %d elements and %d fills", x, i, n, fills)
		}
	}
	return r.Shape, nil
}

func shapeLookup(v *Value) ([]int, error) {
	t, i, b := v.Args[0].Type.Shape, v.Args[1].Type.Shape, v.Attr.(*Axis).Axis
	if b < 0 || len(t) < b+1 || len(i) < b || !slices.Equal(t[:b], i[:b]) {
		return nil, fmt.Errorf("lookup with %d leading axes in %v by %v", b, t, i)
	}
	return slices.Concat(i, t[b+1:]), nil
}

func shapeNorm(v *Value) ([]int, error) {
	if b := v.Attr.(*Norm).Bits; b < 1 || b > 31 {
		return nil, fmt.Errorf("norm to %d bits; 1 to 31 are possible", b)
	}
	return append(slices.Clone(v.Args[0].Type.Shape), 2), nil
}

// lastAxis is the number of indexes that per-channel constants run over.
func lastAxis(shape []int) int {
	if len(shape) == 0 {
		return 1
	}
	return shape[len(shape)-1]
}

// perChannel tells whether n constants serve a value of that shape: one, or one for each index of the last axis.
func perChannel(n int, shape []int) bool { return n == 1 || n == lastAxis(shape) }

func shapeQuant(v *Value) ([]int, error) {
	q, s := v.Attr.(*Quant), v.Args[0].Type.Shape
	for _, n := range []int{len(q.Scale), len(q.Zero), len(q.Lo), len(q.Hi)} {
		if !perChannel(n, s) {
			return nil, fmt.Errorf("quant has %d constants for shape %v", n, s)
		}
	}
	for _, x := range q.Scale {
		if !(x > 0) {
			return nil, fmt.Errorf("quant scale %v is not positive", x)
		}
	}
	if roundMode(q.Mode) == nil {
		return nil, fmt.Errorf("unknown rounding mode %q", q.Mode)
	}
	return s, nil
}

func shapeThreshold(v *Value) ([]int, error) {
	t, s := v.Attr.(*Threshold), v.Args[0].Type.Shape
	n := len(t.Steps) + len(t.Reals)
	if !perChannel(t.Channels, s) || t.Channels < 1 || n%t.Channels != 0 {
		return nil, fmt.Errorf("threshold has %d constants in %d channels for shape %v", n, t.Channels, s)
	}
	if real := v.Args[0].Type.Elem.IsReal(); real && t.Steps != nil || !real && t.Reals != nil {
		return nil, fmt.Errorf("threshold constants are not of the argument's kind")
	}
	for c := range t.Channels {
		if !slices.IsSorted(t.Row(c)) || !slices.IsSorted(t.RealRow(c)) {
			return nil, fmt.Errorf("threshold constants of channel %d do not ascend", c)
		}
	}
	return s, nil
}
