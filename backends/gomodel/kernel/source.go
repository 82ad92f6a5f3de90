package kernel

import "embed"

// Sources holds kernel.go and text.go.
//
//go:embed kernel.go text.go
var Sources embed.FS
