package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"mlpc/ir"
	"mlpc/ir/diag"
	"mlpc/ir/onnx"
)

// model is what a MODEL argument named.
type model struct {
	path   string
	graph  *ir.Graph
	info   modelInfo
	labels []string
	notes  []string    // what the importer rewrote or dropped
	onnx   *onnx.Model // nil for the text form
	dir    *manifest   // set for an output directory
	base   string      // file name without its ending
}

// modelInfo is "model" of report.json and manifest.json.
type modelInfo struct {
	Name       string `json:"name"`
	Digest     string `json:"digest"`
	Opset      int    `json:"opset,omitempty"`
	Producer   string `json:"producer,omitempty"`
	Parameters int64  `json:"parameters"`
	MACs       int64  `json:"macs"`
}

// loadModel reads an ONNX file, a .mlpc file or an output directory.
func loadModel(path string) (*model, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, diag.New(diag.CodeFile, diag.Pos{File: filepath.Base(path)}, "no such file or directory").WithHint("check the path")
	}
	base := baseName(path)
	switch {
	case info.IsDir():
		m, err := readManifest(path)
		if err != nil {
			return nil, err
		}
		g, err := readText(filepath.Join(path, "model.mlpc"))
		if err != nil {
			return nil, err
		}
		return &model{path: path, graph: g, info: m.Model, labels: m.Labels, dir: m, base: m.Name}, nil
	case strings.EqualFold(filepath.Ext(path), ".mlpc"):
		g, err := readText(path)
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256([]byte(g.Print()))
		parameters, macs := size(g)
		return &model{path: path, graph: g, base: base, info: modelInfo{Name: base, Digest: hex.EncodeToString(sum[:]), Parameters: parameters, MACs: macs}}, nil
	}
	m, err := onnx.Import(path, onnx.Options{})
	if err != nil {
		return nil, err
	}
	return &model{path: path, graph: m.Graph, labels: m.Labels, notes: m.Notes, onnx: m, base: base, info: modelInfo{
		Name: base, Digest: m.Digest, Opset: m.Opset, Producer: m.Producer, Parameters: m.Parameters, MACs: m.MACs}}, nil
}

// baseName names a model after its file, or after the folder of a file that is just called model.
func baseName(path string) string {
	base := strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
	if base != "model" {
		return base
	}
	if abs, err := filepath.Abs(path); err == nil && filepath.Dir(abs) != filepath.Dir(filepath.Dir(abs)) {
		return filepath.Base(filepath.Dir(abs))
	}
	return base
}

// readText reads and verifies the text form of a graph.
func readText(path string) (*ir.Graph, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fileError(path, err)
	}
	g, err := ir.Parse(filepath.Base(path), string(data))
	if err != nil {
		return nil, err
	}
	if err := ir.Verify(g); err != nil {
		return nil, withFile(err, filepath.Base(path))
	}
	return g, nil
}

// withFile sets the file of problems that name none.
func withFile(err error, file string) error {
	var l diag.List
	if errors.As(err, &l) {
		for _, e := range l {
			if e.Pos.File == "" {
				e.Pos.File = file
			}
		}
	}
	return err
}

// size counts the parameters of a graph and the multiplications of one sample.
func size(g *ir.Graph) (parameters, macs int64) {
	for _, v := range g.Values {
		switch {
		case v.Op == ir.OpConst:
			parameters += int64(v.Const().Len())
		case v.Op == ir.OpDense:
			macs += int64(v.Type.Size()) * int64(v.Args[1].Type.Shape[1])
		}
	}
	return parameters, macs
}
