package onnx

import (
	"fmt"
	"slices"

	"mlpc/ir"
	"mlpc/ir/diag"
)

// importer holds the state of one import.
type importer struct {
	file  string
	proto *modelProto
	ext   *external
	opt   Options

	g         *ir.Graph
	pos       diag.Pos // the node that is being lowered
	diags     diag.List
	notes     []string
	functions map[opKey]*functionProto

	fixed   int  // batch size that the model fixes; 0: any
	crossed bool // some node combined different samples
	budget  int  // elements that folding may still make
	limit   int
	lowered int // nodes lowered so far
	inputs  []Port
	consts  map[uint64][]*ir.Value // constants of g by a hash of their content
}

// opKey names an operator.
type opKey struct{ domain, op string }

// newestOpset is the newest version of the default domain that the op table was written for.
const newestOpset = 28

// minBudget is how many elements folding and index maps may make in any model; large models may make a multiple of their own.
const minBudget = 1 << 24

func newImporter(file string, proto *modelProto, ext *external, opt Options) (*importer, error) {
	m := &importer{file: file, proto: proto, ext: ext, opt: opt, g: &ir.Graph{}, functions: map[opKey]*functionProto{}, consts: map[uint64][]*ir.Value{}}
	m.pos = diag.Pos{File: file}
	bad := func(format string, args ...any) (*importer, error) {
		return nil, diag.New(diag.CodeFormat, m.pos, format, args...).WithHint("export the model again")
	}
	switch {
	case proto.graph == nil:
		return bad("this is not an ONNX file, or it has no graph")
	case proto.irVersion < 1 || proto.irVersion > 1000:
		return bad("the file claims ONNX IR version %d", proto.irVersion)
	case proto.graph.sparse > 0:
		return nil, diag.New(diag.CodeUnsupportedOp, m.pos, "sparse initializers are not supported").WithHint("export dense weights")
	case len(proto.graph.outputs) == 0:
		return nil, diag.New(diag.CodeGraph, m.pos, "the graph has no outputs")
	}
	m.g.Name = proto.graph.name
	for _, f := range proto.functions {
		m.functions[opKey{f.domain, f.name}] = f
	}
	m.limit = minBudget
	for _, t := range proto.graph.inits {
		shape, err := t.shapeOf()
		if err != nil {
			return nil, diag.New(diag.CodeShape, m.pos, "initializer %q: %v", t.name, err)
		}
		m.limit += 8 * ir.Size(shape)
	}
	m.budget = m.limit
	return m, nil
}

// opsetsOf maps domains to versions; "ai.onnx" is the default domain.
func (m *importer) opsetsOf(list []opsetProto) (map[string]int64, error) {
	versions := map[string]int64{}
	for _, o := range list {
		if o.domain == "ai.onnx" {
			o.domain = ""
		}
		if o.domain == "" && (o.version < 1 || o.version > newestOpset) {
			return nil, diag.New(diag.CodeFormat, m.pos, "the file asks for operator set %d; 1 to %d exist", o.version, newestOpset).WithHint("export the model with opset 20")
		}
		versions[o.domain] = o.version
	}
	return versions, nil
}

// run imports the graph.
func (m *importer) run() (*Model, error) {
	versions, err := m.opsetsOf(m.proto.opsets)
	if err != nil {
		return nil, err
	}
	if versions[""] == 0 {
		if len(m.proto.opsets) == 0 {
			return nil, diag.New(diag.CodeFormat, m.pos, "the file names no operator set").WithHint("export the model again")
		}
		versions[""] = newestOpset // only custom domains are named; no operator of the default domain may then occur
	}
	p := m.proto.graph
	sc := &scope{importer: m, env: map[string]*value{}, opsets: versions, nodes: p.nodes}
	for _, t := range p.inits {
		sc.env[t.name] = &value{orig: t, batch: -1}
	}
	m.declareInputs(sc, p)
	if m.diags.Err() != nil {
		return nil, m.diags.Err()
	}
	var wanted []string
	for _, o := range p.outputs {
		wanted = append(wanted, o.name)
	}
	if m.lowerScope(sc, wanted); m.diags.Err() != nil {
		return nil, m.diags.Err()
	}
	model := m.outputs(sc, p)
	if m.diags.Err() != nil {
		return nil, m.diags.Err()
	}
	model.IRVersion, model.Opset, model.Inputs = int(m.proto.irVersion), int(versions[""]), m.inputs
	model.Producer = m.proto.producer
	if m.proto.version != "" {
		model.Producer += " " + m.proto.version
	}
	return model, nil
}

// note records once what was rewritten.
func (m *importer) note(format string, args ...any) {
	if s := fmt.Sprintf(format, args...); !slices.Contains(m.notes, s) {
		m.notes = append(m.notes, s)
	}
}

// declareInputs makes the run-time inputs: the graph inputs that have no initializer.
func (m *importer) declareInputs(sc *scope, p *graphProto) {
	for i := range p.inputs {
		in := &p.inputs[i]
		if v := sc.env[in.name]; v != nil {
			if v.orig == nil {
				m.diags.Addf(diag.CodeGraph, m.pos, "two inputs have the name %q", in.name)
			}
			continue
		}
		port, ok := m.port(in)
		if !ok {
			continue
		}
		v := &value{dtype: dtype(in.dtype), shape: port.Shape, batch: port.Batch}
		v.ir = m.g.Add(ir.OpInput, ir.Type{Shape: core(port.Shape, port.Batch)}, &ir.Input{}).Named(in.name, m.pos)
		sc.env[in.name] = v
		m.inputs = append(m.inputs, port)
	}
	if len(m.inputs) == 0 && len(m.diags) == 0 {
		m.diags.Addf(diag.CodeGraph, m.pos, "the graph has no inputs")
	}
}

// port checks the type of an input and finds its batch.
func (m *importer) port(in *valueProto) (Port, bool) {
	d := dtype(in.dtype)
	bad := func(code diag.Code, hint, format string, args ...any) (Port, bool) {
		e := m.diags.Addf(code, m.pos, format, args...)
		e.Hint = hint
		return Port{}, false
	}
	_, known := dtypes[d]
	switch {
	case in.kind == kindOther || !known:
		return bad(diag.CodeType, "give it a tensor of numbers", "input %q is not a tensor of a supported element type", in.name)
	case d == dtString:
		return bad(diag.CodeType, "encode text as numbers outside the model", "input %q is text", in.name)
	case in.shape == nil:
		return bad(diag.CodeDynamicShape, "export the model with fixed dimensions", "input %q has no shape", in.name)
	case len(*in.shape) > maxRank:
		return bad(diag.CodeLimit, "", "input %q has %d dimensions; the limit is %d", in.name, len(*in.shape), maxRank)
	}
	port := Port{Name: in.name, Type: d.String(), Batch: -1}
	n := int64(1)
	for i, dim := range *in.shape {
		batch := i == 0 && !m.opt.WholeTensor
		switch {
		case batch:
			if rows := max(dim.value, 0); rows > maxElements {
				return bad(diag.CodeLimit, "", "input %q has a batch of %d", in.name, rows)
			} else if rows != 0 {
				m.fixBatch(int(rows))
				port.Rows = int(rows)
			}
			port.Batch = 0
			port.Shape = append(port.Shape, 1)
			continue
		case dim.value <= 0:
			what := dim.param
			if what == "" {
				what = fmt.Sprint(max(dim.value, 0))
			}
			return bad(diag.CodeDynamicShape, "export the model with only the first dimension dynamic", "input %q has dimension %q on axis %d, where a number is needed", in.name, what, i)
		}
		if n *= min(dim.value, maxElements); n >= maxElements {
			return bad(diag.CodeLimit, "", "input %q has more than %d elements", in.name, maxElements)
		}
		port.Shape = append(port.Shape, int(dim.value))
	}
	return port, true
}

// fixBatch remembers the batch size that an input fixes.
func (m *importer) fixBatch(rows int) {
	if m.fixed == 0 || rows > 1 {
		m.fixed = rows
	}
}

// allFixed tells whether every dimension of every input is a number.
func (m *importer) allFixed() bool {
	for _, in := range m.proto.graph.inputs {
		if in.shape == nil {
			return false
		}
		for _, d := range *in.shape {
			if d.value <= 0 {
				return false
			}
		}
	}
	return true
}

// rankOne tells whether an input has one dimension, which may then be features as well as samples.
func (m *importer) rankOne() bool {
	return slices.ContainsFunc(m.inputs, func(p Port) bool { return len(p.Shape) == 1 })
}
