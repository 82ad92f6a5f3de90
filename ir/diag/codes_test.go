package diag_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"mlpc/ir"
	"mlpc/ir/diag"
)

// declared reads the constants of type Code from the source.
func declared(t *testing.T) map[diag.Code]string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "codes.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	codes := map[diag.Code]string{}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if typ, ok := spec.Type.(*ast.Ident); ok && typ.Name == "Code" {
			value, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			codes[diag.Code(value)] = spec.Names[0].Name
		}
		return true
	})
	return codes
}

func TestEveryCodeIsExplained(t *testing.T) {
	codes := declared(t)
	if len(codes) < 20 {
		t.Fatalf("only %d constants found", len(codes))
	}
	seen := map[diag.Code]bool{}
	for _, d := range diag.Codes {
		if codes[d.Code] == "" {
			t.Errorf("%q is in the table and is no constant", d.Code)
		}
		if seen[d.Code] {
			t.Errorf("%q is in the table twice", d.Code)
		}
		seen[d.Code] = true
		if !strings.HasSuffix(d.Means, ".") || !strings.HasSuffix(d.Remedy, ".") || d.Example == "" {
			t.Errorf("%q: the entry is not complete", d.Code)
		}
		if got, ok := diag.Explain(d.Code); !ok || got != d {
			t.Errorf("Explain(%q) does not find it", d.Code)
		}
	}
	for code, name := range codes {
		if !seen[code] {
			t.Errorf("%s is not in the table", name)
		}
	}
	if _, ok := diag.Explain("no-such-code"); ok {
		t.Error("Explain finds what does not exist")
	}
}

// TestExamplesInText takes the examples whose model alone is wrong: parsing or verifying it gives the code, and only that.
func TestExamplesInText(t *testing.T) {
	ran := 0
	for _, d := range diag.Codes {
		a := txtar.Parse([]byte(d.Example))
		if !strings.HasPrefix(string(a.Comment), "mlpc inspect model.mlpc") {
			continue
		}
		ran++
		g, err := ir.Parse("model.mlpc", string(a.Files[0].Data))
		if err == nil {
			err = ir.Verify(g)
		}
		switch e := err.(type) {
		case *diag.Error:
			if e.Code != d.Code {
				t.Errorf("%s: %v", d.Code, err)
			}
		case diag.List:
			if len(e) != 1 || e[0].Code != d.Code {
				t.Errorf("%s: %v", d.Code, err)
			}
		default:
			t.Errorf("%s: the example gives %v", d.Code, err)
		}
	}
	if ran < 6 {
		t.Errorf("only %d examples ran", ran)
	}
}

func TestDocString(t *testing.T) {
	d := diag.Doc{Code: "file", Means: "It is missing.", Example: "mlpc inspect x\n-- x --\ntext\n", Remedy: "Look."}
	want := "file\nIt is missing.\n\nExample:\n    mlpc inspect x\n    -- x --\n    text\n\nLook.\n"
	if got := d.String(); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
