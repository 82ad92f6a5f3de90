package hls

import (
	"regexp"

	"mlpc/ir/diag"
)

// What options may hold, since they go into Tcl and configuration files.
var (
	legalPart   = regexp.MustCompile(`^[A-Za-z0-9._-]+$`)
	legalNumber = regexp.MustCompile(`^[0-9]+(\.[0-9]+)?$`)
)

func checkOptions(p project) error {
	if !legalPart.MatchString(p.Part) {
		return diag.New(diag.CodeOption, diag.Pos{}, "%q is no part name", p.Part).WithHint("give one like xc7z020clg400-1")
	}
	if !legalNumber.MatchString(p.Uncertainty) {
		return diag.New(diag.CodeOption, diag.Pos{}, "clock uncertainty %q is no number of percent", p.Uncertainty)
	}
	return nil
}
