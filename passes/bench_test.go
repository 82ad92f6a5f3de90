package passes

import "testing"

// BenchmarkCompile measures all passes on nets of two sizes with 1,000 calibration rows.
func BenchmarkCompile(b *testing.B) {
	for _, c := range []struct {
		name, use string
		widths    []int
	}{
		{"16-64-32-32-5", "quantize:bits=8", []int{16, 64, 32, 32, 5}},
		{"784-300-100-10", "quantize:bits=8", []int{784, 300, 100, 10}},
		{"784-300-100-10/gptq3", "quantize:w=3", []int{784, 300, 100, 10}},
	} {
		b.Run(c.name, func(b *testing.B) {
			g := mlp(1, "relu", c.widths...)
			rows := synthetic(g, 1000, [2]float64{})
			for b.Loop() {
				if _, _, err := Compile(g, Config{Target: "c", Use: []string{c.use}, Calib: rows}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
