package passes

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"mlpc/ir"
	"mlpc/ir/diag"
)

var update = flag.Bool("update", false, "write what the passes give into testdata")

// TestFiles runs testdata/*.txtar. The first line holds the passes, "fold quantize:bits=4", and settings of the run, "target=verilog"
// and "match=exact"; the section "in" the graph, "want" the result, or "error" the message.
func TestFiles(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no test files: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) { runFile(t, file) })
	}
}

func runFile(t *testing.T, file string) {
	a, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(a.Comment), "\n")
	g, err := ir.Parse("in", section(a, "in"))
	if err != nil {
		t.Fatal(err)
	}
	got, name := "", "want"
	if g, err = runLine(g, first); err != nil {
		got, name = err.Error()+"\n", "error"
	} else {
		got = g.Print()
		if back, err := ir.Parse("want", got); err != nil || back.Print() != got {
			t.Errorf("the result does not read back: %v", err)
		}
	}
	if *update {
		a.Files = []txtar.File{{Name: "in", Data: []byte(section(a, "in"))}, {Name: name, Data: []byte(got)}}
		if err := os.WriteFile(file, txtar.Format(a), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if want := section(a, name); got != want {
		t.Errorf("got %s:\n%s\nwant:\n%s", name, got, want)
	}
}

// section gives a file of an archive.
func section(a *txtar.Archive, name string) string {
	for _, f := range a.Files {
		if f.Name == name {
			return string(f.Data)
		}
	}
	return ""
}

// runLine runs the passes of one line on g, verified after each and checked as Compile does.
func runLine(g *ir.Graph, words string) (*ir.Graph, error) {
	cfg := Config{Target: "c"}
	var runs []run
	var errs diag.List
	for _, word := range strings.Fields(words) {
		if v, ok := strings.CutPrefix(word, "target="); ok {
			cfg.Target = v
			continue
		}
		if v, ok := strings.CutPrefix(word, "match="); ok {
			cfg.Match = Match(v)
			continue
		}
		name, list, _ := strings.Cut(word, ":")
		p := find(name, &errs)
		if p == nil {
			return nil, errs.Err()
		}
		o := Options{}
		for _, opt := range p.Options {
			o[opt.Name] = opt.Default
		}
		p.parse(list, o, asTyped, &errs)
		runs = append(runs, run{p, o})
	}
	if err := errs.Err(); err != nil {
		return nil, err
	}
	c := &Context{Config: &cfg}
	if !g.IsInteger() {
		cfg.Calib = synthetic(g, 200, [2]float64{})
	}
	if err := c.prepare(g, &Report{}); err != nil {
		return nil, err
	}
	m, err := newMeter(g, cfg.Calib)
	if err != nil {
		return nil, err
	}
	for _, r := range runs {
		if g, _, err = step(c, r, g, m); err != nil {
			return nil, err
		}
	}
	return g, nil
}

func TestOrder(t *testing.T) {
	place := map[string]int{}
	for i, p := range All {
		place[p.Name] = i + 1
		if p.Doc == "" || p.Run == nil {
			t.Errorf("pass %s has no doc or does nothing", p.Name)
		}
		for _, o := range p.Options {
			if o.Doc == "" {
				t.Errorf("option %s of pass %s has no doc", o.Name, p.Name)
			}
			if o.Check != nil && o.Check(o.Default) != nil {
				t.Errorf("option %s of pass %s: its default %q does not pass its own check", o.Name, p.Name, o.Default)
			}
		}
		for _, l := range p.Layers {
			if !slices.ContainsFunc(p.Options, func(o Option) bool { return o.Name == l }) {
				t.Errorf("pass %s: per-layer option %s is no option", p.Name, l)
			}
		}
	}
	for _, o := range order {
		if place[o.a] == 0 || place[o.b] == 0 || place[o.a] >= place[o.b] || o.why == "" {
			t.Errorf("%s must run before %s: %s", o.a, o.b, o.why)
		}
	}
}

func TestPlanErrors(t *testing.T) {
	for _, c := range []struct{ use, drop, want string }{
		{"quantise", "", `no pass "quantise" [option]; did you mean "quantize"?`},
		{"", "prun", `no pass "prun" [option]; did you mean "prune"?`},
		{"quantize:bit=4", "", `pass quantize has no option "bit" [option]; did you mean "bits"?`},
		{"quantize:bits=40", "", `option bits of pass quantize: "40" is not a width from 2 to 16, or two as w4a8 [option]`},
		{"quantize:bits", "", `option "bits" of pass quantize has no value [option]; write name=value`},
		{"prune:fraction=2", "", `option fraction of pass prune: "2" is not a number from 0 to 1 [option]`},
		{"prune:block=4", "", `option block of pass prune: "4" is not ROWSxCOLS, for example 4x1 [option]`},
		{"fold:x=1", "", `pass fold has no option "x" [option]; options: none`},
		{"prune", "prune", `pass "prune" is both asked for and left out [option]`},
		{"approximate:unit=foo", "", `option unit of pass approximate: "foo" no approximate unit "foo"; units: trunc:1 to trunc:31 [option]`},
	} {
		var use, drop []string
		if c.use != "" {
			use = []string{c.use}
		}
		if c.drop != "" {
			drop = []string{c.drop}
		}
		_, err := plan(use, drop, asTyped)
		if err == nil || err.Error() != c.want {
			t.Errorf("-p %q -x %q: %v, want %s", c.use, c.drop, err, c.want)
		}
	}
}

func TestPlan(t *testing.T) {
	runs, err := plan([]string{"prune:fraction=0.7,fc1.fraction=0.2", "prune:block=2x1"}, []string{"fuse"}, asTyped)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range runs {
		got = append(got, r.pass.Name)
		if r.pass == prune {
			if s := r.options.String(); s != "block=2x1 fc1.fraction=0.2 fraction=0.7 method=auto neurons=0 outputs=0.5" {
				t.Errorf("options %s", s)
			}
			if r.options.Layer("fc1", "fraction") != "0.2" || r.options.Layer("fc2", "fraction") != "0.7" {
				t.Errorf("layer options of %v", r.options)
			}
		}
	}
	if s := fmt.Sprint(got); s != "[head fold prune calibrate quantize lower dce schedule]" {
		t.Errorf("passes %s", s)
	}
}

// TestPanic checks that a panicking pass becomes a Bug that carries the graph before it.
func TestPanic(t *testing.T) {
	g := mlp(1, "relu", 2, 2)
	bad := &Pass{Name: "bad", Run: func(*Context, *ir.Graph, Options) (*ir.Graph, error) { panic("oh") }}
	_, err := guard(&Context{Config: &Config{}}, run{bad, nil}, g)
	b, ok := err.(*Bug)
	if !ok || b.Before != g || b.Error() != "bug in pass bad: oh" || len(b.Stack) == 0 {
		t.Errorf("got %v", err)
	}
}

// TestExactCheck checks that a pass that calls itself exact and changes a result is found out.
func TestExactCheck(t *testing.T) {
	g := mlp(1, "relu", 2, 2)
	liar := &Pass{Name: "liar", Effect: Exact, Run: func(_ *Context, g *ir.Graph, _ Options) (*ir.Graph, error) {
		return g.Rewrite(func(ng *ir.Graph, v *ir.Value, _ []*ir.Value) *ir.Value {
			if v.Op != ir.OpConst {
				return nil
			}
			return ng.ConstReal(v.Type.Shape, make([]float64, v.Type.Size()))
		}), nil
	}}
	cfg := Config{Calib: synthetic(g, 10, [2]float64{})}
	m, err := newMeter(g, cfg.Calib)
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = step(&Context{Config: &cfg, Calib: cfg.Calib}, run{liar, nil}, g, m)
	if b, ok := err.(*Bug); !ok || b.Pass != "liar" {
		t.Errorf("got %v", err)
	}
}

// asTyped spells layers as they were typed.
func asTyped(layer string) (string, error) { return layer, nil }
