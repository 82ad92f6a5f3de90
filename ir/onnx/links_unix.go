//go:build unix

package onnx

import (
	"io/fs"
	"syscall"
)

// openFlags keeps opening from following a link, or from waiting for a FIFO, that took the file's place since it was looked at.
const openFlags = syscall.O_NOFOLLOW | syscall.O_NONBLOCK

// linkCount is the number of names that a file has.
func linkCount(st fs.FileInfo) uint64 {
	if s, ok := st.Sys().(*syscall.Stat_t); ok {
		return uint64(s.Nlink)
	}
	return 1
}
