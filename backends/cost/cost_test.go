package cost_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"mlpc/backends/cost"
)

// TestFit recovers the loops of an invented kernel, and predicts a program that is far larger than the samples.
func TestFit(t *testing.T) {
	loops := cost.Loops{Rows: 4, Columns: []int{8, 1}}
	count := func(layers []cost.Layer) int {
		n := 12
		for _, l := range layers {
			g, r, b, c := l.Rows/4, l.Rows%4, l.Columns/8, l.Columns%8
			one := 20 + g*(15+38*b+8*c) + r*(12+12*b+5*c)
			if l.Relu {
				one += 8*g + r
			}
			n += one * max(1, l.Batch)
		}
		return n
	}
	rng := rand.New(rand.NewPCG(1, 2))
	var samples []cost.Sample
	for range 30 {
		var layers []cost.Layer
		for range 1 + rng.IntN(4) {
			layers = append(layers, cost.Layer{Kernel: "k", Rows: 1 + rng.IntN(40), Columns: 1 + rng.IntN(70), Relu: rng.IntN(2) == 0})
		}
		samples = append(samples, cost.Sample{Layers: layers, Instructions: count(layers)})
	}
	m, worst, err := cost.Fit("core", loops, samples)
	if err != nil || worst > 1e-4 {
		t.Fatalf("worst error %g, %v", worst, err)
	}
	large := []cost.Layer{{Kernel: "k", Rows: 301, Columns: 784, Relu: true}, {Kernel: "k", Rows: 10, Columns: 301, Batch: 3}}
	for _, m := range []*cost.Model{m, cost.MustRead(m.Write())} {
		got, ok := m.Instructions("core", large)
		if want := float64(count(large)); !ok || math.Abs(got/want-1) > 1e-3 {
			t.Errorf("predicted %.0f, want %.0f", got, want)
		}
	}
	if _, ok := m.Instructions("other", large); ok {
		t.Error("figures for a core that was not fitted")
	}
	if _, _, err := cost.Fit("core", loops, samples[:5]); err == nil {
		t.Error("five samples settle a dozen terms")
	}
	for _, bad := range []string{"k,c,4,layer,1", "k,c,4y8,layer,1", "k,c,\"4x8,1\",layer,one"} {
		if _, err := cost.Read("kernel,core,loops,term,instructions\n" + bad + "\n"); err == nil {
			t.Errorf("%s: no error", bad)
		}
	}
}

// TestSet: forms that a new fit does not have stay; sizes of blocks that it does not have do not.
func TestSet(t *testing.T) {
	const head = "kernel,core,loops,term,instructions\n"
	old := cost.MustRead(head + "k,c,\"4x4,1 inputs\",block 4,9\nk,c,\"4x4,1 inputs\",group OTHER_1,7\nk,c,\"4x4,1 inputs\",layer,1\n")
	old.Set(cost.MustRead(head + "k,c,\"4x4,1\",group ONE,5\n"))
	if got, want := old.Write(), head+"k,c,\"4x4,1\",group ONE,5\nk,c,\"4x4,1\",group OTHER_1,7\n"; got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

// TestOnce: layers that the compiler knows have loops of their own where the model says so.
func TestOnce(t *testing.T) {
	m := cost.MustRead("kernel,core,loops,term,instructions\n" +
		"k,c,\"4x4,1 inputs once\",group block 4,10\nk,c,\"4x4,1 inputs once\",once group block 4,8\n" +
		"k,c,\"4x4,1 inputs once\",alone A_ONCE,-3\nk,c,\"4x4,1 inputs once\",short A_ONCE,-1\nk,c,\"4x4,1 inputs once\",group A_ONCE,2\nk,c,\"4x4,1 inputs once\",group A,2\n")
	for _, c := range []struct {
		layer cost.Layer
		want  float64
	}{
		{cost.Layer{Kernel: "k", Form: "A", Rows: 8, Columns: 8}, 2*2 + 4*10},
		{cost.Layer{Kernel: "k", Form: "A_ONCE", Rows: 8, Columns: 8, Once: true}, 2*2 + 4*8},
		{cost.Layer{Kernel: "k", Form: "A_ONCE", Rows: 4, Columns: 4, Once: true}, 2 + 8 - 3 - 1},
	} {
		if got, ok := m.Instructions("c", []cost.Layer{c.layer}); !ok || got != c.want {
			t.Errorf("%+v: %g, want %g", c.layer, got, c.want)
		}
	}
}
