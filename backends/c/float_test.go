package cc_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	cc "mlpc/backends/c"
	"mlpc/ir"
	"mlpc/testbench"
)

// floats gives n float32 of a fixed random sequence, standard normal.
func floats(seed uint64, n int) []float64 {
	rng := rand.New(rand.NewPCG(seed, 11))
	xs := make([]float64, n)
	for i := range xs {
		xs[i] = float64(float32(rng.NormFloat64()))
	}
	return xs
}

// floatBuilder adds float32 values to a graph.
type floatBuilder struct{ *ir.Graph }

func (b floatBuilder) data(shape []int, xs ...float64) *ir.Value {
	return b.Add(ir.OpConst, ir.Type{Shape: shape, Elem: ir.Single}, &ir.Data{Reals: xs})
}

func (b floatBuilder) op(o ir.Op, attr ir.Attr, args ...*ir.Value) *ir.Value {
	return b.New(o, ir.Single, attr, args...)
}

func (b floatBuilder) dense(x *ir.Value, out, groups int, bias bool) *ir.Value {
	k := x.Type.Shape[len(x.Type.Shape)-1] / groups
	args := []*ir.Value{x, b.data([]int{out, k}, floats(uint64(out), out*k)...)}
	if bias {
		args = append(args, b.data([]int{out}, floats(7, out)...))
	}
	return b.op(ir.OpDense, &ir.Dense{Groups: groups}, args...)
}

func (b floatBuilder) clamp(x *ir.Value, lo, hi float64) *ir.Value {
	return b.op(ir.OpClamp, &ir.Clamp{RLo: lo, RHi: hi}, x)
}

// floatNet makes a net of dense layers with a ReLU after each but the last.
func floatNet(widths []int) *ir.Graph {
	b := floatBuilder{&ir.Graph{Name: "float"}}
	x := b.Add(ir.OpInput, ir.Type{Shape: widths[:1], Elem: ir.Single}, &ir.Input{})
	for l, out := range widths[1:] {
		if l > 0 {
			x = b.clamp(x, 0, math.Inf(1))
		}
		x = b.dense(x, out, 1, l%3 != 2)
	}
	b.Outs = []*ir.Value{x}
	return b.Graph
}

// floatOps makes a graph with every op of float32 networks: every output is of another kind.
func floatOps() *ir.Graph {
	inf := math.Inf(1)
	b := floatBuilder{&ir.Graph{Name: "ops"}}
	x := b.Add(ir.OpInput, ir.Type{Shape: []int{2, 6}, Elem: ir.Single}, &ir.Input{})
	out := func(v *ir.Value) { b.Outs = append(b.Outs, v) }
	out(b.clamp(b.dense(x, 7, 1, true), 0, 6))
	out(b.op(ir.OpTable, &ir.Table{Fn: "tanh"}, b.op(ir.OpMax, nil, b.dense(x, 5, 1, false), b.data(nil, 0))))
	grouped := b.clamp(b.dense(x, 6, 3, true), 0, inf)
	out(b.op(ir.OpAdd, nil, grouped, b.data([]int{6}, floats(3, 6)...)))
	row := b.op(ir.OpRoute, &ir.Route{Shape: []int{6, 2}, Index: []int32{11, 3, 5, 7, 2, 0, -1, 4, 6, -2, 1, 9}, Reals: []float64{0.5, -3}}, x)
	out(row)
	out(b.op(ir.OpMatMul, nil, x, row))
	out(b.op(ir.OpSub, nil, b.op(ir.OpMul, nil, x, b.data([]int{2, 1}, 0.3330000042915344, -7)), x))
	less := b.op(ir.OpCmp, &ir.Cmp{Rel: "lt"}, x, b.data([]int{6}, floats(5, 6)...))
	out(less)
	out(b.op(ir.OpSelect, nil, less, b.op(ir.OpMin, nil, x, b.data(nil, 1)), x))
	e := b.op(ir.OpTable, &ir.Table{Fn: "exp"}, b.op(ir.OpSub, nil, x, b.op(ir.OpRoute, &ir.Route{Shape: []int{2, 1}, Index: []int32{0, 1}}, b.op(ir.OpReduceMax, &ir.Axis{Axis: 1}, x))))
	sum := b.op(ir.OpRoute, &ir.Route{Shape: []int{2, 1}, Index: []int32{0, 1}}, b.op(ir.OpSum, &ir.Axis{Axis: 1}, e))
	out(b.op(ir.OpMul, nil, e, b.op(ir.OpTable, &ir.Table{Fn: "recip"}, sum)))
	out(b.op(ir.OpArgMax, &ir.Axis{Axis: 1}, x))
	top := b.op(ir.OpTopK, &ir.Axis{Axis: 1, K: 2}, x)
	out(b.op(ir.OpLookup, &ir.Axis{}, b.data([]int{6, 3}, floats(9, 18)...), top))
	return b.Graph
}

// floatFunctions makes a graph that applies every function to an input.
func floatFunctions() *ir.Graph {
	b := floatBuilder{&ir.Graph{Name: "functions"}}
	x := b.Add(ir.OpInput, ir.Type{Shape: []int{16}, Elem: ir.Single, Range: &[2]float64{-20, 20}}, &ir.Input{})
	var names []string
	for name := range ir.Singles {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		arg := x
		if name == "sqrt" || name == "log" {
			arg = b.op(ir.OpMul, nil, x, x)
		}
		b.Outs = append(b.Outs, b.op(ir.OpTable, &ir.Table{Fn: name}, arg))
	}
	return b.Graph
}

// TestFloat compares the bits of networks in floating point with ir.Run, on a host, with sanitizers, and on cores with and without a
// floating-point unit.
func TestFloat(t *testing.T) {
	runners := []*testbench.Runner{testbench.GCC, testbench.Sanitized, testbench.CortexM4, testbench.CortexM0, testbench.CortexM55}
	if testing.Short() {
		runners = runners[:3]
	}
	graphs := []*ir.Graph{floatOps(), floatFunctions(), floatNet([]int{13, 39, 22, 3, 1}), floatNet([]int{1, 16, 16, 1})}
	for _, r := range runners {
		t.Run(r.Name, func(t *testing.T) {
			needTool(t, r)
			for _, g := range graphs {
				if err := ir.Verify(g); err != nil {
					t.Fatal(err)
				}
				same(t, r, cc.Backend, g, 40)
			}
		})
	}
}

// TestFloatInstructions holds the Cortex-M4 to the instructions of the shapes of the microcontroller comparison.
func TestFloatInstructions(t *testing.T) {
	needTool(t, testbench.CortexM4)
	for i, most := range []int{744, 3430, 6752} {
		res := same(t, testbench.CortexM4, cc.Backend, floatNet(peerNets[i].widths), 4)
		if res.Instructions > most || res.Spread != 0 {
			t.Errorf("%s: %d instructions with a spread of %d, want at most %d and 0", peerNets[i].name, res.Instructions, res.Spread, most)
		}
	}
}

// TestNoFusedMultiply looks for fused multiply-adds in code for machines that have them, at the compilers' own settings.
func TestNoFusedMultiply(t *testing.T) {
	needTool(t, testbench.CortexM4)
	needTool(t, testbench.GCC)
	fused := regexp.MustCompile(`(?i)\tvfn?m[as][a-z0-9.]*`)
	for _, compiler := range [][]string{
		{"arm-none-eabi-gcc", "-mcpu=cortex-m4", "-mfpu=fpv4-sp-d16", "-mfloat-abi=hard", "-mthumb", "-O3"},
		{"arm-none-eabi-gcc", "-mcpu=cortex-m4", "-mfpu=fpv4-sp-d16", "-mfloat-abi=hard", "-mthumb", "-O2", "-DMLPC_PORTABLE"},
		{"gcc", "-O3", "-mavx2", "-mfma"},
		{"gcc", "-O3", "-mfma", "-DMLPC_PORTABLE"},
	} {
		for i, g := range []*ir.Graph{floatOps(), floatFunctions(), floatNet([]int{13, 39, 22, 3})} {
			dir, _ := emit(t, cc.Backend, g)
			argv := append(slices.Clone(compiler[1:]), "-S", "-o", "-", filepath.Join(dir, "net.c"))
			text, err := exec.Command(compiler[0], argv...).Output()
			if err != nil {
				t.Fatalf("%v: %v", compiler, err)
			}
			if at := fused.Find(text); at != nil {
				t.Errorf("%v: graph %d: %s", compiler, i, at)
			}
		}
	}
}

// TestFloatRefusesFastMath compiles with flags that would move roundings.
func TestFloatRefusesFastMath(t *testing.T) {
	needTool(t, testbench.GCC)
	dir, _ := emit(t, cc.Backend, floatNet([]int{2, 2}))
	out, err := exec.Command("gcc", "-Ofast", "-c", "-o", filepath.Join(t.TempDir(), "net.o"), filepath.Join(dir, "net.c")).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "compile without -ffast-math") {
		t.Errorf("-Ofast: %v %s", err, out)
	}
	for _, flag := range []string{"-O0", "-O3"} { // -O0 takes the plain loops
		if out, err := exec.Command("gcc", flag, "-c", "-o", filepath.Join(t.TempDir(), "net.o"), filepath.Join(dir, "net.c")).CombinedOutput(); err != nil {
			t.Errorf("%s: %s", flag, fmt.Sprint(string(out)))
		}
	}
}
