package hls4ml

import (
	"fmt"
	"strings"

	"mlpc/passes"
)

// levels gives what holds for a node, the nearest first: its own level, its classes, the model.
func (r *reader) levels(n passes.Node) []*level {
	var list []*level
	if l := r.layers[n.Key]; l != nil && n.Key != "" {
		list = append(list, l)
	}
	for _, c := range classesOf(n) {
		if l := r.types[c]; l != nil {
			list = append(list, l)
		}
	}
	return append(list, r.model)
}

// typeFor gives the type of a part of a node at the levels below the model's, "" where they say nothing.
func (r *reader) typeFor(n passes.Node, part string) string {
	list := r.levels(n)
	for _, l := range list[:len(list)-1] {
		for _, p := range []string{part, "default"} {
			if t := l.precision[p]; t != "" {
				return t
			}
		}
	}
	return ""
}

// precision makes options of quantize. A type "auto" of weights and biases is that of the model, as hls4ml has it; "auto" for results
// leaves the choice to mlpc.
func (r *reader) precision() {
	var list []string
	for _, part := range []string{"weight", "bias", "result"} {
		general := r.model.precision[part]
		if general == "" {
			general = r.model.precision["default"]
		}
		if general != "" && general != "auto" {
			list = append(list, part+"="+general)
		}
		list = append(list, r.partOfLayers(part)...)
	}
	if len(list) > 0 {
		r.settings.Passes = append(r.settings.Passes, "quantize:"+strings.Join(list, ","))
	}
}

// partOfLayers gives the options of single layers for a part. Of several nodes that folding made one, the last counts.
func (r *reader) partOfLayers(part string) []string {
	at := map[string]int{}
	var list []string
	for _, n := range r.names.Nodes() {
		t := r.typeFor(n, part)
		if t == "" || t == "auto" && part != "result" || n.Value == "" || part != "result" && !n.Dense || n.Key == "" {
			continue
		}
		option := n.Key + "." + part + "=" + strings.TrimPrefix(t, "auto")
		if i, ok := at[n.Value]; ok {
			list[i] = option
			continue
		}
		at[n.Value] = len(list)
		list = append(list, option)
	}
	return list
}

// folding makes options of schedule from reuse factors and target cycles, the latter first.
func (r *reader) folding() {
	general := most(r.model)
	var list []string
	if general > 0 {
		list = append(list, fmt.Sprintf("reuse=%d", general))
	}
	for _, n := range r.names.Nodes() {
		if !n.Dense || n.Key == "" || n.Value == "" {
			continue
		}
		for _, l := range r.levels(n) {
			if m := most(l); m > 0 {
				if m != general {
					list = append(list, fmt.Sprintf("%s.reuse=%d", n.Key, m))
				}
				break
			}
		}
	}
	if len(list) > 0 {
		r.settings.Passes = append(r.settings.Passes, "schedule:"+strings.Join(list, ","))
	}
}

// most is how often a multiplier is used at most; 0: not said.
func most(l *level) int {
	if l.cycles > 0 {
		return l.cycles
	}
	return l.reuse
}

// strategy finds the architecture that the dense layers ask for.
func (r *reader) strategy() {
	var first string
	for _, n := range r.names.Nodes() {
		if !n.Dense {
			continue
		}
		arch, from := "stream", r.model
		for _, l := range r.levels(n) {
			if l.strategy != "" {
				arch, from = strategies[l.strategy], l
				break
			}
		}
		if first == "" {
			first = arch
		}
		if arch != first {
			r.problem(from.at, from.path, "%q would be %s and an earlier layer is %s", n.Name, arch, first).WithHint("give all dense layers Latency or Resource, or all distributed_arithmetic")
			return
		}
		if reuse := r.reuseOf(n); arch == "unrolled" && reuse > 1 {
			r.problem(from.at, from.path, "the unrolled circuit takes a sample a clock, and layer %q is to use multipliers %d times", n.Name, reuse).
				WithHint("use Strategy Resource, or ReuseFactor 1")
			return
		}
	}
	if first == "unrolled" {
		r.settings.Arch = first
	}
}

// reuseOf gives the reuse of a dense node; 0: not said.
func (r *reader) reuseOf(n passes.Node) int {
	for _, l := range r.levels(n) {
		if m := most(l); m > 0 {
			return m
		}
	}
	return 0
}
