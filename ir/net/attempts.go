package net

// Effort says how long the solver for constant matrices may search: 0 is what compiling takes by default, each further step doubles
// the number of randomised attempts on each matrix that is small enough for them.
type Effort int

// attempt is one way to build a plan.
type attempt struct {
	alone      bool // every output has a tree of its own
	transposed bool
	limit      int  // of decompose; −1: none
	centred    bool // of decompose
	first      int  // depth bound of the first factor; transposed: of the problem, its least depth being 1; 0: none
	weigh      weighing
	thrift     thrift // sums are made with every thrift up to this one
	seed       uint64 // of the noise in the choice of pairs; 0: no noise
	work       *Work  // what it takes is added to it; nil: not counted
}

func (t *attempt) spend(w Work) {
	if t.work != nil {
		*t.work += w
	}
}

// Sizes, in canonic signed digits, up to which the solver searches widely, and up to which it tries more than one way.
const (
	wideSearch   = 6000 // three times as much without a bound, where there are fewer ways
	narrowSearch = 30000
)

// attempts lists what Solve tries on the core of a problem, in rounds: a further round is for problems that the ones before it miss.
// A wide matrix is solved in the orientation with the fewer inputs, whose pairs are fewer.
func attempts(p *Problem, core [][]int64, e Effort) [][]attempt {
	if p.Alone {
		return [][]attempt{{{limit: -1, alone: true}}}
	}
	n := digits(core)
	if n > narrowSearch {
		straight, turned := attempt{limit: -1}, attempt{limit: -1, transposed: true}
		if len(core) <= p.Outs {
			return [][]attempt{{straight}}
		}
		return [][]attempt{{turned}, {straight}}
	}
	tries := plain(p)
	tries = append(tries, seeded(tries, min(3, 8000/max(n, 1))<<e)...)
	if n > wideSearch && (p.Bound > 0 || n > 3*wideSearch) {
		return [][]attempt{tries}
	}
	var trees []attempt
	sides := []bool{false}
	if p.Bound == 0 {
		sides = append(sides, true)
	}
	for _, transposed := range sides {
		for _, centred := range []bool{false, true} {
			if alike(p, core, transposed, centred) {
				trees = append(trees, decomposed(p, ceilLog2(len(core)), transposed, centred)...)
			}
		}
	}
	trees = append(trees, seeded(trees, min(1, wideSearch/4/max(n, 1))<<e)...)
	return [][]attempt{append(tries, trees...)}
}

// plain lists the attempts without decomposition.
func plain(p *Problem) []attempt {
	tries := []attempt{{limit: -1}, {limit: -1, transposed: true}, {limit: -1, weigh: byCount}}
	if p.Bound > 0 {
		tries = append(tries, attempt{limit: -1, transposed: true, first: 1}, attempt{limit: -1, transposed: true, first: 2})
	}
	return append(tries, attempt{limit: -1, alone: true})
}

// treeGain is the length of a spanning tree, relative to the digits of the matrix, up to which it is worth a try; under a bound, where
// a try is many, up to treeGainBounded.
const (
	treeGain        = 0.94
	treeGainBounded = 0.9
)

// alike tells whether the columns of a matrix are near enough to each other for a decomposition.
func alike(p *Problem, core [][]int64, transposed, centred bool) bool {
	gain, outs := treeGain, p.Outs
	if p.Bound > 0 {
		gain = treeGainBounded
	}
	if transposed {
		core, outs = turn(core, outs), len(core)
	}
	n := digits(core)
	if centred {
		core, outs = withCentre(core), outs+1
	}
	return float64(spanningTree(core, outs, maxTree).length(core)) <= gain*float64(n)
}

// maxTree is a depth limit that binds no tree.
const maxTree = 20

// decomposed lists the attempts with spanning trees of every depth up to the deepest. Under a bound the first factor gets a bound of
// its own.
func decomposed(p *Problem, deepest int, transposed, centred bool) []attempt {
	var tries []attempt
	for limit := range deepest + 1 {
		if p.Bound == 0 {
			tries = append(tries, attempt{limit: limit, centred: centred, transposed: transposed})
			continue
		}
		for first := max(1, p.Bound-4); first < p.Bound; first++ {
			tries = append(tries, attempt{limit: limit, centred: centred, first: first})
		}
	}
	return tries
}

// seeded repeats attempts with noise.
func seeded(tries []attempt, seeds int) []attempt {
	var more []attempt
	for s := range seeds {
		for _, t := range tries {
			if t.seed = mix(uint64(s + 1)); !t.alone {
				more = append(more, t)
			}
		}
	}
	return more
}
