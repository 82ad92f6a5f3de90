package num

import _ "embed"

// Source is the text of num.go, which needs only the standard library: emitted Go packages carry the same arithmetic.
//
//go:embed num.go
var Source string

// SourceFloat32 is the text of float32.go.
//
//go:embed float32.go
var SourceFloat32 string
