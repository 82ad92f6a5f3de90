package onnx

import (
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"mlpc/ir"
)

// dice deals numbers out of fuzzing input; at its end it deals zeros.
type dice struct{ left []byte }

func (d *dice) roll(n int) int {
	if len(d.left) == 0 {
		return 0
	}
	x := int(d.left[0])
	d.left = d.left[1:]
	return x % n
}

// oddNumbers are what a mutated attribute, dimension or constant becomes.
var oddNumbers = []int64{0, 1, 2, 3, -1, -2, 5, 7, 64, -64, 1000, 1 << 20, 1<<31 - 1, -1 << 31, 1 << 40, -1 << 62}

// FuzzLowering changes well-formed models: operators, versions, attributes, inputs, shapes and constants. Bytes alone seldom get past
// the decoder.
func FuzzLowering(f *testing.F) {
	models := trapModels()
	kinds := Operators()
	for i := range models {
		f.Add([]byte{byte(i)})
		f.Add([]byte{byte(i), 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		d := &dice{data}
		p, err := decodeModel(models[d.roll(len(models))].file.bytes())
		if err != nil {
			t.Fatal(err)
		}
		for len(d.left) > 0 {
			mutate(d, p, kinds)
		}
		m, err := importProto(p, Options{WholeTensor: len(data)%2 == 1})
		if err != nil {
			_ = err.Error()
			return
		}
		if err := ir.Verify(m.Graph); err != nil {
			t.Fatal(err)
		}
	})
}

// mutate changes one thing.
func mutate(d *dice, p *modelProto, kinds []Operator) {
	g := p.graph
	pick := func() int64 { return oddNumbers[d.roll(len(oddNumbers))] }
	node := g.nodes[d.roll(len(g.nodes))]
	switch d.roll(9) {
	case 0:
		k := kinds[d.roll(256)*len(kinds)/256]
		node.op, node.domain = k.Name, k.Domain
	case 1:
		p.opsets = append(p.opsets, opsetProto{version: int64(1 + d.roll(newestOpset))})
	case 2:
		names := []string{"axis", "axes", "perm", "keepdims", "to", "pads", "strides", "dilations", "kernel_shape", "group", "split", "num_outputs", "k", "mode", "axis", "transA", "block_size", "batch_dims", "num_groups", "blocksize", "ceil_mode", "signed", "value_ints", "exclusive", "inverse", "onesided"}
		a := &attrProto{name: names[d.roll(len(names))]}
		switch d.roll(3) {
		case 0:
			a.typ, a.i = attrInt, pick()
		case 1:
			a.typ = attrInts
			for range d.roll(6) {
				a.intList.runs = append(a.intList.runs, field{typ: protowire.VarintType, num: uint64(pick())})
			}
		default:
			a.typ, a.s = attrString, []byte([]string{"SAME_UPPER", "reflect", "linear", "nearest", "cubic", "HALF_UP", "", "x"}[d.roll(8)])
		}
		node.attrs = append(node.attrs, a)
	case 3:
		if len(node.inputs) > 0 {
			others := []string{"x", "w", "", "s", "h", "y"}
			node.inputs[d.roll(len(node.inputs))] = others[d.roll(len(others))]
		}
	case 4:
		node.inputs = append(node.inputs, []string{"x", "w", "", "s"}[d.roll(4)])
	case 5:
		for i := range g.inputs {
			dims := *g.inputs[i].shape
			if len(dims) > 0 {
				dims[d.roll(len(dims))].value = []int64{-1, 0, 1, 2, 3, 5}[d.roll(6)]
			}
			if d.roll(2) == 1 {
				*g.inputs[i].shape = append(dims, dimProto{value: int64(1 + d.roll(3))})
			}
		}
	case 6:
		var x []int64
		for range d.roll(5) {
			x = append(x, pick())
		}
		t := &tensorProto{}
		if err := (&reader{}).tensor(ints64("w", x...), t); err == nil {
			g.inits = append(g.inits, t)
		}
	case 7:
		t := &tensorProto{}
		dims := []int64{int64(1 + d.roll(3)), int64(1 + d.roll(3))}[:d.roll(3)]
		n := 1
		for _, k := range dims {
			n *= int(k)
		}
		x := make([]float32, n)
		for i := range x {
			x[i] = float32(d.roll(7)) - 2
		}
		if err := (&reader{}).tensor(tensor([]string{"w", "s", "z"}[d.roll(3)], dims, x...), t); err == nil {
			g.inits = append(g.inits, t)
		}
	case 8:
		types := []dtype{dtFloat, dtInt8, dtUint8, dtInt64, dtBool, dtDouble}
		g.inputs[0].dtype = int64(types[d.roll(len(types))])
	}
}
