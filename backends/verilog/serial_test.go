package verilog

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mlpc/backends/backendtest"
	"mlpc/ir"
	"mlpc/ir/diag"
	"mlpc/ir/serial"
	"mlpc/passes"
	"mlpc/testbench"
)

// TestSerial runs every op, random graphs and perceptrons on the small engine with 1, 2, 4 and 8 multipliers, with and without stalls;
// measured cycles are those of the schedule. MLPC_LONG=1 runs all, else every sixth.
func TestSerial(t *testing.T) {
	backendtest.Need(t, testbench.Iverilog)
	cases := backendtest.Ops()
	for seed := range uint64(12) {
		g := backendtest.Random(seed)
		cases = append(cases, backendtest.Case{Name: g.Name, Graph: g})
	}
	cases = append(cases, backendtest.Case{Name: "mlp", Graph: backendtest.MLP(1, true, 16, 13, 5)})
	every := 6
	if os.Getenv("MLPC_LONG") != "" {
		every = 1
	}
	fit := 0
	for _, c := range cases {
		var problems diag.List
		if serial.Check(c.Graph, &problems); len(problems) > 0 {
			continue
		}
		if fit++; fit%every != 0 && c.Name != "mlp" {
			continue
		}
		t.Run(c.Name, func(t *testing.T) {
			p := &ir.Program{Graph: c.Graph, Target: "verilog"}
			if err := passes.Serial(p, passes.SerialOptions{Multipliers: 1 << (fit / every % 4)}); err != nil {
				t.Fatal(err)
			}
			runIcarus(t, p)
			if t.Failed() {
				t.Log(p.Graph.Print())
			}
			if fit%8 == 0 {
				in := backendtest.Input(t, p, 1)
				lint(t, filepath.Join(backendtest.Emit(t, Backend, in), "rtl"), in.Name+"_axis")
			}
		})
	}
	if fit < 55 {
		t.Errorf("only %d graphs go into the engine", fit)
	}
}

// TestSerialMultipliers runs a perceptron on all four engines: each is faster than the one before, and a limit chooses the smallest that
// meets it.
func TestSerialMultipliers(t *testing.T) {
	backendtest.Need(t, testbench.Iverilog)
	g := backendtest.MLP(2, true, 21, 16, 9, 4)
	last := 0
	for _, n := range []int{1, 2, 4, 8} {
		p := &ir.Program{Graph: g, Target: "verilog"}
		if err := passes.Serial(p, passes.SerialOptions{Multipliers: n}); err != nil {
			t.Fatal(err)
		}
		if last != 0 && p.II >= last {
			t.Errorf("%d multipliers take %d cycles, fewer %d", n, p.II, last)
		}
		last = p.II
		runIcarus(t, p)
		q := &ir.Program{Graph: g, Target: "verilog"}
		if err := passes.Serial(q, passes.SerialOptions{II: p.II}); err != nil || q.II != p.II {
			t.Errorf("II %d: %v, %d", p.II, err, q.II)
		}
	}
	err := passes.Serial(&ir.Program{Graph: g, Target: "verilog"}, passes.SerialOptions{II: last - 1})
	if err == nil || !strings.Contains(err.Error(), "serial with 8 multipliers takes") {
		t.Errorf("II %d: %v", last-1, err)
	}
}

// TestSerialPorts runs networks of several inputs and outputs, one of which is an input and one is given twice.
func TestSerialPorts(t *testing.T) {
	backendtest.Need(t, testbench.Iverilog)
	twice := severalPorts(t)
	twice.Outs = append(twice.Outs, twice.Outs[0], twice.Inputs()[1])
	for i, g := range []*ir.Graph{severalPorts(t), twice} {
		p := &ir.Program{Graph: g, Target: "verilog"}
		if err := passes.Serial(p, passes.SerialOptions{Multipliers: 1 << i}); err != nil {
			t.Fatal(err)
		}
		runIcarus(t, p)
		in := backendtest.Input(t, p, 1)
		lint(t, filepath.Join(backendtest.Emit(t, Backend, in), "rtl"), in.Name+"_axis")
	}
	constant, err := ir.Parse("constant", "graph \"constant\"\n%0 = input : s8[2]\n%1 = const ints=[1 2] : s3[2]\nreturn %0 %1\n")
	if err != nil {
		t.Fatal(err)
	}
	err = passes.Serial(&ir.Program{Graph: constant, Target: "verilog"}, passes.SerialOptions{})
	if err == nil || !strings.Contains(err.Error(), "is constant and needs no circuit") {
		t.Errorf("a constant output: %v", err)
	}
}

// TestSerialTruncated runs layers with truncated multipliers beside one with exact ones, and a head, with one multiplier and with four.
func TestSerialTruncated(t *testing.T) {
	backendtest.Need(t, testbench.Iverilog)
	text := "graph \"truncated\"\n%%0 = input : s6[5]\n%%1 = const ints=[-8 7 3 -1 0 5 -6 2 1 -3 4 7 -7 6 -2] : s4[3,5]\n" +
		"%%2 = dense %%0 %%1 unit=trunc:3 : s14[3]\n%%3 = const ints=[3 -4 7 -8 5 6] : s4[2,3]\n%%4 = dense %%2 %%3 unit=trunc:%d : s20[2]\n" +
		"%%5 = dense %%2 %%3 : s20[2]\n%%6 = add %%4 %%5 : s21[2]\n%%7 = argmax %%6 axis=0 : u1[1]\nreturn %%6 %%7\n"
	for _, n := range []int{1, 4} {
		g, err := ir.Parse("truncated", fmt.Sprintf(text, 3))
		if err != nil {
			t.Fatal(err)
		}
		p := &ir.Program{Graph: g, Target: "verilog"}
		if err := passes.Serial(p, passes.SerialOptions{Multipliers: n}); err != nil {
			t.Fatal(err)
		}
		if drop := p.Circuit.(*serial.Machine).Drop; drop != 3 {
			t.Errorf("the engine leaves out %d columns", drop)
		}
		runIcarus(t, p)
		in := backendtest.Input(t, p, 1)
		lint(t, filepath.Join(backendtest.Emit(t, Backend, in), "rtl"), in.Name+"_axis")
	}
	g, err := ir.Parse("truncated", fmt.Sprintf(text, 2))
	if err != nil {
		t.Fatal(err)
	}
	err = passes.Serial(&ir.Program{Graph: g, Target: "verilog"}, passes.SerialOptions{})
	if err == nil || !strings.Contains(err.Error(), "one kind of truncated multipliers") {
		t.Errorf("two kinds: %v", err)
	}
}

// TestSerialFlash runs perceptrons whose weights are read from a SPI flash into single-port RAMs after reset, and holds the design to what
// the tools complain about.
func TestSerialFlash(t *testing.T) {
	backendtest.Need(t, testbench.Iverilog)
	for _, n := range []int{1, 4} {
		p := &ir.Program{Graph: backendtest.MLP(3, true, 14, 9, 4), Target: "verilog"}
		if err := passes.Serial(p, passes.SerialOptions{Multipliers: n, SPRAM: true}); err != nil {
			t.Fatal(err)
		}
		runIcarus(t, p)
		in := backendtest.Input(t, p, 1)
		dir := backendtest.Emit(t, Backend, in)
		rtl, tb, top := filepath.Join(dir, "rtl"), filepath.Join(dir, "tb"), in.Name+"_axis"
		complaint(t, "verilator", "--lint-only", "-Wall", "-y", rtl, "-y", tb, "--top-module", top, filepath.Join(rtl, top+".v"))
		complaint(t, "iverilog", "-Wall", "-g2001", "-y", rtl, "-y", tb, "-s", top, "-o", os.DevNull, filepath.Join(rtl, top+".v"))
		complaint(t, "yosys", "-q", "-p", "read_verilog -lib +/ice40/cells_sim.v; read_verilog "+filepath.Join(rtl, "*.v")+"; hierarchy -check -top "+top+"; proc; check -assert")
	}
	p := &ir.Program{Graph: backendtest.MLP(3, true, 784, 300, 10), Target: "verilog"}
	err := passes.Serial(p, passes.SerialOptions{SPRAM: true})
	if err == nil || !strings.Contains(err.Error(), "single-port RAMs, and an iCE40UP5K has 4") {
		t.Errorf("784-300-10: %v", err)
	}
}
