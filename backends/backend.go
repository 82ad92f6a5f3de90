// Package backends holds what the emitters share: the list of targets, the files they give, an indenting printer and legal names.
//
// A backend first lists everything that its target cannot do (Check), then prints (Emit). It reads a program and never changes it.
package backends

import (
	"mlpc/ir"
	"mlpc/ir/diag"
)

// Files maps slash-separated paths inside the output directory to contents.
type Files map[string][]byte

// Input is what Emit prints.
type Input struct {
	Program *ir.Program
	Name    string // legal in every language: [a-z][a-z0-9_]*, at most 40 characters
	Version string // of mlpc, "1.2.0"
	Digest  string // SHA-256 of the model file, hexadecimal
	Vectors Vectors
	Options map[string]string // what the user typed for the target (-t option=value)
	// Estimate holds the figures that the Go target ships as constants: the keys of "estimate" in report.json.
	Estimate map[string]float64
}

// Vectors are test vectors: the integers of all inputs of a row one after the other, and of all outputs.
type Vectors struct {
	In, Out [][]int64
}

// Backend is one target.
type Backend struct {
	Name, Doc string
	Archs     []string // hardware architectures, the default first; empty for software
	Options   []Option
	Check     func(*ir.Program, *diag.List)
	Notes     func(*ir.Program) []string // what a user should know of the files: a layer that another way computes; nil: nothing
	Emit      func(Input) (Files, error)
}

// Option is one key of Input.Options.
type Option struct{ Name, Doc, Default string }
