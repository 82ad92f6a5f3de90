package verilog

import (
	"strings"
	"text/template"

	"mlpc/templates"
)

// harnessPort is a port as the C++ harness sees it.
type harnessPort struct {
	Index, Offset, Size int
	Name                string
	Lanes               []harnessLane
}

type harnessLane struct {
	At, Bits int
	Signed   bool
}

var harnessText = template.Must(template.ParseFS(templates.FS, "verilog/verilator_main.cpp.tmpl"))

// harness gives the C++ program that runs the wrapper in Verilator.
func harness(c *core) string {
	data := struct {
		Top                           string
		Ins, Outs                     []harnessPort
		InSize, OutSize, Settle, Idle int
	}{Top: c.simulated(), Settle: c.settle, Idle: c.idle}
	data.Ins, data.InSize = harnessPorts(c.ins, "s_axis")
	data.Outs, data.OutSize = harnessPorts(c.outs, "m_axis")
	var b strings.Builder
	if err := harnessText.Execute(&b, data); err != nil {
		panic("verilog: " + err.Error())
	}
	return b.String()
}

// harnessPorts lays the ports' samples one after the other; it gives the size of a vector.
func harnessPorts(ports []port, prefix string) (list []harnessPort, size int) {
	for i, p := range ports {
		h := harnessPort{Index: i, Offset: size, Size: p.size, Name: axisName(prefix, p)}
		at := 0
		for _, t := range p.lanes {
			h.Lanes = append(h.Lanes, harnessLane{at, laneBits(t), t.Signed})
			at += laneBits(t)
		}
		size += p.size
		list = append(list, h)
	}
	return list, size
}
