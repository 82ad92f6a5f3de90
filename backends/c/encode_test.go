package cc_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	cc "mlpc/backends/c"
	"mlpc/testbench"
)

// floatMain feeds the helper for reals with the numbers on its command line, two at a time, and prints what comes out.
const floatMain = `#include <stdio.h>
#include <stdlib.h>
#include "net.h"
int main(int n, char **arg)
{
    for (int i = 1; i + 1 < n; i += 2) {
        const float x[2] = {strtof(arg[i], 0), strtof(arg[i + 1], 0)};
        float y[2];
        if (net_run_float(x, y) != 0) {
            return 1;
        }
        printf("%g %g\n", y[0], y[1]);
    }
    return 0;
}
`

// TestRunFloat feeds reals beside every kind of step to the emitted helper, in each rounding, and compares with ir's Encode.
func TestRunFloat(t *testing.T) {
	needTool(t, testbench.GCC)
	reals := []float64{0, 0.25, 0.5, 0.75, 1, 1.25, 1.75, 2.25, 0.125, 0.375, 0.12499999, 0.3750001, 9, 1e9, 1e30}
	for _, round := range []string{"", "half-up", "half-away", "half-down", "floor", "ceil", "up", "down", "bipolar"} {
		attr := ""
		if round != "" {
			attr = fmt.Sprintf(" round=%q", round)
		}
		g := parse(t, fmt.Sprintf(`graph "steps"
%%0 = input lo=[-5 -7] hi=[4 6]%s : s4[2] scale=[0.5 0.25] zero=1 offset=[0.25 -0.125] name="x"
%%1 = const ints=[1 0 0 1] : u1[2,2]
%%2 = dense %%0 %%1 : s4[2] scale=[1] zero=2 offset=[0.5] name="y"
return %%2
`, attr))
		dir, _ := emit(t, cc.Backend, g)
		if err := os.WriteFile(filepath.Join(dir, "float.c"), []byte(floatMain), 0o644); err != nil {
			t.Fatal(err)
		}
		var args, want []string
		for _, x := range reals {
			for _, sign := range []float64{1, -1} {
				args = append(args, fmt.Sprint(sign*x), fmt.Sprint(sign*x))
				in := g.Inputs()[0]
				want = append(want, fmt.Sprintf("%g %g", float32(in.Encode(sign*x, 0)-2)+0.5, float32(in.Encode(sign*x, 1)-2)+0.5))
			}
		}
		build := exec.Command("gcc", "-std=c99", "-Wall", "-Wextra", "-Werror", "-o", "float", "float.c", "net.c", "-lm")
		build.Dir = dir
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", round, err, out)
		}
		out, err := exec.Command(filepath.Join(dir, "float"), args...).Output()
		if err != nil {
			t.Fatal(err)
		}
		got := strings.Split(strings.TrimSpace(string(out)), "\n")
		for i, w := range want {
			if i >= len(got) || got[i] != w {
				t.Errorf("round %q, %s: got %v, want %s", round, args[2*i], got[min(i, len(got)-1)], w)
			}
		}
	}
}
