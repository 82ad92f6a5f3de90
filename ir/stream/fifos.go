package stream

import (
	"sort"

	"mlpc/ir"
)

// sizeFIFOs makes the network of a program with the smallest FIFOs at branches that keep it as fast as with unlimited ones.
//
// The nodes are determinate: what passes each stream does not depend on when it passes (Kahn, 1974), with full FIFOs as well (each is
// a stream of free places backwards). So a network that one simulation shows free of deadlock is so under any stalls.
func sizeFIFOs(p *ir.Program) *Network {
	n := build(p, nil)
	if !n.branches() {
		return n
	}
	depths, work := n.occupancy()
	if work*len(depths)*trials > mostWork {
		return build(p, depths)
	}
	goal, _ := n.Simulate()
	for i := range depths {
		fits := func(depth int) bool {
			trial := append([]int{}, depths...)
			trial[i] = depth
			t, ok := build(p, trial).Simulate()
			return ok && t.II <= goal.II && t.Latency <= goal.Latency
		}
		if fits(0) {
			depths[i] = 0
			continue
		}
		const least = 2
		depths[i] = least + sort.Search(depths[i]-least, func(d int) bool { return fits(least + d) })
	}
	return build(p, depths)
}

// The search for the smallest FIFOs simulates each about so many times, and is left out where it would step more nodes than mostWork (some
// seconds): the FIFOs then have the size of what they hold when they are unlimited.
const (
	trials   = 8
	mostWork = 100_000_000
)

// branches tells whether there is a FIFO of unlimited depth.
func (n *Network) branches() bool {
	for _, node := range n.Nodes {
		if node.Depth == unlimited {
			return true
		}
	}
	return false
}

// occupancy gives how many words the FIFOs of unlimited depth hold at most, and the number of nodes that the simulation stepped.
func (n *Network) occupancy() (most []int, steps int) {
	s := newSimulation(n)
	s.run(2 * n.Settle())
	for i, node := range n.Nodes {
		if node.Depth == unlimited {
			most = append(most, max(2, s.state[i].most))
		}
	}
	return most, s.cycle * len(n.Nodes)
}
