//go:build !unix

package onnx

import "io/fs"

const openFlags = 0

// linkCount is the number of names that a file has; only unix tells.
func linkCount(fs.FileInfo) uint64 { return 1 }
