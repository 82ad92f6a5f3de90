package testbench

import (
	"fmt"
	"slices"
	"strconv"
)

// stallSeed is the seed of the random stalls of Job.Stalls.
const stallSeed = 7

// withStalls runs a built simulation, seed "", and where the job asks for it once more with the seed of random stalls. The figures are
// those of the first run. So are the results, but where the second gives others, which then are wrong.
func withStalls(job Job, run func(seed string) ([]byte, error)) (Result, error) {
	r, err := ran(job, run, "")
	if err != nil || !job.Stalls {
		return r, err
	}
	stalled, err := ran(job, run, strconv.Itoa(stallSeed))
	if err != nil {
		return r, err
	}
	for i := range r.Out {
		if !slices.Equal(r.Out[i], stalled.Out[i]) {
			r.Out = stalled.Out
			break
		}
	}
	return r, nil
}

// ran is one run, which gives a result for each vector.
func ran(job Job, run func(seed string) ([]byte, error), seed string) (Result, error) {
	text, err := run(seed)
	if err != nil {
		return Result{}, err
	}
	r, err := ParseOutput(text)
	if err == nil && len(r.Out) != len(job.Vectors) {
		err = fmt.Errorf("the simulation gave %d results for %d vectors: %s", len(r.Out), len(job.Vectors), firstLines(string(text)))
	}
	return r, err
}
