package net

import (
	"math/bits"
	"slices"
)

// maxLeafBits is the number of inputs of a look-up table.
const maxLeafBits = 6

// maxCuts is how many cuts are kept of a node.
const maxCuts = 10

// leaf is some bits of a node.
type leaf struct {
	node int32
	bits uint64
}

// cut is a set of leaves, in order of their nodes, that the live bits of a node are a function of.
type cut []leaf

// size is the number of bits of a cut.
func (k cut) size() int {
	n := 0
	for _, l := range k {
		n += bits.OnesCount64(l.bits)
	}
	return n
}

// union gives the leaves of both cuts; nil where they are more bits than a look-up table has inputs.
func (k cut) union(o cut) cut {
	u := make(cut, 0, len(k)+len(o))
	for len(k) > 0 && len(o) > 0 {
		switch {
		case k[0].node < o[0].node:
			u, k = append(u, k[0]), k[1:]
		case k[0].node > o[0].node:
			u, o = append(u, o[0]), o[1:]
		default:
			u = append(u, leaf{k[0].node, k[0].bits | o[0].bits})
			k, o = k[1:], o[1:]
		}
	}
	u = append(append(u, k...), o...)
	if u.size() > maxLeafBits {
		return nil
	}
	return u
}

// arguments gives the bits of each argument that the given bits of a node depend on, an argument once.
func (c *Circuit) arguments(n *Node, set uint64) []leaf {
	var args []leaf
	c.reads(n, set, func(a int32, s uint64) {
		if s = c.inside(a, s); s == 0 {
			return
		}
		if i := slices.IndexFunc(args, func(l leaf) bool { return l.node == a }); i >= 0 {
			args[i].bits |= s
		} else {
			args = append(args, leaf{a, s})
		}
	})
	return args
}

// cuts lists cuts of some bits of a node: the bits themselves, which have to be of a node that is logic or an input, and the cuts that
// were found for that node.
func (p *packer) cuts(l leaf) []cut {
	n := &p.c.Nodes[l.node]
	switch {
	case n.Op == OpConst:
		return []cut{{}}
	case n.Op != OpInput && p.c.isWire(n):
		return p.product(p.c.arguments(n, l.bits))
	case bits.OnesCount64(l.bits) > maxLeafBits:
		return p.of[l.node]
	}
	return append([]cut{{l}}, p.of[l.node]...)
}

// product combines cuts of several arguments.
func (p *packer) product(args []leaf) []cut {
	all := []cut{{}}
	for _, a := range args {
		var next []cut
		for _, k := range p.cuts(a) {
			for _, o := range all {
				if u := k.union(o); u != nil {
					next = append(next, u)
				}
			}
		}
		if all = p.fewest(next); len(all) == 0 {
			return nil
		}
	}
	return all
}

// fewest keeps the cuts whose leaves cost least, each once.
func (p *packer) fewest(cuts []cut) []cut {
	slices.SortStableFunc(cuts, func(x, y cut) int {
		if a, b := p.flowOf(x), p.flowOf(y); a != b {
			if a < b {
				return -1
			}
			return 1
		}
		if d := x.size() - y.size(); d != 0 {
			return d
		}
		return slices.CompareFunc(x, y, func(a, b leaf) int { return int(a.node - b.node) })
	})
	cuts = slices.CompactFunc(cuts, func(x, y cut) bool { return slices.Equal(x, y) })
	return cuts[:min(len(cuts), maxCuts)]
}

// flowOf is the sum of what the leaves of a cut cost.
func (p *packer) flowOf(k cut) float64 {
	f := 0.0
	for _, l := range k {
		f += p.flow[l.node]
	}
	return f
}
