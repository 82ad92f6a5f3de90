package gomodel

import (
	"testing"

	"mlpc/backends/backendtest"
)

// BenchmarkEmit prints a net of 266,000 weights.
func BenchmarkEmit(b *testing.B) {
	in := backendtest.Input(b, program(backendtest.MLP(5, true, 784, 300, 100, 10)), 4)
	for b.Loop() {
		if _, err := Emit(in); err != nil {
			b.Fatal(err)
		}
	}
}
