package net

import (
	"slices"
	"time"

	"mlpc/ir"
)

// Work is a budget of the solver for constant matrices: pairs of digits and of terms that it may compare. It counts what is done and not the
// time that passes, so that the same budget gives the same circuit on every machine.
type Work int64

// workPerSecond is what one core does in a second, about: measured on whole compilations (BenchmarkWork counts the steps alone).
const workPerSecond = 18e6

// WorkOf is the budget that takes a duration of processor time, about.
func WorkOf(d time.Duration) Work { return Work(d.Seconds() * workPerSecond) }

// roundSize is the number of attempts that are made side by side before the budget is looked at again.
const roundSize = 8

// fewest is the number of kinds of attempts that a longer search goes on with: those that gave the cheapest plans.
const fewest = 4

// longer goes on from the plans of tries with more and more seeds of the best kinds, until the budget is used up. costs are those of the
// tries' plans, −1 where there is none.
func (s *solver) longer(tries []attempt, costs []int, best *Plan) *Plan {
	kinds := make([]int, 0, len(tries))
	for i := range tries {
		if costs[i] >= 0 && !tries[i].alone && tries[i].seed == 0 {
			kinds = append(kinds, i)
		}
	}
	if len(kinds) == 0 {
		return best
	}
	slices.SortStableFunc(kinds, func(i, j int) int { return costs[i] - costs[j] })
	kinds = kinds[:min(fewest, len(kinds))]
	least := s.p.cost(best)
	for left, n := s.p.Work, uint64(0); left > 0; {
		round := make([]attempt, roundSize)
		for i := range round {
			round[i] = tries[kinds[n%uint64(len(kinds))]]
			round[i].seed = mix(n + laterSeeds)
			n++
		}
		plans, costs, work := s.plans(round)
		for i, q := range plans {
			if q != nil && costs[i] < least {
				best, least = q, costs[i]
			}
		}
		left -= work
	}
	return best
}

// laterSeeds is where the seeds of a longer search begin, beyond those of seeded.
const laterSeeds = 1 << 32

// plans makes the plan of each attempt, with its cost and what all took together; nil and −1 where the depth bound is missed.
func (s *solver) plans(tries []attempt) ([]*Plan, []int, Work) {
	plans, costs, work := make([]*Plan, len(tries)), make([]int, len(tries)), make([]Work, len(tries))
	each(len(tries), func(i int) {
		costs[i] = -1
		tries[i].work = &work[i]
		if q := s.try(tries[i]); q != nil {
			plans[i], costs[i] = q, s.p.cost(q)
		}
	})
	all := Work(0)
	for _, w := range work {
		all += w + 1
	}
	return plans, costs, all
}

// share divides a budget among matrices by their signed digits.
type share int64 // digits of all dense layers

func newShare(g *ir.Graph, w Work) share {
	n := share(0)
	for _, v := range g.Values {
		if v.Op == ir.OpDense && w > 0 {
			n += share(digits([][]int64{v.Args[1].Const().Ints}))
		}
	}
	return n
}

// of is the part of a matrix.
func (s share) of(w [][]int64, all Work) Work {
	if s == 0 {
		return 0
	}
	return Work(float64(all) * min(1, float64(digits(w))/float64(s)))
}
