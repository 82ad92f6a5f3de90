package hls4ml

import (
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"mlpc/ir/diag"
	"mlpc/passes"
)

// level is what the model, a class of layers or a layer is given.
type level struct {
	precision map[string]string // by part: default, weight, bias or result; "auto": left to mlpc
	reuse     int
	cycles    int
	strategy  string
	at        *yaml.Node // of the strategy or of the reuse factor
	path      string
}

// level reads the keys of one level.
func (r *reader) level(e entry, l *level, keys map[string]key) {
	own := maps.Clone(keys)
	own["Precision"] = key{read: func(r *reader, e entry) { l.precision = r.precisionOf(e) }}
	own["ReuseFactor"] = key{read: func(r *reader, e entry) { l.reuse, l.at, l.path = r.whole(e), e.at, e.path }}
	own["TargetCycles"] = key{read: func(r *reader, e entry) {
		if e.value.Tag != "!!null" {
			l.cycles = r.whole(e)
		}
	}}
	own["Strategy"] = key{read: func(r *reader, e entry) { l.strategy, l.at, l.path = r.strategyOf(e), e.at, e.path }}
	r.read(e.value, e.path, own)
}

// parts are the values of a layer that hls4ml gives types; mlpc takes over those that are true and finds the others itself: sums and
// tables are exact.
var parts = map[string]bool{
	"default": true, "weight": true, "bias": true, "result": true,
	"accum": false, "table": false, "exp_table": false, "inv_table": false, "inv_inp": false, "param": false, "scale": false, "slope": false, "shift": false,
}

// precisionOf reads one type for all parts, or a mapping of parts to types.
func (r *reader) precisionOf(e entry) map[string]string {
	types := map[string]string{}
	if e.value.Kind == yaml.ScalarNode {
		types["default"] = r.typeOf(e)
		return types
	}
	for _, p := range r.entries(e.value, e.path) {
		used, known := parts[p.key]
		switch {
		case p.key == "maximum":
			r.problem(p.at, p.path, "mlpc takes no such key").WithHint("give the layers types, or widths with -p quantize:bits=N")
		case !known:
			r.unknown(p, slices.Sorted(maps.Keys(parts)))
		default:
			if t := r.typeOf(p); used {
				types[p.key] = t
			}
		}
	}
	return types
}

// typeOf reads a type. Its modes are dropped, since mlpc rounds and saturates.
func (r *reader) typeOf(e entry) string {
	text := strings.ReplaceAll(r.text(e), " ", "")
	if text == "" || strings.EqualFold(text, "auto") {
		return "auto"
	}
	bare := text
	if open := strings.IndexByte(text, '<'); open >= 0 && strings.HasSuffix(text, ">") && strings.Contains(text, "fixed") {
		if list := strings.Split(text[open+1:len(text)-1], ","); len(list) >= 2 {
			bare = text[:open+1] + list[0] + "," + list[1] + ">"
			r.rounds = r.rounds || len(list) < 4 || !strings.Contains(list[2], "RND") || !strings.Contains(list[3], "SAT")
		}
	}
	if _, err := passes.ParsePrecision(bare); err != nil {
		r.problem(e.at, e.path, "%v", err).WithHint("write fixed<16,6>, ap_ufixed<8,0>, int<8> or auto")
		return "auto"
	}
	return bare
}

// strategies gives the architecture of each strategy: both Latency and Resource are folded by the reuse factor.
var strategies = map[string]string{
	"latency": "stream", "resource": "stream", "stable": "stream",
	"unrolled": "unrolled", "resource_unrolled": "unrolled", "distributed_arithmetic": "unrolled", "da": "unrolled",
}

func (r *reader) strategyOf(e entry) string {
	text := r.text(e)
	name := strings.ToLower(text)
	if name == "distributedarithmetic" {
		name = "distributed_arithmetic"
	}
	if _, ok := strategies[name]; !ok && name != "" {
		known := slices.Sorted(maps.Keys(strategies))
		hint := diag.DidYouMean(name, known)
		if hint == "" {
			hint = "strategies: " + strings.Join(known, ", ")
		}
		r.problem(e.at, e.path, "no strategy %q", text).WithHint("%s", hint)
		return ""
	}
	return name
}

// layerTypes reads LayerType.
func (r *reader) layerTypes(e entry) {
	known := slices.Clone(otherClasses)
	for _, n := range r.names.Nodes() {
		known = append(known, classesOf(n)...)
	}
	for _, t := range r.entries(e.value, e.path) {
		name := strings.ToLower(t.key)
		if !slices.Contains(known, name) {
			slices.Sort(known)
			hint := diag.DidYouMean(name, known)
			if hint == "" {
				hint = "write Dense, Activation or an operator of the model"
			}
			r.problem(t.at, t.path, "no layers are of this class").WithHint("%s", hint)
			continue
		}
		r.types[name] = &level{}
		r.level(t, r.types[name], layerKeys)
	}
}

// layerNames reads LayerName.
func (r *reader) layerNames(e entry) {
	for _, l := range r.entries(e.value, e.path) {
		node, err := r.names.Find(l.key)
		if err != nil {
			r.problem(l.at, l.path, "no layer of the model has this name").WithHint("%s", err.(*diag.Error).Hint)
			continue
		}
		lv := &level{}
		r.level(l, lv, layerKeys)
		r.layers[node.Key] = lv
	}
}

// otherClasses are classes of hls4ml that a configuration may speak of although the model has no such layer.
var otherClasses = []string{
	"dense", "activation", "parametrizedactivation", "hardactivation", "prelu", "relu", "softmax", "batchnormalization", "applyalpha", "input", "inputlayer", "merge",
	"reshape", "constant", "quant", "conv1d", "conv2d", "pooling1d", "pooling2d", "flatten", "dropout",
}

// classesOf lists the classes of a node, hls4ml's and the operator's, the nearest first.
func classesOf(n passes.Node) []string {
	op := strings.ToLower(n.Op)
	list := []string{op}
	switch op {
	case "input":
		list = append(list, "inputlayer")
	case "relu", "sigmoid", "tanh", "softplus", "softsign", "elu", "selu", "leakyrelu", "thresholdedrelu", "hardsigmoid", "gelu", "sign", "clip":
		list = append(list, "activation", "parametrizedactivation", "hardactivation")
	case "batchnormalization":
		list = append(list, "applyalpha")
	case "add", "sub", "mul", "max", "min", "concat":
		list = append(list, "merge")
	}
	if n.Dense {
		list = append(list, "dense")
	}
	return list
}
