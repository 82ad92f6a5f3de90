package stream_test

import (
	"slices"
	"testing"

	"mlpc/backends/backendtest"
	"mlpc/ir"
	"mlpc/ir/diag"
	"mlpc/ir/stream"
)

// program partitions a graph and gives every step the folding, as far as it can take it.
func program(g *ir.Graph, pe, simd int) *ir.Program {
	p := &ir.Program{Graph: g, Target: "verilog", Arch: "stream", Steps: stream.Partition(g)}
	for _, l := range stream.Layers(p) {
		mostPE, mostSIMD := l.Most()
		l.Fold(min(pe, mostPE), min(simd, mostSIMD))
	}
	return p
}

func TestForm(t *testing.T) {
	f := stream.Form{Groups: 2, Length: 5, Lanes: 3}
	if f.GroupBeats() != 2 || f.Beats() != 4 || f.Tail() != 2 {
		t.Errorf("%+v: %d, %d beats, tail %d", f, f.GroupBeats(), f.Beats(), f.Tail())
	}
	var got []int
	for beat := range f.Beats() {
		for lane := range f.Lanes {
			got = append(got, f.Element(beat, lane))
		}
	}
	if want := []int{0, 1, 2, 3, 4, -1, 5, 6, 7, 8, 9, -1}; !slices.Equal(got, want) {
		t.Errorf("elements %v, want %v", got, want)
	}
}

func TestPartition(t *testing.T) {
	for _, c := range []struct {
		name, text string
		engines    []string
	}{
		{"chain", `graph "g"
%0 = input : s8[4]
%1 = const ints=[1 2 3 4 5 6 7 8] : u4[2,4]
%2 = dense %0 %1 : s13[2]
%3 = requant %2 mul=[5] shift=[6] lo=0 hi=127 : u7[2]
%4 = argmax %3 : u1[]
return %4
`, []string{"mvau", "reduce"}},
		{"value in use twice", `graph "g"
%0 = input : s8[4]
%1 = clamp %0 lo=0 hi=100 : u7[4]
%2 = clamp %1 lo=0 hi=50 : u6[4]
%3 = add %1 %2 : u8[4]
return %3
`, []string{"eltwise", "eltwise", "eltwise"}},
		{"square stays", `graph "g"
%0 = input : s8[4]
%1 = clamp %0 lo=0 hi=100 : u7[4]
%2 = mul %1 %1 : u14[4]
return %2
`, []string{"eltwise"}},
		{"reshape and slice", `graph "g"
%0 = input : s8[2,2]
%1 = route %0 index=[0 1 2 3] : s8[4]
%2 = route %1 index=[1 2] : s8[2]
return %2
`, []string{"wires", "route"}},
	} {
		g, err := ir.Parse(c.name, c.text)
		if err != nil {
			t.Fatal(err)
		}
		var engines []string
		for _, s := range stream.Partition(g) {
			engines = append(engines, s.Engine)
		}
		if !slices.Equal(engines, c.engines) {
			t.Errorf("%s: engines %v, want %v", c.name, engines, c.engines)
		}
	}
}

func TestCheck(t *testing.T) {
	g, err := ir.Parse("constant", `graph "g"
%0 = input : s8[4]
%1 = const ints=[1 2 3 4] : u3[4]
%2 = add %1 %1 : u4[4]
%3 = add %0 %2 : s9[4]
return %3 %2
`)
	if err != nil {
		t.Fatal(err)
	}
	var l diag.List
	stream.Check(g, &l)
	if len(l) != 3 {
		t.Errorf("problems:\n%v", l)
	}
}

// TestLayerTiming holds single dense layers to the closed form: fold by fold through the replay memory, the pipeline behind it.
func TestLayerTiming(t *testing.T) {
	for _, c := range []struct{ columns, rows, pe, simd int }{
		{8, 4, 1, 1}, {8, 4, 2, 4}, {8, 4, 4, 8}, {7, 5, 2, 3}, {1, 1, 1, 1}, {30, 9, 4, 7},
	} {
		p := program(backendtest.MLP(1, false, c.columns, c.rows), c.pe, c.simd)
		got, ok := stream.Build(p).Simulate()
		if !ok {
			t.Fatalf("%+v: deadlock", c)
		}
		folds := (c.columns + c.simd - 1) / c.simd * ((c.rows + c.pe - 1) / c.pe)
		levels := 0
		for 1<<levels < c.simd {
			levels++
		}
		// Two cycles through the memory, the products, the tree, the accumulator.
		if latency := folds - 1 + 2 + 1 + levels + 1; got.Latency != latency || got.II != folds {
			t.Errorf("%+v: latency %d, II %d; want %d, %d", c, got.Latency, got.II, latency, folds)
		}
	}
}

// TestPace: a network is as fast as its slowest engine.
func TestPace(t *testing.T) {
	for _, fold := range [][2]int{{1, 1}, {2, 4}, {3, 5}, {64, 64}} {
		p := program(backendtest.MLP(3, true, 20, 16, 12, 10), fold[0], fold[1])
		n := stream.Build(p)
		got, ok := n.Simulate()
		slowest := 0
		for i := range p.Steps {
			slowest = max(slowest, n.StepII(i))
		}
		if !ok || got.II != slowest {
			t.Errorf("PE %d, SIMD %d: II %d, slowest step %d", fold[0], fold[1], got.II, slowest)
		}
	}
}

const residual = `graph "residual"
%0 = input : s8[6]
%1 = const ints=[1 2 3 4 5 6 1 2 3 4 5 6 1 2 3 4 5 6 1 2 3 4 5 6 1 2 3 4 5 6 1 2 3 4 5 6] : u3[6,6]
%2 = dense %0 %1 : s13[6]
%3 = add %2 %0 : s14[6]
return %3
`

// TestFIFOs: the branch around a dense layer gets a FIFO that keeps the network as fast as the layer, and no larger one than needed.
func TestFIFOs(t *testing.T) {
	g, err := ir.Parse("residual", residual)
	if err != nil {
		t.Fatal(err)
	}
	n := stream.Build(program(g, 1, 1))
	got, ok := n.Simulate()
	if !ok || got.II != 36 {
		t.Fatalf("II %d, want 36", got.II)
	}
	fifo := branchFIFO(t, n)
	fifo.Depth -= 2
	if slower, ok := n.Simulate(); ok && slower.II <= got.II {
		t.Errorf("a FIFO of %d words does as well", fifo.Depth)
	}
}

// TestDeadlock: without room on the branch nothing moves, and the simulation says so.
func TestDeadlock(t *testing.T) {
	g, err := ir.Parse("residual", residual)
	if err != nil {
		t.Fatal(err)
	}
	n := stream.Build(program(g, 1, 1))
	branchFIFO(t, n).Depth = 1
	if _, ok := n.Simulate(); ok {
		t.Error("a branch of one word does not stop the network")
	}
}

// branchFIFO gives the FIFO of the network's only branch that has one.
func branchFIFO(t *testing.T, n *stream.Network) *stream.Node {
	t.Helper()
	for _, node := range n.Nodes {
		if node.Kind == stream.Buffer && node.Step < 0 {
			return node
		}
	}
	t.Fatal("no FIFO")
	return nil
}

// TestAllFoldings finds each number of folds of rows and columns once, with the fewest lanes.
func TestAllFoldings(t *testing.T) {
	p := &ir.Program{Graph: backendtest.MLP(1, false, 40, 30)}
	p.Steps = stream.Partition(p.Graph)
	l := stream.Layers(p)[0]
	ceil := func(a, b int) int { return (a + b - 1) / b }
	got := map[[2]int][2]int{}
	for _, f := range l.AllFoldings() {
		key := [2]int{ceil(30, f[0]), ceil(40, f[1])}
		if old, ok := got[key]; ok {
			t.Errorf("%v and %v take the same folds", old, f)
		}
		got[key] = f
	}
	for pe := 1; pe <= 30; pe++ {
		for simd := 1; simd <= 40; simd++ {
			if f, ok := got[[2]int{ceil(30, pe), ceil(40, simd)}]; !ok || f[0] > pe || f[1] > simd {
				t.Errorf("PE %d, SIMD %d: listed %v, %v", pe, simd, f, ok)
			}
		}
	}
}
