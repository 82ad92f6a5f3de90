package passes

import (
	"fmt"
	"testing"

	"mlpc/ir"
	"mlpc/ir/diag"
)

// TestTypes gives the parts of single layers types, by the names that HLS tools have for the nodes.
func TestTypes(t *testing.T) {
	g := mlp(4, "relu", 3, 4, 2)
	for _, v := range g.Values {
		if v.Op == ir.OpDense {
			v.Name = fmt.Sprintf("fc%d", v.ID)
		}
	}
	use := []string{"quantize:weight=ap_fixed<6,2>,result=fixed<9,4>,dense_1.weight=ap_fixed<4,2>,dense_1.bias=ap_fixed<3,2>,dense_1.result=ap_int<7>"}
	p, rep, err := Compile(g, Config{Target: "verilog", Use: use, Calib: synthetic(g, 100, [2]float64{})})
	if err != nil {
		t.Fatal(err)
	}
	in, out := p.Graph.Inputs()[0].Type, p.Graph.Outs[0].Type
	if in.Elem.String() != "s9" || in.Scale[0] != 1.0/32 {
		t.Errorf("input %s in steps of %v, want s9 in steps of 1/32", in.Elem, in.Scale)
	}
	if out.Elem.String() != "s7" || out.Scale[0] != 1 {
		t.Errorf("output %s in steps of %v, want s7 in steps of 1", out.Elem, out.Scale)
	}
	var least, most []int64
	for _, v := range p.Graph.Values {
		if v.Op == ir.OpDense {
			lo, hi := int64(0), int64(0)
			for _, w := range v.Args[1].Const().Ints {
				lo, hi = min(lo, w), max(hi, w)
			}
			least, most = append(least, lo), append(most, hi)
		}
	}
	if len(least) != 2 || least[0] < -32 || most[0] > 31 || least[0] >= -8 && most[0] <= 7 || least[1] < -8 || most[1] > 7 {
		t.Errorf("weights from %v to %v, want 6 and 4 bits", least, most)
	}
	if w := rep.Layers[len(rep.Layers)-1].Weights; w != "ap_fixed<4,2>" {
		t.Errorf("the report says weights of %q", w)
	}
}

// TestNames finds layers by what users call them, also where folding merged them.
func TestNames(t *testing.T) {
	g := &ir.Graph{}
	x := g.Add(ir.OpInput, ir.Type{Shape: []int{2}}, &ir.Input{}).Named("global_in", diag.Pos{Node: "", Op: ""})
	w := g.ConstReal([]int{2, 2}, []float64{1, 2, 3, 4})
	m := g.New(ir.OpDense, ir.Real, &ir.Dense{}, x, w).Named("/fc1/MatMul_output_0", diag.Pos{Node: "/fc1/MatMul", Op: "MatMul"})
	a := g.New(ir.OpAdd, ir.Real, nil, m, g.ConstReal([]int{2}, []float64{1, 2})).Named("sum", diag.Pos{Node: "/fc1/Add", Op: "Add"})
	r := g.New(ir.OpClamp, ir.Real, &ir.Clamp{RLo: 0, RHi: 6}, a).Named("y", diag.Pos{Node: "act", Op: "Relu"})
	g.Outs = []*ir.Value{r}
	n, err := NamesOf(g, true)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"fc1_MatMul": "sum", "/fc1/MatMul_output_0": "sum", "MatMul_0": "sum", "Add_0": "sum", "fc1/add": "sum", "ACT": "y", "relu_0": "y", "Input_0": "global_in"} {
		if node, err := n.Find(name); err != nil || node.Value != want {
			t.Errorf("%s is %q (%v), want %q", name, node.Value, err, want)
		}
	}
	if _, err := n.Find("fc2_MatMul"); err == nil {
		t.Error("a layer that does not exist is found")
	}
}
