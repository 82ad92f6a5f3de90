package passes

import (
	"cmp"
	"math"
	"slices"
	"sort"
	"strings"

	"mlpc/ir"
	"mlpc/ir/diag"
	"mlpc/ir/stream"
)

// foldSearch chooses the folding of the steps of a streaming program, and what their multipliers and memories of weights are made of.
//
// Each layer has the options that stream.Layer.Foldings lists, in every variant. Along the edges from a layer to those that it feeds stand
// converters between PE and SIMD, which cost hardware and must meet the cycles too. The layers form a forest by their first operands, so
// the cheapest choice within the limits is found exactly by dynamic programming from the leaves: over the cost alone, and where that
// breaks the limits, over fronts of cost and what the limits count.
type foldSearch struct {
	p        *ir.Program
	opt      StreamOptions
	layers   []*stream.Layer
	children [][]int               // layers whose first operand a layer makes
	roots    []int                 // layers whose first operand is an input
	fixed    map[int]Fold          // by layer: given by the user
	bits     map[*stream.Layer]int // of both operands of the products of a matrix engine
	limits   []Limit               // that hold
	bounds   bool                  // limits are taken into account
	all      [][]choice            // by layer, where there are limits: every option
	asks     bool                  // the cheapest circuit for a pace or a budget is wanted, so variants are chosen by price
	blocks   bool                  // the memory of weights is chosen by price
}

// choice is one option of a layer: its folding, the multipliers and the memory of weights, and what it takes.
type choice struct {
	Fold
	variant
	cycles int
	cost   float64
	uses   uses
}

// variant is what the products and the weights of a layer are made of (ir.Step.Style and ROM).
type variant struct{ style, rom string }

func newFoldSearch(p *ir.Program, opt StreamOptions) (*foldSearch, error) {
	f := &foldSearch{p: p, opt: opt, layers: stream.Layers(p), fixed: map[int]Fold{}, limits: opt.Limits, bits: map[*stream.Layer]int{}}
	f.asks = opt.II > 0 || opt.Latency > 0 || opt.MaxCost > 0
	f.blocks = f.asks
	f.children, f.all = make([][]int, len(f.layers)), make([][]choice, len(f.layers))
	maker := map[*ir.Value]int{}
	for i, l := range f.layers {
		if j, ok := maker[l.Operands[0].Value]; ok {
			f.children[j] = append(f.children[j], i)
		} else {
			f.roots = append(f.roots, i)
		}
		maker[l.Step.Out()] = i
		if hasProducts(l) {
			x, w := l.ProductBits()
			f.bits[l] = x + w
		}
	}
	if err := f.styles(); err != nil {
		return nil, err
	}
	f.reuse()
	return f, f.given()
}

// styles refuses multipliers that a layer cannot have. One with constant weights is computed at once.
func (f *foldSearch) styles() error {
	var problems diag.List
	for i, l := range f.layers {
		name := l.Head.Name
		if !hasProducts(l) {
			continue
		}
		switch f.opt.Style[name] {
		case "table":
			if f.bits[l] > stream.MostTableBits {
				problems.Addf(diag.CodeOption, l.Head.Pos, "the products of %q have operands of %d bits together, and a table takes %d", name, f.bits[l], stream.MostTableBits).
					WithHint("use -p schedule:%s.style=lut", name)
			}
		case "csd":
			pe, simd := l.Most()
			if f.fixed[i] = (Fold{pe, simd}); l.Step.Engine != stream.MVAU || l.Blocks > 1 {
				problems.Addf(diag.CodeOption, l.Head.Pos, "the weights of %q change from cycle to cycle, and the style csd needs constant ones", name).
					WithHint("use -p schedule:%s.style=lut", name)
			} else if fold, ok := f.opt.Folding[name]; ok && fold != f.fixed[i] {
				problems.Addf(diag.CodeOption, l.Head.Pos, "the style csd computes all of %q at once, not PE %d times SIMD %d", name, fold.PE, fold.SIMD).
					WithHint("leave out its folding, or use -p schedule:%s.style=lut", name)
			}
		}
	}
	return problems.Err()
}

// reuse gives matrix engines so many multipliers that each is used Reuse times for a group of columns, or as often as the user says
// for this layer.
func (f *foldSearch) reuse() {
	for i, l := range f.layers {
		reuse := f.opt.Reuse
		if r := f.opt.LayerReuse[l.Head.Name]; r > 0 {
			reuse = r
		}
		if _, ok := f.fixed[i]; ok || reuse == 0 || !hasProducts(l) {
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

// choose sets PE, SIMD and the variant of every step so that the wish in the options and all limits are met. Where budgets of blocks are
// all that is wished, products and weights stay as synthesis has them, unless that breaks the budgets. Where what the device has does
// not suffice, weights lie where synthesis puts them, and the report says what is exceeded.
func (f *foldSearch) choose() error {
	err := f.bounded()
	hard := slices.DeleteFunc(slices.Clone(f.limits), func(l Limit) bool { return l.Spare })
	if err != nil && !f.asks && len(hard) > 0 {
		f.asks, f.blocks = true, true
		err = f.bounded()
	}
	if err == nil || len(hard) == len(f.limits) {
		return err
	}
	return f.exceed(hard)
}

// exceed keeps the hard limits and one of those of the device, or none where that does not do either.
func (f *foldSearch) exceed(hard []Limit) error {
	device := slices.DeleteFunc(slices.Clone(f.limits), func(l Limit) bool { return !l.Spare })
	if len(device) > 1 {
		for _, l := range device {
			f.limits, f.all = append(slices.Clone(hard), l), make([][]choice, len(f.layers))
			if f.bounded() == nil {
				return nil
			}
		}
	}
	f.limits, f.blocks, f.all = hard, false, make([][]choice, len(f.layers))
	return f.bounded()
}

// bounded meets the wish within the limits, or tells what breaks them.
func (f *foldSearch) bounded() error {
	err := f.wish()
	if err != nil && len(f.limits) > 0 {
		limits := f.limits
		f.limits = nil
		defer func() { f.limits = limits }()
		if f.wish() == nil {
			return f.overLimits(limits)
		}
		return err
	}
	if most := f.opt.MaxCost; err == nil && most > 0 && f.total(f.opt.Cost) > most {
		largest := slices.MaxFunc(f.layers, func(a, b *stream.Layer) int { return cmp.Compare(f.opt.Cost(a), f.opt.Cost(b)) })
		return diag.New(diag.CodeOption, largest.Head.Pos, "the circuit needs %.0f LUTs, not %.0f, %.0f of them in %q", f.total(f.opt.Cost), most, f.opt.Cost(largest), largest.Head.Name).
			WithHint("allow more with --max-luts, narrower numbers with --bits, or use the architecture serial")
	}
	return err
}

// overLimits names the limits that no circuit for the wish keeps, with the least that it needs and the layer that takes most of it.
func (f *foldSearch) overLimits(limits []Limit) error {
	var problems diag.List
	var flags []string
	cost := f.opt.Cost
	defer func() { f.opt.Cost = cost }()
	for _, l := range limits {
		flags = append(flags, l.Flag)
		f.opt.Cost = l.Cost
		if f.wish() != nil {
			continue
		}
		if need := f.total(l.Cost); need > float64(l.Most) {
			most := slices.MaxFunc(f.layers, func(a, b *stream.Layer) int { return cmp.Compare(l.Cost(a), l.Cost(b)) })
			problems.Addf(diag.CodeOption, most.Head.Pos, "the circuit needs %.0f %s, not %d, %.0f of them in %q", need, l.What, l.Most, l.Cost(most), most.Head.Name).
				WithHint("allow more with %s, or a slower circuit with a larger --ii", l.Flag)
		}
	}
	if len(problems) == 0 {
		problems.Addf(diag.CodeOption, diag.Pos{}, "no circuit keeps %s at once", strings.Join(flags, " and ")).
			WithHint("allow more with one of them, or a slower circuit with a larger --ii")
	}
	return problems.Err()
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
		case limit == 0 && slices.ContainsFunc(f.limits, func(l Limit) bool { return !l.Spare }) && !f.asks:
			limit = math.Inf(1)
		case limit == 0:
			limit = defaultMultipliers
		}
	}
	// The least number of cycles that the budget allows; more cycles never cost more.
	cycles := 1 + sort.Search(most, func(c int) bool { return f.assign(c+1) && cost() <= limit })
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

// hasProducts tells whether a layer has products of integers.
func hasProducts(l *stream.Layer) bool {
	return l.Step.Engine == stream.MVAU || l.Step.Engine == stream.MatMul
}

// multipliers counts the products that a layer takes at once.
func multipliers(l *stream.Layer) float64 {
	if hasProducts(l) || l.Step.Engine == stream.Float32 {
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
		pace, ok := f.pace()
		if ok && pace <= ii {
			return nil
		}
		cycles -= max(1, pace-ii)
	}
	if f.assign(f.slowest()) && f.opt.Times != nil {
		least := 1 + sort.Search(f.slowest(), func(c int) bool { return f.assign(c + 1) })
		f.assign(least)
		pace, _ := f.pace()
		return diag.New(diag.CodeOption, diag.Pos{}, "no folding brings a sample every %d cycles, since each process of an HLS design takes some to start", ii).
			WithHint("ask for an II of %d or more, or %s", pace, f.unrolled())
	}
	return f.infeasible(ii)
}

// pace is the II of the network as it is folded; false: it comes to a deadlock.
func (f *foldSearch) pace() (ii int, ok bool) {
	if f.opt.Times != nil {
		_, ii = f.opt.Times(f.p)
		return ii, true
	}
	t, ok := stream.Build(f.p).Simulate()
	return t.II, ok
}

// sample is the latency of the network as it is folded.
func (f *foldSearch) sample() (latency int, ok bool) {
	if f.opt.Times != nil {
		latency, _ = f.opt.Times(f.p)
		return latency, true
	}
	t, ok := stream.Build(f.p).SimulateSample()
	return t.Latency, ok
}

// latency finds the slowest folding whose simulated latency is at most the wanted one.
func (f *foldSearch) latency(most int) error {
	meets := func(cycles int) bool {
		if !f.assign(cycles) {
			return false
		}
		t, ok := f.sample()
		return ok && t <= f.opt.Latency
	}
	least := 1 + sort.Search(most, func(c int) bool { return f.assign(c + 1) })
	if !meets(least) {
		t, _ := f.sample()
		return diag.New(diag.CodeOption, diag.Pos{}, "no folding takes %d cycles or less for a sample", f.opt.Latency).
			WithHint("ask for a latency of %d cycles or more, or %s", t, f.unrolled())
	}
	// meets is false, beyond some number of cycles, for good.
	best := least + sort.Search(most-least, func(d int) bool { return !meets(least + d + 1) })
	f.assign(best)
	return nil
}

// unrolled says how to get the fastest circuit.
func (f *foldSearch) unrolled() string {
	if f.p.Target == "hls" {
		return "compile to verilog with --arch unrolled"
	}
	return "use the architecture unrolled"
}

// infeasible names the layer that cannot meet a number of cycles.
func (f *foldSearch) infeasible(cycles int) error {
	for i, l := range f.layers {
		if len(f.options(i, cycles)) == 0 {
			least := f.least(i)
			return diag.New(diag.CodeOption, l.Head.Pos, "%s %q takes %d cycles a sample at least, not %d", l.Head.Op, l.Head.Name, least, cycles).
				WithHint("ask for an II of %d or more, or %s", least, f.unrolled())
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

// assign sets the cheapest folding with which every layer and converter takes at most so many cycles and all limits are kept; false:
// there is none. The cheapest one without limits often keeps them.
func (f *foldSearch) assign(cycles int) bool {
	f.bounds = false
	best := f.solve(cycles)
	if best != nil && f.breaks(best.uses) {
		f.bounds = true
		best = f.solve(cycles)
	}
	if best == nil {
		return false
	}
	for _, r := range slices.Backward(f.roots) {
		f.take(r, best.child)
		best = best.before
	}
	return true
}

// solve gives the cheapest point of all trees of layers, nil where there is none.
func (f *foldSearch) solve(cycles int) *point {
	table := make([][]*point, len(f.layers))
	for i := len(f.layers) - 1; i >= 0; i-- {
		table[i] = f.fronts(i, table, cycles)
	}
	var trees [][]*point
	for _, r := range f.roots {
		trees = append(trees, f.front(table[r]))
	}
	all := f.front(f.join(&point{}, trees))
	if len(all) == 0 {
		return nil
	}
	return all[0]
}

// converter is the cost of the converter before a layer that so many lanes come to: its registers; infinite where it takes too many
// cycles.
func (f *foldSearch) converter(out, to int, b *choice, cycles int) float64 {
	v := f.layers[to].Operands[0].Value
	in := f.layers[to].InLanes(b.PE, b.SIMD)
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
func (f *foldSearch) take(i int, p *point) {
	f.layers[i].Fold(p.choice.PE, p.choice.SIMD)
	f.layers[i].Step.Style, f.layers[i].Step.ROM = p.choice.style, p.choice.rom
	for _, child := range slices.Backward(f.children[i]) {
		f.take(child, p.child)
		p = p.before
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

// options lists the foldings of a layer that take at most so many cycles, in all variants.
func (f *foldSearch) options(i, cycles int) []choice {
	l := f.layers[i]
	if fold, ok := f.fixed[i]; ok {
		return f.priced(l, [][2]int{{fold.PE, fold.SIMD}}, cycles)
	}
	if len(f.limits) == 0 || !f.asks {
		return f.priced(l, l.Foldings(cycles), cycles)
	}
	// With limits, a folding faster than the pace asks for may be what keeps them.
	if f.all[i] == nil {
		f.all[i] = f.priced(l, l.AllFoldings(), math.MaxInt)
	}
	var list []choice
	for _, c := range f.all[i] {
		if c.cycles <= cycles {
			list = append(list, c)
		}
	}
	return list
}

// priced gives those foldings of a layer that take at most so many cycles, in all variants.
func (f *foldSearch) priced(l *stream.Layer, folds [][2]int, cycles int) []choice {
	var list []choice
	for _, fold := range folds {
		l.Fold(fold[0], fold[1])
		if l.Cycles() > cycles {
			continue
		}
		for _, v := range f.variants(l) {
			l.Step.Style, l.Step.ROM = v.style, v.rom
			c := choice{Fold: Fold{fold[0], fold[1]}, variant: v, cycles: l.Cycles(), cost: f.opt.Cost(l)}
			for k, limit := range f.limits {
				c.uses[k] = limit.Cost(l)
			}
			list = append(list, c)
		}
	}
	return list
}

// variants lists what the multipliers and the weights of a folded layer may be made of: what the user says, or as synthesis has it, and where
// the cheapest circuit is wanted also multipliers in logic and weights in either kind of memory.
func (f *foldSearch) variants(l *stream.Layer) []variant {
	if multipliers(l) == 0 {
		return []variant{{}}
	}
	styles, roms := []string{f.opt.Style[l.Head.Name]}, []string{f.opt.ROM[l.Head.Name]}
	if f.opt.Untimed { // HLS tools choose themselves
		return []variant{{styles[0], roms[0]}}
	}
	if d, ok := l.Head.Attr.(*ir.Dense); hasProducts(l) && f.asks && styles[0] == "" && !(ok && d.Unit != nil) {
		styles = append(styles, "lut")
		if l.HasConstantWeights() {
			styles = append(styles, "csd")
		}
		if f.bits[l] <= stream.MostTableBits {
			styles = append(styles, "table")
		}
	}
	if f.blocks && roms[0] == "" && (l.Step.Engine == stream.MVAU || l.Step.Engine == stream.Float32 && !l.Single) {
		roms = append(roms, "block", "logic")
	}
	var list []variant
	for _, s := range styles {
		for _, r := range roms {
			list = append(list, variant{s, r})
		}
	}
	return list
}
