package verilog

import (
	"fmt"
	"strings"
	"testing"

	"mlpc/ir"
	"mlpc/ir/diag"
)

// TestMostStreams refuses a core with more streams than a testbench can compare.
func TestMostStreams(t *testing.T) {
	for _, outs := range []int{mostStreams - 1, mostStreams} {
		var text strings.Builder
		text.WriteString("graph \"wide\"\n%0 = input : s8[2]\n")
		names := ""
		for k := range outs {
			fmt.Fprintf(&text, "%%%d = clamp %%0 lo=-%d hi=100 : s8[2]\n", k+1, k%100)
			names += fmt.Sprintf(" %%%d", k+1)
		}
		g, err := ir.Parse("wide", text.String()+"return"+names+"\n")
		if err != nil {
			t.Fatal(err)
		}
		var l diag.List
		check(&ir.Program{Graph: g, Target: "verilog", Arch: "stream"}, &l)
		if refused := len(l) > 0 && l[0].Code == diag.CodeLimit; refused != (outs+1 > mostStreams) {
			t.Errorf("%d outputs: %v", outs, l.Err())
		}
	}
}
