package cc

import (
	"mlpc/backends"
	"mlpc/ir"
)

// Site is what a library sees of a layer: the layer, the places of its values, and the printer for constants.
type Site struct {
	emitter *emitter
	Layer   *Layer
}

// Data is where file-scope constants go.
func (s *Site) Data() *backends.Printer { return &s.emitter.data }

// Array prints a file-scope constant array; kind and the value make its name, which is returned.
func (s *Site) Array(ctype, kind string, v *ir.Value, xs []int64) string {
	return s.emitter.arrayAs(ctype, kind, v, xs)
}

// Pointer spells the pointer to a stored value inside the model's function.
func (s *Site) Pointer(v *ir.Value) string { return s.emitter.plan.at(v, false) }
