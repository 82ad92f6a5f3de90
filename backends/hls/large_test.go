package hls

import (
	"context"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"mlpc/backends"
	"mlpc/backends/backendtest"
	"mlpc/testbench"
)

// TestLargeLayers emits, builds and runs layers that fully unrolled designs die of.
func TestLargeLayers(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a layer of a million weights")
	}
	for _, c := range []struct {
		in, out, pe, simd int
		io                string
	}{{512, 512, 8, 16, "io_parallel"}, {4096, 256, 16, 16, "io_stream"}} {
		in := backendtest.Input(t, folded(backendtest.MLP(3, false, c.in, c.out), c.pe, c.simd), 20)
		in.Options["io"] = c.io
		start := time.Now()
		backendtest.Compare(t, Backend, testbench.GPP, in)
		t.Logf("%d×%d %s: %v", c.in, c.out, c.io, time.Since(start).Round(time.Millisecond))
	}
}

var factor = regexp.MustCompile(`factor=(\d+)`)

// TestNoUnrollBeyondFolding reads every directive of the sources: partition factors are within PE and SIMD, and what is partitioned
// completely or unrolled has a bound of PE, SIMD, lanes, a bit width or k, all of which the schedule or the types fix.
func TestNoUnrollBeyondFolding(t *testing.T) {
	in := backendtest.Input(t, folded(backendtest.MLP(3, true, 100, 50, 10), 5, 4), 2)
	for _, io := range []string{"io_parallel", "io_stream"} {
		in.Options["io"] = io
		files, err := Emit(in)
		if err != nil {
			t.Fatal(err)
		}
		checkDirectives(t, files)
	}
}

func checkDirectives(t *testing.T, files backends.Files) {
	t.Helper()
	bounded := regexp.MustCompile(`(< (CONFIG::(pe|simd|lanes|k|data_bits)|(data|res)_T::size|lanes|weight_bits|63)\b|width > 0)`)
	for name, text := range files {
		if !strings.HasPrefix(name, "firmware/") {
			continue
		}
		lines := strings.Split(string(text), "\n")
		for i, line := range lines {
			if m := factor.FindStringSubmatch(line); m != nil {
				if n, _ := strconv.Atoi(m[1]); n > 5 {
					t.Errorf("%s:%d: factor above the folding: %s", name, i+1, line)
				}
			}
			if strings.Contains(line, "NNET_HLS(UNROLL)") && !bounded.MatchString(lines[i-1]) {
				t.Errorf("%s:%d: unrolled without bound: %s", name, i+1, lines[i-1])
			}
		}
	}
}

// TestOptimised builds with more optimisation than the runner, since the compiler's warnings differ.
func TestOptimised(t *testing.T) {
	if testing.Short() {
		t.Skip("builds two designs")
	}
	for _, io := range []string{"io_parallel", "io_stream"} {
		runner := *testbench.GPP
		runner.Run = func(ctx context.Context, job testbench.Job) (testbench.Result, error) {
			return testbench.HLSRun(ctx, job, "-O3")
		}
		in := backendtest.Input(t, folded(backendtest.MLP(4, true, 30, 12, 10), 1, 7), 20)
		in.Options["io"] = io
		backendtest.Compare(t, Backend, &runner, in)
	}
}
