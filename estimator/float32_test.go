package estimator

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"mlpc/backends/backendtest"
	"mlpc/backends/verilog"
	"mlpc/ir"
	"mlpc/ir/stream"
)

// float32Rows are engines of dense layers through float32 (columns 0: an addition of constants), with weights of so many bits, and what
// yosys 0.23 synth_xilinx -flatten -noiopad made of the module net: LUTs, flip-flops, DSP blocks, block RAMs.
var float32Rows = []struct {
	columns, rows, depth int
	bits, pe             int
	want                 [4]int
}{
	{16, 48, 1024, 8, 1, [4]int{1697, 984, 3, 2}},
	{16, 12, 1024, 16, 3, [4]int{3550, 2493, 7, 0}},
	{24, 10, 9, 8, 1, [4]int{1879, 995, 3, 0}},
	{0, 24, 1, 1, 1, [4]int{1142, 670, 1, 0}},
}

// float32Design is a program of one such layer, its scales those of a net of ONNX Runtime's quantizer.
func float32Design(columns, rows, depth, bits, pe int) *ir.Program {
	r := rand.New(rand.NewPCG(1, 2))
	single := func(x float64) float64 { return float64(float32(x)) }
	a := &ir.DenseFloat32{Scale: single(3.1e-5), Zero: -32768, Depth: depth, OutScale: single(3.9e-5), OutZero: -32768, Lo: -32768, Hi: 32767}
	scale := single(2.04 / float64(int(1)<<(bits-1)))
	if columns == 0 {
		a.Groups, columns, scale = rows, 1, 1
	}
	var weights []int64
	for range rows {
		a.Scales = append(a.Scales, scale)
		a.Bias = append(a.Bias, single(r.NormFloat64()/4))
		for range columns {
			w := int64(1)
			if a.Groups == 0 {
				w = max(-1<<(bits-1), min(1<<(bits-1)-1, int64(r.NormFloat64()*float64(int(1)<<(bits-3)))))
			}
			weights = append(weights, w)
		}
	}
	g := &ir.Graph{}
	x := g.Add(ir.OpInput, ir.Type{Shape: []int{columns * max(1, a.Groups)}, Elem: ir.Int(16)}, &ir.Input{})
	g.Outs = []*ir.Value{g.New(ir.OpDenseFloat32, ir.Elem{}, a, x, g.Const([]int{rows, columns}, weights))}
	p := &ir.Program{Graph: g, Target: "verilog", Arch: "stream", Steps: stream.Partition(g)}
	stream.Layers(p)[0].Fold(pe, 1)
	return p
}

// TestFloat32Recorded compares estimates with recorded results. MLPC_LONG=1 prints what the yosys of this machine makes.
func TestFloat32Recorded(t *testing.T) {
	for _, r := range float32Rows {
		t.Run(fmt.Sprintf("%dx%d", r.columns, r.rows), func(t *testing.T) {
			p := float32Design(r.columns, r.rows, r.depth, r.bits, r.pe)
			got := figures(t, p, "xc7a35t")
			if os.Getenv("MLPC_LONG") != "" {
				t.Logf("yosys %v", float32Synthesis(t, p))
			}
			if math.Abs(relative(got[0], r.want[0])) > 0.06 || math.Abs(relative(got[1], r.want[1])) > 0.06 || got[2] != r.want[2] || got[3] != r.want[3] {
				t.Errorf("%+v: estimated %v", r, got)
			}
		})
	}
}

// TestFloat32Roofline counts the products of such a layer.
func TestFloat32Roofline(t *testing.T) {
	p := float32Design(16, 12, 1024, 8, 3)
	cost, err := Estimate(p, DefaultDevice("verilog"))
	if err != nil {
		t.Fatal(err)
	}
	if r := RooflineOf(p, &cost); r.MACs != 16*12 || r.Multipliers != 3 {
		t.Errorf("got %+v", r)
	}
}

// float32Synthesis counts the cells of a design with yosys.
func float32Synthesis(t *testing.T, p *ir.Program) [4]int {
	rtl := filepath.Join(backendtest.Emit(t, verilog.Backend, backendtest.Input(t, p, 2)), "rtl")
	sources, err := filepath.Glob(filepath.Join(rtl, "*.v"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("yosys", "-q", "-p", fmt.Sprintf("read_verilog %s; synth_xilinx -flatten -noiopad -top net; tee -o stat.txt stat", strings.Join(sources, " ")))
	cmd.Dir = rtl
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	stat, err := os.ReadFile(filepath.Join(rtl, "stat.txt"))
	if err != nil {
		t.Fatal(err)
	}
	n := cells(string(stat))
	for _, m := range cellCount.FindAllStringSubmatch(string(stat), -1) {
		if m[1] == "SRL16E" {
			n[0] += number(m[2])
		}
	}
	return n
}

// TestFloat32HLS holds that the products of a row wait for each other in an HLS design, whose loop has nothing between them to do.
func TestFloat32HLS(t *testing.T) {
	p := float32Design(16, 12, 1024, 8, 1)
	p.Target, p.Arch = "hls", "stream"
	cost, err := Estimate(p, DefaultDevice("hls"))
	if err != nil {
		t.Fatal(err)
	}
	if got, least := *cost.Total.IICycles, 12*16*float32Sum; got < least || got > 2*least {
		t.Errorf("%d cycles a sample", got)
	}
}
