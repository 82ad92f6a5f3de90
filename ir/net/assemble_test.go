package net

import (
	"math/rand/v2"
	"testing"
)

// TestThriftySums: cheap trees have fewer one-bit adders than the shallowest ones, and none is deeper than its thrift or its bound says.
func TestThriftySums(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	var spent [mostThrift + 1]int
	for range 200 {
		n := 2 + rng.IntN(20)
		terms, ports, weight := make([]term, n), make([]Port, n), int64(0)
		for i := range terms {
			terms[i] = term{int32(i), int8(rng.IntN(8)), rng.IntN(2) == 1}
			ports[i] = Port{0, 1<<(1+rng.IntN(8)) - 1, int32(rng.IntN(3))}
			weight += 1 << ports[i].Depth
		}
		least := int32(ceilLog2(int(weight)))
		for k := range thrift(mostThrift + 1) {
			p := planner{inputs: n, ports: append([]Port(nil), ports...), thrift: k, bound: int(least) + 1}
			r := p.sum(append([]term(nil), terms...))
			spent[k] += p.spent
			if d, most := p.ports[r.ID].Depth, least+min(1, max(0, int32(k)-1)); d > most {
				t.Fatalf("thrift %d: depth %d, at most %d expected", k, d, most)
			}
		}
	}
	for k := 1; k < len(spent); k++ {
		if spent[k] >= spent[0]*98/100 || spent[k] > spent[k-1] {
			t.Errorf("one-bit adders by thrift: %v", spent)
		}
	}
}
