// Package hls4ml reads the configuration files of hls4ml, so that who has one compiles with it: the top-level file of its command line,
// or the dictionary that config_from_onnx_model gives, as YAML or JSON. What mlpc does otherwise than hls4ml becomes a note, what it
// cannot do a problem with the place of the key.
//
// The keys and their precedence are those of hls4ml 1.x (docs/api/configuration.rst, docs/ir/attributes.rst).
package hls4ml

import (
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"mlpc/ir"
	"mlpc/ir/diag"
	"mlpc/passes"
)

// Settings is what a configuration says, as mlpc's own flags would. Fields that it does not give are zero.
type Settings struct {
	Target      string   // hls for the backends of Vivado and Vitis
	OutputDir   string   // -o
	Name        string   // --name
	Part        string   // part of the vendor
	ClockMHz    float64  // --clock
	Uncertainty string   // clock uncertainty in percent
	IOType      string   // io_parallel or io_stream
	Arch        string   // unrolled, where a strategy asks for it
	II          int      // --ii
	Passes      []string // -p
	Notes       []string // what holds otherwise than hls4ml would have it
}

// reader collects the settings and the problems of one file.
type reader struct {
	file     string
	names    *passes.Names
	settings Settings
	problems diag.List
	model    *level
	types    map[string]*level // by class of layer, lower case
	layers   map[string]*level // by key of the node
	rounds   bool              // a type says truncation or wrap-around
}

// Read reads a configuration for the model g. All problems are reported together.
func Read(file string, data []byte, g *ir.Graph) (*Settings, error) {
	var doc yaml.Node
	d := yaml.NewDecoder(strings.NewReader(string(data)))
	if err := d.Decode(&doc); err != nil && !errors.Is(err, io.EOF) {
		return nil, diag.New(diag.CodeSyntax, diag.Pos{File: file}, "this is no YAML: %s", strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if len(doc.Content) == 0 {
		return nil, diag.New(diag.CodeConfig, diag.Pos{File: file}, "the file is empty").WithHint("write hls4ml's keys, or leave --config out")
	}
	names, err := passes.NamesOf(g, !g.IsInteger())
	if err != nil {
		return nil, err
	}
	r := &reader{file: file, names: names, model: &level{}, types: map[string]*level{}, layers: map[string]*level{}}
	r.read(doc.Content[0], "", topKeys)
	r.precision()
	r.folding()
	r.strategy()
	if r.rounds {
		r.note("types round to nearest and saturate, where hls4ml's truncate and wrap around unless they say AP_RND and AP_SAT")
	}
	slices.SortStableFunc(r.problems, func(a, b *diag.Error) int { return a.Pos.Line - b.Pos.Line })
	return &r.settings, r.problems.Err()
}

func (r *reader) note(s string) { r.settings.Notes = append(r.settings.Notes, r.file+": "+s) }

// problem refuses the key at a path.
func (r *reader) problem(n *yaml.Node, path, format string, args ...any) *diag.Error {
	return r.problems.Addf(diag.CodeConfig, diag.Pos{File: r.file, Line: n.Line}, path+": "+format, args...)
}

// entry is a key of a mapping with its value.
type entry struct {
	key   string
	at    *yaml.Node // the key
	value *yaml.Node
	path  string
}

// entries lists the keys of a mapping.
func (r *reader) entries(n *yaml.Node, path string) []entry {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if n.Kind != yaml.MappingNode {
		if n.Tag != "!!null" {
			r.problem(n, orTop(path), "this is no mapping").WithHint("write KEY: VALUE lines below it")
		}
		return nil
	}
	var list []entry
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		e := entry{key: n.Content[i].Value, at: n.Content[i], value: n.Content[i+1]}
		e.path = strings.TrimPrefix(path+"."+e.key, ".")
		if e.value.Kind == yaml.AliasNode {
			e.value = e.value.Alias
		}
		if seen[e.key] {
			r.problem(e.at, e.path, "the key stands there twice").WithHint("keep one")
			continue
		}
		seen[e.key] = true
		list = append(list, e)
	}
	return list
}

func orTop(path string) string {
	if path == "" {
		return "top level"
	}
	return path
}

// text gives a value that is one word or number.
func (r *reader) text(e entry) string {
	if e.value.Kind != yaml.ScalarNode {
		r.problem(e.at, e.path, "the value is no text or number").WithHint("write one value behind the colon")
		return ""
	}
	if e.value.Tag == "!!null" {
		return ""
	}
	return e.value.Value
}

// whole gives a value that is a whole number of at least 1, or 0 with a problem.
func (r *reader) whole(e entry) int {
	text := r.text(e)
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > 1<<20 {
		r.problem(e.at, e.path, "%q is no whole number from 1 to %d", text, 1<<20).WithHint("write 1, 2, 4, …")
		return 0
	}
	return n
}
