package onnx

import (
	"slices"

	"mlpc/ir/diag"
)

// Operators whose attributes hold graphs are no rows of the table, as the graphs see the names around them. If takes the branch that a
// constant chooses; Loop and Scan are unrolled where the number of rounds is known.

// control gives the lowering of such an operator, or nil.
func (sc *scope) control(p *nodeProto) func(*scope, *node) []*value {
	if p.domain != "" && p.domain != "ai.onnx" {
		return nil
	}
	switch p.op {
	case "If":
		return (*scope).branch
	case "Loop":
		return (*scope).loop
	case "Scan":
		return (*scope).scan
	}
	return nil
}

// graph gives a graph attribute of a node.
func (sc *scope) graph(n *node, name string) *graphProto {
	a := n.attr(name, attrGraph)
	if a == nil || a.g == nil {
		sc.refuse(diag.CodeAttribute, "attribute %q is missing", name)
	}
	if sc.depth >= maxDepth {
		sc.refuse(diag.CodeLimit, "functions and branches are nested more than %d deep", maxDepth)
	}
	return a.g
}

// body lowers a graph of a node once, with values for its inputs, and gives its outputs.
func (sc *scope) body(g *graphProto, in []*value) []*value {
	b := &scope{importer: sc.importer, env: map[string]*value{}, outer: sc, opsets: sc.opsets, nodes: g.nodes, attrs: sc.attrs, depth: sc.depth + 1}
	for _, t := range g.inits {
		b.env[t.name] = &value{orig: t, batch: -1}
	}
	for i := range g.inputs {
		b.env[g.inputs[i].name] = in[i]
	}
	var outputs []string
	for _, o := range g.outputs {
		outputs = append(outputs, o.name)
	}
	return b.inline(outputs)
}

// branch lowers the branch of If that a constant condition chooses. Exporters write such conditions on shapes.
func (sc *scope) branch(n *node) []*value {
	cond, ok := n.arg(0).scalar()
	if !ok {
		sc.refuse(diag.CodeUnsupportedOp, "%s", refused["If"].why)
	}
	name := "else_branch"
	if cond != 0 {
		name = "then_branch"
	}
	g := sc.graph(n, name)
	if len(g.inputs) > 0 {
		sc.refuse(diag.CodeAttribute, "attribute %q has inputs", name)
	}
	return sc.body(g, nil)
}

// loop unrolls Loop: a constant number of rounds, or a condition that is constant in each round, must end it.
func (sc *scope) loop(n *node) []*value {
	g := sc.graph(n, "body")
	state := slices.Clone(n.in[min(2, len(n.in)):])
	if len(n.in) < 2 || len(g.inputs) != len(state)+2 || len(g.outputs) < len(state)+1 || slices.Contains(state, nil) {
		sc.refuse(diag.CodeAttribute, "the body has %d inputs and %d outputs for %d inputs of the node", len(g.inputs), len(g.outputs), len(n.in))
	}
	rounds, goOn := maxNodes+1, number(dtBool, 1)
	if m := n.opt(0); m != nil {
		x, ok := m.scalar()
		if !ok {
			sc.refuseHint(diag.CodeUnsupportedOp, refused["Loop"].remedy, "%s", refused["Loop"].why)
		}
		rounds = int(max(0, min(x, maxNodes+1)))
	}
	if c := n.opt(1); c != nil {
		goOn = c
	}
	gathered := make([][]*value, len(g.outputs)-len(state)-1)
	for i := 0; i < rounds; i++ {
		c, ok := goOn.scalar()
		if !ok {
			sc.refuseHint(diag.CodeUnsupportedOp, refused["Loop"].remedy, "%s", refused["Loop"].why)
		}
		if c == 0 {
			break
		}
		sc.round()
		outs := sc.body(g, append([]*value{number(dtInt64, float64(i)), goOn}, state...))
		goOn, state = outs[0], outs[1:1+len(state)]
		for k, v := range outs[1+len(state):] {
			gathered[k] = append(gathered[k], v)
		}
	}
	for _, vs := range gathered {
		state = append(state, sc.stack(vs, 0))
	}
	return state
}

// round counts a round against the limit of nodes, so that one of an empty body ends too.
func (sc *scope) round() {
	if sc.lowered++; sc.lowered > maxNodes {
		sc.refuse(diag.CodeLimit, "the model has more than %d nodes after its loops are unrolled", maxNodes)
	}
}

// stack joins the outputs of all rounds along a new axis.
func (sc *scope) stack(vs []*value, axis int) *value {
	if len(vs) == 0 {
		sc.refuse(diag.CodeShape, "a loop without rounds gives no output")
	}
	var parts []*value
	for _, v := range vs {
		parts = append(parts, sc.insertAxis(v, axis))
	}
	return sc.concat(axis, parts...)
}

// scan unrolls Scan: a round for each entry of the scanned inputs along their axis.
func (sc *scope) scan(n *node) []*value {
	g := sc.graph(n, "body")
	scanned := n.int("num_scan_inputs", 0)
	if sc.version("") < 9 {
		sc.refuse(diag.CodeUnsupportedOp, "Scan is read since operator set 9, the model uses %d", sc.version(""))
	}
	if scanned < 1 || scanned > len(n.in) || len(g.inputs) != len(n.in) || len(g.outputs) < len(n.in)-scanned || slices.Contains(n.in, nil) {
		sc.refuse(diag.CodeAttribute, "the body has %d inputs and %d outputs, the node %d inputs of which %d are scanned", len(g.inputs), len(g.outputs), len(n.in), scanned)
	}
	states := len(n.in) - scanned
	state, inputs := slices.Clone(n.in[:states]), n.in[states:]
	axes, rounds := make([]int, scanned), 0
	for i, x := range inputs {
		axes[i] = n.axis(n.entry("scan_input_axes", i), x.rank())
		if axes[i] == x.batch {
			sc.mixes()
		}
		if rounds = x.shape[axes[i]]; rounds != inputs[0].shape[axes[0]] {
			sc.refuse(diag.CodeShape, "the scanned inputs have %d and %d entries", inputs[0].shape[axes[0]], rounds)
		}
	}
	gathered := make([][]*value, len(g.outputs)-states)
	for r := range rounds {
		sc.round()
		in := slices.Clone(state)
		for i, x := range inputs {
			at := r
			if n.entry("scan_input_directions", i) != 0 {
				at = rounds - 1 - r
			}
			in = append(in, sc.dropAxis(sc.part(x, axes[i], at, at+1), axes[i]))
		}
		outs := sc.body(g, in)
		state = outs[:states]
		for k, v := range outs[states:] {
			gathered[k] = append(gathered[k], v)
		}
	}
	for k, vs := range gathered {
		if n.entry("scan_output_directions", k) != 0 {
			slices.Reverse(vs)
		}
		axis := 0
		if len(vs) > 0 {
			axis = n.axis(n.entry("scan_output_axes", k), vs[0].rank()+1)
		}
		state = append(state, sc.stack(vs, axis))
	}
	return state
}

// entry gives element i of a list attribute; 0 where the list is absent or shorter.
func (n *node) entry(name string, i int) int {
	if list := n.ints(name); i < len(list) {
		return list[i]
	}
	return 0
}
