package onnx

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"mlpc/ir"
)

// suiteDir gives the node cases of the ONNX backend suite as Debian packages them (libonnx-testdata), or those of the folder that
// MLPC_ONNX_SUITE names; it skips where there are none.
func suiteDir(t testing.TB) string {
	dir := "/usr/share/libonnx-testdata/data/node"
	if other := os.Getenv("MLPC_ONNX_SUITE"); other != "" {
		return other
	}
	if _, err := os.Stat(dir); err != nil {
		if os.Getenv("MLPC_TOOLS") == "require" {
			t.Fatal("libonnx-testdata is not installed")
		}
		t.Skip("skipped: libonnx-testdata is not installed")
	}
	return dir
}

// caseResult says what became of a case.
type caseResult struct {
	op      string // of its only node; empty for function bodies
	passed  bool
	refused string    // why, where it did not pass
	ops     []string  // ops of the IR that the import used
	graph   *ir.Graph // with such ops, where an import has them
}

// TestBackendSuite runs every node case. Inputs of a case may be weights, shapes or data, so each case is tried with the first input
// at run time and the others constant, with all at run time, and with all constant. Every import that succeeds must give the
// reference; a case counts as passed when one did. The counts are in docs/onnx-support.md.
func TestBackendSuite(t *testing.T) {
	cases, err := filepath.Glob(filepath.Join(suiteDir(t), "*", "model.onnx"))
	if err != nil || len(cases) == 0 {
		t.Fatal("no cases")
	}
	var results []caseResult
	for _, file := range cases {
		t.Run(filepath.Base(filepath.Dir(file)), func(t *testing.T) {
			r := runCase(t, file)
			results = append(results, r)
			if !r.passed && testing.Verbose() {
				t.Log(r.refused)
			}
		})
	}
	if len(results) == len(cases) && os.Getenv("MLPC_ONNX_SUITE") == "" {
		checkSupport(t, results)
	}
}

// runCase tries the three ways of giving the inputs.
func runCase(t *testing.T, file string) (r caseResult) {
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(filepath.Dir(file), "test_data_set_0")
	for _, runtime := range []func(i int) bool{
		func(i int) bool { return i == 0 },
		func(int) bool { return true },
		func(int) bool { return false },
	} {
		proto, err := decodeModel(raw)
		if err != nil {
			t.Fatal(err)
		}
		if len(proto.graph.nodes) == 1 {
			r.op = proto.graph.nodes[0].op
		}
		ins, ok1 := caseTensors(dir, "input", proto.graph.inputs)
		want, ok2 := caseTensors(dir, "output", proto.graph.outputs)
		if !ok1 || !ok2 {
			r.refused = "the data are not tensors of supported types"
			return r
		}
		var tensors []*ir.Tensor
		for i := range ins {
			if !runtime(i) {
				ins[i].proto.name = proto.graph.inputs[i].name
				proto.graph.inits = append(proto.graph.inits, ins[i].proto)
				continue
			}
			tensors = append(tensors, &ir.Tensor{Rows: 1, Shape: ins[i].shape, Reals: ins[i].data})
		}
		if len(tensors) == 0 {
			one := []dimProto{{value: 1}}
			proto.graph.inputs = append(proto.graph.inputs, valueProto{name: "unused", kind: kindTensor, dtype: int64(dtFloat), shape: &one})
			tensors = append(tensors, ir.NewReals(1, []int{1}))
		}
		m, err := importProto(proto, Options{WholeTensor: true})
		if err != nil {
			r.refused = err.Error()
			continue
		}
		if err := ir.Verify(m.Graph); err != nil {
			t.Fatal(err)
		}
		outs, err := ir.Run(m.Graph, tensors)
		if err != nil {
			t.Fatal(err)
		}
		r.passed = true
		for _, v := range m.Graph.Values {
			if v.Op != ir.OpInput && v.Op != ir.OpConst {
				r.ops = append(r.ops, v.Op.String())
				if r.graph == nil && depends(m.Graph) {
					r.graph = m.Graph
				}
			}
		}
		for i := range want {
			compareCase(t, fmt.Sprintf("output %d", i), m.Outputs[i].Shape, outs[i].Reals, want[i])
		}
	}
	return r
}

// importProto imports a decoded model without a folder.
func importProto(p *modelProto, opt Options) (*Model, error) {
	m, err := newImporter("test.onnx", p, &external{}, opt)
	if err != nil {
		return nil, err
	}
	return m.run()
}

// caseTensor is a tensor of a test case.
type caseTensor struct {
	proto *tensorProto
	shape []int
	data  []float64
}

// caseTensors reads input_0.pb, … or output_0.pb, … It fails where they are no tensors of numbers, or not of the declared types: the
// suite stores bfloat16 as uint16.
func caseTensors(dir, prefix string, declared []valueProto) ([]caseTensor, bool) {
	var out []caseTensor
	for i, d := range declared {
		b, err := os.ReadFile(filepath.Join(dir, fmt.Sprintf("%s_%d.pb", prefix, i)))
		if err != nil {
			return nil, false
		}
		p := &tensorProto{}
		if err := (&reader{}).tensor(b, p); err != nil {
			return nil, false
		}
		shape, data, strs, err := p.decode(nil)
		if err != nil || strs != nil || p.dtype != d.dtype || d.shape != nil && len(*d.shape) != len(shape) {
			return nil, false
		}
		if data == nil {
			data = []float64{}
		}
		out = append(out, caseTensor{p, shape, data})
	}
	return out, true
}

// compareCase compares with the tolerance of the suite, or with the precision of 16-bit floats, in which their references are.
func compareCase(t *testing.T, what string, shape []int, got []float64, want caseTensor) {
	t.Helper()
	if !slices.Equal(shape, want.shape) {
		t.Errorf("%s has shape %v, not %v", what, shape, want.shape)
		return
	}
	atol, rtol := 1e-6, 1e-3
	switch dtype(want.proto.dtype) {
	case dtFloat16:
		rtol = 1.0 / 256
	case dtBfloat16:
		rtol = 1.0 / 32
	}
	for i, w := range want.data {
		g := got[i]
		if math.IsNaN(w) && math.IsNaN(g) || w == g {
			continue
		}
		if !(math.Abs(g-w) <= atol+rtol*math.Abs(w)) {
			t.Errorf("%s: element %d is %v, not %v", what, i, g, w)
			return
		}
	}
}
