package testbench

import (
	"fmt"
	"strings"
	"testing"
)

// TestWithStalls gives both runs of a simulation results of its own: what only the stalled run gets wrong is not lost.
func TestWithStalls(t *testing.T) {
	const plain, seeded = "1\n2\n# latency 5\n# ii 3\n", "1\n%d\n"
	run := func(second int) func(string) ([]byte, error) {
		return func(seed string) ([]byte, error) {
			if seed == "" {
				return []byte(plain), nil
			}
			return fmt.Appendf(nil, seeded, second), nil
		}
	}
	job := Job{Vectors: [][]int64{{0}, {0}}, Stalls: true}
	for _, second := range []int{2, 9} {
		r, err := withStalls(job, run(second))
		if err != nil || r.Out[1][0] != int64(second) || r.Latency != 5 || r.II != 3 {
			t.Errorf("second run gives %d: %+v, %v", second, r, err)
		}
	}
	job.Stalls = false
	if r, err := withStalls(job, run(9)); err != nil || r.Out[1][0] != 2 {
		t.Errorf("without stalls: %+v, %v", r, err)
	}
	job.Vectors = append(job.Vectors, []int64{0})
	if _, err := withStalls(job, run(2)); err == nil || !strings.Contains(err.Error(), "2 results for 3 vectors") {
		t.Errorf("a result is missing: %v", err)
	}
}
