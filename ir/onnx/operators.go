package onnx

import (
	"cmp"
	"slices"
)

// Operator is one operator that the importer reads.
type Operator struct {
	Domain string // empty: the default domain
	Name   string
	Since  int // first version of the domain in whose form it is read
	Inputs int // at most; −1: any number
}

// Operators lists what the importer reads, by domain and name.
func Operators() []Operator {
	var out []Operator
	for _, t := range opTables {
		for k, r := range t {
			out = append(out, Operator{k.domain, k.op, int(r.since), r.most})
		}
	}
	slices.SortFunc(out, func(a, b Operator) int { return cmp.Or(cmp.Compare(a.Domain, b.Domain), cmp.Compare(a.Name, b.Name)) })
	return out
}

// NewestOpset is the newest version of the default domain that files may ask for.
func NewestOpset() int { return newestOpset }
