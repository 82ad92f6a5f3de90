package verilog

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
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
	in := backendtest.Input(t, p, 60)
	res := backendtest.CompareStalled(t, Backend, testbench.Iverilog, in)
	if res.Latency != p.Latency || res.II != p.II {
		t.Errorf("measured latency %d, II %d; scheduled %d, %d", res.Latency, res.II, p.Latency, p.II)
	}
}

// TestStreamDesigns simulates the designs of the golden table of cycles: every op and form of it, random graphs with branches and
// joins, and perceptrons, each in random foldings. MLPC_LONG=1 runs all, else every sixteenth.
func TestStreamDesigns(t *testing.T) {
	backendtest.Need(t, testbench.Iverilog)
	every := 16
	if testing.Short() {
		every = 40
	}
	if os.Getenv("MLPC_LONG") != "" {
		every = 1
	}
	for i, d := range designs(t) {
		if i%every != 0 {
			continue
		}
		t.Run(d.name, func(t *testing.T) {
			runIcarus(t, d.p)
			if t.Failed() {
				t.Log(d.p.Graph.Print())
			}
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
	res := backendtest.CompareStalled(t, Backend, testbench.Verilator, in)
	if res.Latency != p.Latency || res.II != p.II {
		t.Errorf("measured latency %d, II %d; scheduled %d, %d", res.Latency, res.II, p.Latency, p.II)
	}
}

// TestStreamLint holds emitted files to what the three tools complain about.
func TestStreamLint(t *testing.T) {
	backendtest.Need(t, testbench.Iverilog)
	for i, d := range designs(t) {
		if i%20 == 0 {
			in := backendtest.Input(t, d.p, 1)
			lint(t, filepath.Join(backendtest.Emit(t, Backend, in), "rtl"), in.Name+"_axis")
		}
	}
}

// TestStreamROM runs perceptrons with weights in block RAM and in logic, and looks that the memories ask for them.
func TestStreamROM(t *testing.T) {
	backendtest.Need(t, testbench.Iverilog)
	for _, kind := range []struct{ name, want string }{{"block", ".STYLE(1)) rom_weights"}, {"logic", ".STYLE(2)) rom_weights"}} {
		g := backendtest.MLP(5, false, 7, 6, 4)
		roms := map[string]string{}
		for _, v := range g.Values {
			roms[v.Name] = kind.name
		}
		p := &ir.Program{Graph: g, Target: "verilog"}
		if err := passes.Stream(p, passes.StreamOptions{II: 42, ROM: roms}); err != nil {
			t.Fatal(err)
		}
		if text := string(streamCore(p, "mlp", "").files["rtl/mlp_e0_mvau.v"]); !strings.Contains(text, kind.want) {
			t.Errorf("%s: no %q in\n%s", kind.name, kind.want, text)
		}
		runIcarus(t, p)
	}
}

// TestStreamStyles runs perceptrons with multipliers in logic and with those asked for in blocks.
func TestStreamStyles(t *testing.T) {
	backendtest.Need(t, testbench.Iverilog)
	for i, style := range []string{"lut", "dsp"} {
		g := backendtest.MLP(uint64(5+i), false, 7, 6, 4)
		styles := map[string]string{}
		for _, v := range g.Values {
			styles[v.Name] = style
		}
		p := &ir.Program{Graph: g, Target: "verilog"}
		if err := passes.Stream(p, passes.StreamOptions{II: 7, Style: styles}); err != nil {
			t.Fatal(err)
		}
		if p.Steps[0].Style != style {
			t.Errorf("style is %q", p.Steps[0].Style)
		}
		runIcarus(t, p)
	}
}

// TestStreamTables runs dense layers whose products come from tables, of unsigned and of signed values, with the widest operands there are.
func TestStreamTables(t *testing.T) {
	backendtest.Need(t, testbench.Iverilog)
	for _, input := range []string{"u3", "s3", "u4", "s1", "u1"} {
		weights := "-4 3 -1 0 2 1 -3 -2 3 3"
		if input == "u4" {
			weights = "-2 1 -1 0 0 1 -2 -2 1 1"
		}
		g, err := ir.Parse("tables", fmt.Sprintf("graph \"tables\"\n%%0 = input : %s[5] name=\"x\"\n%%1 = const ints=[%s] : s4[2,5]\n%%2 = dense %%0 %%1 : s9[2] name=\"fc\"\nreturn %%2\n", input, weights))
		if err != nil {
			t.Fatal(err)
		}
		p := &ir.Program{Graph: g, Target: "verilog"}
		if err := passes.Stream(p, passes.StreamOptions{II: 5, Style: map[string]string{"fc": "table"}}); err != nil {
			t.Fatal(err)
		}
		if text := string(streamCore(p, "tables", "").files["rtl/tables_e0_mvau.v"]); !strings.Contains(text, ".STYLE(3)") {
			t.Errorf("no table in\n%s", text)
		}
		runIcarus(t, p)
	}
	p := &ir.Program{Graph: backendtest.MLP(1, false, 4, 2), Target: "verilog"}
	err := passes.Stream(p, passes.StreamOptions{II: 5, Style: map[string]string{"fc1": "table"}})
	if err == nil || !strings.Contains(err.Error(), "a table takes 6") {
		t.Errorf("8-bit operands: %v", err)
	}
}

// TestStreamDigits runs a layer computed at once, whose constant weights are sums of digits, before one that is folded.
func TestStreamDigits(t *testing.T) {
	backendtest.Need(t, testbench.Iverilog)
	g := backendtest.MLP(6, false, 7, 6, 4)
	digits := map[string]string{"fc1": "csd"}
	p := &ir.Program{Graph: g, Target: "verilog"}
	if err := passes.Stream(p, passes.StreamOptions{II: 7, Style: digits}); err != nil {
		t.Fatal(err)
	}
	if s := p.Steps[0]; s.PE != 6 || s.SIMD != 7 || s.Style != "csd" {
		t.Errorf("PE %d, SIMD %d, style %q", s.PE, s.SIMD, s.Style)
	}
	runIcarus(t, p)
	in := backendtest.Input(t, p, 1)
	lint(t, filepath.Join(backendtest.Emit(t, Backend, in), "rtl"), in.Name+"_axis")
	err := passes.Stream(&ir.Program{Graph: g, Target: "verilog"}, passes.StreamOptions{II: 7, Style: digits, Folding: map[string]passes.Fold{"fc1": {PE: 2, SIMD: 7}}})
	if err == nil || !strings.Contains(err.Error(), "computes all of") {
		t.Errorf("a folded layer: %v", err)
	}
}
