package cc

import (
	"mlpc/backends"
	"mlpc/ir"
)

// Site is what a library sees of a layer: the layer, its name, and the printers for constants and functions.
type Site struct {
	emitter *emitter
	Layer   *Layer
}

// Code is where functions go.
func (s *Site) Code() *backends.Printer { return &s.emitter.Printer }

// Array prints a file-scope constant array; kind and the value make its name, which is returned.
func (s *Site) Array(ctype, kind string, v *ir.Value, xs []int64) string {
	return s.emitter.arrayAs(ctype, kind, v, xs)
}

// Name is the name of the layer's function.
func (s *Site) Name() string { return functionName(s.Layer) }
