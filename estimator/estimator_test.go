package estimator

import (
	"math"
	"strings"
	"testing"

	"mlpc/backends/backendtest"
	"mlpc/ir"
)

func TestDevices(t *testing.T) {
	seen := map[string]bool{}
	for _, d := range Devices() {
		if seen[d.Name] || d.Name != strings.ToLower(d.Name) {
			t.Errorf("device %q is listed twice or not in lower case", d.Name)
		}
		seen[d.Name] = true
		if d.Kind == FPGA && families[d.Family] == nil {
			t.Errorf("%s: no rules for family %q", d.Name, d.Family)
		}
	}
}

func TestFindDevice(t *testing.T) {
	if d, err := FindDevice("XC7A35T"); err != nil || d.DSPs != 90 {
		t.Errorf("got %+v, %v", d, err)
	}
	_, err := FindDevice("xc7a35")
	if err == nil || !strings.Contains(err.Error(), `did you mean "xc7a35t"?`) {
		t.Errorf("got %v", err)
	}
}

// mvau gives a program of one dense layer without bias, folded, with weights and inputs of the given widths.
func mvau(in, out, pe, simd, wb, xb int) *ir.Program {
	g := &ir.Graph{Name: "mvau"}
	x := g.Add(ir.OpInput, ir.Type{Shape: []int{in}, Elem: ir.Int(xb)}, &ir.Input{})
	w := make([]int64, in*out)
	lo, hi := ir.Int(wb).Range()
	for i := range w {
		w[i] = lo + int64(i*7919)%(hi-lo+1)
	}
	d := g.New(ir.OpDense, ir.Elem{}, &ir.Dense{}, x, g.Const([]int{out, in}, w))
	g.Outs = []*ir.Value{d}
	return &ir.Program{Graph: g, Target: "verilog", Arch: "stream", Latency: 9, II: 8,
		Steps: []ir.Step{{Values: []*ir.Value{d}, Engine: "mvau", PE: pe, SIMD: simd}}}
}

// TestMemory holds the thresholds of yosys' memory_libmap that were measured on 20 shapes.
func TestMemory(t *testing.T) {
	for _, c := range []struct {
		family       string
		depth, width int
		brams        int
	}{
		{"ice40", 64, 64, 0}, {"ecp5", 64, 64, 0}, {"xc7", 64, 64, 0},
		{"ice40", 128, 32, 2}, {"ecp5", 128, 32, 1}, {"xc7", 128, 32, 0},
		{"ice40", 512, 36, 5}, {"ecp5", 512, 36, 1}, {"xc7", 512, 36, 1},
		{"xc7", 1024, 8, 0}, {"ice40", 2048, 72, 36}, {"ecp5", 2048, 72, 8}, {"xc7", 2048, 72, 8},
	} {
		if brams := families[c.family].rom(c.depth, c.width).bram; brams != c.brams {
			t.Errorf("%s %d×%d: %d block RAMs, want %d", c.family, c.depth, c.width, brams, c.brams)
		}
	}
}

// TestWeightMemory holds the estimate to the kind of memory that a step asks for: 16 words of 4 bits are not worth a block of their own.
func TestWeightMemory(t *testing.T) {
	dev, err := FindDevice("xc7a35t")
	if err != nil {
		t.Fatal(err)
	}
	at := func(kind string) Figures {
		p := mvau(4, 4, 1, 1, 4, 4)
		p.Steps[0].ROM = kind
		r, err := Estimate(p, dev)
		if err != nil {
			t.Fatal(err)
		}
		return r.Total
	}
	free, logic, block := at(""), at("logic"), at("block")
	if *free.BRAM != 0 || *logic.BRAM != 0 || *block.BRAM != 1 {
		t.Errorf("%d, %d and %d block RAMs, want 0, 0 and 1", *free.BRAM, *logic.BRAM, *block.BRAM)
	}
	if *logic.LUT != *free.LUT || *block.LUT >= *free.LUT {
		t.Errorf("%d, %d and %d LUTs, want less in the last", *free.LUT, *logic.LUT, *block.LUT)
	}
}

func TestWrongDevice(t *testing.T) {
	d, _ := FindDevice("microbit")
	if _, err := Estimate(mvau(4, 4, 1, 1, 4, 4), d); err == nil {
		t.Error("a microcontroller was accepted for Verilog")
	}
}

func TestFits(t *testing.T) {
	dev, err := FindDevice("ecp5-25k")
	if err != nil {
		t.Fatal(err)
	}
	f := Figures{LUT: ptr(24000), FF: ptr(5), DSP: ptr(29), Carry: ptr(100)}
	over := f.Fits(dev)
	if len(over) != 1 || over[0] != "29 DSP blocks exceed the 28 of ecp5-25k" {
		t.Errorf("got %q", over)
	}
	f.Carry = ptr(145) // with two LUTs each, two too many
	if over = f.Fits(dev); len(over) != 2 || over[0] != "24290 LUTs exceed the 24288 of ecp5-25k" {
		t.Errorf("got %q", over)
	}
}

// TestStyled holds the prices of multipliers in logic to what yosys 0.23 makes of mlpc_product between registers: LUTs of X bits, unsigned, by
// W bits, as a row of adders and as a table; 0: not priced.
func TestStyled(t *testing.T) {
	for _, c := range []struct {
		family      string
		x, w        int
		rows, table float64
	}{
		{"xc7", 2, 2, 4, 4}, {"xc7", 2, 3, 6, 5}, {"xc7", 3, 3, 9, 6}, {"xc7", 4, 2, 8, 6}, {"xc7", 4, 4, 16, 0}, {"xc7", 5, 4, 20, 0},
		{"ice40", 2, 2, 7, 5}, {"ice40", 2, 3, 10, 8}, {"ice40", 3, 3, 16, 18}, {"ice40", 4, 2, 13, 11}, {"ice40", 4, 4, 29, 0}, {"ice40", 5, 4, 36, 0},
		{"ecp5", 2, 2, 4, 4}, {"ecp5", 2, 3, 7, 7}, {"ecp5", 3, 3, 0, 15}, {"ecp5", 4, 2, 8, 14}, {"ecp5", 4, 4, 16, 0}, {"ecp5", 5, 4, 20, 0},
	} {
		f := families[c.family]
		near := func(style string, want float64) {
			if got := f.styled(style, ir.Uint(c.x), ir.Int(c.w)).lut; want > 0 && math.Abs(got-want) > max(1, 0.3*want) {
				t.Errorf("%s %dx%d as %s: %v LUTs estimated, %v counted", c.family, c.x, c.w, style, got, want)
			}
		}
		near("lut", c.rows)
		near("table", c.table)
	}
}

// TestHLSStyles holds what an HLS design takes to where its multipliers and weights are told to lie.
func TestHLSStyles(t *testing.T) {
	dev, err := FindDevice("xc7a35t")
	if err != nil {
		t.Fatal(err)
	}
	figures := func(style, rom string) Figures {
		g := backendtest.MLP(1, false, 32, 16)
		p := &ir.Program{Graph: g, Target: "hls", Arch: "stream"}
		for _, v := range g.Values {
			if v.Op == ir.OpDense {
				p.Steps = append(p.Steps, ir.Step{Values: []*ir.Value{v}, PE: 2, SIMD: 4, Style: style, ROM: rom})
			}
		}
		r, err := Estimate(p, dev)
		if err != nil {
			t.Fatal(err)
		}
		return r.Total
	}
	if d, l := figures("dsp", "").DSP, figures("lut", "").DSP; *d-*l != 8 {
		t.Errorf("8 products take %d blocks, and %d in logic", *d, *l)
	}
	if b, l := figures("", "block").BRAM, figures("", "logic").BRAM; *b != 2 || *l != 0 {
		t.Errorf("64 words of 64 bits take %d block RAMs, and %d in logic", *b, *l)
	}
}
