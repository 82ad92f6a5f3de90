package onnx

import (
	"slices"

	"mlpc/ir"
	"mlpc/ir/diag"
)

// outputs makes the model from the values of the graph's outputs.
func (m *importer) outputs(sc *scope, p *graphProto) *Model {
	model := &Model{}
	for _, o := range p.outputs {
		m.pos = diag.Pos{File: m.file}
		m.output(sc, o.name, model)
	}
	if len(m.diags) > 0 {
		return nil
	}
	model.Graph = m.g.Prune()
	if !m.opt.Literal {
		var found []string
		model.Graph, found = normalizeIdioms(model.Graph)
		for _, f := range found {
			m.note("an activation written as several operators was read as %s", f)
		}
	}
	model.Notes = m.notes
	count(model)
	return model
}

// output adds one output.
func (m *importer) output(sc *scope, name string, model *Model) {
	defer func() {
		if r := recover(); r != nil {
			ref, ok := r.(refusal)
			if !ok {
				panic(r)
			}
			ref.err.Msg = "output " + quoted(name) + ": " + ref.err.Msg
			m.diags = append(m.diags, ref.err)
		}
	}()
	v := sc.lookup(name)
	port := Port{Name: name, Type: v.dtype.String(), Shape: slices.Clone(v.shape), Batch: v.batch}
	if v.labels != nil {
		port.Type, port.Labels = dtInt64.String(), true
		model.Labels = v.labels
		v = v.as(dtInt64)
	}
	if v.known && v.dtype == dtString {
		m.refuse(diag.CodeType, "text is only supported as class labels")
	}
	if v.stored != nil {
		v = m.integers(v)
	}
	m.g.Outs = append(m.g.Outs, m.ir(v))
	model.Outputs = append(model.Outputs, port)
}

func quoted(name string) string {
	const limit = 80
	if r := []rune(name); len(r) > limit {
		name = string(r[:limit]) + "…"
	}
	return `"` + name + `"`
}

// count fills in the number of parameters and of multiplications.
func count(model *Model) {
	for _, v := range model.Graph.Values {
		switch v.Op {
		case ir.OpConst:
			model.Parameters += int64(v.Type.Size())
		case ir.OpDense:
			x := v.Args[0].Type
			rows := x.Size() / max(1, x.Shape[len(x.Shape)-1])
			model.MACs += int64(rows) * int64(v.Args[1].Type.Size())
		case ir.OpMatMul:
			a := v.Args[0].Type.Shape
			model.MACs += int64(v.Type.Size()) * int64(a[len(a)-1])
		}
	}
}
