package cc_test

import (
	"testing"

	cc "mlpc/backends/c"
	"mlpc/testbench"
)

func TestCores(t *testing.T) {
	g := parse(t, mlp)
	for _, r := range []*testbench.Runner{testbench.CortexM0, testbench.CortexM3, testbench.CortexM4, testbench.CortexM7, testbench.CortexM33, testbench.CortexM55} {
		t.Run(r.Name, func(t *testing.T) {
			needTool(t, r)
			res := same(t, r, cc.Backend, g, 50)
			t.Logf("%s: %d instructions, %d bytes of stack", res.Tool, res.Instructions, res.StackBytes)
		})
	}
}
