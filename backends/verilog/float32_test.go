package verilog

import (
	"fmt"
	"math"
	"math/big"
	"math/bits"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"mlpc/backends/backendtest"
	"mlpc/ir"
	"mlpc/ir/num"
	"mlpc/ir/stream"
	"mlpc/passes"
	"mlpc/templates"
	"mlpc/testbench"
)

// throughFloat32 tells whether integers of a graph go through float32, which the architecture stream alone has circuits for.
func throughFloat32(g *ir.Graph) bool {
	return slices.ContainsFunc(g.Values, func(v *ir.Value) bool { return v.Op == ir.OpDenseFloat32 })
}

// TestFloat32Refused holds that the other two architectures refuse such graphs and say what to do.
func TestFloat32Refused(t *testing.T) {
	refused := 0
	for _, c := range backendtest.Ops() {
		if !throughFloat32(c.Graph) {
			continue
		}
		for _, arch := range []string{"serial", "unrolled"} {
			p := &ir.Program{Graph: c.Graph, Target: "verilog", Arch: arch}
			err := map[string]func() error{
				"serial":   func() error { return passes.Serial(p, passes.SerialOptions{Multipliers: 1}) },
				"unrolled": func() error { return passes.Unrolled(p, passes.UnrolledOptions{}) },
			}[arch]()
			if err == nil || !strings.Contains(err.Error(), "use --arch stream, or leave out --match ort") {
				t.Errorf("%s, %s: %v", c.Name, arch, err)
			}
			refused++
		}
	}
	if refused == 0 {
		t.Error("no graph goes through float32")
	}
}

// float32Graph is a dense layer through float32 of random weights, or, with columns 0, an addition of a constant to each element.
func float32Graph(seed uint64, columns, rows, depth int, bias bool, scale float64) *ir.Graph {
	r := rand.New(rand.NewPCG(seed, 32))
	single := func(x float64) float64 { return float64(float32(x)) }
	a := &ir.DenseFloat32{Scale: single(scale), Zero: -77, Depth: depth, OutZero: 11, Lo: -32768, Hi: 32767}
	most := 32767.0
	if columns == 0 {
		a.Groups, columns, most = rows, 1, 1
	}
	var ints []int64
	for range rows {
		a.Scales = append(a.Scales, single(1+r.Float64()*float64(min(most-1, 1)))*float64(most)/32767)
		if most == 1 {
			a.Scales[len(a.Scales)-1] = 1
		}
		for range columns {
			ints = append(ints, r.Int64N(int64(2*most)+1)-int64(most))
			if most == 1 {
				ints[len(ints)-1] = 1
			}
		}
		if bias {
			a.Bias = append(a.Bias, single((r.Float64()-0.5)*scale*32767))
		}
	}
	for i := range a.Scales {
		a.Scales[i] = single(a.Scales[i])
	}
	a.OutScale = single(scale * 1.7 * math.Sqrt(float64(columns)) * max(1, most/3))
	g := &ir.Graph{}
	x := g.Add(ir.OpInput, ir.Type{Shape: []int{columns * max(1, a.Groups)}, Elem: ir.Int(16)}, &ir.Input{})
	g.Outs = []*ir.Value{g.New(ir.OpDenseFloat32, ir.Elem{}, a, x, g.Const([]int{rows, columns}, ints))}
	return g
}

// TestFloat32Streams runs layers of many forms and foldings: rows that take turns and are given the input more than once, quantizers that
// fewer lanes share, parts of sums, single products, sums as small as float32's least numbers. MLPC_LONG=1 runs all, else every third.
func TestFloat32Streams(t *testing.T) {
	backendtest.Need(t, testbench.Iverilog)
	for i, c := range []struct {
		columns, rows, depth, pe int
		bias                     bool
		scale                    float64
	}{
		{5, 37, 100, 1, true, 3e-5},
		{11, 6, 4, 3, true, 7e-3},
		{3, 9, 100, 2, false, 0.25},
		{16, 12, 100, 6, true, 3e-5},
		{0, 7, 1, 3, true, 5e-5},
		{9, 5, 2, 5, false, 3e-5},
		{0, 9, 1, 1, true, 5e-5},
		{4, 6, 100, 2, true, 1e-43},
		{0, 5, 1, 2, true, 3e-44},
		{4, 1, 3, 1, false, 1e25},
	} {
		if every := 3; os.Getenv("MLPC_LONG") == "" && (i%every != 1 || testing.Short() && i > 1) {
			continue
		}
		t.Run(fmt.Sprintf("%+v", c), func(t *testing.T) {
			g := float32Graph(uint64(i), c.columns, c.rows, c.depth, c.bias, c.scale)
			if err := ir.Verify(g); err != nil {
				t.Fatal(err)
			}
			g.Outs[0].Name = "fc"
			p := &ir.Program{Graph: g, Target: "verilog"}
			if err := passes.Stream(p, passes.StreamOptions{Folding: map[string]passes.Fold{"fc": {PE: c.pe, SIMD: 1}}}); err != nil {
				t.Fatal(err)
			}
			in := backendtest.Input(t, p, 24)
			res := backendtest.CompareStalled(t, Backend, testbench.Iverilog, in)
			if res.Latency != p.Latency || res.II != p.II {
				t.Errorf("measured latency %d, II %d; scheduled %d, %d", res.Latency, res.II, p.Latency, p.II)
			}
			lint(t, filepath.Join(backendtest.Emit(t, Backend, in), "rtl"), in.Name+"_axis")
			values := map[int64]bool{}
			for _, out := range in.Vectors.Out {
				for _, x := range out {
					values[x] = true
				}
			}
			if len(values) < 12 {
				t.Errorf("only %d different results", len(values))
			}
		})
	}
}

// TestFloat32Overflow: sums that may leave float32 are refused.
func TestFloat32Overflow(t *testing.T) {
	p := &ir.Program{Graph: float32Graph(1, 4, 3, 9, true, 1e30), Target: "verilog"}
	err := passes.Stream(p, passes.StreamOptions{})
	if err == nil || !strings.Contains(err.Error(), "larger than the largest float32") || !strings.Contains(err.Error(), "leave out --match ort") {
		t.Errorf("sums of 1e38: %v", err)
	}
}

// float32Bench is a test of a module with one vector a clock.
type float32Bench struct {
	name     string
	latency  int
	widths   []int // of the fields of a vector, the result last
	instance string
	vectors  [][]*big.Int
}

// verilog gives the text of the testbench, which reads the vectors from a file and takes the fields f0, f1, … from a vector.
func (b *float32Bench) verilog(file string) string {
	total, fields, at := 0, "", 0
	for _, w := range b.widths {
		total += w
	}
	for i, w := range b.widths {
		fields += fmt.Sprintf("wire [%d:0] f%d = v[%d:%d];\n", w-1, i, at+w-1, at)
		at += w
	}
	y := b.widths[len(b.widths)-1]
	return fmt.Sprintf(`module bench;
reg clk = 0;
integer at = 0, wrong = 0;
reg [%d:0] mem [0:%d];
initial $readmemh("%s", mem);
wire [%d:0] v = mem[at < %d ? at : 0];
wire [%d:0] w = mem[at < %d ? 0 : at - %d];
wire [%d:0] y;
%s%s
always #1 clk = !clk;
always @(posedge clk) at <= at + 1;
always @(negedge clk) begin
  if (at >= %d && y !== w[%d:%d]) wrong = wrong + 1;
  if (at == %d) begin $display("%%0d wrong of %%0d", wrong, %d); $finish; end
end
wire unused = &{1'b0, f%d};
endmodule
`, total-1, len(b.vectors)-1, file, total-1, len(b.vectors), total-1, b.latency, b.latency, y-1, fields, b.instance,
		b.latency, total-1, total-y, len(b.vectors)+b.latency-1, len(b.vectors), len(b.widths)-1)
}

// hex gives the vectors for $readmemh.
func (b *float32Bench) hex() []byte {
	var text strings.Builder
	for _, v := range b.vectors {
		word, at := new(big.Int), uint(0)
		for i, x := range v {
			field := new(big.Int).And(x, new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), uint(b.widths[i])), big.NewInt(1)))
			word.Or(word, field.Lsh(field, at))
			at += uint(b.widths[i])
		}
		fmt.Fprintf(&text, "%x\n", word)
	}
	return []byte(text.String())
}

// run simulates the bench: by Icarus, or compiled by Verilator.
func (b *float32Bench) run(t *testing.T, compiled bool) {
	t.Helper()
	dir := t.TempDir()
	write := func(name string, text []byte) {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, m := range []string{"clamp", "float32_divide", "float32_product", "float32_quantize", "float32_sum", "float32_value", "round24"} {
		text, err := templates.FS.ReadFile("verilog/mlpc_" + m + ".v")
		if err != nil {
			t.Fatal(err)
		}
		write("mlpc_"+m+".v", text)
	}
	write("vectors.hex", b.hex())
	write("bench.v", []byte(b.verilog("vectors.hex")))
	build := []string{"iverilog", "-Wall", "-Wno-timescale", "-g2001", "-y", ".", "-o", "bench", "bench.v"}
	binary := []string{"vvp", "bench"}
	if compiled {
		build = []string{"verilator", "--binary", "-O3", "-Wall", "-Wno-STMTDLY", "-Wno-BLKSEQ", "-Wno-UNUSEDSIGNAL", "-Wno-WIDTH", "-y", ".", "--top-module", "bench", "bench.v"}
		binary = []string{"./obj_dir/Vbench"}
	}
	for _, argv := range [][]string{build, binary} {
		cmd := exec.Command(argv[0], argv[1:]...)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", argv[0], err, out)
		}
		if want := fmt.Sprintf("%d wrong of %d\n", 0, len(b.vectors)); argv[0] == binary[0] && !strings.HasPrefix(string(out), want) {
			t.Errorf("%s: %s", b.name, out)
		}
	}
}

// simulate runs a bench with what the machine and the length of the tests allow.
func simulate(t *testing.T, make func(n int) *float32Bench) {
	t.Helper()
	if os.Getenv("MLPC_LONG") != "" {
		make(40_000).run(t, true)
		return
	}
	if testing.Short() {
		make(500).run(t, false)
		return
	}
	make(6_000).run(t, false)
}

// roundFixed rounds to 24 bits from the leading one on, half to even, and drops bits below low in the same way.
func roundFixed(x *big.Int, low int) *big.Int {
	drop := max(new(big.Int).Abs(x).BitLen()-24, low)
	if drop <= 0 || x.Sign() == 0 {
		return x
	}
	q, r := new(big.Int).QuoRem(new(big.Int).Abs(x), new(big.Int).Lsh(big.NewInt(1), uint(drop)), new(big.Int))
	half := new(big.Int).Lsh(big.NewInt(1), uint(drop-1))
	if c := r.Cmp(half); c > 0 || c == 0 && q.Bit(0) == 1 {
		q.Add(q, big.NewInt(1))
	}
	q.Lsh(q, uint(drop))
	if x.Sign() < 0 {
		q.Neg(q)
	}
	return q
}

// floatOf gives x·2^e, which is a float32.
func floatOf(t *testing.T, x *big.Int, e int) float32 {
	f := new(big.Float).SetMantExp(new(big.Float).SetInt(x), e)
	y, accuracy := f.Float32()
	if accuracy != big.Exact {
		t.Fatalf("%v·2^%d is no float32", x, e)
	}
	return y
}

// significand gives a random or special number of 24 bits.
func significand(r *rand.Rand) int64 {
	switch r.IntN(6) {
	case 0:
		return 1<<24 - 1 - r.Int64N(4)
	case 1:
		return 1 << r.IntN(24)
	case 2:
		return r.Int64N(4)
	case 3:
		return r.Int64N(1<<12) << r.IntN(13)
	}
	return 1<<23 | r.Int64N(1<<23)
}

// fmaVectors gives x·w + c for mlpc_float32_product and mlpc_float32_sum with x and w in units of 2^ux and 2^uw.
func fmaVectors(t *testing.T, r *rand.Rand, n, width, ux, uw int) [][]*big.Int {
	unit := ux + uw
	low := max(0, -149-unit)
	var list [][]*big.Int
	for range n {
		xm, wm, xe, we := significand(r), significand(r), r.IntN(18), r.IntN(14)
		x, w := new(big.Int).Lsh(big.NewInt(xm), uint(xe)), new(big.Int).Lsh(big.NewInt(wm), uint(we))
		xneg, wneg := r.Int64N(2), r.Int64N(2)
		p := new(big.Int).Mul(x, w)
		if xneg != wneg {
			p.Neg(p)
		}
		c := new(big.Int).Lsh(big.NewInt(significand(r)), uint(low+r.IntN(width-28-low)))
		switch r.IntN(8) {
		case 0:
			c.SetInt64(0)
		case 1, 2: // of the product's size, so that leading bits vanish
			c = roundFixed(new(big.Int).Neg(p), low)
			if u := c.BitLen() - 24; u > low {
				c.Add(c, new(big.Int).Lsh(big.NewInt(r.Int64N(9)-4), uint(u)))
				c = roundFixed(c, low)
			}
		case 3:
			c.Neg(c)
		}
		y := roundFixed(new(big.Int).Add(c, p), low)
		if y.BitLen() >= width-1 || c.BitLen() >= width-1 {
			continue
		}
		fx, fw := floatOf(t, x, ux), floatOf(t, w, uw)
		if xneg != wneg {
			fx = -fx
		}
		if want := num.FMA32(fx, fw, floatOf(t, c, unit)); floatOf(t, y, unit) != want {
			t.Fatalf("%v·%v + %v is %v, not %v", fx, fw, floatOf(t, c, unit), want, floatOf(t, y, unit))
		}
		list = append(list, []*big.Int{big.NewInt(xneg), big.NewInt(xm), big.NewInt(int64(xe)), big.NewInt(wneg), big.NewInt(wm), big.NewInt(int64(we)), c, y})
	}
	return list
}

// TestFloat32MultiplyAdd holds the fused multiply-add to one rounding of the exact sum, and both to num.FMA32: random numbers and powers
// of two, full significands, ties, sums whose leading bits vanish, and numbers below 2^-126. With MLPC_LONG=1, 40,000 by Verilator.
func TestFloat32MultiplyAdd(t *testing.T) {
	backendtest.Need(t, testbench.Iverilog)
	for i, c := range []struct{ ux, uw int }{{-60, -50}, {-80, -90}, {-110, -60}} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			simulate(t, func(n int) *float32Bench {
				const width = 82
				low := max(0, -149-c.ux-c.uw)
				return &float32Bench{
					name: "fma", latency: 6, widths: []int{1, 24, 5, 1, 24, 4, width, width},
					instance: fmt.Sprintf(`wire neg; wire [%d:0] p; reg [%d:0] start0, start1;
always @(posedge clk) {start0, start1} <= {f6, start0};
mlpc_float32_product #(.XM(24), .XE(5), .WM(24), .WE(4), .E(6), .N(%d)) u_product (.clk(clk), .step(1'b1), .xneg(f0), .xm(f1), .xe(f2), .wneg(f3), .wm(f4), .we(f5), .neg(neg), .p(p));
mlpc_float32_sum #(.N(%d), .LOW(%d), .SLOTS(0), .ADDR(1)) u_sum (.clk(clk), .step(1'b1), .beat(1'b1), .first(1'b1), .add(1'b0), .keep(1'b0), .slot(1'b0), .start(start1), .neg(neg), .p(p), .y(y));
`, width-2, width-1, width, width, low),
					vectors: fmaVectors(t, rand.New(rand.NewPCG(uint64(i), 5)), n, width, c.ux, c.uw),
				}
			})
		})
	}
}

// TestFloat32Value holds the conversion of integers to num.Dequantize32, for every input.
func TestFloat32Value(t *testing.T) {
	backendtest.Need(t, testbench.Iverilog)
	for _, c := range []struct {
		elem  ir.Elem
		zero  int64
		scale float32
	}{{ir.Int(16), -32768, 1.5259021893143654e-05}, {ir.Uint(12), 4095, 0.1}, {ir.Int(9), 3, 0.5}, {ir.Int(14), 1 << 20, 16777215}} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			g := &ir.Graph{}
			x := g.Add(ir.OpInput, ir.Type{Shape: []int{1}, Elem: c.elem}, &ir.Input{})
			a := &ir.DenseFloat32{Scale: float64(c.scale), Zero: c.zero, Scales: []float64{1.25}, Depth: 1, OutScale: 1, Lo: -5, Hi: 5}
			v := g.New(ir.OpDenseFloat32, ir.Elem{}, a, x, g.Const([]int{1, 1}, []int64{3}))
			v.Name = "v"
			g.Outs = []*ir.Value{v}
			p := &ir.Program{Graph: g, Steps: stream.Partition(g)}
			f := stream.Layers(p)[0].Format()
			b := &float32Bench{name: "value", latency: 3, widths: []int{c.elem.Bits, 1, f.XM + 1<<f.XE + 1}}
			lo, hi := c.elem.Range()
			for q := lo; q <= hi; q++ {
				want := num.Dequantize32(q, c.zero, c.scale)
				_, e := math.Frexp(float64(c.scale))
				unit := e - bits.Len64(f.Scale)
				y, _ := new(big.Float).SetMantExp(big.NewFloat(float64(want)), -unit).Int(nil)
				b.vectors = append(b.vectors, []*big.Int{big.NewInt(q), big.NewInt(0), y})
			}
			e := &engine{}
			e.value(stream.Layers(p)[0], "f0", "f1")
			width := b.widths[2]
			b.instance = strings.ReplaceAll(e.String(), "step(move)", "step(1'b1)") +
				fmt.Sprintf("wire [%d:0] size = {%d'd0, xm} << xe;\nassign y = xneg ? -size : size;\n", width-1, width-f.XM)
			b.run(t, false)
		})
	}
}

// TestFloat32Quantize holds the quantizer to num.Quantize32: numbers around every kind of step, and over the whole range.
func TestFloat32Quantize(t *testing.T) {
	backendtest.Need(t, testbench.Iverilog)
	for i, c := range []struct {
		scale        float32
		unit         int // of y
		width        int
		zero, lo, hi int64
	}{
		{0.00015475726104341447, -77, 82, -32768, -32768, 32767},
		{7.773358083795756e-05, -68, 73, 0, -32768, 32767},
		{0.5, -60, 70, 11, -100, 127},
		{0x1.fffffep-3, -50, 62, 0, 0, 255},
		{3, -20, 40, 0, -4194304, 4194304},
		{0x1.000002p-20, -18, 45, 4194304, -4194304, 4194304},
		{1e-40, -149, 60, 5, -1, 1},
	} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			g := &ir.Graph{}
			x := g.Add(ir.OpInput, ir.Type{Shape: []int{1}, Elem: ir.Int(8)}, &ir.Input{})
			a := &ir.DenseFloat32{Scale: 1, Scales: []float64{math.Ldexp(1, c.unit)}, Depth: 1, OutScale: float64(c.scale), OutZero: c.zero, Lo: c.lo, Hi: c.hi}
			g.Outs = []*ir.Value{g.New(ir.OpDenseFloat32, ir.Elem{}, a, x, g.Const([]int{1, 1}, []int64{1}))}
			p := &ir.Program{Graph: g, Steps: stream.Partition(g)}
			l := stream.Layers(p)[0]
			f := l.Format()
			f.N = c.width
			if f.Unit != c.unit {
				t.Fatalf("unit %d", f.Unit)
			}
			simulate(t, func(n int) *float32Bench {
				b := &float32Bench{name: "quantize", latency: f.Stages(), widths: []int{c.width, l.Head.Type.Elem.Bits}}
				r := rand.New(rand.NewPCG(uint64(i), 6))
				for range n {
					y := quantizeOperand(r, c.scale, c.unit, c.width, c.hi-c.lo)
					want := num.Quantize32(floatOf(t, y, c.unit), c.scale, c.zero, c.lo, c.hi)
					b.vectors = append(b.vectors, []*big.Int{y, big.NewInt(want)})
				}
				e := &engine{form: stream.Form{Groups: 1, Length: 1, Lanes: 1}}
				out := e.quantize(l)
				text := strings.ReplaceAll(e.String(), "step(move)", "step(1'b1)")
				text = strings.NewReplacer("assign enter = in_valid;\n", "", "assign in_ready = move;\n", "").Replace(text)
				b.instance = fmt.Sprintf("wire [%d:0] in_data = f0;\ngenvar i;\n%sassign y = %s;\n", c.width-1, text, out.name)
				return b
			})
		})
	}
}

// quantizeOperand gives a float32 in units of 2^unit, of so many bits: most stand around a half between results.
func quantizeOperand(r *rand.Rand, scale float32, unit, width int, span int64) *big.Int {
	y := float64(significand(r)) * math.Ldexp(1, unit+r.IntN(width-25))
	if r.IntN(4) > 0 {
		n := float64(r.Int64N(span+2)) + 0.5
		if r.IntN(3) == 0 {
			n = float64(r.Int64N(6)) + 0.5
		}
		near := math.Float32bits(float32(float64(scale) * n))
		y = float64(math.Float32frombits(near + uint32(r.IntN(7)) - 3))
	}
	if r.IntN(2) == 0 {
		y = -y
	}
	x, _ := new(big.Float).SetMantExp(big.NewFloat(y), -unit).Int(nil)
	if x = roundFixed(x, 0); x.BitLen() >= width-1 {
		return new(big.Int)
	}
	return x
}
