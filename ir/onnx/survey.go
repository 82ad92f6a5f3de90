package onnx

import (
	"cmp"
	"os"
	"slices"
)

// Use is an operator that a file uses.
type Use struct {
	Name  string // with its domain where that is not the default one
	Count int    // nodes, with those in branches, loops and functions
	Known bool   // the importer has a lowering for it
	Why   string // why not, where it is left out on purpose
}

// Survey lists the operators of a file, those that are not read first. It says what a model needs where Import refuses it.
func Survey(path string) ([]Use, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	p, err := decodeModel(data)
	if err != nil || p.graph == nil {
		return nil, err
	}
	m := &importer{functions: map[opKey]*functionProto{}}
	for _, f := range p.functions {
		m.functions[opKey{f.domain, f.name}] = f
	}
	s := &survey{scope: &scope{importer: m}, uses: map[string]*Use{}}
	s.nodes(p.graph.nodes)
	for _, f := range p.functions {
		s.nodes(f.nodes)
	}
	var list []Use
	for _, u := range s.uses {
		list = append(list, *u)
	}
	slices.SortFunc(list, func(a, b Use) int {
		return cmp.Or(btoi(a.Known)-btoi(b.Known), cmp.Compare(a.Name, b.Name))
	})
	return list, nil
}

// survey counts operators.
type survey struct {
	*scope
	uses map[string]*Use
}

func (s *survey) nodes(list []*nodeProto) {
	for _, n := range list {
		name := n.op
		if n.domain != "" && n.domain != "ai.onnx" {
			name = n.domain + "." + n.op
		}
		u := s.uses[name]
		if u == nil {
			_, call := s.function(n)
			u = &Use{Name: name, Known: call || s.control(n) != nil || s.row(n) != nil}
			if !u.Known {
				u.Why = refused[n.op].why
			}
			s.uses[name] = u
		}
		u.Count++
		for _, a := range n.attrs {
			if a.g != nil {
				s.nodes(a.g.nodes)
			}
		}
	}
}
