package main

import (
	"errors"
	"fmt"

	"mlpc/ir/diag"
	"mlpc/passes"
)

const (
	checkedMACs   = 500_000 // up to which inspect asks the targets without being told to,
	checkedValues = 500     // if the graph has no more values than these
	checkedRows   = 16      // synthetic rows that the passes run on; what a target takes hardly depends on them
)

// quicklyChecked tells whether asking all targets takes no more than a moment.
func quicklyChecked(m *model) bool {
	return m.info.MACs <= checkedMACs && len(m.graph.Values) <= checkedValues
}

// targetCheck says whether a target takes a model.
type targetCheck struct {
	Target string `json:"target"`
	OK     bool   `json:"ok"`
	Arch   string `json:"arch,omitempty"` // hardware: the first architecture that takes it
	Code   string `json:"code,omitempty"` // what stands in the way, first of all
	Node   string `json:"node,omitempty"`
	Reason string `json:"reason,omitempty"`
	Hint   string `json:"hint,omitempty"`
	More   int    `json:"more,omitempty"` // further obstacles
}

// checkTargets runs the passes for each target, on synthetic rows where the model needs some, and asks its backend; nothing is emitted.
func checkTargets(m *model) []targetCheck {
	var list []targetCheck
	for i := range targetList {
		t := &targetList[i]
		archs := t.Archs
		if len(archs) == 0 {
			archs = []string{""}
		}
		var first targetCheck
		for k, arch := range archs {
			c := checkTarget(m, t, arch)
			if k == 0 || c.OK {
				first = c
			}
			if c.OK {
				break
			}
		}
		list = append(list, first)
	}
	return list
}

// checkTarget asks one target with one architecture.
func checkTarget(m *model, t *target, arch string) targetCheck {
	c := targetCheck{Target: t.Name, Arch: arch}
	var l diag.List
	program, _, err := passes.Compile(m.graph, passes.Config{Target: t.Name, Arch: arch, Calib: passes.Synthetic(m.graph, checkedRows)})
	if err == nil {
		t.Check(program, &l)
		err = l.Err()
	}
	if err == nil {
		c.OK = true
		return c
	}
	var e *diag.Error
	if !errors.As(err, &l) || len(l) == 0 {
		if !errors.As(err, &e) {
			c.Reason = err.Error()
			return c
		}
		l = diag.List{e}
	}
	c.Code, c.Node, c.Reason, c.Hint, c.More = string(l[0].Code), l[0].Pos.Node, l[0].Msg, l[0].Hint, len(l)-1
	return c
}

// summary is the line of a target.
func (t *targetCheck) summary() string {
	switch {
	case t.OK && t.Arch != "":
		return "takes it, --arch " + t.Arch
	case t.OK:
		return "takes it"
	}
	e := diag.Error{Code: diag.Code(t.Code), Pos: diag.Pos{Node: t.Node}, Msg: t.Reason, Hint: t.Hint}
	s := "refuses it: " + e.Error()
	if t.More > 0 {
		s += fmt.Sprintf(" (and %d more)", t.More)
	}
	return s
}
