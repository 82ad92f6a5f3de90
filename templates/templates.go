// Package templates holds the files of the targets that are emitted as they lie, or with a few holes, embedded in the command.
//
// Each directory belongs to a target language: c (C99, also valid C++), verilog (Verilog-2001, one module a file, the file is named
// as the module), cmsisnn (the CMSIS-NN interface in plain C), qemu (what the emulated boards need). Files without holes are
// linted and tested as they lie; backends copy them into the output directory.
package templates

import "embed"

// FS holds the files under their paths in this directory, "verilog/mlpc_clamp.v".
//
//go:embed c cmsisnn verilog qemu readme hls
var FS embed.FS
