package passes

import (
	"math"

	"mlpc/ir"
)

// tuneSearch looks for the highest price of a one-bit adder at which the folds together stay within the bound. A price is what an adder
// saved may cost in the units of scores.divergence; without sensitivities, relative to the mean square of a row's result.
type tuneSearch struct {
	folds []*tuner
	bound float64
	price float64
}

// tuneTrust is the part of the bound that the search may use: what it measures is an estimate, and the search chose by it.
const tuneTrust = 0.75

// The logarithms of the lowest and the highest price that are tried.
const (
	lowestPrice  = -36
	highestPrice = 4
)

// run raises the price from one that moves nothing in ever smaller steps; found is false where no price stays within the bound.
func (s *tuneSearch) run() (found bool, err error) {
	e := float64(lowestPrice)
	for _, step := range []float64{4, 1, 0.25} {
		for e+step <= 4 {
			ok, err := s.within(math.Exp2(e + step))
			if err != nil {
				return false, err
			}
			if !ok {
				break
			}
			e += step
			found = true
		}
	}
	s.price = math.Exp2(e)
	return found, nil
}

// settle tunes on all rows at the price that was found, or at lower ones until the bound holds on these rows too.
func (s *tuneSearch) settle(t *tuner) (*ir.Graph, error) {
	s.folds = []*tuner{t}
	for {
		ok, err := s.within(s.price)
		if err != nil {
			return nil, err
		}
		if ok {
			return t.build(s.price)
		}
		if s.price /= math.Sqrt2; s.price < math.Exp2(lowestPrice) {
			return nil, nil
		}
	}
}

// within tells whether the folds lose at most the bound at a price.
func (s *tuneSearch) within(price float64) (ok bool, err error) {
	lost := 0.0
	for _, t := range s.folds {
		g, err := t.build(price)
		if err != nil {
			return false, err
		}
		x, err := t.lost(g)
		if err != nil {
			return false, err
		}
		lost += x / float64(len(s.folds))
	}
	return lost <= s.bound, nil
}
