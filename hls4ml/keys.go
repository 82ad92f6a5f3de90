package hls4ml

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"mlpc/ir/diag"
)

// key says what becomes of a key.
type key struct {
	read   func(r *reader, e entry)
	plain  string // where set, the value that may stand: the key then changes nothing; other values are refused. "*": any value
	remedy string // what to do instead of a refused key
}

// rows is the remedy of the keys that name data.
const rows = "give rows with --data and --eval, as .npz or .csv"

// topKeys are the keys of a whole file; Model, LayerType and LayerName stand there in the dictionaries of hls4ml's Python functions.
var topKeys map[string]key

// modelKeys and layerKeys are those of one level.
var modelKeys, layerKeys map[string]key

func init() {
	configKeys := map[string]key{
		"Model":          {read: func(r *reader, e entry) { r.level(e, r.model, modelKeys) }},
		"LayerType":      {read: (*reader).layerTypes},
		"LayerName":      {read: (*reader).layerNames},
		"Optimizers":     {remedy: "these are passes of hls4ml; `mlpc passes` lists those of mlpc"},
		"SkipOptimizers": {remedy: "these are passes of hls4ml; leave passes of mlpc out with -x"},
		"Flows":          {remedy: "these are passes of hls4ml; `mlpc passes` lists those of mlpc"},
	}
	topKeys = maps.Clone(configKeys)
	maps.Copy(topKeys, map[string]key{
		"HLSConfig":         {read: func(r *reader, e entry) { r.read(e.value, e.path, configKeys) }},
		"OutputDir":         {read: func(r *reader, e entry) { r.settings.OutputDir = r.text(e) }},
		"ProjectName":       {read: func(r *reader, e entry) { r.settings.Name = r.text(e) }},
		"Backend":           {read: (*reader).backend},
		"Part":              {read: func(r *reader, e entry) { r.settings.Part = strings.ToLower(r.text(e)) }},
		"XilinxPart":        {read: func(r *reader, e entry) { r.settings.Part = strings.ToLower(r.text(e)) }},
		"Board":             {read: (*reader).board},
		"ClockPeriod":       {read: (*reader).clock},
		"ClockUncertainty":  {read: (*reader).uncertainty},
		"IOType":            {read: (*reader).ioType},
		"OnnxModel":         {plain: "*"}, // the MODEL argument counts
		"InputShape":        {plain: "*"},
		"Version":           {plain: "*"},
		"Stamp":             {plain: "*"},
		"WriterConfig":      {plain: "*"},
		"HLSTarget":         {plain: "*"},
		"KerasModel":        {remedy: "export the network to ONNX and give it as MODEL"},
		"KerasJson":         {remedy: "export the network to ONNX and give it as MODEL"},
		"KerasH5":           {remedy: "export the network to ONNX and give it as MODEL"},
		"PytorchModel":      {remedy: "export the network to ONNX and give it as MODEL"},
		"TensorFlowModel":   {remedy: "export the network to ONNX and give it as MODEL"},
		"InputData":         {remedy: rows},
		"OutputPredictions": {remedy: rows},
	})
	both := map[string]key{
		"ReuseFactor":                 {},
		"TargetCycles":                {},
		"Strategy":                    {},
		"Precision":                   {},
		"Compression":                 {plain: "false", remedy: "zero weights cost nothing in the unrolled circuit: Strategy distributed_arithmetic"},
		"ConvImplementation":          {plain: "*"},
		"ParallelizationFactor":       {plain: "1", remedy: "set PE and SIMD of a layer with -p schedule:LAYER.pe=N,LAYER.simd=M"},
		"DenseResourceImplementation": {plain: "standard", remedy: "leave it out: mlpc folds layers of any shape"},
	}
	modelKeys = maps.Clone(both)
	maps.Copy(modelKeys, map[string]key{
		"BramFactor":             {plain: "1000000000", remedy: "weights stay on the chip; --option rom=block puts them into block RAM"},
		"TraceOutput":            {plain: "false", remedy: "--dump DIR writes the graph after each pass, and mlpc verify names the first wrong value"},
		"PipelineStyle":          {plain: "auto", remedy: "IOType io_stream pipelines the layers as a dataflow"},
		"PipelineInterval":       {read: func(r *reader, e entry) { r.settings.II = r.whole(e) }},
		"ChannelsLastConversion": {plain: "*"},
		"TransposeOutputs":       {plain: "*"},
	})
	layerKeys = maps.Clone(both)
	maps.Copy(layerKeys, map[string]key{
		"Trace":          {plain: "false", remedy: "--dump DIR writes the graph after each pass, and mlpc verify names the first wrong value"},
		"TableSize":      {plain: "*"}, // tables hold every input
		"Implementation": {plain: "*"}, // of a softmax
		"Skip":           {plain: "*"}, // of a softmax
		"ApplyFunction":  {plain: "*"},
		"Slope":          {plain: "*"},
		"NOuter":         {plain: "*"},
		"NInner":         {plain: "*"},
	})
}

// read walks a mapping by a table of keys.
func (r *reader) read(n *yaml.Node, path string, keys map[string]key) {
	for _, e := range r.entries(n, path) {
		k, ok := keys[e.key]
		switch {
		case !ok:
			r.unknown(e, slices.Sorted(maps.Keys(keys)))
		case k.read != nil:
			k.read(r, e)
		case k.plain == "*":
		case k.plain != "":
			if text := strings.ReplaceAll(strings.ToLower(r.text(e)), "_", ""); text != k.plain && text != "" {
				r.problem(e.at, e.path, "%s is not possible", e.value.Value).WithHint("%s", k.remedy)
			}
		case e.value.Tag == "!!null": // says nothing
		default:
			r.problem(e.at, e.path, "mlpc takes no such key").WithHint("%s", k.remedy)
		}
	}
}

// unknown refuses a key that nobody knows.
func (r *reader) unknown(e entry, known []string) {
	hint := diag.DidYouMean(e.key, known)
	if hint == "" {
		hint = "keys: " + strings.Join(known, ", ")
	}
	r.problem(e.at, e.path, "there is no such key").WithHint("%s", hint)
}

// backend takes the backends that write Vivado HLS or Vitis HLS.
func (r *reader) backend(e entry) {
	switch name := strings.ToLower(r.text(e)); name {
	case "vivado", "vitis", "vivadoaccelerator", "vitisaccelerator", "vitisunified", "":
		r.settings.Target = "hls"
	default:
		r.problem(e.at, e.path, "%s is no backend of mlpc", e.value.Value).WithHint("write Vitis for HLS C++, or leave it out and give --target")
	}
}

// boards gives the parts of hls4ml's boards.
var boards = map[string]string{
	"pynq-z1": "xc7z020clg400-1", "pynq-z2": "xc7z020clg400-1", "zcu102": "xczu9eg-ffvb1156-2-e", "alveo-u250": "xcu250-figd2104-2l-e",
}

func (r *reader) board(e entry) {
	name := strings.ToLower(r.text(e))
	part, ok := boards[name]
	if !ok {
		known := slices.Sorted(maps.Keys(boards))
		hint := diag.DidYouMean(name, known)
		if hint == "" {
			hint = "boards: " + strings.Join(known, ", ") + "; or give the Part"
		}
		r.problem(e.at, e.path, "no board %q", e.value.Value).WithHint("%s", hint)
		return
	}
	if r.settings.Part == "" {
		r.settings.Part = part
	}
}

// clock reads a period in ns.
func (r *reader) clock(e entry) {
	ns, err := strconv.ParseFloat(r.text(e), 64)
	if err != nil || !(ns >= 0.01 && ns <= 1e6) {
		r.problem(e.at, e.path, "%q is no period in ns", e.value.Value).WithHint("write 5 for 200 MHz")
		return
	}
	r.settings.ClockMHz = 1000 / ns
}

// uncertainty reads a share of the period, "12.5%".
func (r *reader) uncertainty(e entry) {
	text := strings.TrimSuffix(r.text(e), "%")
	if x, err := strconv.ParseFloat(text, 64); err != nil || !(x >= 0 && x < 100) || !strings.HasSuffix(e.value.Value, "%") {
		r.problem(e.at, e.path, "%q is no share of the period", e.value.Value).WithHint("write 12.5%%")
		return
	}
	r.settings.Uncertainty = text
}

func (r *reader) ioType(e entry) {
	switch text := r.text(e); text {
	case "io_parallel", "io_stream":
		r.settings.IOType = text
	default:
		r.problem(e.at, e.path, "%q is no way to pass values", text).WithHint("write io_parallel or io_stream")
	}
}
