package backends

import (
	"strconv"
	"strings"
)

// Language names the language whose reserved words a name must avoid.
type Language uint8

const (
	C       Language = iota // C99, with the names that its standard headers claim
	CPP                     // C++17 and C, with the namespaces and types of the HLS libraries
	Verilog                 // Verilog-2001 and SystemVerilog, since tools read .v files as either
	Go                      // keywords and predeclared identifiers
	Tcl                     // command names of the core language
)

// maxName is the longest name that LegalName and Namer give.
const maxName = 40

// LegalName turns any text into an identifier that is legal in every given language: [a-z][a-z0-9_]*, at most 40 characters, and no
// reserved word. Runs of other characters become one underscore; a text without any letter or digit gives "x". The result depends on
// its arguments only.
func LegalName(text string, langs ...Language) string {
	var b strings.Builder
	for _, r := range strings.ToLower(text) {
		legal := r >= 'a' && r <= 'z' || r >= '0' && r <= '9'
		switch {
		case b.Len() == maxName:
			// The rest is cut off.
		case legal:
			if b.Len() == 0 && r <= '9' {
				b.WriteByte('n')
			}
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "_"):
			b.WriteByte('_')
		}
	}
	name := strings.TrimRight(b.String()[:min(b.Len(), maxName)], "_")
	if name == "" {
		name = "x"
	}
	if Reserved(name, langs...) {
		name = suffixed(name, "_m")
	}
	return name
}

// Reserved tells whether any of the languages reserves the name, whatever its letter case.
func Reserved(name string, langs ...Language) bool {
	name = strings.ToLower(name)
	for _, l := range langs {
		if reserved[l][name] {
			return true
		}
	}
	return false
}

// suffixed appends a suffix, cutting the name so that the limit holds.
func suffixed(name, suffix string) string {
	if len(name)+len(suffix) > maxName {
		name = name[:maxName-len(suffix)]
	}
	return name + suffix
}

// Namer gives out legal names, each once. Names that differ only in letter case count as equal, since some file systems and
// VHDL tools hold them equal.
type Namer struct {
	langs []Language
	taken map[string]bool
}

// NewNamer makes a Namer for the languages; the names in taken are never given out.
func NewNamer(taken []string, langs ...Language) *Namer {
	n := &Namer{langs: langs, taken: map[string]bool{}}
	for _, t := range taken {
		n.taken[strings.ToLower(t)] = true
	}
	return n
}

// Name gives a legal name like the text; when it is taken already, with the first free suffix of _2, _3, …
func (n *Namer) Name(text string) string {
	base := LegalName(text, n.langs...)
	name := base
	for i := 2; n.taken[name]; i++ {
		name = suffixed(base, "_"+strconv.Itoa(i))
	}
	n.taken[name] = true
	return name
}
