package verilog

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"mlpc/backends/backendtest"
	"mlpc/ir"
	"mlpc/ir/diag"
	"mlpc/ir/stream"
	"mlpc/passes"
	"mlpc/testbench"
)

// folded schedules a graph with random PE and SIMD; nil where the architecture refuses it.
func folded(t *testing.T, g *ir.Graph, seed uint64) *ir.Program {
	t.Helper()
	var problems diag.List
	if stream.Check(g, &problems); len(problems) > 0 {
		return nil
	}
	r := rand.New(rand.NewPCG(seed, 4))
	// Names are for users; here every layer gets one that is its own.
	g = g.Rewrite(func(*ir.Graph, *ir.Value, []*ir.Value) *ir.Value { return nil })
	for _, v := range g.Values {
		v.Name = fmt.Sprintf("v%d", v.ID)
	}
	p := &ir.Program{Graph: g, Target: "verilog", Steps: stream.Partition(g)}
	folding := map[string]passes.Fold{}
	for _, l := range stream.Layers(p) {
		pe, simd := l.Most()
		f := passes.Fold{PE: 1 + r.IntN(pe), SIMD: 1 + r.IntN(simd)}
		if l.Step.Engine == stream.Eltwise {
			f.SIMD = f.PE
		}
		folding[l.Head.Name] = f
	}
	if err := passes.Stream(p, passes.StreamOptions{Folding: folding}); err != nil {
		t.Fatal(err)
	}
	return p
}

// runIcarus compares a program with ir.Run in Icarus Verilog, without stalls, where the measured cycles must be those of the
// schedule, and with stalls.
func runIcarus(t *testing.T, p *ir.Program) {
	t.Helper()
	in := backendtest.Input(t, p, 24)
	res := backendtest.Compare(t, Backend, testbench.Iverilog, in)
	if res.Latency != p.Latency || res.II != p.II {
		t.Errorf("measured latency %d, II %d; scheduled %d, %d", res.Latency, res.II, p.Latency, p.II)
	}
	checkStalls(t, p)
}

// TestStreamOps runs every op and form of it in two foldings.
func TestStreamOps(t *testing.T) {
	backendtest.Need(t, testbench.Iverilog)
	for i, c := range append(backendtest.Ops(), backendtest.Case{Name: "mlp", Graph: backendtest.MLP(1, true, 16, 12, 5)}) {
		t.Run(c.Name, func(t *testing.T) {
			for seed := range uint64(2) {
				p := folded(t, c.Graph, uint64(i)*2+seed)
				if p == nil {
					t.Skip("no engine")
				}
				runIcarus(t, p)
			}
		})
	}
}

// TestStreamRandom runs random graphs with branches and joins in random foldings.
func TestStreamRandom(t *testing.T) {
	backendtest.Need(t, testbench.Iverilog)
	graphs := uint64(40)
	if testing.Short() {
		graphs = 8
	}
	for seed := range graphs {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			p := folded(t, backendtest.Random(seed), seed)
			defer func() {
				if t.Failed() {
					t.Log(p.Graph.Print())
					for _, s := range p.Steps {
						t.Log(s.Engine, s.PE, s.SIMD)
					}
				}
			}()
			runIcarus(t, p)
		})
	}
}

// TestStreamVerilator runs one network with every kind of node through the C++ harness, with and without stalls.
func TestStreamVerilator(t *testing.T) {
	if testing.Short() {
		t.Skip("builds with Verilator")
	}
	p := folded(t, backendtest.Random(11), 11)
	in := backendtest.Input(t, p, 200)
	res := backendtest.Compare(t, Backend, testbench.Verilator, in)
	if res.Latency != p.Latency || res.II != p.II {
		t.Errorf("measured latency %d, II %d; scheduled %d, %d", res.Latency, res.II, p.Latency, p.II)
	}
}

// TestStreamLint holds emitted files to what the three tools complain about.
func TestStreamLint(t *testing.T) {
	backendtest.Need(t, testbench.Iverilog)
	for _, c := range backendtest.Ops() {
		if p := folded(t, c.Graph, 5); p != nil {
			in := backendtest.Input(t, p, 1)
			lint(t, filepath.Join(backendtest.Emit(t, Backend, in), "rtl"), in.Name+"_axis")
		}
	}
	for seed := range uint64(4) {
		in := backendtest.Input(t, folded(t, backendtest.Random(seed), seed), 1)
		lint(t, filepath.Join(backendtest.Emit(t, Backend, in), "rtl"), in.Name+"_axis")
	}
}
