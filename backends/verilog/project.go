package verilog

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"text/template"

	"mlpc/backends"
	"mlpc/ir/diag"
	"mlpc/templates"
)

// project is what the project files are made from.
type project struct {
	Name, Version, Part              string
	RTL, ROM, Vectors                []string // paths in the output directory, sorted
	PeriodNs, UncertaintyNs, DelayNs string
	MHz                              string
	InTop, OutTop                    int // highest bit of all inputs and of all outputs of the wrapper, side by side
	Pins                             []pin
	Board                            bool // there are files for boards
	Flash                            bool // weights lie in RAMs of an iCE40 UltraPlus, filled from a flash
	II                               int  // cycles from sample to sample
}

// pin connects a port of the wrapper to bits of the shift registers.
type pin struct{ Name, Wire string }

var projectText = template.Must(template.New("").Funcs(template.FuncMap{"base": path.Base}).ParseFS(templates.FS, "verilog/project/*.tmpl"))

// projectFiles adds build files: FuseSoC, Vivado, Quartus, and a Makefile for open tools.
func projectFiles(in backends.Input, c *core, files backends.Files) error {
	p := &project{Name: c.name, Version: in.Version, Part: in.Options["part"], Board: hasBoard(c), Flash: c.flash != nil, II: in.Program.II}
	if p.Part == "" {
		p.Part = defaultPart
	}
	if !regexp.MustCompile(`^[A-Za-z0-9_-]+$`).MatchString(p.Part) {
		return diag.New(diag.CodeOption, diag.Pos{}, "part %q is not a device name", p.Part).WithHint("use a name such as %s", defaultPart)
	}
	for name := range files {
		switch {
		case strings.HasPrefix(name, "rtl/") && path.Ext(name) == ".v":
			p.RTL = append(p.RTL, name)
		case strings.HasPrefix(name, "rtl/"):
			p.ROM = append(p.ROM, name)
		case path.Ext(name) == ".hex":
			p.Vectors = append(p.Vectors, name)
		}
	}
	slices.Sort(p.RTL)
	slices.Sort(p.ROM)
	slices.Sort(p.Vectors)
	mhz := in.Program.ClockMHz
	if mhz == 0 {
		mhz = 100
	}
	period := 1000 / mhz
	p.MHz = fmt.Sprintf("%g", mhz)
	p.PeriodNs, p.UncertaintyNs, p.DelayNs = fmt.Sprintf("%.3f", period), fmt.Sprintf("%.3f", period/10), fmt.Sprintf("%.3f", period/4)
	p.connect(c)
	for name, text := range map[string]string{
		c.name + ".core":             "core.tmpl",
		"vivado/build.tcl":           "vivado.tcl.tmpl",
		"vivado/" + c.name + ".xdc":  "xdc.tmpl",
		"quartus/build.tcl":          "quartus.tcl.tmpl",
		"quartus/" + c.name + ".sdc": "sdc.tmpl",
		"Makefile":                   "make.tmpl",
		"tb/" + c.name + "_pins.v":   "pins.tmpl",
	} {
		var b strings.Builder
		if err := projectText.ExecuteTemplate(&b, text, p); err != nil {
			panic("verilog: " + err.Error())
		}
		files[name] = []byte(b.String())
	}
	return nil
}

// connect lays the wrapper's inputs side by side in one register, and its outputs in another.
func (p *project) connect(c *core) {
	ins, outs := 0, 0
	add := func(at *int, register, name string, width int) {
		p.Pins = append(p.Pins, pin{name, fmt.Sprintf("%s[%d +: %d]", register, *at, width)})
		*at += width
	}
	for _, q := range c.ins {
		s := axisName("s_axis", q)
		add(&ins, "to_core", s+"_tdata", q.axisBits())
		add(&ins, "to_core", s+"_tvalid", 1)
		add(&ins, "to_core", s+"_tlast", 1)
		add(&outs, "from_core", s+"_tready", 1)
	}
	for _, q := range c.outs {
		m := axisName("m_axis", q)
		add(&outs, "from_core", m+"_tdata", q.axisBits())
		add(&outs, "from_core", m+"_tvalid", 1)
		add(&outs, "from_core", m+"_tlast", 1)
		add(&ins, "to_core", m+"_tready", 1)
	}
	for _, q := range flashPins {
		if c.flash == nil {
			break
		}
		if q.direction == "output" {
			add(&outs, "from_core", q.name, 1)
		} else {
			add(&ins, "to_core", q.name, 1)
		}
	}
	add(&outs, "from_core", "frame_error", 1)
	p.InTop, p.OutTop = ins-1, outs-1
}
