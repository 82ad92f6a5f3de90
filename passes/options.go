package passes

import (
	"fmt"
	"maps"
	"slices"
	"sort"
	"strconv"
	"strings"

	"mlpc/ir/diag"
)

// Option is one setting of a pass.
type Option struct {
	Name, Doc, Default string
	Check              func(value string) error // nil: any text
}

// Options are the settings of one run of a pass: every option of the pass by name, and those for one layer as "layer.option".
type Options map[string]string

// Int gives an option whose check made sure that it is a whole number.
func (o Options) Int(name string) int {
	n, _ := strconv.Atoi(o[name])
	return n
}

// Real gives an option whose check made sure that it is a number.
func (o Options) Real(name string) float64 {
	x, _ := strconv.ParseFloat(o[name], 64)
	return x
}

// Layer gives an option as it holds for a layer: its own value, or the general one.
func (o Options) Layer(layer, name string) string {
	if v, ok := o[layer+"."+name]; ok {
		return v
	}
	return o[name]
}

// widths gives the first "w=3" or "fc1.w=3" by name, empty for none.
func (o Options) widths() string {
	for _, k := range slices.Sorted(maps.Keys(o)) {
		if (k == "w" || strings.HasSuffix(k, ".w")) && o[k] != "" {
			return k + "=" + o[k]
		}
	}
	return ""
}

// String gives "bits=8 per=row", sorted by name, without options left empty.
func (o Options) String() string {
	var parts []string
	for k, v := range o {
		if v != "" {
			parts = append(parts, k+"="+v)
		}
	}
	sort.Strings(parts)
	return strings.Join(parts, " ")
}

// whole checks a whole number in [lo, hi].
func whole(lo, hi int) func(string) error {
	return func(s string) error {
		n, err := strconv.Atoi(s)
		if err != nil || n < lo || n > hi {
			return fmt.Errorf("is not a whole number from %d to %d", lo, hi)
		}
		return nil
	}
}

// number checks a real number in [lo, hi].
func number(lo, hi float64) func(string) error {
	return func(s string) error {
		x, err := strconv.ParseFloat(s, 64)
		if err != nil || !(x >= lo && x <= hi) {
			return fmt.Errorf("is not a number from %g to %g", lo, hi)
		}
		return nil
	}
}

// oneOf checks a word of a list.
func oneOf(words ...string) func(string) error {
	return func(s string) error {
		if !slices.Contains(words, s) {
			return fmt.Errorf("is none of %s", strings.Join(words, ", "))
		}
		return nil
	}
}

// empty lets an option be left out.
func empty(check func(string) error) func(string) error {
	return func(s string) error {
		if s == "" {
			return nil
		}
		return check(s)
	}
}

// run is one pass with its settings.
type run struct {
	pass    *Pass
	options Options
}

// plan gives the passes to run, in the order of All, after the user's additions and removals. spell gives how passes spell the layers
// that options are for.
func plan(use, drop []string, spell func(layer string) (string, error)) ([]run, error) {
	var errs diag.List
	dropped := map[string]bool{}
	for _, name := range drop {
		if find(name, &errs) != nil {
			dropped[name] = true
		}
	}
	set := map[string]Options{}
	for _, text := range use {
		name, list, _ := strings.Cut(text, ":")
		p := find(name, &errs)
		if p == nil {
			continue
		}
		if dropped[name] {
			errs.Addf(diag.CodeOption, diag.Pos{}, "pass %q is both asked for and left out", name)
		}
		if set[name] == nil {
			set[name] = Options{}
		}
		p.parse(list, set[name], spell, &errs)
	}
	var runs []run
	for _, p := range All {
		if dropped[p.Name] || !p.Default && set[p.Name] == nil {
			continue
		}
		o := Options{}
		for _, opt := range p.Options {
			o[opt.Name] = opt.Default
		}
		for k, v := range set[p.Name] {
			o[k] = v
		}
		runs = append(runs, run{p, o})
	}
	return runs, errs.Err()
}

// find looks a pass up by its name.
func find(name string, errs *diag.List) *Pass {
	var names []string
	for _, p := range All {
		if p.Name == name {
			return p
		}
		names = append(names, p.Name)
	}
	errs.Addf(diag.CodeOption, diag.Pos{}, "no pass %q", name).Hint = hintOr(diag.DidYouMean(name, names), "`mlpc passes` lists them")
	return nil
}

// parse reads "w=4,fc1.w=3" into o. An option has one value in a list, and may have another in a later list.
func (p *Pass) parse(list string, o Options, spell func(layer string) (string, error), errs *diag.List) {
	if list == "" {
		return
	}
	given := Options{}
	for _, item := range items(list) {
		key, value, ok := strings.Cut(item, "=")
		if !ok {
			errs.Addf(diag.CodeOption, diag.Pos{}, "option %q of pass %s has no value", item, p.Name).WithHint("write name=value")
			continue
		}
		opt := p.option(key)
		if opt == nil {
			var names []string
			for _, x := range p.Options {
				names = append(names, x.Name)
			}
			errs.Addf(diag.CodeOption, diag.Pos{}, "pass %s has no option %q", p.Name, key).Hint =
				hintOr(diag.DidYouMean(key, names), "options: "+hintOr(strings.Join(names, ", "), "none"))
			continue
		}
		if opt.Check != nil {
			if err := opt.Check(value); err != nil {
				errs.Addf(diag.CodeOption, diag.Pos{}, "option %s of pass %s: %q %v", key, p.Name, value, err)
				continue
			}
		}
		said := key
		if layer, option, ok := cutLast(key, "."); ok {
			layer, err := spell(layer)
			if err != nil {
				*errs = append(*errs, asProblem(err))
				continue
			}
			key = layer + "." + option
		}
		if first, ok := given[key]; ok && first != value {
			errs.Addf(diag.CodeOption, diag.Pos{}, "option %s of pass %s is given twice, as %q and as %q", said, p.Name, first, value).WithHint("leave one out")
		}
		given[key], o[key] = value, value
	}
}

// asProblem gives an error as a problem with an option.
func asProblem(err error) *diag.Error {
	if e, ok := err.(*diag.Error); ok {
		return e
	}
	return diag.New(diag.CodeOption, diag.Pos{}, "%v", err)
}

// items splits at commas, except those within angle brackets: "w=4,weight=ap_fixed<8,2>".
func items(list string) []string {
	depth := 0
	return strings.FieldsFunc(list, func(r rune) bool {
		switch r {
		case '<':
			depth++
		case '>':
			depth--
		}
		return r == ',' && depth <= 0
	})
}

// option finds an option by its name, or by "layer.name" where it may be given for one layer.
func (p *Pass) option(key string) *Option {
	if i := strings.LastIndexByte(key, '.'); i >= 0 {
		if !slices.Contains(p.Layers, key[i+1:]) {
			return nil
		}
		key = key[i+1:]
	}
	for i := range p.Options {
		if p.Options[i].Name == key {
			return &p.Options[i]
		}
	}
	return nil
}

// hintOr gives hint, or other where it is empty.
func hintOr(hint, other string) string {
	if hint != "" {
		return hint
	}
	return other
}
