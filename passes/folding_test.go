package passes

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"mlpc/backends/backendtest"
	"mlpc/ir"
	"mlpc/ir/stream"
)

// TestFoldingIsOptimal compares the choice with every other one, on nets so small that all can be tried.
func TestFoldingIsOptimal(t *testing.T) {
	for _, widths := range [][]int{{4, 3, 2}, {6, 5}, {3, 4, 3, 2}, {5, 6, 4}} {
		p := &ir.Program{Graph: backendtest.MLP(1, true, widths...)}
		p.Steps = stream.Partition(p.Graph)
		f, err := newFoldSearch(p, StreamOptions{Cost: RoughLUTs})
		if err != nil {
			t.Fatal(err)
		}
		for cycles := 1; cycles <= 20; cycles++ {
			want := f.bruteForce(0, cycles)
			got := math.Inf(1)
			if f.assign(cycles) {
				got = f.chainCost(cycles)
			}
			if got != want {
				t.Errorf("%v in %d cycles: cost %v, the least is %v", widths, cycles, got, want)
			}
		}
	}
}

// bruteForce tries every folding of the layers of a chain from the given one on and gives the least cost.
func (f *foldSearch) bruteForce(i, cycles int) float64 {
	if i == len(f.layers) {
		return f.chainCost(cycles)
	}
	l := f.layers[i]
	pe, simd := l.Most()
	least := math.Inf(1)
	for a := 1; a <= pe; a++ {
		for b := 1; b <= simd; b++ {
			if l.Fold(a, b); l.Cycles() <= cycles {
				least = min(least, f.bruteForce(i+1, cycles))
				l.Fold(a, b)
			}
		}
	}
	return least
}

// chainCost is the cost of a chain with the folding that its layers have.
func (f *foldSearch) chainCost(cycles int) float64 {
	sum := 0.0
	for i, l := range f.layers {
		sum += f.opt.Cost(l)
		if i > 0 {
			before := f.layers[i-1].Step
			sum += f.converter(i-1, Fold{before.PE, before.SIMD}, i, Fold{l.Step.PE, l.Step.SIMD}, cycles)
		}
	}
	return sum
}

func TestParseFolding(t *testing.T) {
	g := backendtest.MLP(1, false, 8, 6, 4)
	for _, c := range []struct{ text, want, problem string }{
		{`{"Defaults": {}, "fc1": {"PE": 2, "SIMD": 4}, "MVAU_1": {"PE": 3, "mem_mode": "const"}, "StreamingFIFO_0": {"depth": 2}}`, "fc1 2 4, fc2 3 1", ""},
		{`{"Defaults": {"PE": 2, "SIMD": 2}, "fc2": {"SIMD": 6}}`, "fc1 2 2, fc2 1 6", ""},
		{`{"fc3": {"PE": 2}}`, "", `names "fc3"`},
		{`[1]`, "", "not a JSON object"},
	} {
		got, err := ParseFolding("f.json", []byte(c.text), g)
		if c.problem != "" {
			if err == nil || !strings.Contains(err.Error(), c.problem) {
				t.Errorf("%s: %v", c.text, err)
			}
			continue
		}
		text := fmt.Sprintf("fc1 %d %d, fc2 %d %d", got["fc1"].PE, got["fc1"].SIMD, got["fc2"].PE, got["fc2"].SIMD)
		if err != nil || text != c.want {
			t.Errorf("%s: %s, %v; want %s", c.text, text, err, c.want)
		}
	}
}
