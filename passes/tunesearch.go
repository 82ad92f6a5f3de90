package passes

import (
	"math"

	"mlpc/ir"
)

// tuneSearch looks for the prices of a digit in each layer at which the circuit is smallest and the folds together stay within the
// bound. A price is what a digit may cost in mean square error, relative to the mean square of the row's result.
type tuneSearch struct {
	folds  []*tuner
	bound  float64
	taught bool      // the labels are the model's decisions
	price  []float64 // by layer
	bits   int       // at these prices
}

// run tries one price for all layers from the highest down, and then moves the price of one layer or of two against each other for as
// long as that makes the circuit smaller; found is false where no price stays within the bound.
func (s *tuneSearch) run() (found bool, err error) {
	n := len(s.folds[0].layers)
	s.price = make([]float64, n)
	for e := 0.0; e >= -20 && !found; e -= 0.5 {
		for i := range s.price {
			s.price[i] = math.Exp2(e)
		}
		if found, s.bits, err = s.within(s.price); err != nil {
			return false, err
		}
	}
	if !found || s.folds[0].weights() > tuneWeights {
		return found, nil
	}
	for _, step := range []float64{4, 2, math.Sqrt2, 1.2} {
		for up := range n {
			for down := range n + 1 { // n: no other layer
				if err := s.move(up, down, step); err != nil {
					return false, err
				}
			}
		}
	}
	return true, nil
}

// move raises the price of one layer and lowers that of another, where there is another, if that pays and stays within the bound.
func (s *tuneSearch) move(up, down int, step float64) error {
	if up == down {
		return nil
	}
	for range 4 {
		price := append([]float64(nil), s.price...)
		price[up] *= step
		if down < len(price) {
			price[down] /= step
		}
		ok, bits, err := s.within(price)
		if err != nil || !ok || bits >= s.bits {
			return err
		}
		s.price, s.bits = price, bits
	}
	return nil
}

// settle tunes g on all rows at the prices that were found, or at lower ones until the bound holds on these rows too.
func (s *tuneSearch) settle(t *tuner) (*ir.Graph, error) {
	s.folds = []*tuner{t}
	for {
		ok, _, err := s.within(s.price)
		if err != nil {
			return nil, err
		}
		if ok {
			best, _, err := t.build(s.price)
			return best, err
		}
		for i := range s.price {
			if s.price[i] /= 2; s.price[i] < leastPrice {
				return t.g, nil
			}
		}
	}
}

// leastPrice is a price at which nothing moves.
const leastPrice = 1e-12

// within tells whether the folds lose at most the bound at some prices, and the adder bits of both, about.
func (s *tuneSearch) within(price []float64) (ok bool, bits int, err error) {
	lost := 0.0
	for _, t := range s.folds {
		g, n, err := t.build(price)
		if err != nil {
			return false, 0, err
		}
		x, err := t.lost(g)
		if err != nil {
			return false, 0, err
		}
		lost += x / float64(len(s.folds))
		bits += n
	}
	return lost <= s.bound, bits, nil
}
