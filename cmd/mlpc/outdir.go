package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"mlpc/backends"
	"mlpc/ir"
	"mlpc/ir/diag"
)

// manifestSchema is the version of manifest.json's layout.
const manifestSchema = 1

// manifest is manifest.json: what an output directory holds and where it comes from.
type manifest struct {
	Schema  int               `json:"schema"`
	MLPC    string            `json:"mlpc"`
	Name    string            `json:"name"` // base name of the emitted files
	Target  string            `json:"target"`
	Arch    string            `json:"arch,omitempty"`
	Model   modelInfo         `json:"model"`
	Options map[string]string `json:"options,omitempty"` // flags that were given
	Inputs  []portInfo        `json:"inputs"`
	Outputs []portInfo        `json:"outputs"`
	Labels  []string          `json:"labels,omitempty"` // names of the classes
	Notes   []string          `json:"notes,omitempty"`  // of the target: layers that another way computes
	Files   map[string]string `json:"files"`            // path to SHA-256
}

// portInfo describes an input or output: real = (integer − zero) · scale + offset.
type portInfo struct {
	Name   string    `json:"name"`
	Shape  []int     `json:"shape"`
	Elem   string    `json:"elem"`
	Scale  []float64 `json:"scale,omitempty"`
	Zero   int64     `json:"zero,omitempty"`
	Offset []float64 `json:"offset,omitempty"`
	Lo     []int64   `json:"lo,omitempty"`    // inputs: the least and the largest integer, where not those of elem
	Hi     []int64   `json:"hi,omitempty"`    //
	Round  string    `json:"round,omitempty"` // inputs: how reals are rounded, where not to the nearest, ties to even
}

func ports(values []*ir.Value) []portInfo {
	list := []portInfo{}
	for _, v := range values {
		shape := v.Type.Shape
		if shape == nil {
			shape = []int{}
		}
		p := portInfo{Name: v.Name, Shape: shape, Elem: v.Type.Elem.String(), Scale: v.Type.Scale, Zero: v.Type.Zero, Offset: v.Type.Offset}
		if in, ok := v.Attr.(*ir.Input); ok {
			p.Lo, p.Hi, p.Round = in.Lo, in.Hi, in.Round
		}
		list = append(list, p)
	}
	return list
}

// addManifest completes files with manifest.json.
func addManifest(files backends.Files, m manifest) error {
	m.Schema, m.MLPC, m.Files = manifestSchema, version(), map[string]string{}
	for path, data := range files {
		sum := sha256.Sum256(data)
		m.Files[path] = hex.EncodeToString(sum[:])
	}
	data, err := indented(m)
	files["manifest.json"] = data
	return err
}

func indented(v any) ([]byte, error) {
	data, err := json.MarshalIndent(v, "", "  ")
	return append(data, '\n'), err
}

// readManifest reads the manifest of an output directory.
func readManifest(dir string) (*manifest, error) {
	data, err := os.ReadFile(filepath.Join(dir, "manifest.json"))
	if err != nil {
		return nil, diag.New(diag.CodeFile, diag.Pos{File: filepath.Base(dir)}, "has no manifest.json").WithHint("give a directory that mlpc compile wrote")
	}
	var m manifest
	if err := json.Unmarshal(data, &m); err != nil || m.Schema != manifestSchema {
		return nil, diag.New(diag.CodeFormat, diag.Pos{File: "manifest.json"}, "is not a manifest of schema %d", manifestSchema).WithHint("compile the model again with this mlpc")
	}
	return &m, nil
}

// checkDir refuses an output place that mlpc did not make.
func checkDir(dir string, force bool) error {
	info, err := os.Stat(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	pos := diag.Pos{File: filepath.Base(dir)}
	if err != nil {
		return diag.New(diag.CodeOutput, pos, "%v", errors.Unwrap(err))
	}
	if !info.IsDir() {
		return diag.New(diag.CodeOutput, pos, "exists and is no directory").WithHint("choose another place with -o")
	}
	if force {
		return nil
	}
	if _, err := readManifest(dir); err == nil {
		return nil
	}
	if entries, err := os.ReadDir(dir); err == nil && len(entries) == 0 {
		return nil
	}
	return diag.New(diag.CodeOutput, pos, "exists and was not made by mlpc").WithHint("choose another place with -o, or replace it with --force")
}

// writeDir writes the files into a new directory beside dir and then puts it in dir's place: all of them or none.
func writeDir(dir string, files backends.Files) (err error) {
	parent := filepath.Dir(dir)
	fail := func(err error) error {
		var pe *fs.PathError
		if errors.As(err, &pe) {
			err = pe.Err
		}
		return diag.New(diag.CodeOutput, diag.Pos{File: filepath.Base(dir)}, "cannot be written: %v", err)
	}
	if err := os.MkdirAll(parent, 0o777); err != nil {
		return fail(err)
	}
	tmp, err := os.MkdirTemp(parent, ".mlpc-")
	if err != nil {
		return fail(err)
	}
	defer func() { os.RemoveAll(tmp) }()
	if err := os.Chmod(tmp, 0o777&^umask()); err != nil {
		return fail(err)
	}
	for path, data := range files {
		full := filepath.Join(tmp, filepath.FromSlash(path))
		if err := os.MkdirAll(filepath.Dir(full), 0o777); err != nil {
			return fail(err)
		}
		if err := os.WriteFile(full, data, 0o666); err != nil {
			return fail(err)
		}
	}
	old := tmp + ".old"
	if err := os.Rename(dir, old); err == nil {
		defer os.RemoveAll(old)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return fail(err)
	}
	if err := os.Rename(tmp, dir); err != nil {
		os.Rename(old, dir)
		return fail(err)
	}
	return nil
}
