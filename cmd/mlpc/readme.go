package main

import (
	"bytes"
	"strings"
	"text/template"

	"mlpc/templates"
)

// readme makes the README.md of an output directory.
func readme(m *manifest, r *reportFile) []byte {
	var b bytes.Buffer
	t := template.Must(template.New("").Funcs(template.FuncMap{"join": strings.Join, "figures": figuresText}).ParseFS(templates.FS, "readme/output.md"))
	if err := t.ExecuteTemplate(&b, "output.md", map[string]any{"M": m, "R": r, "Version": version(), "Title": escapeMarkdown(m.Model.Name)}); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// escapeMarkdown keeps a model's name from being read as markup.
func escapeMarkdown(s string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x20 || strings.ContainsRune("`<>[]()*_#!|\\", r) {
			return '-'
		}
		return r
	}, s)
}
