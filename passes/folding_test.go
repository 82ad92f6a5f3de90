package passes

import (
	"fmt"
	"math"
	"slices"
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

// TestFoldingWithinLimits compares the choice among foldings, multipliers and memories within budgets of blocks with every other one.
func TestFoldingWithinLimits(t *testing.T) {
	dsps := func(l *stream.Layer) float64 {
		if l.Step.Style == "" {
			return multipliers(l)
		}
		return 0
	}
	brams := func(l *stream.Layer) float64 {
		if l.Step.ROM != "logic" && multipliers(l) > 0 {
			return math.Ceil(multipliers(l) / 2)
		}
		return 0
	}
	cost := func(l *stream.Layer) float64 { // weights in logic take more, the fewer are read at once
		words := float64(l.Work()) / max(1, multipliers(l))
		return RoughLUTs(l) + 30*(multipliers(l)-dsps(l)) + words*max(0, multipliers(l)-2*brams(l))
	}
	for _, widths := range [][]int{{4, 3, 2}, {2, 3, 2, 2}} {
		for most := range 6 {
			p := &ir.Program{Graph: backendtest.MLP(1, true, widths...)}
			p.Steps = stream.Partition(p.Graph)
			limits := []Limit{{What: "DSP blocks", Flag: "--max-dsp", Cost: dsps, Most: most}, {What: "block RAMs", Flag: "--max-bram", Cost: brams, Most: 5 - most}}
			f, err := newFoldSearch(p, StreamOptions{II: 1, Cost: cost, Limits: limits})
			if err != nil {
				t.Fatal(err)
			}
			for _, cycles := range []int{2, 3, 5, 8, 12} {
				want, got := f.bruteForce(0, cycles), math.Inf(1)
				if f.assign(cycles) {
					got = f.chainCost(cycles)
				}
				if got != want {
					t.Errorf("%v in %d cycles with %d DSP blocks and %d block RAMs: cost %v, the least is %v", widths, cycles, most, 5-most, got, want)
				}
			}
		}
	}
}

// bruteForce tries every folding and variant of the layers of a chain from the given one on and gives the least cost within the limits.
func (f *foldSearch) bruteForce(i, cycles int) float64 {
	if i == len(f.layers) {
		if slices.ContainsFunc(f.limits, func(l Limit) bool { return f.total(l.Cost) > float64(l.Most) }) {
			return math.Inf(1)
		}
		return f.chainCost(cycles)
	}
	l := f.layers[i]
	pe, simd := l.Most()
	least := math.Inf(1)
	for a := 1; a <= pe; a++ {
		for b := 1; b <= simd; b++ {
			if l.Fold(a, b); l.Cycles() > cycles {
				continue
			}
			for _, v := range f.variants(l) {
				l.Fold(a, b)
				l.Step.Style, l.Step.ROM = v.style, v.rom
				least = min(least, f.bruteForce(i+1, cycles))
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
			sum += f.converter(f.layers[i-1].OutLanes(before.PE), i, &choice{Fold: Fold{l.Step.PE, l.Step.SIMD}}, cycles)
		}
	}
	return sum
}

// BenchmarkFolding searches the cheapest folding of a perceptron with ten dense layers for a pace, within budgets of blocks or without.
func BenchmarkFolding(b *testing.B) {
	g := backendtest.MLP(1, false, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 10)
	blocks := []Limit{{What: "multipliers", Flag: "--most", Most: 300, Cost: func(l *stream.Layer) float64 {
		if l.Step.Style != "" {
			return 0
		}
		return multipliers(l)
	}}}
	cost := func(l *stream.Layer) float64 {
		if l.Step.Style != "" {
			return RoughLUTs(l) + 60*multipliers(l)
		}
		return RoughLUTs(l)
	}
	for _, limits := range [][]Limit{nil, blocks} {
		b.Run(fmt.Sprintf("limits=%d", len(limits)), func(b *testing.B) {
			for b.Loop() {
				p := &ir.Program{Graph: g}
				p.Steps = stream.Partition(g)
				f, err := newFoldSearch(p, StreamOptions{II: 100, Cost: cost, Limits: limits})
				if err != nil {
					b.Fatal(err)
				}
				if !f.assign(100) {
					b.Fatal("no folding")
				}
			}
		})
	}
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
