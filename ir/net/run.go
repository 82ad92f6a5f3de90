package net

import (
	"fmt"
	"runtime"
	"sync"

	"mlpc/ir/num"
)

// block is how many rows pass through the circuit together: enough to pay for the walk, few enough that live values stay in the cache.
const block = 128

// Run computes the outputs for rows of inputs: in holds rows·Inputs integers, row after row, and the result rows·len(Outs).
// Registers change when a result appears, not what it is, so Run ignores stages. An input outside its interval is an error.
func (c *Circuit) Run(in []int64) ([]int64, error) {
	if c.Inputs == 0 || len(in)%c.Inputs != 0 {
		return nil, fmt.Errorf("%d integers for rows of %d inputs", len(in), c.Inputs)
	}
	rows := len(in) / c.Inputs
	if err := c.checkInputs(in, rows); err != nil {
		return nil, err
	}
	out := make([]int64, rows*len(c.Outs))
	slots, count := c.slots()
	workers := min(runtime.GOMAXPROCS(0), (rows+block-1)/block)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Add(1)
		go func() {
			defer wg.Done()
			mem := make([]int64, count*block)
			for from := w * block; from < rows; from += workers * block {
				c.runBlock(slots, mem, in, out, from, min(from+block, rows))
			}
		}()
	}
	wg.Wait()
	return out, nil
}

func (c *Circuit) checkInputs(in []int64, rows int) error {
	for i := range c.Nodes {
		n := &c.Nodes[i]
		if n.Op != OpInput {
			continue
		}
		for r := range rows {
			if x := in[r*c.Inputs+int(n.Imm)]; x < n.Lo || x > n.Hi {
				return fmt.Errorf("row %d: input %d is %d, outside [%d, %d]", r, n.Imm, x, n.Lo, n.Hi)
			}
		}
	}
	return nil
}

// slots gives each node a place in memory that is free again after its last use, and the number of places.
func (c *Circuit) slots() (slot []int32, count int) {
	uses := c.Uses()
	slot = make([]int32, len(c.Nodes))
	var free []int32
	var buf [3]int32
	for i := range c.Nodes {
		args := c.Nodes[i].Args(buf[:])
		if len(free) == 0 {
			free = append(free, int32(count))
			count++
		}
		slot[i] = free[len(free)-1]
		free = free[:len(free)-1]
		for _, a := range args {
			if uses[a]--; uses[a] == 0 {
				free = append(free, slot[a])
			}
		}
		if uses[i] == 0 {
			free = append(free, slot[i])
		}
	}
	return slot, count
}

func (c *Circuit) runBlock(slot []int32, mem, in, out []int64, from, to int) {
	m := to - from
	at := func(i int32) []int64 { return mem[int(slot[i])*block:][:m] }
	for i := range c.Nodes {
		n := &c.Nodes[i]
		y := at(int32(i))
		switch ops[n.Op].args {
		case 0:
			c.runSource(n, y, in, from)
		case 1:
			c.runUnary(n, y, at(n.A))
		default:
			runBinary(n, y, at(n.A), at(n.B), at(n.C))
		}
	}
	for k, o := range c.Outs {
		for r, x := range at(o) {
			out[(from+r)*len(c.Outs)+k] = x
		}
	}
}

func (c *Circuit) runSource(n *Node, y, in []int64, from int) {
	for r := range y {
		if n.Op == OpConst {
			y[r] = n.Imm
		} else {
			y[r] = in[(from+r)*c.Inputs+int(n.Imm)]
		}
	}
}

func (c *Circuit) runUnary(n *Node, y, a []int64) {
	a = a[:len(y)]
	k := int(n.Shift)
	switch n.Op {
	case OpNeg:
		for r := range y {
			y[r] = -a[r]
		}
	case OpAddC:
		for r := range y {
			y[r] = a[r] + n.Imm
		}
	case OpShl:
		for r := range y {
			y[r] = a[r] << k
		}
	case OpShr:
		for r := range y {
			y[r] = a[r] >> k
		}
	case OpWrap:
		for r := range y {
			y[r] = num.Wrap(a[r], k, n.Imm == 1)
		}
	case OpClamp:
		for r := range y {
			y[r] = min(max(a[r], n.Lo), n.Hi)
		}
	case OpTable:
		t := &c.Tables[n.Imm]
		for r := range y {
			y[r] = t.Values[a[r]-t.Lo]
		}
	}
}

func runBinary(n *Node, y, a, b, s []int64) {
	a, b, s = a[:len(y)], b[:len(y)], s[:len(y)]
	k := n.Shift
	switch {
	case n.Op == OpAdd:
		for r := range y {
			y[r] = a[r] + b[r]<<k
		}
	case n.Op == OpSub && k < 0:
		for r := range y {
			y[r] = a[r]<<-k - b[r] + n.Imm
		}
	case n.Op == OpSub:
		for r := range y {
			y[r] = a[r] - b[r]<<k + n.Imm
		}
	case n.Op == OpMul:
		for r := range y {
			y[r] = a[r] * b[r]
		}
	case n.Op == OpMax:
		for r := range y {
			y[r] = max(a[r], b[r])
		}
	case n.Op == OpMin:
		for r := range y {
			y[r] = min(a[r], b[r])
		}
	case n.Op == OpLess:
		for r := range y {
			y[r] = bit(a[r] < b[r])
		}
	case n.Op == OpEqual:
		for r := range y {
			y[r] = bit(a[r] == b[r])
		}
	case n.Op == OpMux:
		for r := range y {
			y[r] = b[r]
			if s[r] != 0 {
				y[r] = a[r]
			}
		}
	}
}
