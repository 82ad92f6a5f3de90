package passes

import (
	"fmt"
	"strings"
	"testing"

	"mlpc/backends/backendtest"
	"mlpc/ir"
	"mlpc/ir/stream"
)

// TestLimits holds the fastest circuit within a budget against the next faster one, and refuses a wish beyond it.
func TestLimits(t *testing.T) {
	products := func(l *stream.Layer) float64 { return multipliers(l) }
	limit := func(most int) []Limit {
		return []Limit{{What: "multipliers", Flag: "--most", Cost: products, Most: most}}
	}
	total := func(p *ir.Program) int {
		n := 0
		for i := range p.Steps {
			if s := &p.Steps[i]; s.Engine == stream.MVAU {
				n += s.PE * s.SIMD
			}
		}
		return n
	}
	for _, most := range []int{2, 5, 17, 100} {
		p := &ir.Program{Graph: backendtest.MLP(1, false, 16, 24, 10), Target: "verilog"}
		if err := Stream(p, StreamOptions{Limits: limit(most)}); err != nil {
			t.Fatal(err)
		}
		if n := total(p); n > most {
			t.Errorf("%d multipliers of %d", n, most)
		}
		faster := &ir.Program{Graph: p.Graph, Target: "verilog"}
		if err := Stream(faster, StreamOptions{II: p.II - 1}); err == nil && total(faster) <= most {
			t.Errorf("II %d with %d multipliers, but II %d needs %d only", p.II, most, faster.II, total(faster))
		}
	}
	p := &ir.Program{Graph: backendtest.MLP(1, false, 16, 24, 10), Target: "verilog"}
	err := Stream(p, StreamOptions{II: 20, Limits: limit(3)})
	if err == nil || !strings.Contains(err.Error(), "multipliers, not 3") {
		t.Errorf("got %v", err)
	}
}

// TestBlocks holds a pace with ever fewer multiplier blocks: products beyond them are in logic, layer by layer, and a style that the user
// gives stays.
func TestBlocks(t *testing.T) {
	blocks := func(l *stream.Layer) float64 {
		if l.Step.Style == "lut" {
			return 0
		}
		return multipliers(l)
	}
	cost := func(l *stream.Layer) float64 {
		if l.Step.Style == "lut" {
			return 60 * multipliers(l)
		}
		return multipliers(l)
	}
	run := func(most int, style map[string]string) (p *ir.Program, used float64, inLogic int, err error) {
		p = &ir.Program{Graph: backendtest.MLP(1, false, 16, 24, 10), Target: "verilog"}
		err = Stream(p, StreamOptions{II: 20, Cost: cost, Style: style, Limits: []Limit{{What: "DSP blocks", Flag: "--max-dsp", Cost: blocks, Most: most}}})
		for _, l := range stream.Layers(p) {
			used += blocks(l)
			if l.Step.Style == "lut" {
				inLogic++
			}
		}
		return p, used, inLogic, err
	}
	_, all, _, err := run(1000, nil)
	if err != nil || all < 20 {
		t.Fatalf("%v blocks, %v", all, err)
	}
	for _, most := range []int{int(all), int(all) - 1, 0} {
		p, used, inLogic, err := run(most, nil)
		if err != nil || used > float64(most) || p.II > 20 || (inLogic == 0) != (most == int(all)) || most > 0 && used == 0 {
			t.Errorf("%d of %v blocks: %v, II %d, %v used, %d layers in logic", most, all, err, p.II, used, inLogic)
		}
	}
	dsp := map[string]string{}
	for _, v := range backendtest.MLP(1, false, 16, 24, 10).Values {
		dsp[v.Name] = "dsp"
	}
	if _, _, _, err := run(0, dsp); err == nil || !strings.Contains(err.Error(), `of them in "`) {
		t.Errorf("blocks are asked for and not there: %v", err)
	}
}

// TestSpare lets what a device has bound the choice of memories only: without a wish the circuit stays the default one, and a circuit that
// needs more is no error.
func TestSpare(t *testing.T) {
	brams := func(l *stream.Layer) float64 {
		if l.Step.ROM == "block" {
			return 1
		}
		return 0
	}
	cost := func(l *stream.Layer) float64 { return RoughLUTs(l) - 10*brams(l) }
	run := func(most, ii int, rom map[string]string) (multipliers, blocks int) {
		p := &ir.Program{Graph: backendtest.MLP(1, false, 16, 24, 10), Target: "verilog"}
		if err := Stream(p, StreamOptions{II: ii, Cost: cost, ROM: rom, Limits: []Limit{{What: "block RAMs", Flag: "--max-bram", Cost: brams, Most: most, Spare: true}}}); err != nil {
			t.Fatal(err)
		}
		for i := range p.Steps {
			s := &p.Steps[i]
			multipliers += s.PE * s.SIMD
			if s.ROM == "block" {
				blocks++
			}
		}
		return multipliers, blocks
	}
	if n, blocks := run(5, 0, nil); n > defaultMultipliers || blocks != 0 {
		t.Errorf("without a wish: %d multipliers, weights of %d layers in block RAM", n, blocks)
	}
	for most, want := range []int{0, 1, 2, 2} {
		if _, blocks := run(most, 20, nil); blocks != want {
			t.Errorf("%d blocks: weights of %d layers in block RAM", most, blocks)
		}
	}
	if _, blocks := run(1, 20, map[string]string{"fc1": "block", "fc2": "block"}); blocks != 2 {
		t.Errorf("both layers are told to be in block RAM, and %d are", blocks)
	}
}

// TestMostEngines refuses a network whose exact simulation would take minutes.
func TestMostEngines(t *testing.T) {
	var text strings.Builder
	text.WriteString("graph \"wide\"\n%0 = input : s8[2]\n%1 = const ints=[1 2 3 4] : s8[2,2]\n")
	outs := ""
	for k := range mostEngines + 1 {
		fmt.Fprintf(&text, "%%%d = dense %%0 %%1 : s11[2]\n", k+2)
		outs += fmt.Sprintf(" %%%d", k+2)
	}
	text.WriteString("return" + outs + "\n")
	g, err := ir.Parse("wide", text.String())
	if err != nil {
		t.Fatal(err)
	}
	err = Stream(&ir.Program{Graph: g, Target: "verilog"}, StreamOptions{})
	if err == nil || !strings.Contains(err.Error(), "2001 engines") {
		t.Errorf("got %v", err)
	}
}
