package net

// Effort says how long the solver for constant matrices may search: 0 is what compiling takes by default, each further step doubles
// the number of randomised attempts on each matrix that is small enough for them.
type Effort int

// attempt is one way to build a plan.
type attempt struct {
	transposed bool
	limit      int  // of decompose; −1: none
	centred    bool // of decompose
	first      int  // depth bound of the first factor; transposed: of the problem, its least depth being 1; 0: none
	weigh      weighing
	seed       uint64 // of the noise in the choice of pairs; 0: no noise
}

// Sizes, in canonic signed digits, up to which the solver searches widely, and up to which it tries more than one way.
const (
	wideSearch   = 6000
	narrowSearch = 30000
)

// attempts lists what Solve tries on the core of a problem, in rounds: a further round is for problems that the ones before it miss.
// A wide matrix is solved in the orientation with the fewer inputs, whose pairs are fewer.
func attempts(p *Problem, core [][]int64, e Effort) [][]attempt {
	n := digits(core)
	if n > narrowSearch {
		straight, turned := attempt{limit: -1}, attempt{limit: -1, transposed: true}
		if len(core) <= p.Outs {
			return [][]attempt{{straight}}
		}
		return [][]attempt{{turned}, {straight}}
	}
	tries := plain(p)
	if n > wideSearch {
		return [][]attempt{tries}
	}
	deepest := ceilLog2(len(core))
	for limit := range deepest + 1 {
		for _, centred := range []bool{false, true} {
			tries = append(tries, decomposed(p, limit, centred)...)
		}
	}
	seeds := (1 << e) * wideSearch / 4 / max(n, 1)
	return [][]attempt{append(tries, seeded(tries, min(seeds, 1<<e))...)}
}

// plain lists the attempts without decomposition.
func plain(p *Problem) []attempt {
	tries := []attempt{{limit: -1}, {limit: -1, transposed: true}}
	if p.Bound > 0 {
		tries = append(tries, attempt{limit: -1, weigh: byCount}, attempt{limit: -1, transposed: true, first: 1}, attempt{limit: -1, transposed: true, first: 2})
	}
	return tries
}

// decomposed lists the attempts with a spanning tree of the given depth. Under a bound the first factor gets a bound of its own.
func decomposed(p *Problem, limit int, centred bool) []attempt {
	if p.Bound == 0 {
		return []attempt{{limit: limit, centred: centred}, {limit: limit, centred: centred, transposed: true}}
	}
	var tries []attempt
	for first := max(1, p.Bound-4); first < p.Bound; first++ {
		tries = append(tries, attempt{limit: limit, centred: centred, first: first})
	}
	return tries
}

// seeded repeats attempts with noise.
func seeded(tries []attempt, seeds int) []attempt {
	var more []attempt
	for s := range seeds {
		for _, t := range tries {
			t.seed = mix(uint64(s + 1))
			more = append(more, t)
		}
	}
	return more
}

// adderWeight is what an adder counts beside its bits in the choice between plans: the overhead of routing and of a register's
// control that a wide adder and two narrow ones do not share.
const adderWeight = 24

// cost is what Solve minimises.
func cost(p *Plan, in []Port) int { return p.Bits(in) + adderWeight*len(p.Steps) }
