package net

import (
	"fmt"
	"math/bits"
)

// Pipeline puts registers into the circuit so that no path between two ranks of registers is longer than levels (see Delay), save
// a single node that is longer by itself. The logic of stage s stands between ranks s and s + 1; rank 0 is the input port, which
// is no register, and the last rank is the output. Among the cuts with as few stages the one with the shortest paths is taken, and
// then nodes move between stages where that saves registers.
func (c *Circuit) Pipeline(levels int) error {
	if levels < 1 {
		return fmt.Errorf("%d levels of logic a stage; 1 is the least", levels)
	}
	stages := c.cut(levels, nil)
	for levels > 1 && c.cut(levels-1, nil) == stages {
		levels--
	}
	c.assign(levels, stages)
	return nil
}

// PipelineStages is Pipeline with a bound on the ranks of registers instead of one on the paths: the paths are as short as it allows.
func (c *Circuit) PipelineStages(stages int) error {
	if stages < 1 {
		return fmt.Errorf("%d stages; 1 is the least", stages)
	}
	lo, hi := 1, max(1, c.Depth())
	for lo < hi {
		if mid := (lo + hi) / 2; c.cut(mid, nil) <= stages {
			hi = mid
		} else {
			lo = mid + 1
		}
	}
	c.assign(lo, c.cut(lo, nil))
	return nil
}

// cut gives the number of stages that are needed when every node stands as early as it can; it writes to done how many levels
// after the inputs each node's result is there.
func (c *Circuit) cut(levels int, done []int32) int {
	if done == nil {
		done = make([]int32, len(c.Nodes))
	}
	l, last := int32(levels), int32(0)
	var buf [3]int32
	for i := range c.Nodes {
		n := &c.Nodes[i]
		t := int32(0)
		for _, a := range n.Args(buf[:]) {
			t = max(t, done[a])
		}
		d := c.span(int32(i), l)
		if d > 0 && t/l != (t+d-1)/l { // it would cross the end of a stage
			t = (t/l + 1) * l
		}
		done[i] = t + d
		last = max(last, stageOf(done[i], l))
	}
	return int(last) + 1
}

// span is the delay of a node, at most a whole stage.
func (c *Circuit) span(i, levels int32) int32 { return min(int32(c.Delay(&c.Nodes[i])), levels) }

// stageOf is the stage in which a result appears that is there done levels after the inputs.
func stageOf(done, levels int32) int32 { return max(0, done-1) / levels }

// assign sets the stages.
func (c *Circuit) assign(levels, stages int) {
	c.Stages = stages
	r := &retimer{c: c, l: int32(levels), done: make([]int32, len(c.Nodes)), end: int32(levels * stages)}
	c.cut(levels, r.done)
	r.users()
	for _, set := range c.LiveBits() {
		r.bits = append(r.bits, int64(bits.OnesCount64(set)))
	}
	for range 8 {
		if !r.sweep() {
			break
		}
	}
	for i := range c.Nodes {
		c.Nodes[i].Stage = stageOf(r.done[i], r.l)
		if c.Nodes[i].Op == OpConst {
			c.Nodes[i].Stage = 0
		}
	}
}

// retimer moves nodes to later stages where that saves registers.
type retimer struct {
	c    *Circuit
	l    int32     // levels of a stage
	end  int32     // levels from the inputs to the last rank
	done []int32   // levels from the inputs to each node's result
	use  [][]int32 // nodes that read each node
	bits []int64   // live bits of each node: what a register of it needs
	out  []bool    // read by the last rank
}

func (r *retimer) users() {
	r.use = make([][]int32, len(r.c.Nodes))
	r.out = make([]bool, len(r.c.Nodes))
	var buf [3]int32
	for i := range r.c.Nodes {
		for _, a := range r.c.Nodes[i].Args(buf[:]) {
			r.use[a] = append(r.use[a], int32(i))
		}
	}
	for _, o := range r.c.Outs {
		r.out[o] = true
	}
}

// lastUse is the last stage that reads node i, users equal to skip left out; the last rank counts as a stage of its own.
func (r *retimer) lastUse(i, skip int32) int32 {
	if r.out[i] {
		return r.end / r.l
	}
	last := int32(-1)
	for _, u := range r.use[i] {
		if u != skip {
			last = max(last, stageOf(r.done[u], r.l))
		}
	}
	return last
}

// sweep walks from the outputs to the inputs and moves each node to the stage with the fewest registers that its users allow.
func (r *retimer) sweep() bool {
	moved := false
	for i := int32(len(r.c.Nodes)) - 1; i >= 0; i-- {
		n := &r.c.Nodes[i]
		if n.Op == OpConst || n.Op == OpInput {
			continue
		}
		latest := r.latest(i)
		if latest <= r.done[i] {
			continue
		}
		if to := r.best(i, latest); to != r.done[i] {
			moved = moved || stageOf(to, r.l) != stageOf(r.done[i], r.l)
			r.done[i] = to
		}
	}
	return moved
}

// latest is how late node i's result may be there for its users, without the node crossing the end of a stage.
func (r *retimer) latest(i int32) int32 {
	t := r.end
	for _, u := range r.use[i] {
		t = min(t, r.done[u]-r.c.span(u, r.l))
	}
	return r.inside(i, t)
}

// inside gives the latest result up to t for which node i does not cross the end of a stage.
func (r *retimer) inside(i, t int32) int32 {
	if d := r.c.span(i, r.l); d > 0 && (t-1)/r.l != (t-d)/r.l {
		t = t / r.l * r.l
	}
	return t
}

// best gives the result time between the present one and latest that needs the fewest registers; equals go to the later one,
// which leaves the arguments more room.
func (r *retimer) best(i, latest int32) int32 {
	n := &r.c.Nodes[i]
	var buf [3]int32
	args := n.Args(buf[:])
	from := stageOf(r.done[i], r.l)
	best, gain := r.done[i], int64(0)
	for s := from; s <= stageOf(latest, r.l); s++ {
		g := int64(s-from) * r.bits[i]
		for k, a := range args {
			if r.c.Nodes[a].Op == OpConst || k > 0 && args[0] == a {
				continue
			}
			if other := max(r.lastUse(a, i), from); s > other {
				g -= int64(s-other) * r.bits[a]
			}
		}
		if g >= gain {
			gain, best = g, max(min(latest, (s+1)*r.l), best)
		}
	}
	return best
}

// Registers is the number of flip-flops of the pipeline's data.
func (c *Circuit) Registers() int {
	n := 0
	for _, k := range c.FlipFlops() {
		n += k
	}
	return n
}

// LastUse gives for each node the last stage that reads it; outputs are read by the last rank, whose number is Stages.
func (c *Circuit) LastUse() []int32 {
	last := make([]int32, len(c.Nodes))
	var buf [3]int32
	for i := range c.Nodes {
		for _, a := range c.Nodes[i].Args(buf[:]) {
			last[a] = max(last[a], c.Nodes[i].Stage)
		}
	}
	for _, o := range c.Outs {
		last[o] = int32(c.Stages)
	}
	return last
}

// RegisterInputs puts one more rank of registers right behind the inputs.
func (c *Circuit) RegisterInputs() {
	c.Stages++
	for i := range c.Nodes {
		if n := &c.Nodes[i]; n.Op != OpInput && n.Op != OpConst {
			n.Stage++
		}
	}
}
