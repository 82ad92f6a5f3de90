package gomodel

import (
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"slices"
	"strings"
)

// library is Go source whose declarations emitted packages repeat word for word.
type library struct {
	file  string // name of the emitted file
	src   string
	tree  *ast.File
	strip string // qualifier that the emitted package does not need, since it holds those declarations itself: "num."
}

// parseLibrary reads source that is part of this program.
func parseLibrary(file, src, strip string) *library {
	tree, err := parser.ParseFile(token.NewFileSet(), file, src, parser.ParseComments)
	if err != nil {
		panic(err)
	}
	return &library{file, src, tree, strip}
}

// text gives the source between two positions; a file set with one file counts from 1.
func (l *library) text(from, to token.Pos) string { return l.src[from-1 : to-1] }

// names lists what a declaration declares; methods belong to their receiver's type.
func names(d ast.Decl) []string {
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Recv != nil {
			return []string{receiver(d.Recv.List[0].Type)}
		}
		return []string{d.Name.Name}
	case *ast.GenDecl:
		var list []string
		for _, s := range d.Specs {
			switch s := s.(type) {
			case *ast.ValueSpec:
				for _, n := range s.Names {
					list = append(list, n.Name)
				}
			case *ast.TypeSpec:
				list = append(list, s.Name.Name)
			}
		}
		return list
	}
	return nil
}

func receiver(t ast.Expr) string {
	if p, ok := t.(*ast.StarExpr); ok {
		t = p.X
	}
	return t.(*ast.Ident).Name
}

// closeNames adds to used every name that the declarations of used names mention, through all libraries.
func closeNames(libs []*library, used map[string]bool) {
	for grown := true; grown; {
		grown = false
		for _, l := range libs {
			for _, d := range l.tree.Decls {
				if !slices.ContainsFunc(names(d), func(n string) bool { return used[n] }) {
					continue
				}
				ast.Inspect(d, func(n ast.Node) bool {
					if id, ok := n.(*ast.Ident); ok && !used[id.Name] && !isLocal(id) {
						used[id.Name] = true
						grown = true
					}
					return true
				})
			}
		}
	}
}

// isLocal tells whether an identifier names a parameter, a variable or a label; the libraries have no package variables.
func isLocal(id *ast.Ident) bool {
	return id.Obj != nil && (id.Obj.Kind == ast.Var || id.Obj.Kind == ast.Lbl)
}

// emit prints the used declarations as a file of the package, or nothing when none is used.
func (l *library) emit(header, pkg string, used map[string]bool) ([]byte, error) {
	var body strings.Builder
	for _, d := range l.tree.Decls {
		if !slices.ContainsFunc(names(d), func(n string) bool { return used[n] }) {
			continue
		}
		from := d.Pos()
		if doc := docOf(d); doc != nil {
			from = doc.Pos()
		}
		body.WriteString("\n" + strings.ReplaceAll(l.text(from, d.End()), l.strip, "") + "\n")
	}
	if body.Len() == 0 {
		return nil, nil
	}
	var imports []string
	for _, im := range l.tree.Imports {
		path := strings.Trim(im.Path.Value, `"`)
		base := path[strings.LastIndex(path, "/")+1:]
		if strings.Contains(body.String(), base+".") {
			imports = append(imports, fmt.Sprintf("%q\n", path))
		}
	}
	head := fmt.Sprintf("// %s\n\npackage %s\n\n", header, pkg)
	if len(imports) > 0 {
		head += "import (\n" + strings.Join(imports, "") + ")\n"
	}
	return format.Source([]byte(head + body.String()))
}

func docOf(d ast.Decl) *ast.CommentGroup {
	switch d := d.(type) {
	case *ast.FuncDecl:
		return d.Doc
	case *ast.GenDecl:
		return d.Doc
	}
	return nil
}
