package passes

import (
	"cmp"
	"math"
	"slices"
	"sort"

	"mlpc/ir"
	"mlpc/ir/diag"
	"mlpc/ir/stream"
)

// foldSearch chooses the folding of the steps of a streaming program.
//
// Each layer has the options that stream.Layer.Foldings lists. Along the edges from a layer to those that it feeds stand converters
// between PE and SIMD, which cost hardware and must meet the cycles too. The layers form a forest by their first operands, so the cheapest choice
// is found exactly by dynamic programming from the leaves.
type foldSearch struct {
	p        *ir.Program
	opt      StreamOptions
	layers   []*stream.Layer
	children [][]int      // layers whose first operand a layer makes
	roots    []int        // layers whose first operand is an input
	fixed    map[int]Fold // by layer: given by the user
}

// choice is one option of a layer with the best choices of all layers behind it.
type choice struct {
	Fold
	cost float64
	next []int // by child: index of its option
}

func newFoldSearch(p *ir.Program, opt StreamOptions) (*foldSearch, error) {
	f := &foldSearch{p: p, opt: opt, layers: stream.Layers(p), fixed: map[int]Fold{}}
	f.children = make([][]int, len(f.layers))
	maker := map[*ir.Value]int{}
	for i, l := range f.layers {
		if j, ok := maker[l.Operands[0].Value]; ok {
			f.children[j] = append(f.children[j], i)
		} else {
			f.roots = append(f.roots, i)
		}
		maker[l.Step.Out()] = i
	}
	f.reuse()
	return f, f.given()
}

// reuse gives matrix engines so many multipliers that each is used Reuse times for a group of columns, or as often as the user says
// for this layer.
func (f *foldSearch) reuse() {
	for i, l := range f.layers {
		reuse := f.opt.Reuse
		if r := f.opt.LayerReuse[l.Head.Name]; r > 0 {
			reuse = r
		}
		if reuse == 0 || l.Step.Engine != stream.MVAU && l.Step.Engine != stream.MatMul {
			continue
		}
		list := f.options(i, l.Operands[0].Form.Groups*reuse)
		f.fixed[i] = list[cheapest(list)].Fold
	}
}

// given takes over the folding that the user gave.
func (f *foldSearch) given() error {
	var problems diag.List
	names := map[string]int{}
	for i, l := range f.layers {
		for _, v := range slices.Backward(l.Step.Values) {
			names[v.Name] = i
		}
	}
	var keys []string
	for k := range f.opt.Folding {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	for _, k := range keys {
		i, ok := names[k]
		if !ok {
			var known []string
			for _, l := range f.layers {
				known = append(known, l.Head.Name)
			}
			e := problems.Addf(diag.CodeOption, diag.Pos{}, "folding names %q, which is no layer", k)
			if e.Hint = diag.DidYouMean(k, known); e.Hint == "" {
				e.Hint = "name the values of layers as `mlpc inspect` prints them"
			}
			continue
		}
		fold := f.opt.Folding[k]
		pe, simd := f.layers[i].Most()
		if fold.PE < 1 || fold.PE > pe || fold.SIMD < 1 || fold.SIMD > simd {
			problems.Addf(diag.CodeOption, f.layers[i].Head.Pos, "folding of %q is PE %d, SIMD %d", k, fold.PE, fold.SIMD).
				WithHint("use PE from 1 to %d and SIMD from 1 to %d", pe, simd)
			continue
		}
		f.fixed[i] = fold
	}
	return problems.Err()
}

// chooseStyled chooses the folding, with the multipliers and memories that the user asked for. Where it does not keep the limits, layers that may use
// logic for their multipliers do, and then go back to DSP blocks one by one while the limits are kept: those first that save most LUTs for
// a block.
func (f *foldSearch) chooseStyled() error {
	if f.opt.Untimed { // HLS tools bind products themselves
		return f.choose()
	}
	var free []*stream.Layer
	for _, l := range f.layers {
		l.Step.Style, l.Step.ROM = f.opt.Style[l.Head.Name], f.opt.ROM[l.Head.Name]
		if l.Step.Style == "" && multipliers(l) > 0 {
			free = append(free, l)
		}
	}
	err := f.choose()
	if err == nil || f.within() {
		return err
	}
	for _, l := range free {
		l.Step.Style = "lut"
	}
	if f.choose() != nil {
		return err
	}
	saved := map[*stream.Layer]float64{}
	for _, l := range free {
		saved[l] = f.savedByBlocks(l)
	}
	slices.SortStableFunc(free, func(a, b *stream.Layer) int { return cmp.Compare(saved[b], saved[a]) })
	for _, l := range free {
		if l.Step.Style = ""; !f.within() {
			l.Step.Style = "lut"
		}
	}
	return nil
}

// savedByBlocks is what a layer whose multipliers are in logic would save with blocks, for each multiplier.
func (f *foldSearch) savedByBlocks(l *stream.Layer) float64 {
	inLogic := f.opt.Cost(l)
	l.Step.Style = ""
	saved := (inLogic - f.opt.Cost(l)) / multipliers(l)
	l.Step.Style = "lut"
	return saved
}

// choose sets PE and SIMD of every step so that the wish in the options and all limits are met.
func (f *foldSearch) choose() error {
	if err := f.wish(); err != nil {
		return err
	}
	var problems diag.List
	if most := f.opt.MaxCost; most > 0 && f.total(f.opt.Cost) > most {
		problems.Addf(diag.CodeOption, diag.Pos{}, "the circuit needs %.0f LUTs, not %.0f", f.total(f.opt.Cost), most).
			WithHint("allow more with --max-luts, narrower numbers with --bits, or use the architecture serial")
	}
	for _, l := range f.opt.Limits {
		if need := f.total(l.Cost); need > float64(l.Most) {
			most := slices.MaxFunc(f.layers, func(a, b *stream.Layer) int { return cmp.Compare(l.Cost(a), l.Cost(b)) })
			problems.Addf(diag.CodeOption, most.Head.Pos, "the circuit needs %.0f %s, not %d, %.0f of them in %q", need, l.What, l.Most, l.Cost(most), most.Head.Name).
				WithHint("allow more with %s, or a slower circuit with a larger --ii", l.Flag)
		}
	}
	return problems.Err()
}

// within tells whether the limits are kept.
func (f *foldSearch) within() bool {
	for _, l := range f.opt.Limits {
		if f.total(l.Cost) > float64(l.Most) {
			return false
		}
	}
	return true
}

// wish sets PE and SIMD of every step so that the wish in the options is met.
func (f *foldSearch) wish() error {
	most := f.slowest()
	switch {
	case f.opt.II > 0:
		return f.reach(f.opt.II)
	case f.opt.Latency > 0:
		return f.latency(most)
	case len(f.fixed) > 0 && f.opt.MaxCost == 0 && f.opt.Multipliers == 0:
		return f.follow(most)
	}
	limit, cost := f.opt.MaxCost, func() float64 { return f.total(f.opt.Cost) }
	if limit == 0 {
		limit, cost = float64(f.opt.Multipliers), func() float64 { return f.total(multipliers) }
		switch {
		case limit == 0 && len(f.opt.Limits) > 0:
			limit = math.Inf(1)
		case limit == 0:
			limit = defaultMultipliers
		}
	}
	// The least number of cycles that the budget allows; more cycles never cost more.
	cycles := 1 + sort.Search(most, func(c int) bool { return f.assign(c+1) && cost() <= limit && f.within() })
	if !f.assign(min(cycles, most)) {
		return f.infeasible(most)
	}
	return nil
}

// follow makes all other layers as fast as the slowest of those whose folding the user gave.
func (f *foldSearch) follow(most int) error {
	pace := 1
	for i := range f.fixed {
		pace = max(pace, f.least(i))
	}
	cycles := pace + sort.Search(max(0, most-pace), func(d int) bool { return f.assign(pace + d) })
	if !f.assign(cycles) {
		return f.infeasible(cycles)
	}
	return nil
}

// slowest is a number of cycles that every layer and converter meets with PE and SIMD 1.
func (f *foldSearch) slowest() int {
	most := 1
	for _, l := range f.layers {
		most = max(most, l.Head.Type.Size(), l.Work())
		for _, o := range l.Operands {
			most = max(most, o.Value.Type.Size())
		}
	}
	return most
}

// multipliers counts the products that a layer takes at once.
func multipliers(l *stream.Layer) float64 {
	if l.Step.Engine == stream.MVAU || l.Step.Engine == stream.MatMul {
		return float64(l.Step.PE * l.Step.SIMD)
	}
	return 0
}

// total adds the cost of all layers.
func (f *foldSearch) total(cost Cost) float64 {
	sum := 0.0
	for _, l := range f.layers {
		sum += cost(l)
	}
	return sum
}

// reach finds the cheapest folding whose simulated II is at most the wanted one. Where layers disturb each other, so that the network is
// slower than its slowest layer, fewer cycles are asked of them.
func (f *foldSearch) reach(ii int) error {
	for cycles := ii; cycles > 0; {
		if !f.assign(cycles) {
			return f.infeasible(ii)
		}
		if f.opt.Untimed {
			return nil
		}
		t, ok := stream.Build(f.p).Simulate()
		if ok && t.II <= ii {
			return nil
		}
		cycles -= max(1, t.II-ii)
	}
	return f.infeasible(ii)
}

// latency finds the slowest folding whose simulated latency is at most the wanted one.
func (f *foldSearch) latency(most int) error {
	meets := func(cycles int) bool {
		if !f.assign(cycles) {
			return false
		}
		t, ok := stream.Build(f.p).SimulateSample()
		return ok && t.Latency <= f.opt.Latency
	}
	least := 1 + sort.Search(most, func(c int) bool { return f.assign(c + 1) })
	if !meets(least) {
		t, _ := stream.Build(f.p).SimulateSample()
		return diag.New(diag.CodeOption, diag.Pos{}, "no folding takes %d cycles or less for a sample", f.opt.Latency).
			WithHint("ask for a latency of %d cycles or more, or use the architecture unrolled", t.Latency)
	}
	// meets is false, beyond some number of cycles, for good.
	best := least + sort.Search(most-least, func(d int) bool { return !meets(least + d + 1) })
	f.assign(best)
	return nil
}

// infeasible names the layer that cannot meet a number of cycles.
func (f *foldSearch) infeasible(cycles int) error {
	for i, l := range f.layers {
		if len(f.options(i, cycles)) == 0 {
			least := f.least(i)
			return diag.New(diag.CodeOption, l.Head.Pos, "%s %q takes %d cycles a sample at least, not %d", l.Head.Op, l.Head.Name, least, cycles).
				WithHint("ask for an II of %d or more, or use the architecture unrolled", least)
		}
	}
	return diag.New(diag.CodeOption, diag.Pos{}, "no folding brings a sample every %d cycles", cycles).WithHint("ask for a larger II")
}

// least is the number of cycles of a layer at its fastest.
func (f *foldSearch) least(i int) int {
	l := f.layers[i]
	pe, simd := l.Most()
	if fold, ok := f.fixed[i]; ok {
		pe, simd = fold.PE, fold.SIMD
	}
	l.Fold(pe, simd)
	return l.Cycles()
}

// assign sets the cheapest folding with which every layer and converter takes at most so many cycles; false: there is none.
func (f *foldSearch) assign(cycles int) bool {
	table := make([][]choice, len(f.layers))
	for i := len(f.layers) - 1; i >= 0; i-- {
		table[i] = f.options(i, cycles)
		for k := range table[i] {
			f.extend(&table[i][k], i, table, cycles)
		}
	}
	for _, r := range f.roots {
		best := cheapest(table[r])
		if best < 0 {
			return false
		}
		f.take(r, best, table)
	}
	return true
}

// extend adds the best choices of the layers behind option c of layer i.
func (f *foldSearch) extend(c *choice, i int, table [][]choice, cycles int) {
	c.next = make([]int, len(f.children[i]))
	for n, child := range f.children[i] {
		best, least := -1, math.Inf(1)
		for k := range table[child] {
			o := &table[child][k]
			if cost := o.cost + f.converter(i, c.Fold, child, o.Fold, cycles); cost < least {
				best, least = k, cost
			}
		}
		c.next[n] = best
		c.cost += least
	}
}

// converter is the cost of the converter between two layers: its registers; infinite where it takes too many cycles.
func (f *foldSearch) converter(from int, a Fold, to int, b Fold, cycles int) float64 {
	v := f.layers[to].Operands[0].Value
	out, in := f.layers[from].OutLanes(a.PE), f.layers[to].InLanes(b.PE, b.SIMD)
	if out == in {
		return 0
	}
	narrow := out
	for x := in; x != 0; {
		narrow, x = x, narrow%x
	}
	if v.Type.Size()/narrow > cycles {
		return math.Inf(1)
	}
	registers := 0
	if out != narrow {
		registers += out
	}
	if in != narrow {
		registers += in
	}
	return float64(registers * v.Type.Elem.Bits)
}

// take sets the folding of a layer and of all layers behind it.
func (f *foldSearch) take(i, option int, table [][]choice) {
	c := &table[i][option]
	f.layers[i].Fold(c.PE, c.SIMD)
	for n, child := range f.children[i] {
		f.take(child, c.next[n], table)
	}
}

// cheapest gives the index of the cheapest option, −1 where none is possible.
func cheapest(options []choice) int {
	best := -1
	for k := range options {
		if !math.IsInf(options[k].cost, 1) && (best < 0 || options[k].cost < options[best].cost) {
			best = k
		}
	}
	return best
}

// options lists the foldings of a layer that take at most so many cycles.
func (f *foldSearch) options(i, cycles int) []choice {
	l := f.layers[i]
	var list []choice
	add := func(pe, simd int) {
		l.Fold(pe, simd)
		if l.Cycles() <= cycles {
			list = append(list, choice{Fold: Fold{pe, simd}, cost: f.opt.Cost(l)})
		}
	}
	if fold, ok := f.fixed[i]; ok {
		add(fold.PE, fold.SIMD)
		return list
	}
	for _, fold := range l.Foldings(cycles) {
		add(fold[0], fold[1])
	}
	return list
}
