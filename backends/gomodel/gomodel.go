// Package gomodel emits a model as a stand-alone Go package that needs the standard library only.
//
// model.go holds Infer and the text protocol, weights.go the constants, kernel.go, num.go and text.go the loops and the arithmetic
// word for word as the compiler itself has them, estimate.go what the model costs, model_test.go a test with vectors, and
// cmd/NAME/main.go a program that reads vectors from standard input.
package gomodel

import (
	"bytes"
	"fmt"
	"strconv"

	"github.com/dave/jennifer/jen"

	"mlpc/backends"
	"mlpc/backends/gomodel/kernel"
	"mlpc/ir"
	"mlpc/ir/diag"
	"mlpc/ir/num"
)

// Backend is the target "go".
var Backend = &backends.Backend{
	Name:  "go",
	Doc:   "stand-alone Go package, standard library only",
	Check: check,
	Emit:  Emit,
}

// check lists what the target cannot do: values that are not integers or have no elements.
func check(p *ir.Program, l *diag.List) {
	for _, v := range p.Graph.Values {
		switch {
		case v.Type.Elem.IsReal():
			l.Addf(diag.CodeTarget, v.Pos, "the go target computes with integers only, but this %s gives real numbers", v.Op).
				WithHint("quantize the model first")
		case v.Type.Size() == 0:
			l.Addf(diag.CodeTarget, v.Pos, "the go target cannot hold a value without elements, as this %s gives", v.Op)
		}
	}
}

// libraries are the sources that emitted packages repeat.
var libraries = parseLibraries()

func parseLibraries() []*library {
	var libs []*library
	for _, file := range []string{"kernel.go", "text.go"} {
		src, err := kernel.Sources.ReadFile(file)
		if err != nil {
			panic(err)
		}
		libs = append(libs, parseLibrary(file, string(src), "num."))
	}
	return append(libs, parseLibrary("num.go", num.Source, ""), parseLibrary("float32.go", num.SourceFloat32, ""))
}

// Emit prints the package. Its import path is example.com/NAME, to be changed by whoever takes it in.
func Emit(in backends.Input) (backends.Files, error) {
	pkg := backends.LegalName(in.Name, backends.Go)
	e := newEmitter(in, pkg)
	files := backends.Files{
		"go.mod":           fmt.Appendf(nil, "module example.com/%s\n\ngo 1.22\n", pkg),
		"testdata/in.txt":  vectorText(in.Vectors.In),
		"testdata/out.txt": vectorText(in.Vectors.Out),
	}
	for name, file := range map[string]*jen.File{
		"model.go":                e.model(),
		"weights.go":              e.weights(),
		"estimate.go":             e.estimate(),
		"model_test.go":           e.test(),
		"cmd/" + pkg + "/main.go": e.command(),
	} {
		var text bytes.Buffer
		if err := file.Render(&text); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		files[name] = text.Bytes()
	}
	closeNames(libraries, e.used)
	for _, l := range libraries {
		text, err := l.emit(e.header, pkg, e.used)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", l.file, err)
		}
		if text != nil {
			files[l.file] = text
		}
	}
	return files, nil
}

// vectorText gives one line a vector.
func vectorText(vectors [][]int64) []byte {
	var text []byte
	for _, v := range vectors {
		for i, x := range v {
			if i > 0 {
				text = append(text, ' ')
			}
			text = strconv.AppendInt(text, x, 10)
		}
		text = append(text, '\n')
	}
	return text
}
