package verilog

import "mlpc/backends"

func projectFiles(in backends.Input, c *core, files backends.Files) {}
