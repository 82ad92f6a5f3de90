package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mlpc/estimator"
)

// TestFitsDevice compiles for named FPGAs and asks nothing else: the circuit fits, streaming where that does.
func TestFitsDevice(t *testing.T) {
	digits := filepath.Join("..", "..", "examples", "digits")
	wide := filepath.Join(t.TempDir(), "wide.mlpc")
	if err := os.WriteFile(wide, []byte(denseText(256, 128)), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ model, data, device, arch string }{
		{filepath.Join(digits, "model.onnx"), filepath.Join(digits, "calib.npz"), "ice40-up5k", "stream"},
		{filepath.Join(digits, "model.onnx"), filepath.Join(digits, "calib.npz"), "ice40-hx1k", "stream"},
		{filepath.Join(digits, "model.onnx"), filepath.Join(digits, "calib.npz"), "ecp5-25k", "stream"},
		{wide, "", "ice40-up5k", "serial"}, // the weights are more than its block RAMs hold, and less than its single-port RAMs
	} {
		args := []string{"estimate", c.model, "--target", "verilog", "--device", c.device, "-q"}
		if c.data != "" {
			args = append(args, "--data", c.data)
		}
		rep := command(t, args...)
		dev, err := estimator.FindDevice(c.device)
		if err != nil {
			t.Fatal(err)
		}
		if over := rep.Estimate.Fits(dev); rep.Arch != c.arch || len(over) > 0 {
			t.Errorf("%s on %s: %s, want %s; %v", filepath.Base(c.model), c.device, rep.Arch, c.arch, over)
		}
	}
}

// TestLatencyUnasked takes the architecture unrolled where no folding reaches the latency, and says so where the user wants another.
func TestLatencyUnasked(t *testing.T) {
	model := filepath.Join(t.TempDir(), "small.mlpc")
	if err := os.WriteFile(model, []byte(denseText(16, 8)), 0o666); err != nil {
		t.Fatal(err)
	}
	args := []string{"estimate", model, "--target", "verilog", "--latency", "20ns", "--clock", "200"}
	if rep := command(t, args...); rep.Arch != "unrolled" || *rep.Estimate.LatencyCycles > 4 {
		t.Errorf("%s with %d cycles", rep.Arch, *rep.Estimate.LatencyCycles)
	}
	var out, errs strings.Builder
	if code := run(append([]string{"mlpc"}, append(args, "--arch", "stream")...), &out, &errs); code == 0 || !strings.Contains(errs.String(), "architecture unrolled") {
		t.Errorf("exit %d: %s", code, errs.String())
	}
}

// TestAsked makes circuits that are as fast as asked for by their own estimate, or refuses.
func TestAsked(t *testing.T) {
	model := filepath.Join("..", "..", "examples", "jet", "model.onnx")
	for _, target := range []string{"verilog", "hls"} {
		for _, c := range []struct {
			flag string
			most int
		}{{"--ii", 12}, {"--ii", 100}, {"--latency", 80}, {"--latency", 400}} {
			rep := command(t, "estimate", model, "--target", target, "--arch", "stream", c.flag, fmt.Sprint(c.most), "-q")
			got := *rep.Estimate.IICycles
			if c.flag == "--latency" {
				got = *rep.Estimate.LatencyCycles
			}
			if got > c.most || got < c.most/2 {
				t.Errorf("%s %s %d: %d cycles", target, c.flag, c.most, got)
			}
		}
	}
	for flag, hint := range map[string]string{"--ii": "ask for an II of 11 or more", "--latency": "ask for a latency of 68 cycles or more"} {
		var out, errs strings.Builder
		code := run([]string{"mlpc", "estimate", model, "--target", "hls", flag, "3", "-q"}, &out, &errs)
		if code == 0 || !strings.Contains(errs.String(), hint) || !strings.Contains(errs.String(), "compile to verilog") {
			t.Errorf("hls %s 3: exit %d: %s", flag, code, errs.String())
		}
	}
}

// denseText is one dense layer with random weights, in the text form of the IR.
func denseText(in, out int) string {
	r := rand.New(rand.NewPCG(1, 2))
	var w strings.Builder
	for range in * out {
		fmt.Fprintf(&w, " %d", r.IntN(255)-127)
	}
	return fmt.Sprintf("graph \"dense\"\n%%0 = input : s8[%d]\n%%1 = const ints=[%s] : s8[%d,%d]\n%%2 = dense %%0 %%1 : s24[%d]\nreturn %%2\n", in, strings.TrimSpace(w.String()), out, in, out)
}
