package onnx

import (
	"strings"

	"mlpc/ir/diag"
)

// function finds the model-local function that a node calls.
func (sc *scope) function(p *nodeProto) (*functionProto, bool) {
	f, ok := sc.functions[opKey{p.domain, p.op}]
	return f, ok
}

// call lowers the body of a function in a scope of its own.
func (sc *scope) call(f *functionProto, n *node) []*value {
	if sc.depth >= maxDepth {
		sc.refuse(diag.CodeLimit, "functions call each other more than %d deep", maxDepth)
	}
	if len(n.in) > len(f.inputs) {
		sc.refuse(diag.CodeAttribute, "the function takes %d inputs, not %d", len(f.inputs), len(n.in))
	}
	body := &scope{importer: sc.importer, env: map[string]*value{}, nodes: f.nodes, attrs: n.attrs, depth: sc.depth + 1}
	versions, err := sc.opsetsOf(f.opsets)
	if err != nil {
		panic(refusal{err.(*diag.Error)})
	}
	if body.opsets = versions; len(versions) == 0 {
		body.opsets = sc.opsets
	}
	for _, a := range f.defaults {
		if body.attrs[a.name] == nil {
			body.attrs[a.name] = a
		}
	}
	for i, name := range f.inputs {
		if i < len(n.in) && n.in[i] != nil {
			body.env[name] = n.in[i]
		}
	}
	outs := body.inline(f.outputs)
	sc.note("the model's own function %s was expanded", strings.TrimPrefix(f.domain+"."+f.name, "."))
	return outs
}

// inline lowers the body of a function or branch and gives its outputs. Its first refusal is that of the calling node.
func (sc *scope) inline(outputs []string) []*value {
	before := len(sc.diags)
	sc.lowerScope(sc, outputs)
	if len(sc.diags) > before {
		first := sc.diags[before]
		sc.diags = sc.diags[:before]
		panic(refusal{first})
	}
	var outs []*value
	for _, name := range outputs {
		outs = append(outs, sc.lookup(name))
	}
	return outs
}
