package onnx

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// BenchmarkLarge imports a model of 100 MB whose weights lie in a file beside it.
func BenchmarkLarge(b *testing.B) {
	dir := b.TempDir()
	const side = 5120
	f := net(17, []int64{-1, side}, []msg{externalTensor("w", []int64{side, side}, "location", "w.data")}, to("MatMul", []string{"x", "w"}))
	path := filepath.Join(dir, "large.onnx")
	if err := os.WriteFile(path, f.bytes(), 0o644); err != nil {
		b.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "w.data"), bytes.Repeat([]byte{1, 2, 3, 60}, side*side), 0o644); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		m, err := Import(path, Options{})
		if err != nil || m.Parameters != side*side {
			b.Fatal(err)
		}
	}
}

// BenchmarkSmall imports a model of a few layers.
func BenchmarkSmall(b *testing.B) {
	data := mlp().bytes()
	for b.Loop() {
		if _, err := ImportBytes("s.onnx", data, "", Options{}); err != nil {
			b.Fatal(err)
		}
	}
}
