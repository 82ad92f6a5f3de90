package passes

import (
	"math"
	"slices"
	"testing"

	"mlpc/ir"
)

// jointCases are nets and options for which all layers are moved together.
var jointCases = []struct {
	name, act, use, target string
	widths                 []int
	share                  float64 // of the loss layer by layer that may stay
}{
	{"ternary", "relu", "w=2", "c", []int{12, 10, 8, 4}, 0.9},
	{"powers of two", "tanh", "encoding=csd1", "verilog", []int{8, 10, 4}, 0.9},
	{"4-bit inputs", "relu", "encoding=csd2,in=4", "verilog", []int{6, 5, 3}, 0.9},
	{"one output", "relu", "w=2,per=tensor", "c", []int{8, 12, 1}, 0.99},
}

func TestLearnedIsNearerToTheFloatNet(t *testing.T) {
	for _, c := range jointCases {
		t.Run(c.name, func(t *testing.T) {
			g := mlp(7, c.act, c.widths...)
			rows := synthetic(g, 600, [2]float64{})
			calib, held := rows.part(0, 400), rows.part(400, 600)
			loss := func(method string) float64 {
				t.Helper()
				p, _, err := Compile(g, Config{Target: c.target, Arch: "stream", Calib: calib, Use: []string{"quantize:" + c.use + ",method=" + method}})
				if err != nil {
					t.Fatal(err)
				}
				want, err := ir.Run(g, held.Ins)
				if err != nil {
					t.Fatal(err)
				}
				got, err := runReal(p.Graph, held.Ins)
				if err != nil {
					t.Fatal(err)
				}
				return newOutputLoss(want, true).of(got)
			}
			layerwise, learned := loss("descent"), loss("learned")
			if !(learned < c.share*layerwise) {
				t.Errorf("loss on held-back rows %.4g, layer by layer %.4g", learned, layerwise)
			}
		})
	}
}

// The chain that the layers are moved on must be the integer graph that comes out.
func TestJointChainIsTheProgram(t *testing.T) {
	for _, c := range jointCases {
		t.Run(c.name, func(t *testing.T) {
			g := mlp(7, c.act, c.widths...)
			runs, err := plan([]string{"quantize:" + c.use}, nil, nil)
			if err != nil {
				t.Fatal(err)
			}
			i := slices.IndexFunc(runs, func(r run) bool { return r.pass == quantize })
			rows := synthetic(g, 300, [2]float64{})
			ctx := &Context{Config: &Config{Target: c.target, Calib: rows}, Calib: rows}
			if g, err = fold.Run(ctx, g, nil); err != nil {
				t.Fatal(err)
			}
			if g, err = calibrate.Run(ctx, g, Options{"rows": "4096"}); err != nil {
				t.Fatal(err)
			}
			q, err := newQuantizer(ctx, g, runs[i].options)
			if err != nil {
				t.Fatal(err)
			}
			real, err := q.run()
			if err != nil {
				t.Fatal(err)
			}
			integer, err := newLowering(ctx, real, Options{"round": "auto", "multiplier": "0"}).run()
			if err != nil {
				t.Fatal(err)
			}
			outs, err := runReal(integer, rows.Ins)
			if err != nil {
				t.Fatal(err)
			}
			j := q.newJoint()
			if j == nil {
				t.Fatal("no chain")
			}
			j.ready(q)
			apart := 0
			for i, x := range outs[0].Reals {
				if y := j.outputs()[i%len(j.ref)][i/len(j.ref)]; math.Abs(x-y) > 1e-9*math.Abs(x) {
					apart++
				}
			}
			if apart > len(outs[0].Reals)/100 { // inputs in float32, and multipliers of requants, round the other way now and then
				t.Errorf("%d of %d elements differ", apart, len(outs[0].Reals))
			}
		})
	}
}

// Each derivative of the chain must be the limit of a difference.
func TestSensitivity(t *testing.T) {
	l := func(in, out int, ints ...float64) *jointLayer {
		return &jointLayer{r: &rounded{ints: ints, acc: []float64{0.5}, b: make([]float64, out), x: []float64{1}}, in: in, out: out, step: []float64{0.25}}
	}
	j := &joint{rows: 2, layers: []*jointLayer{l(2, 2, 1, -2, 3, 1), l(2, 1, 2, -1)}}
	j.layers[0].x = columnsFrom([][]float64{{1, 2}, {-1, 3}})
	for _, l := range j.layers {
		for range l.out {
			l.z, l.slope, l.next = append(l.z, nil), append(l.slope, make([]float64, 2)), append(l.next, make([]float64, 2))
		}
	}
	j.refresh(0)
	before := append([]float64(nil), j.outputs()[0]...)
	d := j.sensitivity(0, 1)
	moved := append([]float64(nil), j.layers[0].z[1]...)
	for r := range moved {
		moved[r] += 0.125
	}
	j.put(0, 1, moved)
	for r, x := range j.outputs()[0] {
		if got := (x - before[r]) / 0.125; math.Abs(got-d[0][r]) > 1e-9 {
			t.Errorf("row %d: difference %g, derivative %g", r, got, d[0][r])
		}
	}
}
