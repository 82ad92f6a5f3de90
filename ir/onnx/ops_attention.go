package onnx

import (
	"math"
	"slices"

	"mlpc/ir"
	"mlpc/ir/diag"
)

// lowerAttention is softmax(scale·Q·Kᵀ + mask)·V for each head. A mask that forbids positions multiplies the exponentials by 0, which
// is the same as adding −∞ before them and has a finite range.
func lowerAttention(n *node) []*value {
	q, k, v := n.arg(0), n.arg(1), n.arg(2)
	if n.opt(4) != nil || n.opt(5) != nil || n.opt(6) != nil {
		n.refuse(diag.CodeUnsupportedOp, "attention over keys and values of earlier calls is not supported")
	}
	n.only("q_num_heads", "kv_num_heads", "scale", "softcap", "is_causal", "softmax_precision", "qk_matmul_output_mode")
	flat := q.rank() == 3
	if flat {
		q, k, v = n.heads(q, "q_num_heads"), n.heads(k, "kv_num_heads"), n.heads(v, "kv_num_heads")
	}
	if q.rank() != 4 || k.rank() != 4 || v.rank() != 4 || k.shape[1] == 0 || q.shape[1]%k.shape[1] != 0 || k.shape[1] != v.shape[1] {
		n.refuse(diag.CodeShape, "attention of shapes %v, %v and %v", q.shape, k.shape, v.shape)
	}
	share := q.shape[1] / k.shape[1] // query heads that use one head of keys and values
	k, v = n.repeatHeads(k, share), n.repeatHeads(v, share)
	scores := n.matmul(n.scale(q, n.float("scale", 1/math.Sqrt(float64(q.shape[3])))), n.swapLast(k))
	if c := n.float("softcap", 0); c != 0 {
		scores = n.scale(n.fn(n.scale(scores, 1/c), "tanh"), c)
	}
	scores, allowed := n.attentionMask(scores)
	var weights *value
	if axes := []int{3}; allowed != nil {
		weights = n.maskedSoftmax(scores, allowed, axes)
	} else {
		weights = n.softmax(scores, axes)
	}
	y := n.matmul(weights, v)
	if flat {
		y = n.permute(y, []int{0, 2, 1, 3})
		y = n.reshape(y, []int{y.shape[0], y.shape[1], y.shape[2] * y.shape[3]}, y.batch)
	}
	return one(y)
}

// heads splits the last axis of [N, S, heads·size] and gives [N, heads, S, size].
func (n *node) heads(x *value, attr string) *value {
	h := n.int(attr, 0)
	if x.rank() != 3 || h < 1 || x.shape[2]%h != 0 || x.batch == 2 {
		n.refuse(diag.CodeShape, "a tensor of shape %v has no %d heads", x.shape, h)
	}
	return n.permute(n.reshape(x, []int{x.shape[0], x.shape[1], h, x.shape[2] / h}, x.batch), []int{0, 2, 1, 3})
}

// repeatHeads gives each head share times.
func (n *node) repeatHeads(x *value, share int) *value {
	if share == 1 {
		return x
	}
	at := make([]int, x.shape[1]*share)
	for i := range at {
		at[i] = i / share
	}
	return n.pick(x, 1, at, []int{len(at)})
}

// attentionMask adds a mask of numbers to the scores, and gives what the mask of truths, −∞ and causality allow, or nil for all.
func (n *node) attentionMask(scores *value) (*value, *value) {
	var allowed *value
	if m := n.opt(3); m != nil {
		switch add, keep := n.splitMask(m); {
		case m.dtype == dtBool:
			allowed = m
		default:
			allowed = keep
			scores = n.add(scores, add)
		}
	}
	if n.flag("is_causal") {
		rows, cols := scores.shape[2], scores.shape[3]
		tri := make([]float64, rows*cols)
		for i := range tri {
			tri[i] = float64(btoi(i%cols <= i/cols))
		}
		causal := constant(dtBool, []int{rows, cols}, tri)
		if allowed == nil {
			allowed = causal
		} else {
			allowed = n.min(allowed, causal)
		}
	}
	return scores, allowed
}

// splitMask splits a constant mask that is added into its finite numbers and what it allows: everything but −∞. keep is nil where it
// allows all.
func (m *importer) splitMask(mask *value) (add, keep *value) {
	if !mask.known || !slices.ContainsFunc(mask.data, forbids) {
		return mask, nil
	}
	a, k := *mask, *mask
	k.dtype = dtBool
	a.data, k.data = splitNumbers(mask.data)
	return &a, &k
}

// forbids tells whether a number in a mask stands for −∞; exporters also write the least number of a type.
func forbids(x float64) bool { return x < -1e30 }

// splitNumbers gives the finite numbers of a mask, and 1 or 0 for allowed or not.
func splitNumbers(mask []float64) (finite, allowed []float64) {
	finite, allowed = make([]float64, len(mask)), make([]float64, len(mask))
	for i, x := range mask {
		if !forbids(x) {
			finite[i], allowed[i] = x, 1
		}
	}
	return finite, allowed
}

// unmask looks for a mask that was put on x: the sum of something with constants of which some are −∞, or a choice of −∞. It gives x
// without the mask and what the mask allows; allowed is nil where there is none.
func (m *importer) unmask(x *value) (plain, allowed *value) {
	if x.known {
		return x, nil
	}
	wrap := func(v *ir.Value) *value { return &value{dtype: x.dtype, shape: x.shape, batch: x.batch, ir: v} }
	args := x.ir.Args
	switch x.ir.Op {
	case ir.OpAdd:
		for i, a := range args {
			if c := a.Const(); c != nil && slices.ContainsFunc(c.Reals, forbids) {
				finite, keep := splitNumbers(c.Reals)
				y := m.g.New(ir.OpAdd, ir.Real, nil, args[1-i], m.sharedConst(a.Type.Shape, finite))
				y.Pos = m.pos
				return wrap(y), wrap(m.spread(m.sharedConst(a.Type.Shape, keep), x.ir.Type.Shape))
			}
		}
	case ir.OpSelect:
		for i, a := range args[1:] {
			other := args[2-i]
			if c := a.Const(); c != nil && !slices.ContainsFunc(c.Reals, func(x float64) bool { return !forbids(x) }) && slices.Equal(other.Type.Shape, x.ir.Type.Shape) {
				keep := args[0]
				if i == 0 { // −∞ where the condition holds
					keep = m.g.New(ir.OpTable, ir.Real, &ir.Table{Fn: "not"}, keep)
				}
				return wrap(other), wrap(m.spread(keep, x.ir.Type.Shape))
			}
		}
	}
	return x, nil
}

// spread broadcasts an IR value to a shape.
func (m *importer) spread(v *ir.Value, shape []int) *ir.Value {
	w := &value{shape: v.Type.Shape, batch: -1, ir: v}
	if c := v.Const(); c != nil {
		w = constant(dtFloat, v.Type.Shape, c.Reals)
	}
	return m.operand(m.g, m.expand(w, shape, -1), shape)
}

// maskedSoftmax is softmax over what is allowed.
func (m *importer) maskedSoftmax(x, allowed *value, axes []int) *value {
	e := m.fn(m.sub(x, m.reduce(ir.OpReduceMax, x, axes, true)), "exp")
	e = m.mul(e, allowed.as(e.dtype))
	sum := m.clamp(m.sum(e, axes, true), leastNorm, math.Inf(1)) // where nothing is allowed the result is 0
	return m.mul(e, m.fn(sum, "recip"))
}

var attentionOps = map[opKey]opRow{{"", "Attention"}: {23, 7, lowerAttention}}
