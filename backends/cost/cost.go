// Package cost predicts the instructions that emitted C executes, by linear models of the kernels of dense layers. A model's terms count
// how often each loop of its kernel runs; their coefficients were fitted to what QEMU counted (Fit) and lie in a CSV file beside the
// backend.
package cost

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Layer is a dense layer: Batch times Rows sums of Columns products. Form names what the kernel does with the sums of a group of rows, where
// there are several ways. Relu: results below zero become zero.
type Layer struct {
	Kernel, Form         string
	Rows, Columns, Batch int
	Relu                 bool
	Once                 bool // the only layer of its kernel: the compiler knows its rows and columns
	// Sparse layers have some blocks of columns in some groups of rows: Blocks in all, in Used groups.
	Sparse       bool
	Blocks, Used int
	Copied       int // results that come out of a kernel with others that are none, and are copied
}

// Loops is how a kernel steps: rows at a time, the rows that are left one by one; columns in blocks of falling size. Where the last is not 1,
// the columns that are left take a block, which lanes are masked out of. Inputs: a
// layer begins by going over its inputs in the same blocks. Once: the compiler makes other loops for layers that it knows, and has none where
// one group or one block is all there is.
type Loops struct {
	Rows    int
	Columns []int
	Inputs  bool
	Once    bool
}

// What stands behind Loops with Inputs, and with Once.
const (
	inputsMark = " inputs"
	onceMark   = " once"
)

// String gives "4x8,1", or "4x8,1 inputs once".
func (l Loops) String() string {
	parts := make([]string, len(l.Columns))
	for i, c := range l.Columns {
		parts[i] = strconv.Itoa(c)
	}
	mark := ""
	if l.Inputs {
		mark = inputsMark
	}
	if l.Once {
		mark += onceMark
	}
	return fmt.Sprintf("%dx%s%s", l.Rows, strings.Join(parts, ","), mark)
}

// parseLoops reads what String gives.
func parseLoops(s string) (Loops, error) {
	text, once := strings.CutSuffix(s, onceMark)
	text, inputs := strings.CutSuffix(text, inputsMark)
	rows, columns, ok := strings.Cut(text, "x")
	n, err := strconv.Atoi(rows)
	l := Loops{Rows: n, Inputs: inputs, Once: once}
	for c := range strings.SplitSeq(columns, ",") {
		k, e := strconv.Atoi(c)
		err = cmp.Or(err, e)
		l.Columns = append(l.Columns, k)
		ok = ok && k > 0
	}
	if !ok || err != nil || n < 1 {
		return l, fmt.Errorf("loops %q", s)
	}
	return l, nil
}

// terms counts how often each loop runs in one layer, by the loop's name.
func (l Loops) terms(x Layer) map[string]float64 {
	t := map[string]float64{strings.TrimSpace("layer " + x.Form): 1}
	groups := x.Rows / l.Rows
	once := ""
	if l.Once && x.Once {
		once = "once "
		l.known(t, x, groups)
	}
	if l.Inputs {
		l.blocks(t, once, x.Columns, 1)
	}
	if x.Sparse {
		add(t, "block", x.Blocks)
		add(t, "group empty", groups-x.Used)
		groups = x.Used
	}
	add(t, strings.TrimSpace("group "+x.Form), groups)
	add(t, strings.TrimSpace("row "+x.Form), x.Rows%l.Rows)
	add(t, "any row", min(x.Rows%l.Rows, 1))
	if x.Form == "" { // in other kernels the last group is whole, and there always is one
		add(t, "any group", min(groups, 1))
	}
	add(t, "copied", x.Copied)
	add(t, "any copied", min(x.Copied, 1))
	if x.Relu {
		add(t, "group relu", groups)
		add(t, "row relu", x.Rows%l.Rows)
	}
	if !x.Sparse {
		l.blocks(t, once+"group ", x.Columns, groups)
		l.blocks(t, once+"row ", x.Columns, x.Rows%l.Rows)
	}
	for name := range t {
		t[name] *= float64(max(1, x.Batch))
	}
	return t
}

// known counts what is otherwise where the compiler knows a layer: there is one group, or a part of one, or one block, or some columns are left.
func (l Loops) known(t map[string]float64, x Layer, groups int) {
	switch {
	case x.Copied > 0:
		add(t, "part "+x.Form, 1)
	case groups == 1:
		add(t, "alone "+x.Form, 1)
	}
	block := l.Columns[max(0, len(l.Columns)-2)]
	switch {
	case x.Columns <= block:
		add(t, "short "+x.Form, groups)
	case x.Columns%block != 0:
		add(t, "rest "+x.Form, groups)
	}
}

// add counts n more of a loop, unless it does not run.
func add(t map[string]float64, name string, n int) {
	if n != 0 {
		t[name] += float64(n)
	}
}

// blocks counts the blocks of each size that columns are divided into, and whether there are any, for n rounds.
func (l Loops) blocks(t map[string]float64, what string, columns, n int) {
	for i, c := range l.Columns {
		if i == len(l.Columns)-1 {
			columns = (columns + c - 1) / c * c
		}
		add(t, fmt.Sprintf("%sblock %d", what, c), n*(columns/c))
		add(t, fmt.Sprintf("%sany block %d", what, c), n*min(columns/c, 1))
		columns %= c
	}
}

// kernel is the model of one kernel on one core.
type kernel struct {
	loops Loops
	of    map[string]float64 // instructions of each term; "program" comes once
}

type key struct{ kernel, core string }

// Model predicts instructions.
type Model struct{ kernels map[key]*kernel }

// Read reads the table that Write gives: kernel, core, loops, term and instructions.
func Read(table string) (*Model, error) {
	m := &Model{map[key]*kernel{}}
	rows, err := csv.NewReader(strings.NewReader(table)).ReadAll()
	if err != nil {
		return nil, err
	}
	for i, r := range rows[min(1, len(rows)):] {
		loops, err1 := parseLoops(r[2])
		x, err2 := strconv.ParseFloat(r[4], 64)
		if err := cmp.Or(err1, err2); err != nil {
			return nil, fmt.Errorf("line %d: %w", i+2, err)
		}
		k := key{r[0], r[1]}
		if m.kernels[k] == nil {
			m.kernels[k] = &kernel{loops, map[string]float64{}}
		}
		m.kernels[k].of[r[3]] = x
	}
	return m, nil
}

// With gives a model of the kernels of both; other may be nil.
func (m *Model) With(other *Model) *Model {
	if other == nil {
		return m
	}
	both := &Model{maps.Clone(m.kernels)}
	maps.Copy(both.kernels, other.kernels)
	return both
}

// MustRead is Read of a table that is part of the program.
func MustRead(table string) *Model {
	m, err := Read(table)
	if err != nil {
		panic("cost: " + err.Error())
	}
	return m
}

// Write gives the table, sorted.
func (m *Model) Write() string {
	var b strings.Builder
	b.WriteString("kernel,core,loops,term,instructions\n")
	keys := make([]key, 0, len(m.kernels))
	for k := range m.kernels {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b key) int { return cmp.Or(cmp.Compare(a.kernel, b.kernel), cmp.Compare(a.core, b.core)) })
	for _, k := range keys {
		one := m.kernels[k]
		var names []string
		for name := range one.of {
			names = append(names, name)
		}
		slices.Sort(names)
		for _, name := range names {
			fmt.Fprintf(&b, "%s,%s,\"%s\",%s,%s\n", k.kernel, k.core, one.loops, name, strconv.FormatFloat(one.of[name], 'f', -1, 64))
		}
	}
	return b.String()
}

// Set takes over the kernels of another model. Of a kernel that is known already the forms that the other has not stay.
func (m *Model) Set(other *Model) {
	for k, v := range other.kernels {
		if old := m.kernels[k]; old != nil {
			for name, x := range old.of {
				_, form, _ := strings.Cut(name, " ")
				if _, ok := v.of[name]; !ok && isForm(form) {
					v.of[name] = x
				}
			}
		}
		m.kernels[k] = v
	}
}

// isForm tells a form, in upper case, from a size of blocks.
func isForm(s string) bool { return strings.ToUpper(s) == s && strings.ToLower(s) != s }

// Instructions predicts one inference of a program of dense layers on a core; false: a kernel has no figures for it.
func (m *Model) Instructions(core string, layers []Layer) (float64, bool) {
	sum := 0.0
	for i, l := range layers {
		k := m.kernels[key{l.Kernel, core}]
		if k == nil {
			return 0, false
		}
		if _, ok := k.of["group "+l.Form]; l.Form != "" && !ok {
			return 0, false
		}
		if i == 0 {
			sum += k.of["program"]
		}
		for name, n := range k.loops.terms(l) {
			sum += n * k.of[name]
		}
	}
	return sum, len(layers) > 0
}
