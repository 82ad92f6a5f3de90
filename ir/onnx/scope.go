package onnx

import (
	"fmt"
	"strings"

	"mlpc/ir/diag"
)

// scope is a list of nodes with the names that they can see: the graph, or the body of a model-local function.
type scope struct {
	*importer
	env    map[string]*value
	outer  *scope // whose names a branch also sees; nil for the graph and for functions
	opsets map[string]int64
	nodes  []*nodeProto
	attrs  map[string]*attrProto // of the function's call, which the body refers to
	depth  int                   // functions entered
	failed map[string]bool       // names that a refused node should have produced
}

// place names a node in messages.
func (sc *scope) place(n *nodeProto) diag.Pos {
	op := n.op
	if n.domain != "" && n.domain != "ai.onnx" {
		op = n.domain + "." + op
	}
	name := n.name
	if name == "" && len(n.outputs) > 0 {
		name = n.outputs[0]
	}
	return diag.Pos{File: sc.file, Node: name, Op: op}
}

// lowerScope lowers the nodes that the wanted names need. Operators that are not supported are all reported.
func (m *importer) lowerScope(sc *scope, wanted []string) {
	order, ok := sc.sorted(wanted)
	if !ok {
		return
	}
	before := len(m.diags)
	for _, n := range order {
		if _, isCall := sc.function(n); !isCall && sc.control(n) == nil && sc.row(n) == nil {
			sc.unsupported(n)
		}
	}
	if len(m.diags) > before {
		return
	}
	sc.failed = map[string]bool{}
	for _, n := range order {
		sc.lowerNode(n)
	}
}

// unsupported reports an operator that the table does not have.
func (sc *scope) unsupported(n *nodeProto) {
	e := sc.diags.Addf(diag.CodeUnsupportedOp, sc.place(n), "the operator is not supported")
	switch {
	case n.op == "":
		e.Code, e.Msg = diag.CodeGraph, "the node names no operator"
	case strings.HasPrefix(n.domain, "finn.custom_op.fpgadataflow"):
		e.Msg, e.Hint = "the node belongs to FINN's hardware generator, which has already chosen how to compute", "give the QONNX model that FINN started from"
	case refused[n.op].why != "":
		r := refused[n.op]
		e.Msg, e.Hint = r.why, r.remedy
		if r.dynamic {
			e.Code = diag.CodeDynamicQuant
		}
	default:
		e.Hint = "mlpc inspect lists what a model needs"
	}
}

// lowerNode lowers one node. A refusal is recorded; nodes that need its outputs are then passed over.
func (sc *scope) lowerNode(p *nodeProto) {
	if sc.lowered++; sc.lowered > maxNodes {
		if sc.lowered == maxNodes+1 {
			sc.diags.Addf(diag.CodeLimit, diag.Pos{File: sc.file}, "the model has more than %d nodes after its functions are expanded", maxNodes)
		}
		sc.fail(p)
		return
	}
	for _, in := range p.inputs {
		if sc.failed[in] {
			sc.fail(p)
			return
		}
	}
	outer := sc.pos
	sc.pos = sc.place(p)
	defer func() {
		if r := recover(); r != nil {
			ref, ok := r.(refusal)
			if !ok {
				panic(r)
			}
			sc.diags = append(sc.diags, ref.err)
			sc.fail(p)
		}
		sc.pos = outer
	}()
	outs := sc.lower(p)
	for i, name := range p.outputs {
		switch {
		case name == "":
		case i >= len(outs) || outs[i] == nil:
			sc.env[name] = &value{absent: sc.pos} // no matter unless something uses it
		default:
			v := outs[i]
			if v.ir != nil && v.ir.Name == "" {
				v.ir.Name = name
			}
			sc.env[name] = v
		}
	}
}

func (sc *scope) fail(p *nodeProto) {
	for _, o := range p.outputs {
		sc.failed[o] = true
	}
}

// lower gives the outputs of a node; absent optional ones are nil.
func (sc *scope) lower(p *nodeProto) []*value {
	n := &node{importer: sc.importer, scope: sc, op: p.op, attrs: sc.bind(p), outs: len(p.outputs)}
	for _, in := range p.inputs {
		if in == "" {
			n.in = append(n.in, nil)
			continue
		}
		n.in = append(n.in, sc.lookup(in))
	}
	if f, ok := sc.function(p); ok {
		return sc.call(f, n)
	}
	if f := sc.control(p); f != nil {
		return f(sc, n)
	}
	row := sc.row(p)
	n.opset = sc.version(p.domain)
	if n.opset < row.since {
		sc.refuse(diag.CodeUnsupportedOp, "the operator exists since operator set %d, the model uses %d", row.since, n.opset)
	}
	if len(n.in) > row.most && row.most >= 0 {
		sc.refuse(diag.CodeAttribute, "the node has %d inputs, the operator takes %d", len(n.in), row.most)
	}
	if !keepsStored[p.op] {
		for i, v := range n.in {
			if v != nil && v.stored != nil {
				n.in[i] = sc.integers(v)
			}
		}
	}
	return row.lower(n)
}

// keepsStored names the operators that take the integers of a quantizer as they are.
var keepsStored = map[string]bool{
	"DequantizeLinear": true, "Clip": true, "Identity": true, "Reshape": true, "Flatten": true, "Transpose": true, "Squeeze": true, "Unsqueeze": true,
	"Shape": true, "QLinearMatMul": true, "QGemm": true, "QLinearConv": true, "QLinearAdd": true, "QLinearMul": true, "QLinearSigmoid": true,
	"QLinearLeakyRelu": true, "QLinearSoftmax": true, "QLinearConcat": true,
}

// bind gives the attributes of a node by name, with references to the attributes of the enclosing function resolved.
func (sc *scope) bind(p *nodeProto) map[string]*attrProto {
	out := map[string]*attrProto{}
	for _, a := range p.attrs {
		if out[a.name] != nil {
			sc.refuse(diag.CodeAttribute, "attribute %q is given twice", a.name)
		}
		if a.ref != "" {
			if a = sc.attrs[a.ref]; a == nil {
				continue
			}
		}
		out[nameOf(p, a, sc)] = a
	}
	return out
}

// nameOf is the name that an attribute has on node p: a referenced one keeps the node's name for it.
func nameOf(p *nodeProto, a *attrProto, sc *scope) string {
	for _, own := range p.attrs {
		if own == a || own.ref != "" && sc.attrs[own.ref] == a {
			return own.name
		}
	}
	return a.name
}

// version is the operator set of a domain. Domains that the model uses without importing them count as version 1: exporters of
// quantized models leave the import out.
func (sc *scope) version(domain string) int64 {
	if domain == "ai.onnx" {
		domain = ""
	}
	if v := sc.opsets[domain]; v != 0 {
		return v
	}
	return 1
}

// has tells whether a name is visible before any node of the scope has been lowered.
func (sc *scope) has(name string) bool {
	return sc.env[name] != nil || sc.outer != nil && sc.outer.has(name)
}

// lookup gives a tensor by name; initializers are decoded when they are first used.
func (sc *scope) lookup(name string) *value {
	for sc.outer != nil && sc.env[name] == nil {
		sc = sc.outer
	}
	v := sc.env[name]
	if v == nil {
		sc.refuse(diag.CodeGraph, "input %q does not exist", name)
	}
	if v.absent != (diag.Pos{}) {
		sc.pos = v.absent
		sc.refuse(diag.CodeUnsupportedOp, "the output %q of the node is not supported", name)
	}
	if v.orig == nil || v.known {
		return v
	}
	w := sc.tensor(v.orig)
	w.orig = v.orig
	sc.env[name] = w
	return w
}

// tensor decodes a tensor of the model.
func (m *importer) tensor(t *tensorProto) *value {
	var raw []byte
	if t.location == 1 {
		shape, err := t.shapeOf()
		n := 1
		for _, d := range shape {
			n *= d
		}
		if _, ok := dtypes[dtype(t.dtype)]; err == nil && (!ok || dtype(t.dtype) == dtString) {
			err = fmt.Errorf("element %s is not supported in external data", dtype(t.dtype))
		}
		if err == nil {
			raw, err = m.ext.read(t.external, rawBytes(dtype(t.dtype), n))
		}
		if err != nil {
			m.refuseHint(diag.CodeExternalData, "keep the data files beside the .onnx file", "tensor %q: %v", t.name, err)
		}
	}
	shape, data, strs, err := t.decode(raw)
	if err != nil {
		m.refuse(diag.CodeShape, "tensor %q: %v", t.name, err)
	}
	if strs == nil && data == nil {
		data = []float64{}
	}
	return &value{dtype: dtype(t.dtype), shape: shape, batch: -1, known: true, data: data, strs: strs}
}
