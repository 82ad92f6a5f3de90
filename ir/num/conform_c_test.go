package num_test

import (
	"bytes"
	"fmt"
	"math/rand"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"mlpc/approx"
	"mlpc/ir/num"
	"mlpc/templates"
)

// cDriver reads lines "function a b c d e f" and prints what the function of mlpc_num.h gives.
const cDriver = `#include <math.h>
#include <stdio.h>
#include "mlpc_num.h"

static int64_t call(int f, int64_t a, int64_t b, int64_t c, int64_t d, int64_t lo, int64_t hi)
{
    const int32_t a4 = (int32_t)a, b4 = (int32_t)b, c4 = (int32_t)c, lo4 = (int32_t)lo, hi4 = (int32_t)hi;
    const int s = (int)d;
    switch (f) {
    case 0: return mlpc_requant_half_up(a, b, c, s);
    case 1: return mlpc_requant_half_up_32(a4, b4, c4, s);
    case 2: return mlpc_requant_high(a4, b4, c, s);
    case 3: return mlpc_requant_half_even(a, b, c, s);
    case 4: return mlpc_requant_half_even_32(a4, b4, c4, s);
    case 5: return mlpc_requant_gemmlowp(a4, b4, s);
    case 6: return mlpc_requant_float32(a, b4, s);
    case 7:
#if MLPC_FPU
        return mlpc_requant_float32_fpu(a4, ldexpf((float)b4, -s), (float)lo4, (float)hi4);
#else
        return mlpc_clamp(mlpc_requant_float32(a, b4, s), lo, hi);
#endif
    case 8: return mlpc_clamp(a, lo, hi);
    case 9: return mlpc_clamp_32(a4, lo4, hi4);
    case 10: return mlpc_wrap_unsigned(a, s);
    case 11: return mlpc_wrap_signed(a, s);
    case 12: return mlpc_trunc_mul(a, b, s);
    case 13: return mlpc_clamp(mlpc_requant_float32_near(a4, b4, s), lo, hi);
    case 14: return mlpc_clamp(mlpc_requant_float32_high(a4, (uint32_t)b, s), -32767, 32767);
    }
    return 0;
}

int main(void)
{
    int f;
    long long a, b, c, d, lo, hi;
    while (scanf("%d %lld %lld %lld %lld %lld %lld", &f, &a, &b, &c, &d, &lo, &hi) == 7) {
        printf("%lld\n", (long long)call(f, a, b, c, d, lo, hi));
    }
    return 0;
}
`

// cCall is one line for the driver, and what num gives.
type cCall struct {
	function string
	args     [6]int64
	want     int64
}

var cFunctions = []string{
	"half_up", "half_up_32", "high", "half_even", "half_even_32", "gemmlowp", "float32", "float32_fpu",
	"clamp", "clamp_32", "wrap_unsigned", "wrap_signed", "trunc_mul", "float32_near", "float32_high",
}

// cCalls are calls of every function, over the whole contract of each.
func cCalls(r *rand.Rand) []cCall {
	var calls []cCall
	requant := func(function string, round num.Rounding, cases []requantCase) {
		for _, c := range cases {
			calls = append(calls, cCall{function, [6]int64{c.x, c.mul, c.add, int64(c.shift)}, num.Requant(c.x, c.mul, c.add, c.shift, round)})
		}
	}
	const n = 20000
	for _, round := range []num.Rounding{num.HalfUp, num.HalfEven} {
		function := strings.ReplaceAll(round.String(), "-", "_")
		requant(function, round, smallCases())
		requant(function, round, plainCases(r, n, 62, 40, 33))
		requant(function+"_32", round, smallCases())
		requant(function+"_32", round, plainCases(r, n, 30, 24, 16))
	}
	for _, c := range plainCases(r, n, 62, 31, 31) {
		if c.shift >= 32 {
			bias := c.add + 1<<(c.shift-1)
			calls = append(calls, cCall{"high", [6]int64{c.x, c.mul, bias, int64(c.shift - 32)}, num.Requant(c.x, c.mul, c.add, c.shift, num.HalfUp)})
		}
	}
	requant("gemmlowp", num.Gemmlowp, gemmlowpCases(r, n))
	requant("float32", num.Float32, float32Cases(r, n, 53, -60, 120))
	for _, c := range float32Cases(r, n, 31, -60, 120) {
		lo := spread(r, 22)
		hi := lo + r.Int63n(1<<22-lo+1)
		calls = append(calls, cCall{"float32_fpu", [6]int64{c.x, c.mul, 0, int64(c.shift), lo, hi}, num.Clamp(num.Requant(c.x, c.mul, 0, c.shift, num.Float32), lo, hi)})
	}
	for _, c := range float32Cases(r, n, 24, 1, 62) {
		const limit = 1 << 22
		want := num.Clamp(num.Requant(c.x, c.mul, 0, c.shift, num.Float32), -limit, limit)
		calls = append(calls, cCall{"float32_near", [6]int64{c.x, c.mul, 0, int64(c.shift), -limit, limit}, want})
	}
	for _, c := range float32Cases(r, n, 24, 26, 49) {
		if c.mul >= 1<<23 {
			calls = append(calls, cCall{"float32_high", [6]int64{c.x, c.mul << 8, 0, int64(c.shift - 24)},
				num.Clamp(num.Requant(c.x, c.mul, 0, c.shift, num.Float32), -32767, 32767)})
		}
	}
	for range n {
		x, bits := spread(r, 62), 1+r.Intn(63)
		calls = append(calls,
			cCall{"wrap_unsigned", [6]int64{x, 0, 0, int64(bits)}, num.Wrap(x, bits, false)},
			cCall{"wrap_signed", [6]int64{x, 0, 0, int64(bits)}, num.Wrap(x, bits, true)})
		lo := spread(r, 20)
		hi := lo + r.Int63n(1000)
		y := spread(r, 24)
		calls = append(calls,
			cCall{"clamp", [6]int64{y, 0, 0, 0, lo, hi}, num.Clamp(y, lo, hi)},
			cCall{"clamp_32", [6]int64{y, 0, 0, 0, lo, hi}, num.Clamp(y, lo, hi)})
		w, drop := spread(r, 15), 1+r.Intn(31)
		calls = append(calls, cCall{"trunc_mul", [6]int64{w, y, 0, int64(drop)}, approx.Truncated(drop).Mul(w, y)})
	}
	return calls
}

// TestConformC runs the functions of mlpc_num.h against num, as C and as C++, optimized and under the undefined-behaviour sanitizer,
// with and without the floating-point unit.
func TestConformC(t *testing.T) {
	dir := t.TempDir()
	header, err := templates.FS.ReadFile("c/mlpc_num.h")
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"mlpc_num.h": string(header), "driver.c": cDriver, "driver.cc": cDriver} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	calls := cCalls(random(t))
	var in bytes.Buffer
	for _, c := range calls {
		for i, name := range cFunctions {
			if name == c.function {
				fmt.Fprint(&in, i)
			}
		}
		for _, a := range c.args {
			fmt.Fprintf(&in, " %d", a)
		}
		in.WriteByte('\n')
	}

	strict := []string{"-Wall", "-Wextra", "-Wconversion", "-Wsign-conversion", "-Wshadow", "-pedantic", "-Werror", "-I", dir}
	for _, build := range []struct {
		name, exe, source string
		flags             []string
	}{
		{"gcc", "gcc", "driver.c", []string{"-std=c99", "-O2"}},
		{"gcc without FPU", "gcc", "driver.c", []string{"-std=c99", "-O2", "-DMLPC_FPU=0"}},
		{"gcc small", "gcc", "driver.c", []string{"-std=c99", "-O2", "-DMLPC_SMALL=1"}},
		{"gcc sanitized", "gcc", "driver.c", []string{"-std=c99", "-O1", "-fsanitize=undefined", "-fno-sanitize-recover"}},
		{"g++", "g++", "driver.cc", []string{"-std=c++14", "-O2"}},
		{"clang", "clang", "driver.c", []string{"-std=c99", "-O2"}},
	} {
		t.Run(build.name, func(t *testing.T) {
			binary := filepath.Join(dir, strings.ReplaceAll(build.name, " ", "_"))
			args := append(append(build.flags, strict...), "-o", binary, filepath.Join(dir, build.source), "-lm")
			if out, err := exec.Command(tool(t, build.exe), args...).CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			cmd := exec.Command(binary)
			cmd.Stdin = bytes.NewReader(in.Bytes())
			var stderr bytes.Buffer
			cmd.Stderr = &stderr
			out, err := cmd.Output()
			if err != nil {
				t.Fatalf("%v\n%s", err, stderr.String())
			}
			lines := strings.Fields(string(out))
			if len(lines) != len(calls) {
				t.Fatalf("%d results for %d calls", len(lines), len(calls))
			}
			wrong := map[string]int{}
			for i, c := range calls {
				got, err := strconv.ParseInt(lines[i], 10, 64)
				if err != nil {
					t.Fatal(err)
				}
				if got != c.want {
					if wrong[c.function]++; wrong[c.function] <= 3 {
						t.Errorf("%s%v gives %d, num %d", c.function, c.args, got, c.want)
					}
				}
			}
		})
	}
}
