package ir

import (
	"math"
	"testing"
)

// TestFloat32Functions holds bits that ONNX Runtime 1.32 gives on x86-64.
func TestFloat32Functions(t *testing.T) {
	nan := uint32(0x7fc00000)
	for _, c := range []struct {
		fn  string
		x   float32
		bit uint32
	}{
		{"sigmoid", -20, 0}, {"sigmoid", -18, 0}, {"sigmoid", -17.5, 0x33000000}, {"sigmoid", -16.3, 0x33800000}, {"sigmoid", -14, 0x35500000},
		{"sigmoid", -9.7, 0x38808000}, {"sigmoid", -3.3, 0x3d11b310}, {"sigmoid", -0.1, 0x3ef335ee}, {"sigmoid", 0, 0x3f000000},
		{"sigmoid", 0.7, 0x3f2b0e5a}, {"sigmoid", 5.5, 0x3f7ef542}, {"sigmoid", 17.9, 0x3f800000},
		{"log", 0, 0xff800000}, {"log", 1e-40, 0xc2b834f2}, {"log", 3e-8, 0xc18a9399}, {"log", 1e-7, 0xc180f1dc}, {"log", 0.03, 0xc0606b72},
		{"log", 0.3, 0xbf9a1bc8}, {"log", 0.70710677, 0xbeb17218}, {"log", 0.75, 0xbe934b11}, {"log", 1, 0}, {"log", 1.4, 0x3eac4616},
		{"log", 1.5, 0x3ecf991f}, {"log", 3, 0x3f8c9f54}, {"log", 1e5, 0x413834f2}, {"log", 1e30, 0x428a27b5}, {"log", -1, nan},
	} {
		got := math.Float32bits(floats32[c.fn](c.x))
		if c.bit == nan && got&0x7f800000 == 0x7f800000 && got&0x7fffff != 0 {
			continue
		}
		if got != c.bit {
			t.Errorf("%s(%v) has the bits %#08x, want %#08x", c.fn, c.x, got, c.bit)
		}
	}
}

// TestRunFloat32 needs every rounding: 2^24 + 1 − 2^24 is 1 over the reals and 0 in float32.
func TestRunFloat32(t *testing.T) {
	g := &Graph{}
	x := g.Add(OpInput, Type{Shape: []int{2}}, &Input{})
	w := g.ConstReal([]int{3, 2}, []float64{1, 1, 0.1, 0, 1, -1})
	y := g.New(OpDense, Real, &Dense{}, x, w, g.ConstReal([]int{3}, []float64{-1 << 24, 0, 0}))
	z := g.New(OpAdd, Real, nil, y, g.ConstReal([]int{3}, []float64{0, 0.7, 0}))
	g.Outs = []*Value{z}
	in := []*Tensor{{Rows: 1, Shape: []int{2}, Reals: []float64{1 << 24, 1}}}
	exact, err := Run(g, in)
	if err != nil {
		t.Fatal(err)
	}
	single, err := RunFloat32(g, in)
	if err != nil {
		t.Fatal(err)
	}
	if got := exact[0].Reals[0]; got != 1 {
		t.Errorf("over the reals: %v, want 1", got)
	}
	for i, want := range []float32{0, 1677722.375, 1<<24 - 1} { // 0.1·2^24 is 1677721.625 in float32
		if got := single[0].Reals[i]; got != float64(want) {
			t.Errorf("element %d in float32: %v, want %v", i, got, want)
		}
	}
	if in[0].Reals[0] != 1<<24 || w.Const().Reals[2] != 0.1 {
		t.Error("the run changed its input or a constant")
	}
}

// TestSgemmDepth holds what ONNX Runtime 1.32 was seen to do with dequantized weights.
func TestSgemmDepth(t *testing.T) {
	for _, c := range []struct{ n, k, want int }{{20, 300, 512}, {100, 600, 128}, {10, 2500, 1024}, {300, 300, 128}, {130, 140, 128}} {
		if got := SGEMMDepth(false, c.n, c.k); got != c.want {
			t.Errorf("%d results of %d products: %d, want %d", c.n, c.k, got, c.want)
		}
	}
}
