package passes

import (
	"math"
	"slices"

	"mlpc/ir"
)

// What a value is by itself, and what its users demand of it, are steps of one ladder.
const (
	realOnly = iota // a real that no integers stand for: a raw input, the result of a function
	integers        // an accumulator: integers with a scale for each channel
	uniform         // integers with one scale, of any width
	narrow          // integers with one scale, of the width of activations
)

// place decides which values get a quantizer: those that are less than their users demand. Where the one user is a clamp, a route,
// or a product or sum with constants, the quantizer stands behind it instead.
func (q *quantizer) place() {
	n := len(q.g.Values)
	q.funcs = clusters(q.g, q.users, q.isOut, q.c.Imported)
	q.need = make([]bool, n)
	demand := make([]int, n)
	for i := n - 1; i >= 0; i-- {
		v := q.g.Values[i]
		if q.isOut[i] {
			demand[i] = q.outputDemand()
		}
		for _, u := range q.users[i] {
			demand[i] = max(demand[i], q.demandOf(v, u, demand))
		}
		if v.Op == ir.OpInput && !q.hostQuantized(v) {
			demand[i] = max(demand[i], integers)
		}
	}
	state, depth := make([]int, n), make([]int, n)
	for i, v := range q.g.Values {
		if isStatic(v) {
			continue
		}
		state[i] = q.stateOf(v, state)
		depth[i] = depthOf(v, depth)
		if (state[i] < demand[i] || depth[i] > deepest) && !q.passesOn(v) {
			q.need[i], state[i], depth[i] = true, narrow, 0
		}
	}
}

// deepest is how many sums and products may follow each other before the result is narrowed: each adds bits.
const deepest = 1

// depthOf counts the sums and products that lead from the last quantizers to v.
func depthOf(v *ir.Value, depth []int) int {
	d := 0
	for _, a := range v.Args {
		d = max(d, depth[a.ID])
	}
	switch v.Op {
	case ir.OpAdd, ir.OpSub, ir.OpMul:
		if _, ok := staticAffine(v); !ok {
			d++
		}
	case ir.OpMatMul, ir.OpSum, ir.OpMax, ir.OpMin, ir.OpSelect:
		d++
	case ir.OpQuant, ir.OpThreshold:
		return 0
	}
	return d
}

// outputDemand is what the outside asks of an output.
func (q *quantizer) outputDemand() int {
	if q.o["out"] == "acc" || q.o["out"] == "" && q.c.Imported {
		return integers
	}
	return narrow
}

// demandOf is what a user u asks of its run-time argument v.
func (q *quantizer) demandOf(v, u *ir.Value, demand []int) int {
	if q.funcs.curved[u.ID] {
		t, table := u.Attr.(*ir.Table)
		switch {
		case q.funcs.source[u.ID] != v:
			return realOnly
		case q.c.Imported && table && ir.Funcs[t.Fn].Monotone != 0:
			return integers // steps can be placed on the accumulator itself
		}
		return narrow
	}
	switch u.Op {
	case ir.OpQuant:
		return realOnly
	case ir.OpThreshold:
		return integers // steps are placed on the accumulator itself
	case ir.OpTable:
		return max(integers, demand[u.ID])
	case ir.OpDense:
		if q.c.Imported {
			return integers // as wide as the model has them
		}
		return narrow
	case ir.OpMatMul:
		return narrow
	case ir.OpMul:
		if !isStatic(u.Args[0]) && !isStatic(u.Args[1]) {
			return narrow
		}
		return demand[u.ID]
	case ir.OpClamp:
		return demand[u.ID]
	case ir.OpRoute:
		if len(u.Args) > 1 || !keepsChannels(u) {
			return max(uniform, demand[u.ID])
		}
		return demand[u.ID]
	case ir.OpAdd, ir.OpSub:
		if _, ok := staticAffine(u); ok {
			return demand[u.ID]
		}
	}
	return uniform
}

// keepsChannels tells whether each index of the last axis of a route comes from one index of its argument's last axis.
func keepsChannels(v *ir.Value) bool {
	from, n := lastAxis(v.Args[0].Type.Shape), lastAxis(v.Type.Shape)
	index := v.Attr.(*ir.Route).Index
	for i, x := range index {
		if x < 0 || int(x)%from != int(index[i%n])%from {
			return false
		}
	}
	return true
}

// passesOn tells whether the quantizer that v wants stands behind its one user.
func (q *quantizer) passesOn(v *ir.Value) bool {
	if len(q.users[v.ID]) != 1 || q.isOut[v.ID] || v.Op == ir.OpInput {
		return false
	}
	if v.Op == ir.OpRoute && (len(v.Args) > 1 || !keepsChannels(v)) {
		return false
	}
	u := q.users[v.ID][0]
	switch u.Op {
	case ir.OpClamp, ir.OpRoute:
		return true
	}
	_, ok := staticAffine(u)
	return ok
}

// stateOf is what v is before a quantizer stands behind it.
func (q *quantizer) stateOf(v *ir.Value, state []int) int {
	if q.funcs.curved[v.ID] {
		return realOnly
	}
	least := narrow
	for _, a := range v.Args {
		if !isStatic(a) {
			least = min(least, state[a.ID])
		}
	}
	switch v.Op {
	case ir.OpQuant, ir.OpThreshold, ir.OpArgMax, ir.OpTopK, ir.OpCmp:
		return narrow
	case ir.OpInput:
		return realOnly
	case ir.OpTable:
		return min(least, integers)
	case ir.OpDense:
		return integers
	case ir.OpRoute:
		if len(v.Args) > 1 {
			return min(least, integers) // each argument has its own grid
		}
		return least
	case ir.OpAdd, ir.OpSub, ir.OpMul:
		if a, ok := staticAffine(v); ok {
			switch {
			case all(a.mul, a.mul[0]) && onGrid(a):
				return least
			case len(a.mul) > 1 || q.c.Imported && !all(a.add, 0):
				return min(least, integers)
			}
			return min(least, uniform)
		}
		return min(least, uniform)
	case ir.OpMax, ir.OpMin, ir.OpSelect, ir.OpSum, ir.OpMatMul:
		if isTruth(v) {
			return narrow
		}
		return min(least, uniform)
	}
	return least
}

// isTruth tells whether v is 0 or 1: a comparison, or the larger or smaller of such.
func isTruth(v *ir.Value) bool {
	switch v.Op {
	case ir.OpCmp:
		return true
	case ir.OpMax, ir.OpMin:
		return isTruth(v.Args[0]) && isTruth(v.Args[1])
	case ir.OpRoute:
		return len(v.Args) == 1 && len(v.Attr.(*ir.Route).Reals) == 0 && isTruth(v.Args[0])
	}
	return false
}

// onGrid tells whether an affine function only moves the zero point of the quantizer before it.
func onGrid(a affine) bool {
	scale, ok := scaleOf(a.x)
	if !ok || len(scale) > 1 || !all(a.add, a.add[0]) || a.mul[0] <= 0 {
		return false
	}
	steps := a.add[0] / (scale[0] * a.mul[0])
	return math.Abs(steps-math.Round(steps)) < 1e-9
}

// hostQuantized tells whether all uses of an input go into one and the same quantizer that whoever feeds the integers can apply.
func (q *quantizer) hostQuantized(in *ir.Value) bool {
	g := pushQuantizers(q.g)
	i := slices.Index(q.g.Inputs(), in)
	_, err := hostQuantOf(g, g.Inputs()[i])
	return err == nil
}

// width gives the bits of the quantizer behind v, by what reads it.
func (q *quantizer) width(v *ir.Value) int {
	bits := q.actBits(v.Name)
	if v.Op == ir.OpInput {
		switch {
		case q.o["in"] != "":
			return q.o.Int("in")
		case q.c.Imported:
			return q.importedInput(v)
		}
		return bits
	}
	if q.isOut[v.ID] {
		switch {
		case q.o["out"] != "" && q.o["out"] != "acc":
			return q.o.Int("out")
		case q.c.Config.Target == "cmsisnn":
			return bits
		}
		return outputBits
	}
	tables, others := true, true
	for _, u := range q.readers(v) {
		tables = tables && q.funcs.curved[u.ID]
		others = others && u.Op != ir.OpDense && u.Op != ir.OpMatMul
	}
	switch {
	case tables:
		return q.tableBits(bits)
	case others:
		return min(bits+wider, 16)
	}
	return bits
}

// outputBits is the width of outputs unless it is given: narrow ones make ties between classes.
const outputBits = 16

// wider is how many bits more than activations values have that no matrix product reads: they cost no multipliers.
const wider = 8

// readers lists what reads v, looking through clamps, routes and constants' products and sums.
func (q *quantizer) readers(v *ir.Value) []*ir.Value {
	var all []*ir.Value
	for _, u := range q.users[v.ID] {
		_, affine := staticAffine(u)
		if affine || u.Op == ir.OpClamp || u.Op == ir.OpRoute {
			all = append(all, q.readers(u)...)
			if q.isOut[u.ID] {
				all = append(all, u)
			}
			continue
		}
		all = append(all, u)
	}
	return all
}

// tableBits is the width that indexes the table of a function whose results have the given width.
func (q *quantizer) tableBits(bits int) int {
	switch {
	case q.o["table"] != "auto":
		return q.o.Int("table")
	case q.c.Config.Target == "cmsisnn":
		return min(bits, 12)
	}
	return min(bits+2, 12)
}
