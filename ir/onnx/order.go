package onnx

import (
	"slices"

	"mlpc/ir/diag"
)

// sorted orders the nodes so that producers come before users, in file order otherwise, and leaves out those that no wanted name
// needs. Files need not be sorted.
func (sc *scope) sorted(wanted []string) ([]*nodeProto, bool) {
	s := &sorter{scope: sc, maker: map[string]int{}, state: make([]visit, len(sc.nodes))}
	ok := true
	for i, n := range sc.nodes {
		for _, o := range n.outputs {
			if o == "" {
				continue
			}
			if _, twice := s.maker[o]; twice || sc.has(o) {
				sc.diags.Addf(diag.CodeGraph, sc.place(n), "tensor %q is produced twice", o)
				ok = false
			}
			s.maker[o] = i
		}
	}
	for _, w := range wanted {
		ok = s.visit(w) && ok
	}
	return s.order, ok
}

// sorter walks from the outputs to the nodes that they need.
type sorter struct {
	*scope
	maker map[string]int // which node makes a tensor
	state []visit        // by node
	order []*nodeProto
}

// visit is how far a node has been walked.
type visit byte

const (
	unseen visit = iota
	open         // its inputs are being walked
	done
)

// visit walks depth first to the makers of a tensor, with a stack of its own, as chains may be long.
func (s *sorter) visit(name string) bool {
	i, made := s.maker[name]
	if !made {
		if !s.has(name) {
			s.diags.Addf(diag.CodeGraph, diag.Pos{File: s.file}, "tensor %q does not exist", name)
			return false
		}
		return true
	}
	if s.state[i] == done {
		return true
	}
	type frame struct {
		node  int
		needs []string // inputs still to walk
	}
	stack := []frame{{i, s.needs(i)}}
	s.state[i] = open
	for len(stack) > 0 {
		f := &stack[len(stack)-1]
		n := s.nodes[f.node]
		if len(f.needs) == 0 {
			s.state[f.node] = done
			s.order = append(s.order, n)
			stack = stack[:len(stack)-1]
			continue
		}
		in := f.needs[0]
		f.needs = f.needs[1:]
		j, made := s.maker[in]
		switch {
		case !made && in != "" && !s.has(in):
			s.diags.Addf(diag.CodeGraph, s.place(n), "input %q does not exist", in)
			return false
		case made && s.state[j] == open:
			s.diags.Addf(diag.CodeGraph, s.place(n), "the node depends on its own output")
			return false
		case made && s.state[j] == unseen:
			s.state[j] = open
			stack = append(stack, frame{j, s.needs(j)})
		}
	}
	return true
}

// needs gives the tensors that node i reads: its inputs, and those of this scope that its branches use.
func (s *sorter) needs(i int) []string {
	n := s.nodes[i]
	names := n.inputs
	for _, a := range n.attrs {
		if a.g != nil {
			names = slices.Concat(names, s.captured(a.g))
		}
	}
	return names
}

// captured lists what the nodes of a branch, and branches in it, read of this scope.
func (s *sorter) captured(g *graphProto) []string {
	var names []string
	use := func(name string) {
		if _, made := s.maker[name]; made {
			names = append(names, name)
		}
	}
	for _, n := range g.nodes {
		for _, in := range n.inputs {
			use(in)
		}
		for _, a := range n.attrs {
			if a.g != nil {
				names = append(names, s.captured(a.g)...)
			}
		}
	}
	for _, o := range g.outputs {
		use(o.name)
	}
	return names
}
