package ir_test

import (
	"slices"
	"strings"
	"testing"

	"mlpc/backends/backendtest"
	"mlpc/ir"
	"mlpc/testbench"
)

// mlp is a two-layer int8 network in the text form.
const mlp = `graph "mlp"
%0 = input : s8[3] scale=[0.5] zero=-3 name="x"
%1 = const ints=[1 -2 3 4 5 -6] : s8[2,3]
%2 = const ints=[10 -20] : s6[2]
%3 = dense %0 %1 %2 : s13[2] node="fc/1"
%4 = requant %3 mul=[3 5] shift=[4 5] round=half-even zero=-1 lo=-8 hi=7 : s4[2]
%5 = argmax %4 : u1[]
return %4 %5
`

func TestPrintParse(t *testing.T) {
	g, err := ir.Parse("mlp.mlpc", mlp)
	if err != nil {
		t.Fatal(err)
	}
	if got := g.Print(); got != mlp {
		t.Errorf("printed\n%swant\n%s", got, mlp)
	}
	if err := ir.Verify(g); err != nil {
		t.Error(err)
	}
}

func TestRun(t *testing.T) {
	g, err := ir.Parse("mlp.mlpc", mlp)
	if err != nil {
		t.Fatal(err)
	}
	in := &ir.Tensor{Rows: 2, Shape: []int{3}, Ints: []int64{1, 2, 3, -5, 7, 0}}
	out, err := ir.Run(g, []*ir.Tensor{in})
	if err != nil {
		t.Fatal(err)
	}
	// Row 0: 1−4+9+10 = 16 → 48/16 = 3; 4+10−18−20 = −24 → −120/32 = −3.75 → −4; each plus zero −1.
	// Row 1: −5−14+10 = −9 → −27/16 = −1.69 → −2; −20+35−20 = −5 → −25/32 → −1; each plus zero −1.
	if want := []int64{2, -5, -3, -2}; !slices.Equal(out[0].Ints, want) {
		t.Errorf("requant gives %v, want %v", out[0].Ints, want)
	}
	if want := []int64{0, 1}; !slices.Equal(out[1].Ints, want) {
		t.Errorf("argmax gives %v, want %v", out[1].Ints, want)
	}
}

func TestVerifyRefuses(t *testing.T) {
	cases := []struct{ name, from, to, want string }{
		{"narrow accumulator", "s13[2]", "s9[2]", "do not fit s9; s12 would hold them"},
		{"wrong shape", "s13[2]", "s13[3]", "its arguments give [2]"},
		{"missing argument", "argmax %4", "argmax", "0 arguments"},
		{"range outside type", "hi=7", "hi=9", "is not inside s4"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			g, err := ir.Parse("x.mlpc", strings.Replace(mlp, c.from, c.to, 1))
			if err != nil {
				t.Fatal(err)
			}
			if err := ir.Verify(g); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q in it", err, c.want)
			}
		})
	}
}

func TestParseErrors(t *testing.T) {
	cases := []struct{ text, want string }{
		{"graph \"g\"\nreturn %0\n", "line 2: \"%0\" is not an earlier value [syntax]"},
		{"%0 = inptu : s8[1]\nreturn %0\n", "line 1: unknown op \"inptu\" [syntax]"},
		{"%0 = input : s99[1]\nreturn %0\n", "line 1: \"s99[1]\" is not a type such as s8[64] [syntax]"},
		{"%0 = input : s8[4000000000,4000000000]\nreturn %0\n", "line 1: dimension \"4000000000\" [syntax]"},
		{"%0 = input\n", "line 1: expected : and a type [syntax]"},
		{"", "the graph does not end with return [syntax]"},
	}
	for _, c := range cases {
		_, err := ir.Parse("", c.text)
		if err == nil || err.Error() != c.want {
			t.Errorf("%q: got %v, want %s", c.text, err, c.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(mlp)
	f.Fuzz(func(t *testing.T, text string) {
		g, err := ir.Parse("fuzz.mlpc", text)
		if err != nil || ir.Verify(g) != nil {
			return
		}
		again, err := ir.Parse("fuzz.mlpc", g.Print())
		if err != nil || again.Print() != g.Print() {
			t.Errorf("%v; printed\n%s", err, g.Print())
		}
	})
}

// TestPrintParseOps prints and parses one graph for each op and form of it.
func TestPrintParseOps(t *testing.T) {
	for _, c := range backendtest.Ops() {
		text := c.Graph.Print()
		g, err := ir.Parse("ops.mlpc", text)
		if err != nil {
			t.Errorf("%s: %v\n%s", c.Name, err, text)
			continue
		}
		if again := g.Print(); again != text {
			t.Errorf("%s: printed\n%sthen\n%s", c.Name, text, again)
		}
		if err := ir.Verify(g); err != nil {
			t.Errorf("%s: %v", c.Name, err)
		}
	}
}

// TestRangesHold runs every op on its corner and random vectors: no value may leave its interval.
func TestRangesHold(t *testing.T) {
	for _, c := range backendtest.Ops() {
		rs, err := ir.Ranges(c.Graph)
		if err != nil {
			t.Errorf("%s: %v", c.Name, err)
			continue
		}
		vs, err := backendtest.Vectors(c.Graph, 200, 1)
		if err != nil {
			t.Fatal(err)
		}
		ins, err := testbench.Unpack(vs.In, c.Graph.Inputs())
		if err != nil {
			t.Fatal(err)
		}
		all, err := ir.RunAll(c.Graph, ins)
		if err != nil {
			t.Fatal(err)
		}
		for id, x := range all {
			for i, n := range x.Ints {
				if lo, hi := rs[id].At(i % max(1, x.Size())); n < lo || n > hi {
					t.Errorf("%s: %%%d element %d is %d, outside [%d, %d]", c.Name, id, i, n, lo, hi)
					break
				}
			}
		}
	}
}
