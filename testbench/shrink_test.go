package testbench

import (
	"context"
	"strings"
	"testing"

	"mlpc/backends"
	"mlpc/ir"
)

const chain = `graph "chain"
%0 = input : s8[2]
%1 = const ints=[1 2 3 4] : s8[2,2]
%2 = dense %0 %1 : s12[2]
%3 = clamp %2 hi=100 : u7[2]
%4 = add %3 %3 : u8[2]
%5 = sub %4 %3 : s9[2] node="last"
return %5
`

// TestShrink runs a fake tool that computes everything from a given value on with an error of one.
func TestShrink(t *testing.T) {
	g, err := ir.Parse("chain.mlpc", chain)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		broken ir.Op
		want   string
	}{{ir.OpDense, "%2 dense"}, {ir.OpClamp, "%3 clamp"}, {ir.OpSub, "%5 sub node \"last\": element 0: got 8, want 7"}, {ir.OpTable, ""}} {
		var current *ir.Graph
		emit := func(g *ir.Graph) (*ir.Program, backends.Files, error) {
			current = g
			return &ir.Program{Graph: g}, backends.Files{"a/b.txt": nil}, nil
		}
		tool := &Runner{Name: "fake", Run: func(_ context.Context, job Job) (Result, error) {
			out, err := Expected(current, job.Vectors)
			for _, v := range current.Values {
				if v.Op == c.broken {
					out[0][0]++
				}
			}
			return Result{Out: out}, err
		}}
		got, err := Shrink(t.Context(), tool, Job{Program: &ir.Program{Graph: g}}, emit, []int64{3, 2})
		if err != nil || !strings.HasPrefix(got, c.want) || c.want == "" && got != "" {
			t.Errorf("%v broken: got %q, %v; want %q", c.broken, got, err, c.want)
		}
	}
}
