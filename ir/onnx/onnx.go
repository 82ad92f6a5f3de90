// Package onnx reads ONNX and QONNX files into graphs of package ir. It is the only place that knows ONNX.
//
// The reader trusts nothing: sizes are checked before memory is taken, external data must lie beside the model, and every problem
// is a diag.Error that names the node or tensor. Each operator is lowered to ops of the IR with the same meaning over the reals;
// whatever depends on no input is computed at once, in float64.
package onnx

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"path/filepath"

	"mlpc/ir"
	"mlpc/ir/diag"
)

// Options of the import.
type Options struct {
	// WholeTensor takes the first dimension of inputs for an ordinary one: the whole input is one sample. Import does so by itself
	// where all dimensions are fixed and the model combines what would be samples.
	WholeTensor bool

	// Literal leaves activations that are written as several operators as the file writes them.
	Literal bool
}

// Model is an imported model.
type Model struct {
	Graph     *ir.Graph
	IRVersion int
	Opset     int    // version of the default operator domain
	Producer  string // name and version of the exporter, as the file says

	// Digest is the SHA-256 of the model file, in hex; DataDigests are those of external data files, as "name:hex".
	Digest      string
	DataDigests []string

	Parameters int64 // elements of the constants that the graph's outputs depend on
	MACs       int64 // multiplications with accumulation for one sample

	Inputs  []Port
	Outputs []Port
	Labels  []string // class names, where an output is an index that stands for one
	Notes   []string // what the importer rewrote or dropped, for the user
}

// Port describes an input or output of the graph, in the order of the graph.
type Port struct {
	Name   string
	Type   string // element type of the tensor in the model: float32, int64, …
	Shape  []int  // of the tensor for one sample; Shape[Batch] counts the entries of one sample
	Batch  int    // axis of the batch; −1: the tensor has none
	Rows   int    // size of the batch that the model fixes; 0: any
	Labels bool   // the integers are indexes into Model.Labels
}

// Import reads a model file and the external data beside it.
func Import(path string, opt Options) (*Model, error) {
	name := filepath.Base(path)
	pos := diag.Pos{File: name}
	f, err := os.Open(path)
	if err != nil {
		return nil, diag.New(diag.CodeFile, pos, "the model cannot be opened").WithHint("check the path %q", path)
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil || !st.Mode().IsRegular() {
		return nil, diag.New(diag.CodeFile, pos, "this is not a regular file").WithHint("name the .onnx file")
	}
	if st.Size() > maxFile {
		return nil, diag.New(diag.CodeLimit, pos, "the file has %d bytes; the limit is %d", st.Size(), maxFile)
	}
	data := make([]byte, st.Size())
	if _, err := io.ReadFull(f, data); err != nil {
		return nil, diag.New(diag.CodeFile, pos, "the model cannot be read")
	}
	return ImportBytes(name, data, filepath.Dir(path), opt)
}

// ImportBytes reads a model from memory. External data are looked for in dir; an empty dir allows none.
func ImportBytes(name string, data []byte, dir string, opt Options) (*Model, error) {
	proto, err := decodeModel(data)
	if err != nil {
		return nil, diag.New(diag.CodeFormat, diag.Pos{File: name}, "this is not a complete ONNX file: %v", err).WithHint("export the model again")
	}
	ext := &external{dir: dir}
	defer ext.close()
	m, err := newImporter(name, proto, ext, opt)
	if err != nil {
		return nil, err
	}
	model, err := m.run()
	if err != nil && (m.crossed || m.rankOne()) && m.allFixed() && !opt.WholeTensor {
		opt.WholeTensor = true
		if m, err2 := newImporter(name, proto, ext, opt); err2 == nil {
			if whole, err2 := m.run(); err2 == nil {
				whole.Notes = append(whole.Notes, "the model combines the entries of its first dimension; the whole input is taken as one sample")
				model, err = whole, nil
			}
		}
	}
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(data)
	model.Digest = hex.EncodeToString(sum[:])
	if model.DataDigests, err = ext.digests(); err != nil {
		return nil, diag.New(diag.CodeExternalData, diag.Pos{File: name}, "external data: %v", err)
	}
	return model, nil
}
