package onnx

import (
	"regexp"
	"slices"
	"strings"

	"mlpc/ir"
	"mlpc/ir/diag"
)

// equationText is what the ONNX specification of Einsum allows, without blanks: terms of letters with at most one ellipsis.
var equationText = regexp.MustCompile(strings.ReplaceAll(`^term(,term)*(->term)?$`, "term", `[A-Za-z]*(\.\.\.)?[A-Za-z]*`))

// labelled is a tensor with one letter for each axis.
type labelled struct {
	*value
	axes []rune
}

// lowerEinsum contracts its operands from left to right, each time as a matrix product.
func lowerEinsum(n *node) []*value {
	ops, out := n.equation()
	acc := n.collect(ops[0], n.neededLater(ops[1:], out))
	for i := 1; i < len(ops); i++ {
		later := n.neededLater(ops[i+1:], out)
		acc = n.contract(acc, n.collect(ops[i], append(slices.Clone(later), acc.axes...)), later)
	}
	acc = n.collect(acc, out)
	perm := make([]int, len(out))
	for i, l := range out {
		if perm[i] = slices.Index(acc.axes, l); perm[i] < 0 {
			n.refuse(diag.CodeAttribute, "label %q of the result does not occur", l)
		}
	}
	return one(n.permute(acc.value, perm))
}

// equation reads the attribute and labels the axes of each operand. An ellipsis gets labels of its own, aligned at the right.
func (n *node) equation() (ops []labelled, out []rune) {
	text := strings.ReplaceAll(n.str("equation", ""), " ", "")
	left, right, explicit := strings.Cut(text, "->")
	terms := strings.Split(left, ",")
	if len(terms) != len(n.in) || len(n.in) == 0 {
		n.refuse(diag.CodeAttribute, "equation %s has %d operands, the node %d inputs", quoted(text), len(terms), len(n.in))
	}
	if !equationText.MatchString(text) {
		n.refuse(diag.CodeAttribute, "equation %s is not made of letters, commas, ... and ->", quoted(text))
	}
	dots := 0
	count := map[rune]int{}
	for i, t := range terms {
		x := n.arg(i)
		named := strings.Replace(t, "...", "", 1)
		extra := x.rank() - len([]rune(named))
		if extra < 0 || extra > 0 && named == t {
			n.refuse(diag.CodeAttribute, "term %s does not fit shape %v", quoted(t), x.shape)
		}
		dots = max(dots, extra)
		axes := []rune(strings.Replace(t, "...", ellipsis(extra), 1))
		for k, l := range axes {
			if slices.Index(axes, l) != k {
				n.refuse(diag.CodeUnsupportedOp, "a label that occurs twice in one operand is not supported")
			}
			count[l]++
		}
		ops = append(ops, labelled{x, axes})
	}
	if explicit {
		out = []rune(strings.Replace(right, "...", ellipsis(dots), 1))
		for k, l := range out {
			if slices.Index(out, l) != k {
				n.refuse(diag.CodeAttribute, "the result of equation %s has one label twice", quoted(text))
			}
		}
		return ops, out
	}
	out = []rune(ellipsis(dots))
	var single []rune
	for l, c := range count {
		if c == 1 && l < dotLabel {
			single = append(single, l)
		}
	}
	slices.Sort(single)
	return ops, append(out, single...)
}

// dotLabel is the label of the last axis of an ellipsis; those before it follow.
const dotLabel = '\uE000'

// ellipsis gives the labels of an ellipsis of some axes.
func ellipsis(axes int) string {
	var b strings.Builder
	for i := axes - 1; i >= 0; i-- {
		b.WriteRune(rune(dotLabel + i))
	}
	return b.String()
}

// neededLater lists the labels of the operands still to come and of the result.
func (n *node) neededLater(rest []labelled, out []rune) []rune {
	l := slices.Clone(out)
	for _, r := range rest {
		l = append(l, r.axes...)
	}
	return l
}

// collect sums the axes whose labels nothing needs.
func (n *node) collect(x labelled, needed []rune) labelled {
	var axes []int
	var kept []rune
	for i, l := range x.axes {
		if slices.Contains(needed, l) {
			kept = append(kept, l)
		} else {
			axes = append(axes, i)
		}
	}
	return labelled{n.sum(x.value, axes, false), kept}
}

// contract multiplies two operands and sums over the labels that both have and nothing needs.
func (n *node) contract(a, b labelled, needed []rune) labelled {
	var lead, rows, inner, cols []rune
	for _, l := range a.axes {
		switch shared := slices.Contains(b.axes, l); {
		case !shared:
			rows = append(rows, l)
		case slices.Contains(needed, l):
			lead = append(lead, l)
		default:
			inner = append(inner, l)
		}
	}
	for _, l := range b.axes {
		if !slices.Contains(a.axes, l) {
			cols = append(cols, l)
		}
	}
	x := n.arrange(a, lead, rows, inner)
	y := n.arrange(b, lead, inner, cols)
	p := n.product(x.value, y.value)
	// Unfold rows and columns again.
	axes := slices.Concat(lead, x.mid, y.last)
	shape := slices.Concat(p.shape[:len(lead)], x.midShape, y.lastShape)
	batch := p.batch
	switch {
	case batch == len(lead)+1:
		batch = len(lead) + len(x.mid)
	case batch == len(lead):
		batch = len(lead)
	}
	return labelled{n.reshape(p, shape, batch), axes}
}

// arranged is an operand as a stack of matrices, with what its rows and columns were made of.
type arranged struct {
	*value
	mid, last           []rune
	midShape, lastShape []int
}

// arrange orders the axes as lead, mid, last and merges mid and last into one axis each; the batch goes first in its group.
func (n *node) arrange(x labelled, lead, mid, last []rune) arranged {
	first := func(g []rune) []rune {
		g = slices.Clone(g)
		slices.SortStableFunc(g, func(p, q rune) int {
			return btoi(slices.Index(x.axes, q) == x.batch) - btoi(slices.Index(x.axes, p) == x.batch)
		})
		return g
	}
	a := arranged{mid: first(mid), last: first(last)}
	var perm []int
	for _, l := range slices.Concat(lead, a.mid, a.last) {
		perm = append(perm, slices.Index(x.axes, l))
	}
	t := n.permute(x.value, perm)
	a.midShape = t.shape[len(lead) : len(lead)+len(mid)]
	a.lastShape = t.shape[len(lead)+len(mid):]
	shape := append(slices.Clone(t.shape[:len(lead)]), ir.Size(a.midShape), ir.Size(a.lastShape))
	batch := t.batch
	switch {
	case batch >= len(lead)+len(mid):
		batch = len(lead) + 1
	case batch >= len(lead):
		batch = len(lead)
	}
	a.value = n.reshape(t, shape, batch)
	return a
}
