//go:build unix

package main

import (
	"io/fs"
	"syscall"
)

// umask gives the process's file mode mask: os.MkdirTemp makes directories that only their owner may read.
func umask() (mask fs.FileMode) {
	old := syscall.Umask(0)
	syscall.Umask(old)
	return fs.FileMode(old)
}
